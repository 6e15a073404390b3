"""The evidence for the claims as stored in a file: numbers with their intervals."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from keras_gru.datasets.metric import Metric
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.packaged import packaged_files
from keras_gru.files import write_text
from keras_gru.settings import Settings

FILE = "claims.json"
GRU, LSTM = CELLS = ("gru", "lstm")  # the cells of the claims


class Estimate(Settings):
    """A number and its 95% interval, or None if it has none."""

    value: float
    low: float | None = None
    high: float | None = None

    def above(self, bound: float) -> bool:
        """Whether the whole interval is; never without one."""
        return self.low is not None and self.low > bound

    def below(self, bound: float) -> bool:
        """Whether the whole interval is; never without one."""
        return self.high is not None and self.high < bound

    def times(self, factor: float) -> "Estimate":
        """Return it multiplied by a factor; a negative factor exchanges the ends."""
        if self.low is None or self.high is None:
            return Estimate(value=factor * self.value)
        low, high = sorted((factor * self.low, factor * self.high))
        return Estimate(value=factor * self.value, low=low, high=high)


class Origin(Settings):
    """Where evidence comes from: `seconds` are those of all training."""

    command: str
    date: str
    seconds: float
    seeds: tuple[int, ...]
    hardware: dict[str, str]
    versions: dict[str, str]


class Compared(Settings):
    """The difference of GRU and LSTM on test, trained with all of train.

    Args:
        origin: where it comes from.
        metric: the metric that is measured on test.
        difference: GRU minus LSTM on test, paired by seed, in the reader's unit.
        detectable: the smallest true difference that as many seeds show with a power of 80%.
        sampling_error: the standard error of the difference that is due to the choice of the test
            sequences, and that more seeds do not reduce; None if it is not known.
    """

    origin: Origin
    metric: Metric
    difference: Estimate | None
    detectable: float | None
    sampling_error: float | None

    @property
    def runs(self) -> int:
        """The number of seeds."""
        return len(self.origin.seeds)


class ComparisonEvidence(Compared):
    """GRU and LSTM trained with all of train, without other cells.

    Args:
        test: mean over seeds of each cell with finished runs, in the reader's unit.
    """

    test: dict[str, float]


class CellEvidence(Settings):
    """One cell of a learning curve.

    Args:
        units, recurrent_parameters: as of a `RunRecord`.
        test: at each fraction the mean over seeds, with the lowest and the highest seed instead of
            an interval, in the reader's unit; None if no seed has finished.
    """

    units: int
    recurrent_parameters: int
    test: tuple[Estimate | None, ...]


class CurveEvidence(Compared):
    """A learning curve of GRU and LSTM, without other cells.

    Args:
        matched: `"units"` or `"parameters"`: what is equal for both cells.
        fractions: fractions of train, the last one 1, and `sequences`, how many these are.
        cells: both, by name.
        better: at each fraction, the cell that is significantly better there (`DataNeed.better`).
        epoch_seconds: those of LSTM by those of GRU, paired by seed, with all of train.
        target: a value of the metric on validation that all runs reached.
        target_seconds: those until the target, of LSTM by those of GRU, paired by seed.
        need: the fraction of train that GRU needs by that which LSTM needs (`DataNeed.ratio`).
        crossing: the fraction at which the curves cross (`DataNeed.crossing`).
    """

    matched: str
    fractions: tuple[float, ...]
    sequences: tuple[int, ...]
    cells: dict[str, CellEvidence]
    better: tuple[str | None, ...]
    epoch_seconds: Estimate | None
    target: float | None
    target_seconds: Estimate | None
    need: Estimate | None
    crossing: Estimate | None

    @property
    def whole(self) -> ComparisonEvidence:
        """The comparison with all of train."""
        last = {name: cell.test[-1] for name, cell in self.cells.items()}
        test = {name: mean.value for name, mean in last.items() if mean}
        compared = {name: getattr(self, name) for name in Compared.model_fields}
        return ComparisonEvidence(**compared, test=test)


class SweepEvidence(Settings):
    """A sweep's trials of GRU and LSTM, without other cells.

    Args:
        origin: where it comes from; its seconds are of all trials.
        trials: number of trials of GRU and LSTM, of which `pruned` were pruned and `diverged`
            diverged.
        size: the setting that is the layer's size, `"model.size.units"` or
            `"model.size.parameters"`.
        importances: fractions of the variance on validation by what explains them, in descending
            order.
        size_over_cell: the importance of the size minus that of the cell, less what chance gives
            (`Weighed.lead_over_chance`).
        rate_over_rest: the importance of the learning rate minus the largest of all others.
    """

    origin: Origin
    trials: int
    pruned: int
    diverged: int
    size: str
    importances: dict[str, Estimate]
    size_over_cell: Estimate | None
    rate_over_rest: Estimate | None

    @property
    def runs(self) -> int:
        """The number of trials."""
        return self.trials


Part = ComparisonEvidence | CurveEvidence | SweepEvidence


class Evidence(Settings):
    """The evidence from one dataset; None if not run yet.

    Datasets of the atlas, `atlas/NAME`, have a comparison only.
    """

    curve: CurveEvidence | None = None
    sweep: SweepEvidence | None = None
    comparison: ComparisonEvidence | None = None

    @property
    def parts(self) -> list[Part]:
        """What was run."""
        return [part for part in (self.comparison, self.curve, self.sweep) if part is not None]


def read_evidence(path: Path) -> dict[str, Evidence]:
    """Read the evidence in a file, by name of the dataset; empty if there is no file.

    Raises:
        UserError: a file that `write_evidence` did not write.
    """
    if not path.is_file():
        return {}
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        return {name: Evidence.model_validate(entry) for name, entry in tree.items()}
    except (ValidationError, ValueError, AttributeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{path}: damaged, or not written by this version of keras-gru ({reason})."
        ) from None


def write_evidence(evidence: Mapping[str, Evidence], path: Path) -> None:
    """Writes the file, atomically."""
    tree = {name: _short(entry.model_dump(mode="json")) for name, entry in evidence.items()}
    write_text(path, json.dumps(tree, indent=1, ensure_ascii=False) + "\n")


def packaged_evidence() -> dict[str, Evidence]:
    """Return the evidence that comes with the package."""
    path = packaged_files("results", ".json").get(Path(FILE).stem)
    return read_evidence(path) if path else {}


def _short(tree: object) -> object:
    """Round to six digits, for a readable file under version control."""
    if isinstance(tree, dict):
        return {name: _short(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_short(value) for value in tree]
    return float(f"{tree:.6g}") if isinstance(tree, float) else tree
