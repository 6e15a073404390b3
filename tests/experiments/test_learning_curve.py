"""Learning curves: nested fractions of train, equal numbers of updates, and resuming."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.series.forecasting import windows
from keras_gru.datasets.split import SPLITS
from keras_gru.errors import UserError
from keras_gru.experiments.compare import compare, prepare
from keras_gru.experiments.learning_curve import check_fractions, learning_curve
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import data_for, load_data
from tests.experiments.helpers import Recorder, timeless, tiny


def curve_of(folder):
    return tiny(folder, cells=("simple_rnn",), seeds=(0, 1))


@pytest.fixture(scope="module")
def trained_curve(tmp_path_factory):
    experiment = curve_of(tmp_path_factory.mktemp("curve"))
    listener = Recorder()
    return experiment, listener, learning_curve(experiment, (0.5, 0.05), listener=listener)


def test_fractions_are_nested_and_have_equal_numbers_of_updates():
    dataset = datasets.load(tiny(Path()).dataset)
    parts = [dataset.with_fraction_of_train(fraction, 16) for fraction in (0.05, 0.25, 0.5, 1.0)]
    assert [part.size("train") for part in parts] == [3, 16, 32, 64]
    assert [part.steps("train", 16) for part in parts] == [4] * 4
    sums = [set(part.splits["train"].targets.ravel().tolist()) for part in parts]
    assert sums[0] < sums[1] < sums[2] < sums[3]
    for part in parts:
        assert part.splits["test"] is dataset.splits["test"]
        assert part.steps("test", 16) == dataset.steps("test", 16)
        # An epoch has each sequence equally often.
        seen = [
            y.numpy() for _, y in part.batches("train", 16, seed=0).take(part.steps("train", 16))
        ]
        _, counts = np.unique(np.concatenate(seen), return_counts=True)
        assert set(counts) == {part.passes}


def test_a_fraction_of_overlapping_windows_is_the_latest_ones():
    series = np.arange(50, dtype=np.float32)[:, None]
    all_windows = windows(series, series, window=5, horizon=1, every_step=False)
    dataset = dataclasses.replace(
        datasets.load(tiny(Path()).dataset), splits=dict.fromkeys(SPLITS, all_windows)
    )
    last = dataset.with_fraction_of_train(0.1, 32).splits["train"]
    assert last.size == round(0.1 * all_windows.size)
    np.testing.assert_array_equal(last.targets, all_windows.targets[-last.size :])


def test_every_fraction_is_trained_and_full_train_last(trained_curve):
    _, listener, curve = trained_curve
    assert list(curve.comparisons) == [0.05, 0.5, 1.0]
    assert [curve.sequences(fraction) for fraction in curve.comparisons] == [3, 32, 64]
    assert "5% of train: 3 sequences." in listener.notes
    losses = [compared.runs[0].test["mse"] for compared in curve.comparisons.values()]
    assert len(set(losses)) == 3
    read = RunDirectory(curve.whole.path).learning_curve()
    assert list(read.comparisons) == list(curve.comparisons)
    assert [run.test for run in read.comparisons[0.05].runs] == [
        run.test for run in curve.comparisons[0.05].runs
    ]


def test_a_curve_is_added_to_a_finished_comparison_and_can_be_resumed(trained_curve, tmp_path):
    _, _, curve = trained_curve
    experiment = curve_of(tmp_path)
    finished = compare(experiment)
    assert list(map(timeless, curve.whole.runs)) == list(map(timeless, finished.runs))
    folder, stopping = RunDirectory(finished.path), Recorder(stop_at=("simple_rnn", 2))
    assert folder.learning_curve() is None
    with pytest.raises(KeyboardInterrupt, match=rf"learning-curve --resume {finished.path}$"):
        learning_curve(experiment, (0.05, 0.5), run_directory=folder, listener=stopping)
    assert folder.fractions() == (0.05, 0.5)  # both are resumed
    listener = Recorder()
    resumed = learning_curve(experiment, (0.05,), run_directory=folder, listener=listener)
    assert listener.starts[0] == ("simple_rnn", 0, 2)
    assert listener.starts[1:] == [("simple_rnn", 1, 0)]
    assert [timeless(run) for run in resumed.comparisons[0.05].runs] == [
        timeless(run) for run in curve.comparisons[0.05].runs
    ]


def test_a_fraction_resumes_with_its_own_sequences(trained_curve):
    experiment, _, curve = trained_curve
    fraction = RunDirectory(curve.comparisons[0.05].path)
    assert load_data(fraction).size("train") == 3
    assert compare(experiment, run_directory=fraction).runs == curve.comparisons[0.05].runs
    with pytest.raises(UserError, match=r"train split .*3 sequences.* 64 sequences"):
        compare(experiment, run_directory=fraction, dataset=datasets.load(experiment.dataset))


def test_a_new_fraction_starts_with_its_own_sequences(tmp_path):
    experiment = tiny(tmp_path)
    fraction = RunDirectory.create(experiment).create_fraction(0.05)
    assert data_for(experiment, fraction).size("train") == 3


def test_the_guessed_settings_of_a_file_are_stored(tmp_path):
    """Networks of a learning curve read new files as the one that they were trained on."""
    path = tmp_path / "series.csv"
    days = np.datetime64("2020-01-01") + np.arange(60)
    rows = [f"{day.item():%d.%m.%Y};{n},5" for n, day in enumerate(days)]
    path.write_text("\n".join(["day;sold", *rows]) + "\n")
    dataset = {"kind": "csv_series", "path": str(path), "targets": ("sold",), "window": 4}
    with prepare(tiny(tmp_path, dataset=dataset), None) as (_, whole, loaded):
        for directory in (whole, whole.create_fraction(0.5)):
            assert directory.experiment().dataset == loaded.resolved
            assert directory.experiment().dataset.decimal == ","


@pytest.mark.parametrize("fractions", [(), (0.5, 0.5), (0.0, 0.5), (1.0,), (2.0,)])
def test_invalid_fractions_are_rejected(fractions):
    with pytest.raises(
        UserError, match=r"^fractions: expected different numbers above 0 and below 1"
    ):
        check_fractions(fractions)


def test_a_curriculum_is_rejected(tmp_path):
    experiment = tiny(
        tmp_path,
        dataset={
            "kind": "adding",
            "length": 9,
            "train": 64,
            "validation": 32,
            "test": 32,
            "curriculum": {"shortest": 3, "stages": 2, "epochs": 2},
        },
        training={"epochs": 4},
    )
    with pytest.raises(UserError, match=r"^dataset\.curriculum: a learning curve"):
        learning_curve(experiment, (0.5,))
