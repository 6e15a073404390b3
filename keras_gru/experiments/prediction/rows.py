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
from keras_gru.experiments.prediction.outputs import Outputs, unscale
from keras_gru.experiments.prediction.sentences import write_conllu


@dataclass(frozen=True)
class Predictions:
    """Predictions for new data.

    Args:
        rows: a dictionary per row of the output. Probabilities of classes are a dictionary
            within it, by the name of the class.
        outputs: the same as numbers, as `TrainedModel.outputs` returns them.
        notes: what was read and what was unknown, one sentence each.
        conllu: the sentences of a CoNLL-U file with the predicted tags as CoNLL-U; None for other
            data.
    """

    rows: Sequence[Mapping[str, Any]]
    outputs: np.ndarray | list[np.ndarray]
    notes: tuple[str, ...] = ()
    conllu: str | None = None


def to_json_lines(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV with a header; `p_NAME` is the probability of a class."""
    flat = [_flatten(row) for row in rows]
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
            flat.update({f"p_{key}": probability for key, probability in value.items()})
        else:
            flat[name] = value
    return flat


def predictions_of(inputs: Inputs, outputs: Outputs, labels: Sequence[str]) -> Predictions:
    """Return the outputs of a network for new data as rows."""
    rows = _ROWS[inputs.dataset.spec.task](inputs, outputs, labels)
    conllu = None
    if inputs.annotated is not None:
        tags: list[Sequence[str]] = [[] for _ in inputs.rows]
        for number, found in zip(inputs.numbers, outputs, strict=True):
            tags[number] = [labels[int(best)] for best in found.argmax(-1)]
        conllu = write_conllu(inputs.annotated, tags, inputs.tag_column)
    return Predictions(rows, outputs, inputs.notes, conllu)


def rounded(value: float) -> float:
    """Return a number with six significant digits."""
    return float(f"{value:.6g}")


def _class_rows(inputs: Inputs, outputs: Outputs, labels: Sequence[str]) -> list[dict[str, Any]]:
    rows = [{**row, "label": None} for row in inputs.rows]
    for number, probabilities in zip(inputs.numbers, outputs, strict=True):
        best = int(probabilities.argmax())
        rows[number] |= {
            "label": labels[best],
            "probability": rounded(probabilities[best]),
            "probabilities": dict(zip(labels, map(rounded, probabilities), strict=True)),
        }
    return rows


def _tag_rows(inputs: Inputs, outputs: Outputs, labels: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for number, probabilities in zip(inputs.numbers, outputs, strict=True):
        item = dict(inputs.rows[number])
        words, truth = item.pop("words", None), item.pop("truth", None)
        for step, scores in enumerate(probabilities):
            row = item | ({"step": step} if words is None else {"word": words[step]})
            if truth is not None:
                row["truth"] = truth[step]
            rows.append(
                row | {"tag": labels[scores.argmax()], "probability": rounded(scores.max())}
            )
    return rows


def _forecast_rows(inputs: Inputs, outputs: Outputs, labels: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each step ahead of each window; at every step, of the window's last one."""
    has_truth = "ahead" in inputs.rows[0]
    last = outputs[:, -1] if inputs.dataset.spec.every_step else outputs
    rows = []
    for number, forecast in zip(inputs.numbers, last, strict=True):
        item = dict(inputs.rows[number])
        series, truth = item.get("series"), None
        if has_truth:
            truth = unscale(inputs.split.targets[number], inputs.dataset, series)
        ahead = item.pop("ahead", [{}] * len(forecast))
        for step, values in enumerate(forecast):
            row = item | ahead[step] | {"step": step + inputs.dataset.spec.lead}
            for variable, (name, value) in enumerate(zip(labels, values, strict=True)):
                row[name] = rounded(value)
                if truth is not None:
                    known = truth[step, variable]
                    row[f"{name} (truth)"] = rounded(known) if np.isfinite(known) else None
            rows.append(row)
    return rows


def _note_rows(inputs: Inputs, outputs: Outputs, labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row per step, with the probability of each note in the next step."""
    return [
        {
            **inputs.rows[number],
            "step": step,
            "notes": " ".join(name for name, p in zip(labels, scores, strict=True) if p >= 0.5),
            "probabilities": dict(zip(labels, map(rounded, scores), strict=True)),
        }
        for number, probabilities in zip(inputs.numbers, outputs, strict=True)
        for step, scores in enumerate(probabilities)
    ]


def _text_rows(inputs: Inputs, outputs: Outputs, labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row per text, with the quality of its prediction and the next unit."""
    rows = [{**row, "next": None} for row in inputs.rows]
    tokens = inputs.split.inputs["tokens"]
    for number, (sequence, scores) in zip(inputs.numbers, enumerate(outputs), strict=True):
        following = tokens[sequence, 1 : len(scores)]
        likelihood = scores[np.arange(len(following)), following]
        best = int(scores[-1].argmax())
        rows[number] |= {"next": labels[best], "probability": rounded(scores[-1, best])}
        if len(following):
            rows[number]["bits_per_unit"] = rounded(-np.log2(likelihood).mean())
    return rows


_ROWS = {
    "classification": _class_rows,
    "forecasting": _forecast_rows,
    "language_model": _text_rows,
    "polyphony": _note_rows,
    "tagging": _tag_rows,
}
