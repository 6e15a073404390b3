"""With `tf.keras` set to Keras 2, creating a layer raises one clear sentence."""

import sys
import types

import pytest

import keras_gru


@pytest.mark.parametrize("value", ["1", "True", "0"])
def test_legacy_keras_is_rejected(value, monkeypatch):
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", value)
    monkeypatch.setitem(sys.modules, "tf_keras", types.ModuleType("tf_keras"))
    if value == "0":
        keras_gru.GRU(4)
        return
    with pytest.raises(ImportError, match="Unset the variable TF_USE_LEGACY_KERAS"):
        keras_gru.GRU(4)
