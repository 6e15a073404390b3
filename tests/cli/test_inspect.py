"""`keras-gru inspect` from end to end, on very small networks."""

import re

import pytest

from .test_verbs import TINY, keras_gru


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run directory of two cells."""
    runs = tmp_path_factory.mktemp("runs")
    keras_gru("compare", "quickstart", *TINY, "cells=[gru,lstm]", "seeds=[3]", f"runs={runs}")
    (run,) = runs.glob("*/*")
    return run


def test_pictures_table_and_page(run):
    output = keras_gru("inspect", run, "--sequence", 2)
    names = ["gates-gru-seed3", "gates-lstm-seed3", "gradient-decay", "half-lives"]
    files = [run / "inspection" / f"{name}.png" for name in names]
    assert sorted((run / "inspection").iterdir()) == sorted(
        [*files, run / "inspection" / "inspection.json"]
    )
    for file in files:
        assert f"A picture: {file}\n" in output
        assert file.read_bytes().startswith(b"\x89PNG")
    for row in (
        "GRU, as trained",
        "GRU, both constant: a SimpleRNN",
        "LSTM, forget gate constant 1",
    ):
        assert re.search(rf"^{row} +\d+\.\d{{4}}", output, re.M), row
    assert "is left 3 steps back." in output
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Inspection" in page and "the 4 steps of sequence 2 of validation" in page
    keras_gru("report", run)
    assert (run / "report.html").read_text(encoding="utf-8") == page


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--cell", "mut1"], ": no finished run of cell 'mut1'. Finished (cell seed): "),
        (["--sequence", "16"], "sequence: expected a number from 0 to 15 (of validation), got 16."),
        (["--layer", "2"], "layer: expected a number from 1 to 1, got 2."),
    ],
)
def test_missing_things_are_reported(run, options, sentence):
    before = sorted(run.rglob("*"))
    output = keras_gru("inspect", run, *options, code=2)
    assert sentence in output and len(output.splitlines()) == 1
    assert sorted(run.rglob("*")) == before
