"""SavedModels and LiteRT files, which TensorFlow writes."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_gru.errors import UserError
from keras_gru.exporting.litert_size import shrink
from keras_gru.files import replacing
from keras_gru.models.graph import in_float32, input_names, output_names, to_numpy

Runner = Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]


def write_saved_model(
    model: keras.Model, path: str | Path, sizes: Mapping[str, tuple[int | None, ...]] | None = None
) -> None:
    """Write a SavedModel that only needs TensorFlow, without Python objects and variables.

    Args:
        sizes: the shape of each input; `None` leaves those open that the model leaves open.

    Raises:
        UserError: if Keras runs on another backend.
    """
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            f"saved_model and litert: expected Keras on TensorFlow, got {keras.backend.backend()}. "
            "Set KERAS_BACKEND=tensorflow."
        )
    import tensorflow as tf

    model = in_float32(model)
    names = input_names(model)
    structure = model.input
    constants = [
        [tf.constant(to_numpy(variable)) for variable in variables]
        for variables in (model.trainable_variables, model.non_trainable_variables)
    ]

    def serve(**inputs):
        tensors = [inputs[name] for name in names]
        x = keras.tree.pack_sequence_as(structure, tensors)
        outputs, *_ = model.stateless_call(*constants, x, training=False)
        return dict(zip(output_names(model), keras.tree.flatten(outputs), strict=True))

    shapes: dict[str, Any] = {tensor.name: tensor.shape for tensor in model.inputs}
    shapes |= sizes or {}
    specs = {t.name: tf.TensorSpec(shapes[t.name], t.dtype, t.name) for t in model.inputs}
    module = tf.Module()
    function: Any = tf.function(serve)
    setattr(module, "serve", function)  # noqa: B010 (a module is what is saved)
    signature = function.get_concrete_function(**specs)
    tf.saved_model.save(module, str(path), signatures={"serving_default": signature})


def load_saved_model(path: str | Path) -> Runner:
    """Return a function that runs a SavedModel."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]

    def run(x, loaded=loaded):  # the functions of a SavedModel do not keep it alive
        found = serve(**{name: tf.constant(array) for name, array in x.items()})
        return {name: tensor.numpy() for name, tensor in found.items()}

    return run


def write_litert(
    model: keras.Model, path: str | Path, length: int, quantize: str | None = None
) -> None:
    """Write a LiteRT file for one sequence of fixed length, with LiteRT's own operators only.

    Args:
        length: T of every input whose length the model leaves open.
        quantize: `"int8"` stores the weights as 8-bit integers, `"float16"` as half floats.

    Raises:
        UserError: if the model requires another operator, or Keras runs on another backend.
    """
    sizes = {
        tensor.name: tuple(
            size if size is not None else (1 if axis == 0 else length)
            for axis, size in enumerate(tensor.shape)
        )
        for tensor in model.inputs
    }
    with tempfile.TemporaryDirectory() as folder:
        write_saved_model(model, folder, sizes)
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if quantize is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        try:
            content = converter.convert()
        except Exception as error:  # the converter raises its own type
            reason = next((s for s in str(error).splitlines() if "error:" in s), str(error))
            raise UserError(
                f"litert: '{model.name}' cannot be converted ({reason[:200]})."
            ) from error
    with replacing(path) as draft:
        draft.write_bytes(content if quantize is None else shrink(content, quantize == "int8"))


def load_litert(path: str | Path) -> Runner:
    """Return a function that runs a LiteRT file, one sequence after the other.

    Sequences shorter than the file's are padded on the right with zeros.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    signature = interpreter.get_signature_runner("serving_default")
    details = signature.get_input_details()

    def run(x):
        rows = []
        for row in range(len(next(iter(x.values())))):
            given = {
                name: _pad(x[name][row : row + 1], one["shape"]).astype(one["dtype"])
                for name, one in details.items()
            }
            rows.append({name: array.copy() for name, array in signature(**given).items()})
        return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}

    return run


def _pad(array: np.ndarray, shape: Any) -> np.ndarray:
    missing = [(0, max(0, size - have)) for have, size in zip(array.shape, shape, strict=True)]
    return np.pad(array, missing)
