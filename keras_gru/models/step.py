"""Step models, which compute one time step, with states as inputs and outputs."""

# Shapes: B batch, T time, K time steps of a chunk, D features, U units.

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_gru.errors import UserError
from keras_gru.models.graph import (
    Graph,
    as_functional,
    check_finite,
    in_float32,
    is_tensor,
    to_numpy,
    trace_model,
)
from keras_gru.models.numpy_step import NumpyStep

_CHECKED_STEPS = 4  # of a model that takes any length


def step_model(model: keras.Model, length: int | None = 1) -> keras.Model:
    """Return a model that computes the next step of another one from its states.

        (x_t, states_(t−1)) → (y_t, states_t)

    Called for each step with the returned states, starting from zeros, it returns the same outputs
    as the model on the whole sequence: after each step if the model has an output per step, else
    after the last one. This is checked on random numbers. It has a copy of the model's weights and
    computes in float32.

    Args:
        model: a functional or Sequential model with one output, whose layers read forwards: no
            bidirectional layer, no pooling and no attention.
        length: K, the number of steps of each call, a divisor of T if the model has a fixed one;
            `None` for any.

    Returns:
        A `keras.Model`. Its input is a dict of the model's inputs with K time steps and of the
        states, `<layer>_state_<n>` `(B, U)`. Its output is a dict of `output` and of the new
        states, `<layer>_new_state_<n>`.

    Raises:
        UserError: if the output of the model at a step depends on later steps, or an argument is
            another one.

    Example:

    >>> import numpy as np, keras_gru
    >>> from keras_gru import models
    >>> step = keras_gru.step_model(models.language_model(units=8, vocabulary=50))
    >>> found = step({"tokens": np.ones((1, 1), "int32"), "recurrent_1_state_0": np.zeros((1, 8))})
    >>> {name: tuple(tensor.shape) for name, tensor in found.items()}
    {'output': (1, 1, 50), 'recurrent_1_new_state_0': (1, 8)}
    """
    model = in_float32(as_functional(model))
    steps = model.inputs[0].shape[1]
    if length is not None and (length < 1 or (steps or length) % length):
        expected = "a positive integer" if steps is None else f"a divisor of the {steps} steps"
        raise UserError(f"'length': expected {expected} or None, got {length}.")
    graph = trace_model(model)
    try:
        step, layers = _build(model, graph, length)
    except UserError:
        raise
    except Exception as error:  # a layer that requires the length of the whole sequence
        raise UserError(_step_error(model, str(error).splitlines()[0])) from error
    for new, old in layers:
        new.set_weights(old.get_weights())
    _check_equal(model, step, length or 1)
    return step


class Stepper:
    """Runs a model step by step on NumPy arrays, and stores its states.

    Args:
        model: the model that was given to `step_model`.

    Example:

    >>> from keras_gru import models
    >>> stepper = Stepper(models.language_model(units=8, vocabulary=50))
    >>> stepper({"tokens": np.array([[7, 8, 9]])}).shape  # any number of steps
    (1, 3, 50)
    """

    def __init__(self, model: keras.Model):
        model = in_float32(as_functional(model))
        try:
            self._step = NumpyStep(model)
        except NotImplementedError:  # a custom cell or layer
            self._step = _KerasStep(model)
        self._dtypes = {tensor.name: tensor.dtype for tensor in model.inputs}
        self.states = [np.zeros((1, size), "float32") for size in self._step.sizes]

    def __call__(self, x: Mapping[str, np.ndarray]) -> np.ndarray:
        """Read further steps `(1, T, …)` of a sequence and return their outputs `(1, T, …)`.

        No step is masked unless `x` has a mask.

        Raises:
            UserError: an output is NaN or Inf.
        """
        x = {name: np.asarray(array, self._dtypes[name]) for name, array in x.items()}
        if "mask" in self._dtypes and "mask" not in x:
            x["mask"] = np.ones(next(iter(x.values())).shape[:2], bool)
        outputs = []
        for t in range(next(iter(x.values())).shape[1]):
            now = {name: array[:, t : t + 1] for name, array in x.items()}
            output, self.states = self._step(now, self.states)
            outputs.append(output)
        found = np.concatenate(outputs, axis=1)
        check_finite(found)
        return found


def check_generation(length: int, temperature: float) -> None:
    """Raise a `UserError` if the number of steps to generate or the temperature is invalid."""
    if length < 0:
        raise UserError(f"'length': expected at least 0, got {length}.")
    if not 0 <= temperature < np.inf:
        raise UserError(
            f"'temperature': expected a finite number of at least 0, got {temperature}."
        )


class _KerasStep:
    """The same as `NumpyStep`, with Keras."""

    def __init__(self, model: keras.Model):
        self._model = step_model(model)
        self._names = state_names(self._model)
        self.sizes = [self._model.input[name].shape[-1] for name in self._names]

    def __call__(self, x: Mapping[str, np.ndarray], states: Sequence[np.ndarray]):
        given = {**x, **dict(zip(self._names, states, strict=True))}
        found = keras.tree.map_structure(np.asarray, self._model.predict_on_batch(given))
        return found["output"], [found[new] for new in self._names.values()]


def state_names(step: keras.Model) -> dict[str, str]:
    """Return the names of states of a step model and of their new values; {} for other models."""
    if not isinstance(step.input, dict) or not isinstance(step.output, dict):
        return {}
    return {
        name: new
        for name in step.input
        if (new := name.replace("_state_", "_new_state_")) in step.output and new != name
    }


def _build(model: keras.Model, graph: Graph, length: int | None):
    """Return the step model, and the pairs of its RNN layers and the model's."""
    values, states, new_states, layers = {}, {}, {}, []

    def chunk(tensor: Any):
        shape = (None, length, *tensor.shape[2:])
        values[id(tensor)] = keras.Input(batch_shape=shape, dtype=tensor.dtype, name=tensor.name)
        return values[id(tensor)]

    inputs = keras.tree.map_structure(chunk, graph.inputs)
    steps = keras.tree.flatten(graph.inputs)[0].shape[1] or -2  # a number that is not used else
    for call in graph.calls:
        args, kwargs = keras.tree.map_structure(
            lambda value: values[id(value)] if is_tensor(value) else value, (call.args, call.kwargs)
        )
        layer = call.operation
        if isinstance(layer, keras.layers.Bidirectional):
            raise UserError(_step_error(model, f"layer '{layer.name}' also reads from the end"))
        if isinstance(layer, keras.layers.RNN):
            if layer.go_backwards or kwargs.get("initial_state") is not None or len(args) > 1:
                raise UserError(
                    _step_error(model, f"layer '{layer.name}' does not start from zeros")
                )
            new = _with_states(layer, length)
            layers.append((new, layer))
            sizes = keras.tree.flatten(layer.cell.state_size)
            given = [
                keras.Input((size,), name=f"{layer.name}_state_{i}") for i, size in enumerate(sizes)
            ]
            states.update({tensor.name: tensor for tensor in given})
            structure = keras.tree.pack_sequence_as(layer.cell.state_size, given)
            structure = structure if keras.tree.is_nested(structure) else [structure]
            y, *found = new(*args, **{**kwargs, "initial_state": structure})
            flat = keras.tree.flatten(found)
            new_states.update({f"{layer.name}_new_state_{i}": s for i, s in enumerate(flat)})
            if kwargs.get("mask") is not None:
                y = _repeating(layer, y, kwargs["mask"], structure, found, length)
            outputs = [y, *found][: 1 + layer.return_state * len(found)]
        elif isinstance(layer, keras.layers.Reshape) and layer.target_shape[0] == steps:
            outputs = keras.layers.Reshape((length or -1, *layer.target_shape[1:]))(*args)
        else:
            outputs = layer(*args, **kwargs)
        for old, tensor in zip(
            keras.tree.flatten(call.outputs), keras.tree.flatten(outputs), strict=True
        ):
            values[id(old)] = tensor
    y = keras.tree.map_structure(lambda tensor: values[id(tensor)], graph.outputs)
    named = inputs if isinstance(inputs, dict) else {t.name: t for t in keras.tree.flatten(inputs)}
    step = keras.Model({**named, **states}, {"output": y, **new_states}, name=f"{model.name}_step")
    return step, layers


def _with_states(layer: keras.Layer, length: int | None):
    """Return a copy of a layer that returns its states, without a loop for one step."""
    config = layer.get_config()
    config |= {"return_state": True, "stateful": False, "unroll": length == 1}
    return type(layer).from_config(config)


def _repeating(layer: Any, y: Any, mask: Any, states: Any, new_states: Any, length: int | None):
    """Return the outputs with those of steps before the first one that is not masked.

    There the layer returns zeros: its call does not know the output before the chunk, which is a
    state of these cells.
    """
    cell = layer.cell
    while isinstance(cell, keras.layers.StackedRNNCells):
        cell, states, new_states = cell.cells[-1], states[-1], new_states[-1]
    cells = (keras.layers.GRUCell, keras.layers.LSTMCell, keras.layers.SimpleRNNCell)
    if layer.zero_output_for_mask or not isinstance(cell, cells):
        return y
    before, after = keras.tree.flatten(states)[0], keras.tree.flatten(new_states)[0]
    if not layer.return_sequences:
        return after
    if length == 1:
        return ops.expand_dims(after, 1)
    seen = ops.cumsum(ops.cast(mask, "int32"), axis=1) > 0
    seen = seen if len(seen.shape) == 3 else ops.expand_dims(seen, -1)
    return ops.where(seen, y, ops.expand_dims(before, 1))


def _check_equal(model: keras.Model, step: keras.Model, length: int):
    """Raise an error if steps and the whole sequence have different outputs."""
    inputs = model.input if isinstance(model.input, dict) else {t.name: t for t in model.inputs}
    steps = next(iter(inputs.values())).shape[1] or _CHECKED_STEPS * length
    arrays = random_inputs(model, steps, rows=2, is_padded=False)
    x = {name: arrays[tensor.name] for name, tensor in inputs.items()}
    structure = keras.tree.pack_sequence_as(model.input, [arrays[t.name] for t in model.inputs])
    whole = to_numpy(model(structure))
    names = state_names(step)
    states = {name: np.zeros((2, step.input[name].shape[-1]), "float32") for name in names}
    outputs = []
    for first in range(0, steps, length):
        now = {name: array[:, first : first + length] for name, array in x.items()}
        found = step(keras.tree.map_structure(ops.convert_to_tensor, {**now, **states}))
        states = {name: found[new] for name, new in names.items()}
        outputs.append(to_numpy(found["output"]))
    every = np.concatenate(outputs, axis=1)
    found = every if every.shape == whole.shape else outputs[-1]
    if found.shape != whole.shape or not np.allclose(found, whole, rtol=1e-3, atol=1e-4):
        raise UserError(_step_error(model, "the same steps one after the other give other outputs"))


def random_inputs(
    model: keras.Model, length: int, rows: int = 8, is_padded: bool = True
) -> dict[str, np.ndarray]:
    """Return inputs of a model: vectors, and tokens of which none is padding, of all lengths."""
    random = np.random.default_rng(0)
    words = [layer.input_dim for layer in model.layers if hasattr(layer, "input_dim")]
    lengths = np.maximum(1, random.integers(0, length + 1, rows))
    lengths[: 1 if is_padded else rows] = length
    seen = np.arange(length) < lengths[:, None]
    x = {}
    for tensor in model.inputs:
        shape = (rows, length, *tensor.shape[2:])
        if tensor.dtype == "bool":
            x[tensor.name] = seen
        elif "int" in tensor.dtype:
            tokens = random.integers(1, max(2, min(words, default=2)), shape) * seen
            x[tensor.name] = tokens.astype(tensor.dtype)
        else:
            x[tensor.name] = random.normal(size=shape).astype(tensor.dtype)
    return x


def _step_error(model: keras.Model, reason: str):
    return (
        f"step model of '{model.name}': expected a model whose output at each step depends on the "
        f"steps so far alone, got another ({reason}). Pooling, attention, bidirectional layers and "
        "values subtracted from the end require the whole sequence: export the whole model."
    )
