"""A layer made where `tf.keras` is Keras 2 raises one sentence."""

import subprocess
import sys

import pytest

LEGACY = """
import sys, types
sys.modules["tf_keras"] = types.ModuleType("tf_keras")
import keras_gru
keras_gru.GRU(4)
"""


@pytest.mark.parametrize("value", ["1", "True", "0"])
def test_legacy_keras(value, monkeypatch):
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", value)
    done = subprocess.run([sys.executable, "-c", LEGACY], capture_output=True, text=True)
    assert ("Unset the variable TF_USE_LEGACY_KERAS" in done.stderr) == (value != "0")
