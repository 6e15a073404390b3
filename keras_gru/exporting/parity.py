"""Compare exported files with Keras: outputs, speed and size."""

# Shapes: B batch, T time, C classes.

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from keras_gru.errors import UserError
from keras_gru.experiments.exports import Parity
from keras_gru.exporting.programs import Program, steps_of
from keras_gru.exporting.targets import Target

# The largest difference that is not an error, relative to the largest output (at least 1).
TOLERANCES = {None: 1e-5, "float16": 1e-2, "int8": 0.25}
UNRATED = -1  # the class where the weight is 0
_CALLS = 20  # of which the median time is reported


def compare(
    program: Program,
    target: Target,
    paths: Mapping[str, Path],
    batches: Sequence[Mapping[str, np.ndarray]],
    scores: str | None = "classes",
    tolerance: float | None = None,
    measure_time: bool = True,
    truth: Sequence[np.ndarray] = (),
    is_random: bool = False,
) -> Parity:
    """Compare exported files with Keras.

    Besides the batches, this compares their first sequence, and its first time step if the length
    is open.

    Args:
        batches: inputs of the model, padded on the right.
        scores: what the outputs are: `"classes"`, of which the largest counts, `"notes"`, of which
            the sign counts, or `None`.
        tolerance: the largest relative difference; `None` takes that of `TOLERANCES`.
        truth: the true classes of each batch, `(B,)` or `(B, T)`, or `UNRATED`; none where they are
            not known.
        is_random: whether the inputs are random numbers.
    """
    tolerance = TOLERANCES[target.quantize] if tolerance is None else tolerance
    sizes = sum(target.size(path) for path in paths.values())
    files = tuple(path.name for path in paths.values())
    cases = list(_cases(program, target, batches, truth))
    found = []
    for runtime, load in target.runtimes.items():
        unchecked = Parity(target.name, runtime, files, sizes, tolerance, is_random=is_random)
        try:
            runners = {part: load(path) for part, path in paths.items()}
            one = _compare(program, runners, cases, scores, unchecked)
            if measure_time and target.name != "tfjs":  # each of its calls starts a process
                one = _with_times(one, program, runners, target, batches[0])
            found.append(one)
        except ImportError as error:
            reason = f"{error.name} is not installed" if error.name else str(error)
            if not found:
                found.append(replace(unchecked, unchecked=reason))
        except Exception as error:  # runtimes raise their own types
            if not found:
                raise
            reason = str(error).splitlines()[0][:100]
            found.append(replace(unchecked, unchecked=f"it cannot run the file: {reason}"))
    return replace(found[0], also=tuple(found[1:]))


def _cases(program, target, batches, truth):
    """Yield inputs, what Keras computes of them, the right classes or `None`, and the sequences.

    The last two cases repeat a sequence and count none.
    """
    open_length = all(tensor.shape[1] is None for tensor in program.model.inputs)
    first = _unpadded(batches[0], 0)
    if target.name == "tfjs":  # a process for each call, and vectors without a mask
        rows = min(8, len(next(iter(batches[0].values()))))
        batches, truth = [_unpadded(batches[0], row) for row in range(rows)], ()
    again = [first]
    if open_length:
        again.append({name: array[:, :1] for name, array in first.items()})
    for number, (x, y) in enumerate(itertools.zip_longest([*batches, *again], truth)):
        x = _fit_length(program, target, x)
        count = len(next(iter(x.values()))) if number < len(batches) else 0
        yield x, program.expected(x), y, count


def _compare(program, runners, cases, scores, empty):
    """Return a `Parity` like the empty one, with the results."""
    differences, largest, equal, right = [], 1.0, [], []
    for x, expected, y, count in cases:
        found = program.run(runners, x)
        if found.shape != expected.shape:
            shapes = f"expected outputs of the shape {expected.shape}, got {found.shape}"
            raise UserError(f"{empty.files[0]}: {shapes}.")
        seen = _counted_outputs(x, expected)
        expected, found = expected[seen], found[seen]
        differences.append(float(np.abs(expected - found).max(initial=0)))
        largest = max(largest, float(np.abs(expected).max(initial=0)))
        if not count:
            continue
        predicted = [_predictions(outputs, scores) for outputs in (found, expected)]
        equal.append((predicted[0] == predicted[1]).ravel())
        if y is not None:
            y = y[:, : seen.shape[1]][seen[:, : y.shape[1]]] if seen.ndim > 1 else y
            right.append([(one == y)[y != UNRATED] for one in predicted])
    equal = np.concatenate(equal)
    accuracies = np.concatenate(right, axis=1).mean(axis=1).tolist() if right else (None, None)
    return replace(
        empty,
        sequences=sum(count for *_, count in cases),
        difference=max(differences) / largest if np.isfinite(differences).all() else float("inf"),
        agreement=float(equal.mean()) if scores and len(equal) else None,
        accuracy=accuracies[0],
        keras_accuracy=accuracies[1],
    )


def _unpadded(x, row):
    """Return one sequence without its padding."""
    steps = int(x["mask"][row].sum()) if "mask" in x else None
    return {name: array[row : row + 1, :steps] for name, array in x.items()}


def _fit_length(program, target, x):
    """Return inputs with the length of a file for one length."""
    if target.length is None or "step" in program.parts:
        return x
    fitted = {}
    for name, array in x.items():
        missing = max(0, target.length - array.shape[1])
        padding = [(0, 0), (0, missing)] + [(0, 0)] * (array.ndim - 2)
        fitted[name] = np.pad(array, padding)[:, : target.length]
    return fitted


def _counted_outputs(x, outputs) -> np.ndarray:
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
    """Return a `Parity` with the milliseconds of a batch in the files and in Keras.

    LiteRT runs one sequence after the other, a translator one step after the other.
    """
    milliseconds, keras_milliseconds = {}, {}
    model = program.parts.get("step", program.model)
    call = next(iter(runners.values())) if len(runners) == 1 else None
    for rows in (1, 32):
        inputs = {name: np.resize(array, (rows, *array.shape[1:])) for name, array in x.items()}
        if "step" in program.parts:
            inputs = {name: array[:, :1] for name, array in inputs.items()}
        inputs = _fit_length(program, target, inputs)
        given = dict(inputs)
        if "step" in program.parts:
            given |= {n: np.zeros((rows, s), "float32") for n, s in program.zeros.items()}
        batch = str(rows)
        if call is None:
            milliseconds[batch] = _median(lambda inputs=inputs: program.run(runners, inputs))
        else:
            milliseconds[batch] = _median(lambda given=given: call(given))
        given = [given[tensor.name] for tensor in model.inputs]
        given = keras.tree.pack_sequence_as(model.input, given)
        keras_milliseconds[batch] = _median(lambda given=given: model.predict_on_batch(given))
    return replace(parity, milliseconds=milliseconds, keras_milliseconds=keras_milliseconds)


def _median(call: Callable[[], object]) -> float:
    call()
    seconds = []
    for _ in range(_CALLS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return 1e3 * float(np.median(seconds))
