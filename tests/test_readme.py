"""The examples in the README and the tutorials run."""

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


TUTORIALS = ROOT / "docs" / "tutorials"


def blocks(language, text=README):
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


def tutorial(name, language="yaml"):
    return blocks(language, (TUTORIALS / f"{name}.md").read_text(encoding="utf-8"))


def test_the_python_examples_run_and_their_layers_compute_the_equations():
    names = {}
    for block in blocks("python"):
        exec(block, names)
    x = np.ones((2, 5, 8), "float32")
    assert names["model"](x).shape == (2, 1)
    outputs = names["layer"](x)
    assert outputs.shape == (2, 5, 64)
    # Compute one step from the weights and a state of zeros.
    cell = names["layer"].cell
    kernel = cell.get_weights()[0]
    z = keras.ops.convert_to_numpy(keras.ops.sigmoid(x[:, 0] @ kernel[:, :64]))
    g = np.maximum(x[:, 0] @ kernel[:, 128:], 0)
    np.testing.assert_allclose(outputs[:, 0], (1 - z) * g, rtol=1e-5, atol=1e-6)


def test_the_yaml_examples_of_the_tutorials_are_accepted(tmp_path):
    wider, training, sweep = tutorial("configuration")
    (tmp_path / "trained.yaml").write_text(f"base: imdb_reviews\n{training}")
    assert load_experiment(tmp_path / "trained.yaml").training.schedule == "step"
    (tmp_path / "wider.yaml").write_text(wider)
    assert len(load_experiment(tmp_path / "wider.yaml").seeds) == 5
    (tmp_path / "swept.yaml").write_text(f"base: jsb_chorales\n{sweep}")
    assert load_experiment(tmp_path / "swept.yaml").sweep.trials == 60
    (tmp_path / "sales.yaml").write_text(tutorial("own_data")[0])
    assert load_experiment(tmp_path / "sales.yaml").dataset.horizon == 7


def test_the_kinds_of_data_of_the_tutorial_are_accepted(tmp_path):
    text = (TUTORIALS / "own_data.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| `(\{kind: .*\})` \| (?:`(\w+)`|of the task) \|", text)
    assert len(rows) == 10
    for number, (dataset, model) in enumerate(rows):
        path = tmp_path / f"{number}.yaml"
        size = "size: {units: 4}"
        path.write_text(
            f"name: x\ndataset: {dataset}\nmodel: {{kind: {model or 'classifier'}, {size}}}\n"
        )
        load_experiment(path)


def test_the_files_that_the_readme_names_exist():
    for target in re.findall(r"\]\((?!http|#)([^)#]+)[^)]*\)", README):
        assert (ROOT / target).exists(), target
    for recipe in re.findall(r"recipes/\w+\.py", README):
        assert (ROOT / recipe).is_file(), recipe
    for config in re.findall(r"configs/\w+\.yaml", README):
        assert (ROOT / config).is_file(), config


def test_importing_the_package_needs_nothing_but_keras():
    """Users of the layer alone do not import datasets or plotting."""
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
