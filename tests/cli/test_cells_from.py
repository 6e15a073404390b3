"""Custom cells from a file that `--cells-from` names."""

import pytest

from keras_gru import cells
from keras_gru.experiments import cells_file

from .test_verbs import keras_gru

CELLS = """\
import keras, keras_gru

class MyCell(keras_gru.GRUCell):
    def candidate(self, x_g, h, r, W_hg):
        return keras.ops.relu(x_g + keras.ops.matmul(h, W_hg))

keras_gru.register_cell("my_cell", MyCell, label="My cell")
"""
SMALL = ["dataset.length=4", "dataset.train=32", "dataset.validation=16", "dataset.test=16"]
SMALL += ["training.epochs=1", "training.jit_compile=false", "model.size.units=2"]
OWN = ["cells=[gru,my_cell]", "--cells-from", "my_cells.py"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty working folder, in a process without registered custom cells."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cells_file, "_current", None)
    (tmp_path / "my_cells.py").write_text(CELLS)
    return tmp_path


def test_compare_workers_resume_and_evaluate_load_the_cells_of_the_file(folder):
    assert "My cell" in keras_gru("compare", "quickstart", *SMALL, *OWN, "seeds=[0]", "--jobs", 2)
    cells._registered.pop("my_cell")  # a new process would not have it
    cells_file._current = None
    (path,) = folder.glob("runs/quickstart/*")
    assert (path / "cells.py").read_text() == CELLS
    # The stored text is not executed unless it is named.
    output = keras_gru("evaluate", path, "--cell", "my_cell", code=2)
    assert f"--cells-from {path / 'cells.py'}" in output
    other = folder / "other.py"
    other.write_text(CELLS + "# another text\n")
    output = keras_gru("evaluate", path, "--cell", "my_cell", "--cells-from", other, code=2)
    assert "sha256" in output


def test_a_resumed_run_requires_the_same_file(folder):
    own = ["cells=[my_cell]", *OWN[1:]]
    keras_gru("compare", "quickstart", *SMALL, *own, "seeds=[0]", "--jobs", 1)
    (path,) = folder.glob("runs/quickstart/*")
    (path / "results.jsonl").unlink()
    output = keras_gru("compare", "--resume", path, "--cells-from", path / "cells.py", "--jobs", 1)
    assert "My cell" in output
    assert keras_gru("evaluate", path, "--cell", "my_cell").startswith("My cell, seed 0")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x = 1\n", "keras_gru.register_cell"),
        ("import keras\n1 / 0\n", ":2: expected Python code"),
        ("def\n", ":1: expected Python code"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_registers_no_cell_is_rejected(folder, text, part):
    file = folder / "wrong.py"
    if text is not None:
        file.write_text(text)
    output = keras_gru("check", "quickstart", "--cells-from", file, code=2)
    assert output.startswith(str(file)) and part in output and "Traceback" not in output


def test_a_config_cannot_name_a_file(folder):
    (folder / "a.yaml").write_text("base: quickstart\ncells_from: my_cells.py\n")
    assert "cells_from: unknown setting" in keras_gru("check", "a.yaml", code=2)
