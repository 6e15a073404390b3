"""What is kept of a full run: a small file, from which RESULTS.md and README.md are written."""

import dataclasses
import json
from collections.abc import Sequence

from table import FOLDER, Row

from keras_gru.experiments.environment import HARDWARE, VERSIONS
from keras_gru.experiments.results import Comparison
from keras_gru.experiments.statistics.cost import costs, target
from keras_gru.experiments.statistics.summary import Spread, seconds, summarize, tunings
from keras_gru.experiments.statistics.verdicts import compare_pairs, conclude
from keras_gru.files import write_text


def store(row: Row, overrides: Sequence[str], comparison: Comparison) -> None:
    """Writes `results/<name>.json`.

    Args:
        row: of the table.
        overrides: all that were given to its config.
        comparison: what they gave.
    """
    text = json.dumps(result(row, overrides, comparison), indent=1, ensure_ascii=False)
    write_text(FOLDER / f"{row.name}.json", text + "\n")


def result(row: Row, overrides: Sequence[str], comparison: Comparison) -> dict:
    """What `store` writes: every value of the metric in the reader's unit."""
    environment, metric = comparison.facts["environment"], comparison.metric
    tuned = {row.cell: row for row in tunings(comparison)}
    cells, cost = {}, {row.cell: row for row in costs(comparison)}
    for cell in summarize(comparison):
        runs = comparison.runs_of(cell.cell)
        finished = [run for run in runs if run.status == "finished"]
        cells[cell.cell] = {
            "label": cell.label,
            "units": cell.units,
            "parameters": cell.parameters,
            "path": cell.path,
            "diverged": len(cell.unfinished),
            "seconds": _short(sum(run.seconds for run in runs)),
            "seconds_per_epoch": _short(cell.seconds_per_epoch),
            "cost": _cost(cost[cell.cell]),
            "tuning": _tuning(tuned[cell.cell]) if cell.cell in tuned else None,
        }
        for split, spread in (("validation", cell.validation), ("test", cell.test)):
            values = {str(run.seed): _short(getattr(run, split)[metric.name]) for run in finished}
            cells[cell.cell][split] = {"values": values, **_spread(spread)}
    return {
        "name": row.name,
        "command": row.command(overrides),
        "date": comparison.facts["started"][:10],
        "seconds": _short(seconds(comparison)),
        "metric": dataclasses.asdict(metric),
        "sequences": comparison.facts["sequences"],
        "notes": comparison.facts["notes"],
        "cells": cells,
        "baselines": [
            {"label": baseline.label}
            | {
                split: _short(getattr(baseline, split)[metric.name])
                for split in ("validation", "test")
                if metric.name in getattr(baseline, split)
            }
            for baseline in comparison.baselines
        ],
        "target": _rounded(target(comparison)),
        "pairs": [
            {name: _rounded(value) for name, value in dataclasses.asdict(pair).items()}
            for pair in compare_pairs(comparison)
        ],
        "conclusion": conclude(comparison),
        "versions": {name: environment[name] for name in VERSIONS if name in environment},
        "hardware": {name: environment[name] for name in HARDWARE if name in environment},
    }


def _cost(row) -> dict:
    return {
        "multiply_adds": row.multiply_adds,
        "seconds_to_target": _spread(row.seconds),
        "reached_target": row.reached,
        "step_seconds": _rounded(row.latency),
        "peak_memory": row.peak_memory,
    }


def _tuning(row) -> dict:
    return {
        "settings": row.settings,
        "tries": row.tries,
        "edges": row.edges,
        "seconds": _short(row.seconds),
    }


def _spread(spread: Spread | None) -> dict:
    if spread is None:
        return {"mean": None, "deviation": None}
    deviation = None if spread.deviation is None else _short(spread.deviation)
    return {"mean": _short(spread.mean), "deviation": deviation}


def _rounded(value: object) -> object:
    return _short(value) if isinstance(value, float) else value


def _short(value: float) -> float:
    """Six digits: a file under version control is read by people, too."""
    return float(f"{value:.6g}")
