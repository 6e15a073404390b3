"""Whether exported files compute what Keras does, how fast, and how large they are."""

# Shapes: B batch, T time, C classes.

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import keras
import numpy as np

from keras_gru.errors import UserError
from keras_gru.exporting.programs import Program, steps_of
from keras_gru.exporting.targets import Target

# The largest difference that is not an error, relative to the largest output (at least 1).
TOLERANCES = {None: 1e-5, "float16": 1e-2, "int8": 0.25}
_CALLS = 20  # of which the median time is reported


@dataclass(frozen=True)
class Parity:
    """How an exported model compares with the model in Keras.

    Args:
        target: the format.
        runtime: what ran the files.
        files: names of the files or folders.
        bytes: their size.
        tolerance: the largest relative difference that is allowed.
        unchecked: why nothing was compared; `None` if it was.
        sequences: how many were compared.
        difference: the largest absolute difference of an output, divided by the largest absolute
            output, or by 1 if that is larger.
        agreement: the fraction of equal predictions (the largest of C outputs, or the sign of
            each), or `None` where the outputs are no scores.
        milliseconds: the median time of a call by batch size, such as `{"1": 0.2}`.
        keras_milliseconds: the same of `predict_on_batch`.
        also: the same of further runtimes that are installed.
    """

    target: str
    runtime: str
    files: tuple[str, ...]
    bytes: int
    tolerance: float
    unchecked: str | None = None
    sequences: int = 0
    difference: float | None = None
    agreement: float | None = None
    milliseconds: dict[str, float] = field(default_factory=dict)
    keras_milliseconds: dict[str, float] = field(default_factory=dict)
    also: tuple["Parity", ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether all differences are within the tolerance; true of what was not compared."""
        within = self.difference is None or self.difference <= self.tolerance
        return within and all(other.agrees for other in self.also)

    def __str__(self) -> str:
        size = f"{self.bytes / 1024:,.0f} KiB"
        lines = [f"{self.target}: {', '.join(self.files)} ({size})"]
        return "\n".join([*lines, *(one._line() for one in (self, *self.also))])

    def _line(self) -> str:
        if self.unchecked:
            return f"  {self.runtime}: unchecked ({self.unchecked})"
        assert self.difference is not None  # what was checked has one
        said = f"largest difference {self.difference:.1e} over {self.sequences:,} sequences"
        if self.difference > self.tolerance:
            said = f"DIFFERS: {said}, more than {self.tolerance:g}"
        if self.agreement is not None:
            said += f", {100 * self.agreement:.2f} % of predictions equal"
        for batch, found in self.milliseconds.items():
            beside = self.keras_milliseconds[batch]
            said += f"; batch of {batch}: {found:.3g} ms (Keras {beside:.3g} ms)"
        return f"  {self.runtime}: {said}"


def compare(
    program: Program,
    target: Target,
    paths: Mapping[str, Path],
    batches: Sequence[Mapping[str, np.ndarray]],
    scores: str | None = "classes",
    tolerance: float | None = None,
    measure_time: bool = True,
) -> Parity:
    """Compare exported files with Keras.

    Beside the batches as they are, their first sequence alone, and its first time step if the
    length is open, are compared.

    Args:
        program: what was exported.
        target: the format.
        paths: the file of each part of the program.
        batches: inputs of the model, padded on the right.
        scores: what the outputs are: `"classes"`, of which the largest counts, `"notes"`, of which
            the sign counts, or `None`.
        tolerance: the largest relative difference; `None` takes that of `TOLERANCES`.
        measure_time: whether calls are timed.
    """
    tolerance = TOLERANCES[target.quantize] if tolerance is None else tolerance
    sizes = sum(target.size(path) for path in paths.values())
    files = tuple(path.name for path in paths.values())
    found = []
    for runtime, load in target.runtimes.items():
        unchecked = Parity(target.name, runtime, files, sizes, tolerance)
        try:
            runners = {part: load(path) for part, path in paths.items()}
            one = _compare(program, target, runners, batches, scores, unchecked)
            if measure_time and target.name != "tfjs":  # of which a call starts a process
                one = _with_times(one, program, runners, target, batches[0])
            found.append(one)
        except ImportError as error:
            reason = f"{error.name} is not installed" if error.name else str(error)
            if not found:
                found.append(replace(unchecked, unchecked=reason))
        except Exception as error:  # of the runtime's own kinds
            if not found:
                raise
            reason = str(error).splitlines()[0][:100]
            found.append(replace(unchecked, unchecked=f"it cannot run the file: {reason}"))
    return replace(found[0], also=tuple(found[1:]))


def _compare(program, target, runners, batches, scores, empty):
    """Return a `Parity` like the empty one, with what was found."""
    open_length = all(tensor.shape[1] is None for tensor in program.model.inputs)
    first = _unpadded(batches[0], 0)
    if target.name == "tfjs":  # a process for each call, and vectors without a mask
        rows = min(8, len(next(iter(batches[0].values()))))
        batches = [_unpadded(batches[0], row) for row in range(rows)]
    cases = [*batches, first]
    if open_length:
        cases.append({name: array[:, :1] for name, array in first.items()})
    differences, largest, equal, predictions = [], 1.0, 0, 0
    for x in cases:
        x = _fitted(program, target, x)
        expected, found = program.expected(x), program.run(runners, x)
        if found.shape != expected.shape:
            shapes = f"expected outputs of the shape {expected.shape}, got {found.shape}"
            raise UserError(f"{empty.files[0]}: {shapes}.")
        seen = _seen(x, expected)
        expected, found = expected[seen], found[seen]
        differences.append(float(np.abs(expected - found).max(initial=0)))
        largest = max(largest, float(np.abs(expected).max(initial=0)))
        same = _predictions(expected, scores) == _predictions(found, scores)
        equal, predictions = equal + int(same.sum()), predictions + same.size
    return replace(
        empty,
        sequences=sum(len(next(iter(x.values()))) for x in batches),
        difference=max(differences) / largest if np.isfinite(differences).all() else float("inf"),
        agreement=equal / predictions if scores and predictions else None,
    )


def _unpadded(x, row):
    """Return one sequence without its padding."""
    steps = int(x["mask"][row].sum()) if "mask" in x else None
    return {name: array[row : row + 1, :steps] for name, array in x.items()}


def _fitted(program, target, x):
    """Return inputs of the length that a file for one length has."""
    if target.length is None or "step" in program.parts:
        return x
    fitted = {}
    for name, array in x.items():
        missing = max(0, target.length - array.shape[1])
        padding = [(0, 0), (0, missing)] + [(0, 0)] * (array.ndim - 2)
        fitted[name] = np.pad(array, padding)[:, : target.length]
    return fitted


def _seen(x, outputs):
    """Return the outputs that count: `(B, T)` without padding, or `(B,)` where there is one."""
    seen = steps_of(x)
    if seen is not None and outputs.ndim > 2 and outputs.shape[1] == seen.shape[1]:
        return seen
    return np.ones(len(outputs), bool)


def _predictions(outputs, scores):
    if scores is None:
        return np.zeros(0)
    return outputs > 0 if scores == "notes" else outputs.argmax(axis=-1)


def _with_times(parity, program, runners, target, x):
    """Return a `Parity` with the milliseconds of a call of the files and of Keras."""
    times = {}
    model = program.parts.get("step", program.model)
    for rows in (1, 32):
        some = {name: np.resize(array, (rows, *array.shape[1:])) for name, array in x.items()}
        if "step" in program.parts:
            some = {name: array[:, :1] for name, array in some.items()}
        some = _fitted(program, target, some)
        given = dict(some)
        if "step" in program.parts:
            given |= {n: np.zeros((rows, s), "float32") for n, (_, s) in program.states.items()}
        given = [given[tensor.name] for tensor in model.inputs]
        given = keras.tree.pack_sequence_as(model.input, given)
        times[str(rows)] = (
            _median(lambda some=some: program.run(runners, some)),
            _median(lambda given=given: model.predict_on_batch(given)),
        )
    return replace(
        parity,
        milliseconds={batch: found for batch, (found, _) in times.items()},
        keras_milliseconds={batch: found for batch, (_, found) in times.items()},
    )


def _median(call: Callable[[], object]) -> float:
    call()
    seconds = []
    for _ in range(_CALLS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return 1e3 * float(np.median(seconds))
