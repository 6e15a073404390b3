"""Cells and seeds are added to a comparison that has ended."""

import json

import pytest

import keras_gru
from keras_gru.errors import UserError
from keras_gru.experiments.compare import compare
from keras_gru.experiments.learning_curve import learning_curve
from keras_gru.experiments.resuming import choose_experiment
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.variance import vary_sources
from keras_gru.report.comparison import comparison_report
from keras_gru.report.html import write_page
from tests.experiments.helpers import Recorder, timeless, tiny

RATES = {"training.learning_rate": (1e-5, 0.02)}


@pytest.mark.parametrize("tuning", [{}, RATES], ids=["fixed", "tuned"])
def test_added_runs_equal_those_of_one_comparison(tmp_path, tuning):
    first = compare(tiny(tmp_path, tuning=tuning))
    listener, added = Recorder(), {"seeds": [0, 3], "cells": ["gru", "simple_rnn", "lstm"]}
    more = keras_gru.run(resume=first.path, listener=listener, **added)
    new = {("lstm", 0), ("gru", 3), ("simple_rnn", 3), ("lstm", 3)}
    trained = {(cell, seed) for cell, seed, _ in listener.starts if seed < 1000}
    trials = [cell for cell, seed, _ in listener.starts if seed >= 1000]
    assert trained == new and trials == ["lstm-1", "lstm-2"] * bool(tuning)
    whole = keras_gru.run(tiny(tmp_path, tuning=tuning), **added)
    one, other = (
        {(run.cell, run.seed): timeless(run) for run in comparison.runs}
        for comparison in (more, whole)
    )
    assert one == other and len(one) == 6
    assert {e.cell: e.metrics for e in more.ensembles} == {
        e.cell: e.metrics for e in whole.ensembles
    }
    assert RunDirectory(first.path).experiment().seeds == (0, 3)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"seeds": [1, 0]}, r"seeds: expected those of the run first, \[0\], then new ones, got"),
        ({"cells": ["gru"]}, r"cells: expected those of the run first, \[gru, simple_rnn\]"),
        ({"seeds": [0, 1], "training.epochs": 4}, r"different ones \(training\). Only cells and"),
        ({"training.learning_rate": {"grid": [0.1, 0.2]}}, "different ones"),
        ({"seeds": [0, 1000]}, "seeds: 1000 is the seed of the tuning of the run"),
    ],
)
def test_nothing_else_can_be_changed(tmp_path, overrides, message):
    directory = RunDirectory.create(tiny(tmp_path, tuning=RATES))
    before = (directory.path / "experiment.yaml").read_bytes()
    with pytest.raises(UserError, match=message):
        choose_experiment(None, overrides, directory.path)
    assert (directory.path / "experiment.yaml").read_bytes() == before


def test_runs_are_added_to_learning_curves_and_sources_of_variance(tmp_path):
    one = tiny(tmp_path, cells=("simple_rnn",), training={"epochs": 1})
    two = one.model_copy(update={"seeds": (0, 1), "cells": ("simple_rnn", "irnn")})
    directory = RunDirectory(learning_curve(one, (0.5,)).whole.path)
    vary_sources(one, run_directory=directory)
    # The whole has more runs than its parts, until these are resumed.
    comparison = compare(two, run_directory=directory)
    assert len(comparison.runs) == 4 and len(directory.fraction(0.5).records()) == 1
    write_page(comparison_report(keras_gru.analyse(comparison)), tmp_path / "page.html")
    assert "Training data needed" in (tmp_path / "page.html").read_text()
    experiment, _ = choose_experiment(None, None, directory.path)
    curve = learning_curve(experiment, (0.5,), run_directory=directory)
    vary_sources(experiment, run_directory=directory)
    comparisons = [*curve.comparisons.values(), *directory.sources().values()]
    assert [sorted(c.tested("irnn")) for c in comparisons] == [[0, 1]] * 5


def test_a_run_resumed_with_other_versions_says_so(tmp_path):
    first = compare(tiny(tmp_path))
    path = first.path / "metadata.json"
    metadata = json.loads(path.read_text())
    now = metadata["environment"]["keras"]
    metadata["environment"]["keras"] = "2.0"
    path.write_text(json.dumps(metadata))
    for seeds in ([0, 1], [0, 1, 2]):
        more = keras_gru.run(resume=first.path, seeds=seeds)
    note = f"Resumed with keras 2.0 → {now}: training times are not comparable."
    assert more.metadata.notes == (*first.metadata.notes, note)
