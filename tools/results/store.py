"""The results of a full run as a small file, from which RESULTS.md and README.md are written."""

import dataclasses
import json
import math
from collections.abc import Sequence
from pathlib import Path

from table import FOLDER, Row

from keras_gru.analysis.cost import costs, target
from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.summary import Spread, seconds, summarize, tunings
from keras_gru.experiments.comparison import Comparison
from keras_gru.experiments.environment import HARDWARE, VERSIONS
from keras_gru.files import write_text


def store(row: Row, overrides: Sequence[str], comparison: Comparison) -> None:
    """Write `results/<name>.json`.

    Args:
        row: of the table.
        overrides: all that were given to its config.
        comparison: what they gave.
    """
    text = json.dumps(result(row, overrides, comparison), indent=1, ensure_ascii=False)
    write_text(FOLDER / f"{row.name}.json", text + "\n")


def result(row: Row, overrides: Sequence[str], comparison: Comparison) -> dict:
    """Return the content of the file: all values of the metric in the unit of the table."""
    environment, metric = comparison.metadata.environment, comparison.metric
    findings = collect_measurements(comparison)
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
            "diverged": list(findings.diverged.get(cell.cell, ())),
            "seconds": _short(sum(run.seconds for run in runs)),
            "seconds_per_epoch": _short(cell.seconds_per_epoch),
            "cost": _cost(cost[cell.cell]),
            "tuning": _tuning(tuned[cell.cell]) if cell.cell in tuned else None,
        }
        for split, spread in (("validation", cell.validation), ("test", cell.test)):
            known = {run.seed: getattr(run, split)[metric.name] for run in finished}
            values = {str(s): _short(v) for s, v in known.items() if metric.is_in_range(v)}
            cells[cell.cell][split] = {"values": values, **_spread(spread)}
    return {
        "name": Path(row.name).name,
        "command": row.command(overrides),
        "date": comparison.metadata.started[:10],
        "seconds": _short(seconds(comparison)),
        "metric": dataclasses.asdict(metric),
        "sequences": comparison.metadata.sequences.model_dump(),
        "dataset": comparison.experiment.dataset.model_dump(mode="json"),
        "notes": list(comparison.metadata.notes),
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
        "tuning_seed": comparison.experiment.tuning_seed if tuned else None,
        "resolution": _rounded(findings.resolution),
        "independent": dict(findings.independent),
        "sampling": [
            {"one": one, "other": other, "error": _short(sampling.error), "blocks": sampling.blocks}
            for (one, other), sampling in findings.sampling.items()
        ],
        "versions": {name: environment[name] for name in VERSIONS if name in environment},
        "hardware": {name: environment[name] for name in HARDWARE if name in environment},
    }


def _cost(row) -> dict:
    return {
        "multiply_adds": row.multiply_adds,
        "seconds_to_target": _spread(row.seconds),
        "reached_target": row.reached,
        "peak_memory": row.peak_memory,
    }


def _tuning(row) -> dict:
    return {
        "settings": row.settings,
        "trials": [None if math.isnan(value) else _short(value) for value in row.trials],
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
    """Round to six digits, for a readable file under version control."""
    return float(f"{value:.6g}")
