"""Costs of a cell: computed by hand for made-up runs, and measured in a trained comparison."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from keras_gru.analysis.cost import costs, pareto_front, seconds_to, target
from keras_gru.experiments.compare import compare
from keras_gru.experiments.environment import peak_memory
from tests.experiments.helpers import comparison, tiny


def timed(values, mode="min", **options):
    """Return a comparison whose epochs take 2 s; `values`: cell -> seed -> metric by epoch."""
    pick = min if mode == "min" else max
    best = {cell: [pick(epochs) for epochs in seeds] for cell, seeds in values.items()}
    base = comparison(best, mode, **options)
    runs = tuple(
        dataclasses.replace(
            run,
            history=tuple(
                {f"val_{base.metric.name}": value, "seconds": 2.0}
                for value in values[run.cell][run.seed]
            ),
        )
        if run.status == "finished"
        else run
        for run in base.runs
    )
    return dataclasses.replace(base, runs=runs)


@pytest.mark.parametrize(
    ("mode", "aim", "expected"),
    [
        ("min", 5.0, 4.0),
        ("min", 3.0, 8.0),
        ("min", 2.9, None),
        ("max", 9.0, 2.0),
        ("max", 9.1, None),
    ],
)
def test_seconds_are_counted_until_the_first_epoch_that_reaches_the_target(mode, aim, expected):
    timed_comparison = timed({"gru": [[9.0, 5.0, 6.0, 3.0]]}, mode)
    assert seconds_to(timed_comparison.runs[0], aim, timed_comparison.metric) == expected


@pytest.mark.parametrize(("mode", "aim"), [("min", 4.0), ("max", 8.0)])
def test_the_default_target_is_what_every_finished_run_reached(mode, aim):
    values = {"gru": [[9, 5, 4], [9, 4, 3]], "lstm": [[8, 2, 5], [4, 4, 4]]}
    if mode == "max":
        values["lstm"][1] = [8, 4, 4]
        values["lstm"][0] = [2, 5, 8]
    timed_comparison = timed(values, mode, diverged=[("simple_rnn", 0)])
    assert target(timed_comparison) == aim
    by_cell = {cost.cell: cost for cost in costs(timed_comparison)}
    assert [by_cell[cell].reached for cell in values] == [2, 2]
    assert (by_cell["simple_rnn"].reached, by_cell["simple_rnn"].seconds) == (0, None)
    gru = [6.0, 4.0] if mode == "min" else [2.0, 2.0]
    assert by_cell["gru"].seconds.mean == sum(gru) / 2


def test_a_configured_target_that_some_runs_do_not_reach():
    timed_comparison = timed({"gru": [[9, 5, 4], [9, 4, 3]]})
    chosen = timed_comparison.experiment.model_copy(update={"target": 3.5})
    (cost,) = costs(dataclasses.replace(timed_comparison, experiment=chosen))
    assert (cost.reached, cost.runs, cost.seconds.mean, cost.seconds.deviation) == (1, 2, 6.0, None)


def test_without_finished_runs_there_is_no_target():
    compared = comparison({}, diverged=[("gru", 0)])
    assert target(compared) is None and costs(compared)[0].seconds is None


def test_the_pareto_front_has_the_points_that_no_other_point_dominates():
    points = [(3.0, 9.0), (1.0, 5.0), (2.0, 4.0), (2.0, 7.0), (4.0, 9.0)]
    assert pareto_front(points) == [1, 3, 0]
    assert pareto_front([(1.0, 1.0), (1.0, 1.0)]) == [0, 1]
    assert pareto_front([]) == []


def test_peak_memory_is_in_bytes_and_at_least_the_resident_memory():
    statm = Path("/proc/self/statm")
    if not statm.is_file():
        pytest.skip("only Linux has the resident memory of a process in /proc")
    import resource

    resident = int(statm.read_text().split()[1]) * resource.getpagesize()
    assert 0.9 * resident <= peak_memory() < 100 * resident


@pytest.mark.skipif(
    sys.platform != "linux",
    reason="only on Linux does a child process inherit the peak memory of its parent",
)
def test_peak_memory_does_not_include_the_parent_process():
    much = b"x" * 2_000_000_000
    code = "from keras_gru.experiments.environment import peak_memory; print(peak_memory())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 10**7 < int(child.stdout) < len(much)


def test_a_comparison_measures_the_costs_of_each_cell(tmp_path):
    found = compare(tiny(tmp_path, training={"epochs": 1}))
    by_cell = {cost.cell: cost for cost in costs(found)}
    assert [by_cell[c].multiply_adds for c in ("gru", "simple_rnn")] == [3 * 4 * 6, 4 * 6]
    for cost in by_cell.values():
        assert cost.peak_memory > 10**7
        assert cost.reached == 1 and cost.seconds.mean > 0
