"""`recipes/train.py` runs unchanged on every backend."""

import subprocess
import sys
from pathlib import Path

import keras
import pytest

from .helpers import BACKEND

RECIPE = Path(__file__).parents[2] / "recipes" / "train.py"
SMALL = "dataset.train=64 dataset.validation=32 dataset.test=32 dataset.length=5 model.size.units=4"
SMALL += " training.epochs=1 training.batch_size=32 seeds=[0] cells=[gru]"


@pytest.mark.skipif(BACKEND == "tensorflow", reason="tested in tests/recipes")
def test_the_train_recipe_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", BACKEND)
    completed = subprocess.run(
        [sys.executable, RECIPE, "quickstart", *SMALL.split()],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "best epoch 1, test" in completed.stdout
    assert keras.saving.load_model(tmp_path / "quickstart-gru-seed0.keras").count_params() > 0
