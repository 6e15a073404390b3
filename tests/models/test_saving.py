"""A saved model is equal in a new process that only imports keras_gru."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from .helpers import BIDIRECTIONAL, KINDS, compiled, inputs, make, predict, targets

LOAD = """
import sys
import keras_gru, keras, numpy as np
for path in sys.argv[1:]:
    model = keras.models.load_model(path)
    data = np.load(path + ".npz")
    x = {name.removeprefix("x_"): data[name] for name in data.files if name.startswith("x_")}
    weight = data["weight"] if "weight" in data else None
    logs = model.test_on_batch(x, data["y"], sample_weight=weight)
    legacy = keras_gru.models.load_h5(path.replace(".keras", ".h5"))(x)
    outputs = {"outputs": np.asarray(model(x)), "legacy": np.asarray(legacy)}
    np.savez(path + ".out.npz", **outputs, logs=np.array(logs))
"""


@pytest.fixture(scope="module")
def round_trip(tmp_path_factory):
    """Every kind of model, saved; its outputs in this process and in one that loads it."""
    folder = tmp_path_factory.mktemp("saved")
    expected = {}
    for kind in KINDS:
        options = {"bidirectional": True} if kind in BIDIRECTIONAL else {}
        model = compiled(
            kind, make(kind, "lstm", layers=2, dropout=0.1, **options), run_eagerly=True
        )
        x = inputs(kind)
        y, weight = targets(kind, x)
        logs = model.test_on_batch(x, y, sample_weight=weight)
        expected[kind] = predict(model, x), logs
        for ending in ("keras", "h5"):
            model.save(folder / f"{kind}.{ending}")
        arrays = {f"x_{name}": array for name, array in x.items()} | {"y": y}
        if weight is not None:
            arrays["weight"] = weight
        np.savez(folder / f"{kind}.keras.npz", **arrays)
    paths = [str(folder / f"{kind}.keras") for kind in KINDS]
    root = str(Path(__file__).parents[2])
    completed = subprocess.run(
        [sys.executable, "-c", LOAD, *paths], cwd=root, capture_output=True, text=True
    )
    assert completed.returncode == 0, completed.stderr[-2000:]
    return folder, expected


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_outputs_loss_and_metrics(kind, round_trip):
    folder, expected = round_trip
    outputs, logs = expected[kind]
    loaded = np.load(folder / f"{kind}.keras.out.npz")
    for name in ("outputs", "legacy"):
        np.testing.assert_allclose(loaded[name], outputs, atol=1e-6)
    np.testing.assert_allclose(loaded["logs"], logs, rtol=1e-5)
