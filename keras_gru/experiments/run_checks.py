"""What the files of a run directory must hold, beyond the types of their values."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from keras_gru.datasets.metric import Baseline, Metric
from keras_gru.experiments.json_files import damaged

if TYPE_CHECKING:
    from keras_gru.experiments.results import Comparison, RunRecord

Count = Annotated[int, Field(ge=0)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Metrics = dict[str, float]
Epoch = dict[str, float | str]


def _moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


class Sizes(BaseModel):
    """Sequences of each split."""

    train: Count
    validation: Count
    test: Count


class Precision(BaseModel):
    """What the precision of a metric on a split depends on (`describe_evaluation`)."""

    independent: Annotated[int, Field(ge=1)]
    terms: Annotated[int, Field(ge=1)]
    weights: list[Count] = []


class Evaluation(BaseModel):
    """The precision of both splits that a run is measured on."""

    validation: Precision
    test: Precision


class Facts(BaseModel):
    """What facts.json holds at least."""

    model_config = ConfigDict(extra="allow")

    started: Annotated[str, AfterValidator(_moment)]
    environment: dict[str, str]
    metric: Metric
    sequences: Sizes
    evaluation: Evaluation
    notes: list[str]
    baselines: list[Baseline]


def check_comparison(comparison: "Comparison") -> None:
    """Check the records of a run directory against its experiment and its metric.

    Raises:
        UserError: a cell, setting, metric or epoch of one file is missing in another.
    """
    name, folder = comparison.metric.name, comparison.folder
    for run in comparison.runs:
        _check_record(run, name, (run.validation, run.test), comparison, folder / "results.jsonl")
        _check_history(run, name, folder / f"{run.cell}-seed{run.seed}" / "history.jsonl")
    for record in comparison.tries:
        _check_record(record, name, (record.validation,), comparison, folder / "tuning.jsonl")


def _check_record(record: "RunRecord", name, measured, comparison, file) -> None:
    experiment, run = comparison.experiment, f"{record.cell} with seed {record.seed}"
    if record.cell not in experiment.cells:
        raise damaged(file, f"{run}: experiment.yaml has no such cell")
    if record.status == "finished" and not all(name in metrics for metrics in measured):
        raise damaged(file, f"{run}: no '{name}'")
    is_tuned = bool(record.settings) or file.name == "tuning.jsonl"
    if is_tuned and record.settings.keys() != (experiment.tuning or {}).keys():
        raise damaged(file, f"{run}: experiment.yaml tunes other settings")


def _check_history(run: "RunRecord", name, file) -> None:
    if len(run.history) != run.epochs:
        raise damaged(file, f"{len(run.history)} epochs, and results.jsonl has {run.epochs}")
    for key in (f"val_{name}", "seconds"):
        if not all(isinstance(row.get(key), float | int) for row in run.history):
            raise damaged(file, f"'{key}' is missing or no number")
