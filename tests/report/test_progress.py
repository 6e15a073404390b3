import dataclasses
import io

import pytest
from rich.console import Console

from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.report import progress, progress_tracker
from keras_gru.report.progress import Lines, LiveTable, show_progress
from keras_gru.report.progress_tracker import ProgressTracker

from .samples import MAE, comparison, diverged, run

JOBS = [("gru", "GRU", 0), ("lstm", "LSTM", 0)]


@pytest.fixture
def clock(monkeypatch):
    """A fake clock that a test advances."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setattr(progress_tracker, "time", clock)
    return clock


def console(terminal=False, height=40) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=90, height=height, color_system=None
    )


def train(view, cell, seed, epochs=4, clock=None, seconds=2.0, first=0):
    view.started(cell, seed, first)
    record = run(cell, seed, epochs=12)
    for epoch in range(first + 1, epochs + 1):
        if clock:
            clock.now += seconds
        row = record.history[epoch - 1]
        view.epoch(cell, seed, epoch, row, row["val_mae"])
    return dataclasses.replace(record, epochs=epochs)


def test_a_terminal_gets_the_live_table_and_a_file_gets_plain_lines():
    experiment = comparison().experiment
    assert isinstance(show_progress(experiment, console(terminal=True)), LiveTable)
    assert isinstance(show_progress(experiment, console(terminal=False)), Lines)


def test_plain_lines_report_every_epoch_of_a_second_or_more(clock):
    out = console()
    with Lines("name", out) as view:
        view.plan(JOBS, 4, MAE)
        view.finished(train(view, "gru", 0, clock=clock))
    lines = out.file.getvalue().splitlines()
    assert lines[0] == "name: 2 runs of up to 4 epochs"
    assert lines[1] == "GRU seed 0: started"
    assert lines[2].startswith("GRU seed 0: epoch 1/4  loss ")
    assert "validation MAE (passengers) 53," in lines[2]
    # 2 s per epoch; 3 epochs of this run and 4 of the other one are left
    assert lines[2].endswith("estimated time left 14 s")
    assert [line.split("epoch ")[1][:3] for line in lines[2:6]] == ["1/4", "2/4", "3/4", "4/4"]
    assert lines[6].startswith("GRU seed 0: finished after 4 epochs")
    assert "\x1b" not in out.file.getvalue()


def test_plain_lines_of_fast_epochs_are_few_but_include_the_first_and_last(clock):
    out = console()
    with Lines("name", out) as view:
        view.plan(JOBS, 12, MAE)
        train(view, "gru", 0, epochs=12, clock=clock, seconds=0.25)
    shown = [line for line in out.file.getvalue().splitlines() if "epoch " in line]
    assert [line.split("epoch ")[1].split("/")[0] for line in shown] == ["1", "5", "9", "12"]


def test_a_diverged_run_is_reported_with_its_reason(clock):
    out = console()
    with Lines("name", out) as view:
        view.plan([("lstm", "LSTM", 0)], 4, MAE)
        view.started("lstm", 0, 0)
        view.finished(diverged("lstm", 0))
    assert "LSTM seed 0: diverged after 3 epochs" in out.file.getvalue()
    assert "The loss was not a number at epoch 3" in out.file.getvalue()


def test_time_left_uses_the_pace_of_the_finished_runs(clock):
    view = ProgressTracker()
    view.plan(JOBS, 10, MAE)
    assert view.time_left() is None
    train(view, "gru", 0, epochs=4, clock=clock, seconds=3.0)
    assert view.time_left() == pytest.approx(6 * 3 + 10 * 3)
    clock.now += 2
    assert view.time_left() == pytest.approx(6 * 3 + 10 * 3 - 2)
    view.finished(dataclasses.replace(run("gru", 0), epochs=4))
    assert view.time_left() == pytest.approx(4 * 3), "the remaining run may also stop early"


@pytest.mark.parametrize("compiles", [0, 5, 60])
def test_time_left_is_within_a_factor_of_two_after_the_second_epoch(clock, compiles):
    view, cells = ProgressTracker(), {"gru": 2.0, "lstm": 2.5, "simple_rnn": 1.5}
    jobs = [(cell, cell, seed) for seed in (0, 1, 2) for cell in cells]
    view.plan(jobs, 12, MAE)
    began, estimates = clock.now, []
    for cell, label, seed in jobs:
        view.started(cell, seed, 0)
        for epoch in range(1, 10):  # early stopping ends each run after 9 of 12 epochs
            clock.now += cells[cell] + compiles * (epoch == 1)
            view.epoch(cell, seed, epoch, {}, 1.0)
            if epoch >= 2 or len(estimates) > 0:
                estimates.append((clock.now, view.time_left()))
        view.finished(dataclasses.replace(run(cell, seed), label=label, epochs=9))
    seconds = clock.now - began
    for now, left in estimates:
        true = clock.now - now
        assert true / 2 <= left <= 2 * true + seconds / 50


# Epochs of `keras-gru compare NAME 'cells=[gru]' 'seeds=[0]'`
EPOCHS = {"cta_ridership": 161, "en_atis": 8, "etth1": 18, "imdb_reviews": 4, "jsb_chorales": 79}


@pytest.mark.parametrize("name", EPOCHS)
def test_the_first_run_of_a_packaged_recipe_with_early_stopping(clock, name):
    """After two epochs, the estimate is within a factor of 2.5."""
    experiment, left = load_experiment(name), EPOCHS[name] - 2
    view = show_progress(experiment, console())
    view.plan(JOBS[:1], experiment.training.epochs, MAE)
    view.started("gru", 0, 0)
    for epoch in (1, 2):
        clock.now += 2.0
        view.epoch("gru", 0, epoch, {}, -float(epoch))
    assert left / 2.5 < view.time_left() / 2.0 < left * 2.5


def test_a_run_is_estimated_to_end_one_patience_after_its_best_epoch(clock):
    view = ProgressTracker(patience=2)
    view.plan(JOBS[:1], 100, MAE)
    view.started("gru", 0, 0)
    for epoch in range(1, 21):
        clock.now += 3
        view.epoch("gru", 0, epoch, {}, -float(epoch))
    assert view.time_left() == pytest.approx(2 * 3)


def test_a_run_of_an_earlier_process_sets_the_pace_and_is_not_counted(clock):
    view = ProgressTracker()
    view.plan(JOBS, 10, MAE)
    view.finished(dataclasses.replace(run("gru", 0), epochs=10, seconds=50.0))
    assert view.time_left() == pytest.approx(10 * 5)


def test_a_resumed_run_counts_only_the_epochs_of_this_process(clock):
    view = ProgressTracker()
    view.plan(JOBS[:1], 10, MAE)
    train(view, "gru", 0, epochs=8, clock=clock, seconds=2.0, first=6)
    assert view.time_left() == pytest.approx(2 * 2)


def test_the_live_table_shows_finished_runs(clock):
    out = console(terminal=True)
    with LiveTable("name", out) as view:
        view.plan(JOBS, 4, MAE)
        view.note("2 % of the steps are padding")
        view.finished(train(view, "gru", 0, clock=clock))
        train(view, "lstm", 0, epochs=2, clock=clock)
        text = rendered(view)
    for word in ("name: MAE (passengers)", "GRU", "4/4", "LSTM", "2/4", "4.0 s left", "1 of 2"):
        assert word in text, word
    assert "2 % of the steps are padding" in out.file.getvalue()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_a_stop_restores_the_terminal(clock, stop):
    out = console(terminal=True)
    with pytest.raises(stop), LiveTable("name", out) as view:
        view.plan(JOBS, 4, MAE)
        view.started("gru", 0, 0)
        raise stop
    assert not view.live.is_started
    text = out.file.getvalue()
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # the cursor is shown again
    assert "stopped" in rendered(view)


def test_many_runs_fit_into_the_terminal_and_all_are_shown_at_the_end(clock):
    out = console(terminal=True, height=16)
    jobs = [("gru", "GRU", seed) for seed in range(30)]
    with LiveTable("name", out) as view:
        view.plan(jobs, 4, MAE)
        for seed in range(20):
            view.finished(train(view, "gru", seed, clock=clock))
        train(view, "gru", 20, epochs=1, clock=clock)
        text = rendered(view)
        assert len(text.splitlines()) <= 16
        assert "1/4" in text and "more above" in text
        for seed in range(20, 30):
            view.finished(dataclasses.replace(run("gru", seed), epochs=4))
    assert rendered(view).count("GRU") == 30


def test_a_view_without_finished_runs_shows_the_trained_epochs(clock):
    with LiveTable("name", console(terminal=True)) as view:
        view.plan(JOBS[:1], 10, MAE)
        train(view, "gru", 0, epochs=3, clock=clock)
    assert "trained" in rendered(view)


def test_a_progress_tracker_prints_nothing():
    with ProgressTracker(console=console()) as view:
        view.plan(JOBS, 4, MAE)
        view.note("something")
        view.finished(train(view, "gru", 0))
    assert view.console.file.getvalue() == ""
    assert view.runs["gru", 0].state == "finished"


def rendered(view) -> str:
    plain = console()
    plain.print(view.render())
    return plain.file.getvalue()
