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


def test_added_runs_equal_those_of_one_comparison(tmp_path):
    settings = {"cells": ("simple_rnn",), "training": {"epochs": 1}, "tuning": RATES}
    first = compare(tiny(tmp_path, **settings))
    listener, added = Recorder(), {"seeds": [0, 3], "cells": ["simple_rnn", "irnn"]}
    more = keras_gru.run(resume=first.path, listener=listener, **added)
    new = {("irnn", 0), ("simple_rnn", 3), ("irnn", 3)}
    trained = {(cell, seed) for cell, seed, _ in listener.starts if seed < 1000}
    trials = [cell for cell, seed, _ in listener.starts if seed >= 1000]
    assert trained == new and trials == ["irnn-1", "irnn-2"]
    whole = keras_gru.run(tiny(tmp_path, **settings), **added)
    one, other = (
        {(run.cell, run.seed): timeless(run) for run in comparison.runs}
        for comparison in (more, whole)
    )
    assert one == other and len(one) == 4
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
        ({"runs": "elsewhere"}, r"different ones \(runs\)"),
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


def test_runs_with_other_versions_or_jobs_are_noted(tmp_path):
    first = compare(tiny(tmp_path, cells=("simple_rnn",), training={"epochs": 1}))
    path = first.path / "metadata.json"
    metadata = json.loads(path.read_text())
    now = metadata["environment"]["keras"]
    metadata["environment"] |= {"keras": "2.0", "jobs": "2 at a time"}
    path.write_text(json.dumps(metadata))
    again = keras_gru.run(resume=first.path)
    assert again.metadata.notes == first.metadata.notes  # nothing was trained
    for seeds in ([0, 1], [0, 1, 2]):
        more = keras_gru.run(resume=first.path, seeds=seeds)
    (note,) = set(more.metadata.notes) - set(first.metadata.notes)
    assert f"keras 2.0 → {now}; jobs 2 at a time → one at a time" in note


def test_what_others_have_added_is_kept(tmp_path):
    directory = RunDirectory.create(tiny(tmp_path))
    ours, _ = choose_experiment(None, {"seeds": [0, 1]}, directory.path)
    theirs, _ = choose_experiment(None, {"cells": ["gru", "simple_rnn", "lstm"]}, directory.path)
    part = directory.create_fraction(0.5)
    part.extend(tiny(tmp_path, seeds=(0, 5)))
    directory.extend(theirs)
    directory.extend(ours)
    assert directory.experiment().cells == ("gru", "simple_rnn", "lstm")
    assert directory.experiment().seeds == (0, 1)
    assert part.experiment().seeds == (0, 5, 1)


def test_the_config_may_be_left_out_before_overrides(tmp_path):
    directory = RunDirectory.create(tiny(tmp_path))
    experiment, _ = choose_experiment(
        "seeds=[0,1]", ["cells=[gru,simple_rnn,lstm]"], directory.path
    )
    assert (experiment.seeds, len(experiment.cells)) == ((0, 1), 3)
    config = tmp_path / "rate=0.1.yaml"
    config.write_bytes((directory.path / "experiment.yaml").read_bytes())
    assert choose_experiment(str(config), ["seeds=[0,2]"], directory.path)[0].seeds == (0, 2)


def test_a_sweep_is_not_resumed_as_a_comparison(tmp_path):
    path = RunDirectory.create(tiny(tmp_path)).path
    with pytest.raises(UserError, match="expected a comparison, got a sweep"):
        choose_experiment(None, {"seeds": [0, 1]}, path.rename(path.parent / "sweep"))
