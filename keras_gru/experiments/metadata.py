"""Metadata common to all runs of a comparison."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from keras_gru.datasets.metric import Baseline, Metric
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import describe_evaluation
from keras_gru.datasets.summary import DataSummary, summarize
from keras_gru.settings import Settings

Count = Annotated[int, Field(ge=0)]


def _is_a_date(text: str) -> str:
    datetime.fromisoformat(text)
    return text


class Sizes(Settings):
    """Number of sequences of each split."""

    train: Count
    validation: Count
    test: Count


class Precision(Settings):
    """Numbers that determine the precision of a metric on a split (`describe_evaluation`)."""

    independent: Annotated[int, Field(ge=1)]
    terms: Annotated[int, Field(ge=1)]
    weights: tuple[Count, ...] = ()


class Evaluation(Settings):
    """Precision on validation and test."""

    validation: Precision
    test: Precision


class Metadata(Settings):
    """The content of metadata.json.

    Args:
        started: when the first run began, in ISO 8601.
        environment: versions, hardware and the number of parallel runs.
        evaluation: precision of the metric on validation and test.
        notes: processing of the data, one sentence each.
    """

    started: Annotated[str, AfterValidator(_is_a_date)]
    environment: dict[str, str]
    metric: Metric
    sequences: Sizes
    evaluation: Evaluation
    notes: tuple[str, ...]
    baselines: tuple[Baseline, ...]
    data: DataSummary = DataSummary()
    other_metrics: tuple[Metric, ...] = ()


def collect_metadata(dataset: SequenceDataset, batch_size: int, jobs: str = "") -> Metadata:
    """Return the metadata of runs that begin now, on this machine.

    Args:
        batch_size: batch size for which the padding is measured.
        jobs: description of parallel runs; "" for one at a time.
    """
    from keras_gru.experiments.environment import environment  # it imports Keras

    sizes = {split: dataset.size(split) for split in ("train", "validation", "test")}
    described = ", ".join(f"{size:,} {split}" for split, size in sizes.items())
    padding = dataset.padding("train", batch_size)
    note = (
        f"{dataset.name}: {described} sequences; {padding:.1%} of the training steps are padding."
    )
    return Metadata(
        started=datetime.now().astimezone().isoformat(timespec="seconds"),
        environment=environment() | ({"jobs": jobs} if jobs else {}),
        metric=dataset.metric,
        sequences=Sizes(**sizes),
        evaluation=Evaluation.model_validate(describe_evaluation(dataset.splits)),
        notes=(note, *dataset.notes),
        baselines=tuple(dataset.baselines),
        data=summarize(dataset),
        other_metrics=dataset.other_metrics,
    )


def note_other_environment(metadata: Metadata, jobs: str = "") -> Metadata:
    """Return the metadata with a note if runs now have other versions, hardware or `jobs`."""
    from keras_gru.experiments.environment import HARDWARE, VERSIONS, environment

    alone = {"jobs": "one at a time"}
    before = alone | metadata.environment
    now = alone | environment() | ({"jobs": jobs} if jobs else {})
    changed = [
        f"{name} {before.get(name, 'none')} → {now.get(name, 'none')}"
        for name in (*VERSIONS, *HARDWARE)
        if before.get(name) != now.get(name)
    ]
    note = f"Later runs: {'; '.join(changed)}; times and last digits of metrics may differ."
    if not changed or note in metadata.notes:
        return metadata
    return metadata.model_copy(update={"notes": (*metadata.notes, note)})
