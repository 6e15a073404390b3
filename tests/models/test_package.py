"""The examples in docstrings run, and importing the settings does not import Keras."""

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from keras_gru import models

MODULES = [module.name for module in pkgutil.iter_modules(models.__path__)]
WITH_EXAMPLES = {
    *("classification", "tagging", "language_modeling", "forecasting", "polyphonic_music"),
    *("translation", "from_config", "budget", "losses", "optimizers", "text_generation"),
    "beam_search",
    "music_generation",
    "truncated",
    "averaging",
    "legacy",
    "step",
}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_run(name):
    module = importlib.import_module(f"keras_gru.models.{name}")
    result = doctest.testmod(module)
    assert result.failed == 0
    assert (result.attempted > 0) == (name in WITH_EXAMPLES)


def test_every_public_name_is_a_function_even_after_importing_submodules():
    for name in MODULES:
        importlib.import_module(f"keras_gru.models.{name}")
    for name in models.__all__:
        assert callable(getattr(models, name)), name
    assert not set(models.__all__) & set(MODULES), "a module would hide the function"
    with pytest.raises(AttributeError, match="no attribute 'clasifier'"):
        _ = models.clasifier


def test_importing_the_settings_does_not_import_keras():
    code = (
        "import sys\n"
        "import keras_gru.models.config, keras_gru.models\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules), 'Keras was imported'"
    )
    root = str(Path(__file__).parents[2])
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
