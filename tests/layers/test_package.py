"""Importing the package: time, modules and public names; and the examples in docstrings."""

import doctest
import importlib
import importlib.metadata
import subprocess
import sys

import pytest

import keras_gru

from .helpers import BACKEND

CELLS = ["cell", "coupled_lstm", "gru", "layer_normalized", "lstm", "minimal_gated_unit"]
CELLS += ["mutations", "peephole_lstm", "simple_rnn", "additive", "closed_form", "fast_grnn"]
CELLS += ["independent_rnn", "janet", "multiplicative_lstm", "update_gate_rnn"]
MODULES = ["cells", *(f"layers.{name}" for name in ("convert", "initializers", "keras_layers"))]
MODULES += ["layers.parallel", "layers.rnn", *(f"layers.cells.{name}" for name in CELLS)]


def python(code, *arguments):
    completed = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout.strip()


@pytest.mark.skipif(BACKEND != "tensorflow", reason="the backend makes no difference")
def test_importing_the_package_is_as_fast_as_importing_keras():
    code = (
        "import time, keras; start = time.process_time(); import keras_gru; "
        "print(time.process_time() - start)"
    )
    seconds = []
    for _ in range(3):
        seconds.append(float(python(code)))
        if seconds[-1] <= 0.1:
            return
    pytest.fail(f"import keras_gru added {min(seconds):.2f} s to import keras, more than 0.1 s")


def test_the_command_line_does_not_import_keras():
    code = """
import sys
import keras_gru, keras_gru.cells, keras_gru.errors
assert keras_gru.cell_names()[0] == "gru" and keras_gru.cells.cell_label("irnn") == "IRNN"
try:
    keras_gru.nothing
except AttributeError as error:
    print(error)
assert not {"keras", "tensorflow", "numpy"} & set(sys.modules), "imported too early"
"""
    assert "has no attribute 'nothing'" in python(code)


def test_every_public_name_can_be_imported():
    assert keras_gru.__version__ == importlib.metadata.version("keras_gru")
    for name in keras_gru.__all__:
        assert getattr(keras_gru, name).__doc__


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_run(module):
    found = doctest.testmod(importlib.import_module(f"keras_gru.{module}"))
    assert found.attempted > 0 and found.failed == 0


@pytest.mark.parametrize("cell", CELLS)
def test_the_file_of_a_cell_is_short(cell):
    source = importlib.import_module(f"keras_gru.layers.cells.{cell}").__file__
    with open(source, encoding="utf-8") as lines:
        assert sum(1 for _ in lines) <= (300 if cell in ("cell", "layer_normalized") else 200)
