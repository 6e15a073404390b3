"""What the README shows, runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from keras_gru.experiments.configuration.yaml_files import load_experiment

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.M | re.S)


def test_the_python_examples_run_and_their_layers_compute():
    names = {}
    for block in blocks("python"):
        exec(block, names)
    x = np.ones((2, 5, 8), "float32")
    assert names["model"](x).shape == (2, 1)
    outputs = names["layer"](x)
    assert outputs.shape == (2, 5, 64)
    # One step of it from the weights, from a state of zeros.
    cell = names["layer"].cell
    kernel = cell.get_weights()[0]
    z = keras.ops.convert_to_numpy(keras.ops.sigmoid(x[:, 0] @ kernel[:, :64]))
    g = np.maximum(x[:, 0] @ kernel[:, 128:], 0)
    np.testing.assert_allclose(outputs[:, 0], (1 - z) * g, rtol=1e-5, atol=1e-6)


def test_the_yaml_examples_are_accepted(tmp_path):
    example, training, whole, own, named = blocks("yaml")
    (tmp_path / "trained.yaml").write_text(f"base: imdb_reviews\n{training}")
    assert load_experiment(tmp_path / "trained.yaml").training.schedule == "step"
    (tmp_path / "sales.yaml").write_text(whole)
    assert load_experiment(tmp_path / "sales.yaml").dataset.horizon == 7
    (tmp_path / "mine.yaml").write_text(example)
    experiment = load_experiment(tmp_path / "mine.yaml")
    assert (experiment.name, experiment.model.size.units, len(experiment.seeds)) == (
        "wider",
        128,
        5,
    )
    models = {
        "texts": "classifier",
        "text_file": "language_model",
        "npz": "classifier",
        "tfds_texts": "classifier",
        "tfds_tags": "tagger",
    }
    for number, line in enumerate((own + named).splitlines()):
        line = line.split("  #")[0]
        kind = re.search(r"kind: (\w+)", line).group(1)
        path = tmp_path / f"{number}.yaml"
        path.write_text(f"name: x\n{line}\nmodel: {{kind: {models[kind]}, size: {{units: 4}}}}\n")
        assert load_experiment(path).dataset.kind == kind


def test_the_files_that_it_names_are_there():
    for target in re.findall(r"\]\((?!http|#)([^)#]+)[^)]*\)", README):
        assert (ROOT / target).exists(), target
    for recipe in re.findall(r"recipes/\w+\.py", README):
        assert (ROOT / recipe).is_file(), recipe
    for config in re.findall(r"configs/\w+\.yaml", README):
        assert (ROOT / config).is_file(), config


def test_importing_the_package_needs_nothing_but_keras():
    """Whoever wants only the layer pays for nothing else."""
    code = (
        "import sys, keras; before = set(sys.modules); import keras_gru;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new & {'pydantic', 'ruamel', 'typer', 'matplotlib', 'scipy',"
        " 'tensorflow_datasets', 'rich'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True
    )
    assert done.stdout.strip() == "[]"
