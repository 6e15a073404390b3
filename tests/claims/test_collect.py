"""From runs to evidence: the statistics of GRU and LSTM alone."""

import dataclasses
import shlex

import numpy as np
import pytest

from keras_gru.analysis.data_need import data_needs
from keras_gru.analysis.intervals import paired_interval
from keras_gru.analysis.measurements import collect_measurements
from keras_gru.claims import evidence as files
from keras_gru.claims.claim import OPEN
from keras_gru.claims.collect import (
    comparison_evidence,
    curve_evidence,
    find_plan,
    is_complete,
    read_curve,
    sweep_evidence,
)
from keras_gru.claims.evidence import Evidence
from keras_gru.claims.plans import PLANNED, Planned
from keras_gru.claims.verdicts import CLAIMS, evaluate_claims
from keras_gru.errors import UserError
from keras_gru.experiments.comparison import LearningCurve
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.run_directory import RunDirectory
from tests.experiments.helpers import comparison

from .samples import curve as sample
from .samples import sweep as sample_sweep

PLAN = Planned("quickstart", "Made up", (0.01,), seeds=(0, 1, 2, 3, 4), fractions=(0.1,))
ENVIRONMENT = {"keras": "3.15.1", "processor": "a slow one", "system": "any"}
METADATA = comparison({"gru": [1.0]}, environment=ENVIRONMENT).metadata


@pytest.fixture(scope="module")
def curve():
    """GRU reaches with a tenth of train what LSTM reaches with all; one SimpleRNN diverged."""
    random, comparisons = np.random.default_rng(0), {}
    for fraction, means in ((0.1, {"gru": 2, "lstm": 3}), (1.0, {"gru": 1, "lstm": 2})):
        values = {cell: mean + 0.05 * random.normal(size=5) for cell, mean in means.items()}
        base = comparison(
            {cell: metrics.tolist() for cell, metrics in values.items()},
            diverged=[("simple_rnn", 0)],
        )
        runs = tuple(
            dataclasses.replace(
                run,
                seconds_per_epoch=(1.5 if run.cell == "lstm" else 1.0) * (1 + run.seed),
                history=tuple(
                    {"val_mae": 4 - epoch, "seconds": 3.0 if run.cell == "lstm" else 1.0}
                    for epoch in range(4)
                ),
            )
            for run in base.runs
        )
        comparisons[fraction] = dataclasses.replace(base, runs=runs, metadata=METADATA)
    return LearningCurve(comparisons)


def test_the_evidence_of_a_learning_curve(curve):
    found = curve_evidence(curve, PLAN)
    values = {
        cell: np.array([run.test["mae"] for run in curve.whole.runs if run.cell == cell])
        for cell in ("gru", "lstm")
    }
    # An interval for one pair: not corrected for the pairs with SimpleRNN.
    mean, half = paired_interval(values["gru"] - values["lstm"], 1)
    assert found.difference.value == pytest.approx(mean)
    assert found.difference.high - mean == pytest.approx(half)
    atlas = comparison_evidence(collect_measurements(curve.whole), found.origin)
    assert atlas == found.whole  # without SimpleRNN, and the same difference
    assert found.cells.keys() == {"gru", "lstm"}
    assert found.cells["gru"].test[1].value == pytest.approx(values["gru"].mean())
    assert found.cells["gru"].test[1].low == values["gru"].min()
    assert found.fractions == (0.1, 1.0) and found.better == ("gru", "gru")
    assert found.need.high < 0.2 and found.matched == "units"
    assert found.origin.command == PLAN.curve_command and found.origin.date == "2026-01-31"
    assert found.origin.hardware == {"processor": "a slow one"}
    assert found.origin.seconds == pytest.approx(2 * 11 * 3.0)


def test_times_are_ratios_within_a_seed(curve):
    """Later seeds take up to 5 times as long, and LSTM always 1.5 times as long as GRU."""
    found = curve_evidence(curve, PLAN)
    assert found.epoch_seconds.value == pytest.approx(1.5)
    assert found.epoch_seconds.low == pytest.approx(1.5)
    # The target, the worst best value of any run, is about 2.05: both reach it in epoch 3.
    assert found.target_seconds.value == pytest.approx(3.0)


def test_a_cell_without_runs_decides_nothing(curve):
    alone = {
        fraction: dataclasses.replace(
            compared, runs=tuple(r for r in compared.runs if r.cell == "gru")
        )
        for fraction, compared in curve.comparisons.items()
    }
    found = curve_evidence(LearningCurve(alone), PLAN)
    assert found.difference is found.need is found.epoch_seconds is None
    assert data_needs(LearningCurve(alone)) == ()


def test_a_cell_with_a_diverged_run_decides_nothing(curve):
    """Its finished seeds may be the lucky ones."""
    fewer = {
        fraction: dataclasses.replace(
            compared, runs=tuple(r for r in compared.runs if (r.cell, r.seed) != ("lstm", 0))
        )
        for fraction, compared in curve.comparisons.items()
    }
    found = curve_evidence(LearningCurve(fewer), PLAN)
    assert found.difference is found.need is found.epoch_seconds is found.target_seconds is None
    evaluated = evaluate_claims({"a": Evidence(curve=found)}, ["a"])
    on_curves = {
        claim.claim.name: claim.findings["a"] for claim in evaluated if claim.findings["a"]
    }
    assert len(on_curves) == 5 and {claim.verdict for claim in on_curves.values()} == {OPEN}


def test_equal_cells_are_seldom_decided_to_need_different_amounts_of_data():
    """The claim uses a 95% interval, so about one in twenty is decided by chance."""
    (evaluate,) = (claim.evaluate for claim in CLAIMS if claim.name == "less-data")
    random, decided = np.random.default_rng(0), 0
    for _ in range(200):
        base = {
            fraction: comparison(
                {cell: (mean + 0.1 * random.normal(size=5)).tolist() for cell in ("gru", "lstm")}
            )
            for fraction, mean in ((0.1, 3), (0.3, 2), (1.0, 1))
        }
        with_metadata = {
            fraction: dataclasses.replace(compared, metadata=METADATA)
            for fraction, compared in base.items()
        }
        decided += evaluate(curve_evidence(LearningCurve(with_metadata), PLAN)).verdict != OPEN
    assert decided <= 18


class TestSweep:
    @pytest.fixture(autouse=True)
    def packages(self):
        pytest.importorskip("optuna", reason="optuna is not installed")
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")

    def evidence_of(self, value, count=45):
        from keras_gru.experiments.sweeping.study import FinishedTrial

        experiment = load_experiment("quickstart", [f"sweep.trials={count}"])
        random = np.random.default_rng(1)
        trials = []
        for number in range(count):
            settings = {
                "training.learning_rate": float(10 ** random.uniform(-4, -1)),
                "training.batch_size": int(random.choice((16, 32, 64))),
                "model.size.units": int(2 ** random.uniform(3, 7)),
                "model.layers": int(random.choice((1, 2))),
                "model.dropout": float(random.uniform(0, 0.5)),
            }
            cell = experiment.cells[number % 3]
            found = value(cell, settings)
            trials.append(FinishedTrial(number, cell, settings, "finished", found, 3, 2.0))
        from tests.claims.samples import MAE

        return sweep_evidence(experiment, MAE, trials, METADATA, PLAN)

    def test_the_evidence_of_a_sweep_leaves_simple_rnn_out(self, monkeypatch):
        """SimpleRNN is far worse; among the others, only the units matter."""
        monkeypatch.setattr("keras_gru.claims.collect.RESAMPLES", 8)
        found = self.evidence_of(
            lambda cell, settings: (
                50 * (cell == "simple_rnn") + np.log(settings["model.size.units"])
            )
        )
        assert found.trials == 30 and found.size == "model.size.units"
        assert found.importances["model.size.units"].value > 0.8 and found.size_over_cell.low > 0.5
        assert found.rate_over_rest.high < -0.5
        assert found.origin.seconds == 90 and found.origin.seeds == (0,)
        assert found.origin.command == "keras-gru sweep quickstart --trials 45"

    def test_too_few_trials_have_no_importances(self):
        found = self.evidence_of(lambda cell, settings: settings["model.dropout"], count=9)
        assert (found.trials, found.importances, found.size_over_cell) == (6, {}, None)


class TestFolders:
    def test_a_plan_is_found_by_its_settings_not_by_its_name(self, tmp_path):
        plan = PLANNED[0]
        experiment = plan.curve(tmp_path).model_copy(update={"name": "another"})
        assert find_plan(RunDirectory.create(experiment)) is plan

    def test_a_curve_with_more_seeds_matches_its_plan(self, tmp_path):
        plan = PLANNED[0]
        more = plan.curve(tmp_path).model_copy(update={"seeds": (*plan.seeds, 5, 6)})
        assert find_plan(RunDirectory.create(more)) is plan

    def test_a_sweep_with_fewer_trials_matches_its_plan(self, tmp_path):
        plan = PLANNED[1]
        fewer = load_experiment(plan.name, [f"runs={tmp_path}", "sweep.trials=20"])
        base = RunDirectory.create(fewer).path
        assert find_plan(RunDirectory(base.rename(base.parent / "sweep"))) is plan

    def test_other_settings_match_no_plan(self, tmp_path):
        folder = RunDirectory.create(load_experiment("quickstart", [f"runs={tmp_path}"]))
        with pytest.raises(UserError, match="other settings than those of the claims"):
            find_plan(folder)

    def test_an_unfinished_curve_is_not_read(self, tmp_path):
        plan = PLANNED[1]
        folder = RunDirectory.create(plan.curve(tmp_path))
        assert not is_complete(folder, plan)
        with pytest.raises(UserError, match="is not finished; resume with: keras-gru learning-cur"):
            read_curve(folder, plan)


def test_the_printed_commands_run_the_planned_experiments():
    for plan in PLANNED:
        words = shlex.split(plan.curve_command)
        overrides = [word for word in words[3:] if "=" in word]
        runs = ["runs=runs"]
        assert load_experiment(words[2], [*overrides, *runs]) == plan.curve()
        assert plan.sweep().sweep is not None and plan.curve().tuning is not None
    assert "--fractions 0.1,0.3" in PLANNED[1].curve_command
    assert "--fractions" not in PLANNED[0].curve_command  # they are the command's default


class TestFile:
    def test_evidence_is_stored_with_six_digits(self, tmp_path):
        kept = {"a": Evidence(curve=sample(target=1.23456789)), "b": Evidence(sweep=sample_sweep())}
        files.write_evidence(kept, tmp_path / "x.json")
        read = files.read_evidence(tmp_path / "x.json")
        assert read["a"].curve.target == 1.23457 and read["b"].curve is None
        files.write_evidence(read, tmp_path / "y.json")
        assert files.read_evidence(tmp_path / "y.json") == read

    @pytest.mark.parametrize("text", ["[", "[]", '{"a": {"curve": 3}}', '{"a": {"speed": 3}}'])
    def test_a_damaged_file_is_rejected(self, tmp_path, text):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(UserError, match="damaged, or not written by this version"):
            files.read_evidence(tmp_path / "x.json")

    def test_a_missing_file_is_empty_evidence(self, tmp_path):
        assert files.read_evidence(tmp_path / "x.json") == {}

    def test_the_packaged_evidence_is_read(self):
        evidence = files.packaged_evidence()
        planned = {plan.name for plan in PLANNED}
        assert all(name in planned or name.startswith("atlas/") for name in evidence)
        assert any(entry.curve for entry in evidence.values())
