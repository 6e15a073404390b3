"""Export models and runs for other runtimes, and compare the files with Keras."""

# Shapes: B batch, T time.

import shutil
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from pydantic import TypeAdapter

from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.series.settings import SeriesSettings
from keras_gru.errors import UserError
from keras_gru.experiments import networks
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.exports import Parity, export_path, store_parity
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import load_data, stored_data
from keras_gru.exporting.parity import UNRATED, compare
from keras_gru.exporting.programs import Program
from keras_gru.exporting.targets import TARGETS, Target
from keras_gru.models.graph import as_functional, input_names
from keras_gru.models.language_modeling import with_any_length
from keras_gru.models.step import random_inputs
from keras_gru.version import __version__

_BY_SUFFIX = {".onnx": "onnx", ".xml": "openvino", ".tflite": "litert"}
_SCORES = {"forecaster": None, "polyphony": "notes"}  # by the name of a model; others have classes
_BATCH = 32
_LENGTH = 12  # of random sequences of a model whose length is open


class DisagreementError(Exception):
    """The outputs of an exported file differ from those of the model."""

    def __init__(self, parity: Parity):
        super().__init__(str(parity))
        self.parity = parity


def export(
    model: keras.Model,
    path: str | Path,
    to: str | None = None,
    *,
    step: bool = False,
    states: bool = False,
    quantize: str | None = None,
    length: int | None = None,
    inputs: Mapping[str, np.ndarray] | None = None,
    truth: np.ndarray | None = None,
    metadata: Mapping[str, str] | None = None,
    tolerance: float | None = None,
    measure_time: bool = True,
) -> Parity:
    """Export a model to another runtime, run it there and compare the outputs with Keras.

    Args:
        model: a functional or Sequential model with one output, of RNN layers and layers made of
            `keras.ops`. An encoder–decoder of `keras_gru.models` becomes two files, `encoder` and
            `decoder`, in the folder `path`. Masked steps have to be at the end of a sequence; the
            outputs of others are NaN in ONNX files.
        path: path of the file or, for `tfjs` and `saved_model`, of the folder.
        to: `"onnx"`, `"openvino"`, `"litert"`, `"tfjs"` or `"saved_model"`; `None` takes what the
            suffix `.onnx`, `.xml` or `.tflite` says.
        step: whether one time step with states is written, as in `keras_gru.step_model`.
        states: whether the initial states are inputs, zeros where they are not given, and the final
            states outputs (onnx): as in `keras_gru.step_model` with any number of steps.
        quantize: `"int8"` (litert), `"float16"` (litert, openvino) or `None`.
        length: T of a LiteRT file of a model whose length is open; `None` takes that of `inputs`,
            or 12 without any.
        inputs: arrays by the name of the input to compare with, padded on the right; `None` draws
            them at random.
        truth: the right class of each input, or of each of its time steps, -1 where none counts;
            the accuracy of the file and of Keras is measured with it.
        metadata: strings to store in the file.
        tolerance: the largest allowed difference, relative to the largest output; `None`
            takes 1e-5, or 0.01 with float16 and 0.25 with int8.
        measure_time: whether to time calls.

    Returns:
        The comparison with Keras; `print` it, or read its attributes.

    Raises:
        UserError: if the format cannot express the model, or the inputs are not those of the model.
        DisagreementError: if the outputs differ by more than the tolerance.

    Example:

    >>> import keras_gru
    >>> from keras_gru import models
    >>> model = models.classifier(units=8, classes=3, features=4)
    >>> keras_gru.export(model, "model.onnx").agrees
    True
    """
    path = Path(path)
    to = to or _BY_SUFFIX.get(path.suffix)
    if to not in TARGETS:
        raise UserError(f"to: expected one of {', '.join(TARGETS)}, got {to!r}. Name one.")
    if step and states:
        raise UserError("states: expected no step, whose states are always inputs. Leave one out.")
    model = as_functional(model)
    fixed = model.inputs[0].shape[1]
    if not step and length is not None and fixed not in (None, length):
        raise UserError(f"length: expected {fixed}, the model's own, got {length}. Leave it out.")
    program = Program(model, step, states)
    steps = fixed or (not step and length) or _LENGTH
    x = random_inputs(model, steps) if inputs is None else _arrays(model, inputs)
    if to == "litert" and length is None:
        length = 1 if step else next(iter(x.values())).shape[1]
    target = Target(to, quantize, length, states)
    paths = dict.fromkeys(program.parts, path)
    if len(paths) > 1:
        path.mkdir(parents=True, exist_ok=True)
        paths = {part: path / target.file_name(part) for part in paths}
    facts = {"keras_gru": __version__, **(metadata or {})}
    for part, model_of_part in program.parts.items():
        target.write(model_of_part, paths[part], {**facts, "part": part})
    rows = len(next(iter(x.values())))
    slices = [slice(first, first + _BATCH) for first in range(0, rows, _BATCH)]
    batches = [{name: array[part] for name, array in x.items()} for part in slices]
    truths = [] if truth is None else [truth[part] for part in slices]
    scores = _SCORES.get(model.name, "classes")
    found = compare(
        program, target, paths, batches, scores, tolerance, measure_time, truths, inputs is None
    )
    if not found.agrees:
        raise DisagreementError(found)
    return found


def _arrays(model, inputs):
    """Return the inputs of a model by name, with its dtypes."""
    names = input_names(model)
    if not isinstance(inputs, Mapping) or not {*names} <= {*inputs}:
        found = ", ".join(inputs) if isinstance(inputs, Mapping) else type(inputs).__name__
        raise UserError(f"inputs: expected arrays by the names {', '.join(names)}, got {found}.")
    arrays = {}
    for tensor in model.inputs:
        array = arrays[tensor.name] = np.asarray(inputs[tensor.name], tensor.dtype)
        sizes = zip(tensor.shape[1:], array.shape[1:], strict=False)
        if array.ndim != len(tensor.shape) or any(size not in (None, got) for size, got in sizes):
            raise UserError(
                f"inputs: expected '{tensor.name}' of the shape {tuple(tensor.shape)}, got "
                f"{array.shape}."
            )
    return arrays


def export_run(
    run_directory: RunDirectory,
    record: RunRecord,
    to: str,
    *,
    step: bool = False,
    states: bool = False,
    quantize: str | None = None,
    output: str | Path | None = None,
    sequences: int = 1000,
    tolerance: float | None = None,
    measure_time: bool = True,
) -> Parity:
    """Export the network of a run to another runtime, and compare it on test sequences.

    Without the data of the run, random sequences are compared.

    Args:
        to, step, states, quantize, tolerance, measure_time: as in `export`.
        output: the folder to write to; `None` is `export` in the folder of the run. `parity.json`
            in both holds the comparisons with all formats.
        sequences: number of test sequences to compare.

    Raises:
        UserError: as `export` does, or without the data, where they decide the length of a file.
        DisagreementError: as `export` does.
    """
    model = networks.load_model(run_directory, record)
    if model.name == "language_model":
        model = with_any_length(model)
    stored = stored_data(run_directory).preprocessing
    own = export_path(run_directory, record)
    output = Path(output or own)
    output.mkdir(parents=True, exist_ok=True)
    try:
        x, truth, length = test_inputs(load_data(run_directory), model, sequences)
    except UserError as error:  # the data are not available
        x, truth, length = None, None, stored.spec.length or stored.max_length
        if to == "litert" and length is None and not step:
            raise UserError(
                f"litert: expected the data of the run, as the file has the length of the longest "
                f"test sequence, found none ({error})"
            ) from None
    metadata = {
        "cell": record.cell,
        "preprocessing": TypeAdapter(Preprocessing).dump_json(stored).decode(),
    }
    data = run_directory.experiment().dataset
    if isinstance(data, SeriesSettings) and (data.known or data.every_nth_row > 1):
        metadata["inputs"] = "other rows than the last of a table"
    stem = "step" if step else "model_with_states" if states else "model"
    target = Target(to, quantize, None)
    path = output if model.name == "encoder_decoder" else output / target.file_name(stem)
    if path != output and path.is_dir():
        shutil.rmtree(path)
    try:
        found = export(
            model,
            path,
            to,
            step=step,
            states=states,
            quantize=quantize,
            length=1 if step else model.inputs[0].shape[1] or length,
            inputs=x,
            truth=truth,
            metadata=metadata,
            tolerance=tolerance,
            measure_time=measure_time,
        )
    except DisagreementError as error:
        found = error.parity
    name = " ".join([to, stem, *([quantize] if quantize else [])])
    for place in {own, output}:
        store_parity(place, name, found)
    if not found.agrees:
        raise DisagreementError(found)
    return found


def test_inputs(
    dataset: SequenceDataset, model: keras.Model, sequences: int
) -> tuple[dict[str, np.ndarray], np.ndarray | None, int]:
    """Return inputs of a model from the first test sequences, their classes, and T.

    The classes are those of `export`'s `truth`; `None` where the outputs are not classes. T is the
    model's own, or the largest one of test.
    """
    split = dataset.splits["test"]
    x, y, *weights = dataset.batch_of("test", range(min(sequences, split.size)))
    truth = None
    if _SCORES.get(model.name, "classes") == "classes":
        truth = np.where(weights[0] > 0, y, UNRATED) if weights else y
    longest = max([lengths.max() for lengths in split.lengths.values()], default=0)
    length = model.inputs[0].shape[1] or int(longest) or next(iter(x.values())).shape[1]
    return {name: x[name] for name in (tensor.name for tensor in model.inputs)}, truth, length
