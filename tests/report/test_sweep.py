"""The report of a sweep: its sentences, its table and its page."""

import dataclasses
import html
import io
import math
import shlex

import pytest
from matplotlib.figure import Figure as Canvas
from rich.console import Console

from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.configuration.yaml_writer import dump_experiment

pytest.importorskip("optuna", reason="optuna is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from keras_gru.analysis.importance import TOGETHER, Importance, SweepAnalysis, analyse_sweep
from keras_gru.experiments.sweeping.study import FinishedTrial
from keras_gru.experiments.sweeping.sweep import SweepResult
from keras_gru.report import sweep_plots
from keras_gru.report.blocks import Code
from keras_gru.report.html import render_page
from keras_gru.report.sections.sweep import best_trials, expected_best, headline_text
from keras_gru.report.sweep import sweep_report
from keras_gru.report.terminal import print_report
from tests.experiments.helpers import nest_settings

from .samples import ACCURACY, MAE, comparison
from .test_html import EVIL, Outline

RATE, UNITS, LOSS = "training.learning_rate", "model.size.units", "training.loss"
RANGES = {
    RATE: {"low": 1e-4, "high": 1.0, "log": True},
    UNITS: {"low": 4, "high": 64},
    LOSS: ("mse", "huber"),
}
CLEAR = (
    Importance(RATE, 0.61, 0.48, 0.73),
    Importance(UNITS, 0.2, 0.1, 0.3),
    Importance("cell", 0.04, 0.01, 0.09),
    Importance(TOGETHER, 0.15, 0.1, 0.2),
)


def result(folder, importances=CLEAR, count=24, metric=MAE, **changes):
    """Return a sweep in which some trials were pruned and one diverged."""
    base = comparison(metric=metric, **changes)
    experiment = base.experiment.model_copy(update={"runs": "elsewhere"})
    experiment = type(experiment).model_validate(
        experiment.model_dump() | {"sweep": {**nest_settings(RANGES), "trials": count}}
    )
    trials = []
    for number in range(count):
        status = "diverged" if number == 5 else "pruned" if number % 4 == 1 else "finished"
        value = math.nan if status == "diverged" else 50_000 - 1_000 * (number % 7)
        settings = {
            RATE: 10 ** (-4 + 4 * number / count),
            UNITS: 4 + 2 * number,
            LOSS: ("mse", "huber")[number % 2],
        }
        cell = experiment.cells[number % 3]
        trials.append(FinishedTrial(number, cell, settings, status, value, 5, 2.0))
    (folder / "experiment.yaml").write_text(dump_experiment(experiment))
    found = SweepResult(experiment, metric, tuple(trials), base.metadata, folder)
    return SweepAnalysis(found, importances, {})


def command(shown):
    (code,) = [block.text for block in best_trials(shown).blocks if isinstance(block, Code)]
    return code


def render(shown):
    return render_page(sweep_report(shown))


class TestVerdict:
    def test_separate_intervals_give_an_order(self, tmp_path):
        assert headline_text(result(tmp_path)) == (
            "61% [48, 73] of the variance in validation MAE (passengers) is due to the learning "
            "rate, 20% [10, 30] to the units, 4% [1, 9] to the cell: 24 trials."
        )

    def test_overlapping_intervals_give_no_order(self, tmp_path):
        rows = (CLEAR[0], dataclasses.replace(CLEAR[1], high=0.5), *CLEAR[2:])
        assert headline_text(result(tmp_path, rows)).endswith(
            "4% [1, 9] to the cell; 24 trials cannot decide whether the learning rate or "
            "the units matters most."
        )

    def test_too_few_or_equal_trials_have_no_importances(self, tmp_path):
        few, alike = result(tmp_path, (), count=4), result(tmp_path, ())
        assert headline_text(few) == (
            "Importances cannot be estimated from 4 trials; at least 10 are required."
        )
        assert "all of 24 trials are equal" in headline_text(alike)


def test_random_trials_have_a_curve_and_a_table_of_the_expected_best(tmp_path):
    shown = result(tmp_path, count=9)
    assert not analyse_sweep(shown.result).expected_best
    (text,) = expected_best(shown).blocks
    assert "sweep.pruning=false" in text.text
    trials = [dataclasses.replace(trial, status="finished") for trial in shown.result.trials]
    experiment = type(shown.result.experiment).model_validate(
        shown.result.experiment.model_dump()
        | {"sweep": {**nest_settings(RANGES), "sampler": "random"}}
    )
    plain = dataclasses.replace(shown.result, trials=tuple(trials), experiment=experiment)
    found = analyse_sweep(plain)
    assert found.expected_best.keys() == {"gru", "lstm", "simple_rnn"}
    figure, table, _ = expected_best(found).blocks
    # The GRU has three trials, with errors of 50,000, 47,000 and 44,000; no cell has 10 or 30.
    (gru, *_) = table.rows
    assert [value.partition(" ")[0] for value in gru.values] == ["47,000", "45,000"]
    canvas = Canvas()
    figure.draw(canvas)
    assert len(canvas.axes[0].lines) == 3


@pytest.mark.parametrize("metric", [MAE, ACCURACY], ids=lambda metric: metric.mode)
def test_the_best_trial_was_not_pruned(tmp_path, metric):
    shown = result(tmp_path, metric=metric)
    values = [trial.value for trial in shown.result.trials if trial.status == "finished"]
    assert shown.result.best.value == (max if metric.mode == "max" else min)(values)
    assert shown.result.best.status == "finished"


def test_the_command_trains_the_settings_of_the_best_trial(tmp_path):
    shown = result(tmp_path, training={"learning_rate": {"grid": (0.1,)}})
    program, verb, file, *overrides = shlex.split(command(shown))
    assert (program, verb) == ("keras-gru", "compare")
    experiment = load_experiment(file, overrides)
    assert experiment.cells == (shown.result.best.cell,) and experiment.tuning is None
    assert experiment.training.learning_rate == shown.result.best.settings[RATE]
    assert (experiment.model.size.units, experiment.training.loss) == (
        shown.result.best.settings[UNITS],
        shown.result.best.settings[LOSS],
    )


def test_the_terminal_has_importances_best_trial_and_verdict(tmp_path):
    shown, out = result(tmp_path), io.StringIO()
    print_report(sweep_report(shown), Console(file=out, width=200))
    printed = out.getvalue()
    for words in (
        "training.learning_rate",
        "48 to 73%",
        "settings in combination",
        command(shown),
        headline_text(shown),
    ):
        assert words in printed, words


def test_the_page_contains_the_results_of_a_sweep(tmp_path):
    shown = result(tmp_path)
    page = render(shown)
    outline = Outline(page)
    text = html.unescape("".join(outline.text))
    for words in (
        headline_text(shown),
        command(shown),
        "24 trials, 5 pruned, 1 diverged",
        "Hollow marks are pruned trials. Crosses are diverged trials.",
        "48 to 73%",
        "keras-gru sweep",
        "sampler: tpe",
        "3.15.1",
    ):
        assert words in text, words
    assert outline.open == []
    # A figure of the importances, and one for the cell and for each setting; each in two widths.
    pictures = [attrs for attrs in outline.named("svg") if attrs.get("role") == "img"]
    assert len(pictures) == 2 * (1 + 4) and all(attrs["aria-label"] for attrs in pictures)
    ids = [attrs["id"] for _, attrs in outline.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert not {"link", "img"} & {tag for tag, _ in outline.elements}
    assert outline.named("script") == [{}] and "://" not in page


@pytest.mark.parametrize(
    "changes",
    [{"importances": (), "count": 1}, {"importances": (), "count": 6, "metric": ACCURACY}],
)
def test_a_page_is_made_of_little_data(tmp_path, changes):
    page = render(result(tmp_path, **changes))
    assert Outline(page).open == [] and 'id="importances"' not in page


def test_every_name_is_escaped(tmp_path):
    shown = result(tmp_path, description=EVIL, metadata={"environment": {"processor": EVIL}})
    page = render(shown)
    assert EVIL not in page
    assert "".join(Outline(page).text).count(EVIL) >= 2


def test_each_figure_has_every_trial_once(tmp_path):
    from matplotlib.figure import Figure

    shown = result(tmp_path)
    for name in ("cell", RATE, UNITS, LOSS):
        axes = Figure().add_subplot()
        sweep_plots.metric_against(axes, shown.result, name)
        drawn = [xy for line in axes.lines for xy in zip(*line.get_data(), strict=True)]
        assert len(drawn) == len(shown.result.trials)
        assert all(math.isfinite(x) and math.isfinite(y) for x, y in drawn)
