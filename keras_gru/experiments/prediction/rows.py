"""Predictions as rows, and rows as CSV or JSON lines."""

# N sequences, T time steps, C classes, H steps ahead, V variables

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_gru.experiments.prediction.inputs import Inputs


@dataclass(frozen=True)
class Predictions:
    """Predictions for new data.

    Args:
        rows: a dictionary for each row of the output. Probabilities of classes are a dictionary
            within it, by the name of the class.
        outputs: the same as numbers, as `TrainedModel.outputs` returns them.
        notes: what was read and what was unknown, a sentence each.
    """

    rows: Sequence[Mapping[str, Any]]
    outputs: np.ndarray | list[np.ndarray]
    notes: tuple[str, ...] = ()

    def to_json_lines(self) -> str:
        """Return the rows as JSON, one a line."""
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows)

    def to_csv(self) -> str:
        """Return the rows as CSV with a header; `p_NAME` is the probability of a class."""
        flat = [_flatten(row) for row in self.rows]
        columns = list(dict.fromkeys(name for row in flat for name in row))
        file = io.StringIO(newline="")
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(flat)
        return file.getvalue()


def _flatten(row: Mapping[str, Any]) -> dict[str, Any]:
    flat = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat.update({f"p_{key}": of for key, of in value.items()})
        else:
            flat[name] = value
    return flat


def predictions_of(
    inputs: Inputs, outputs: np.ndarray | list[np.ndarray], labels: Sequence[str] | None
) -> Predictions:
    """Return the outputs of a network for new data as rows.

    Args:
        inputs: the data.
        outputs: what `TrainedModel.outputs` returned for them.
        labels: the names of the classes or tags.
    """
    rows = _ROWS[inputs.dataset.spec.task](inputs, outputs, labels)
    return Predictions(rows, outputs, inputs.notes)


def _classes(inputs: Inputs, outputs: np.ndarray, labels: Sequence[str]) -> list[dict]:
    rows = [{**row, "label": None} for row in inputs.rows]
    for number, probabilities in zip(inputs.numbers, outputs, strict=True):
        best = int(probabilities.argmax())
        rows[number] |= {
            "label": labels[best],
            "probability": rounded(probabilities[best]),
            "probabilities": dict(zip(labels, map(rounded, probabilities), strict=True)),
        }
    return rows


def rounded(value: float) -> float:
    """Return a number with six significant digits."""
    return float(f"{value:.6g}")


_ROWS = {"classification": _classes}
