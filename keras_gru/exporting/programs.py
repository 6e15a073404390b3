"""The Keras models of an export, and how to run their files on whole sequences."""

# Shapes: B batch, T time.

import itertools
from collections.abc import Callable, Mapping
from typing import Any, cast

import keras
import numpy as np

from keras_gru.models.graph import to_numpy
from keras_gru.models.step import state_names, step_model
from keras_gru.models.translation import encoder_and_decoder

Arrays = Mapping[str, np.ndarray]
Runner = Callable[[Arrays], Mapping[str, np.ndarray]]


class Program:
    """One or two models that together compute the same as a model.

    Args:
        model: an encoder–decoder becomes an encoder and one step of the decoder, any other model
            is exported unchanged.
    """

    def __init__(self, model: keras.Model, step: bool = False, states: bool = False):
        self.model = model
        self.parts: dict[str, keras.Model]
        if model.name == "encoder_decoder":
            encoder, decoder = encoder_and_decoder(model)
            self.parts = {"encoder": encoder, "decoder": decoder}
        elif states:
            self.parts = {"chunk": step_model(model, None)}
        else:
            self.parts = {"step": step_model(model)} if step else {"model": model}
        self.every_step = has_every_step(model)
        self.new_states: dict[str, str] = {}
        self.zeros: dict[str, int] = {}  # sizes of the initial states of a step
        for name, part in self.parts.items():
            if name in ("step", "chunk"):
                self.new_states = state_names(part)
            if name == "step":
                inputs = cast("dict[str, Any]", part.input)  # by name in a step model
                self.zeros = {state: inputs[state].shape[-1] for state in self.new_states}

    def expected(self, x: Arrays) -> np.ndarray:
        """Return the outputs of the model in Keras."""
        structure = self.model.input
        tensors = [keras.ops.convert_to_tensor(x[tensor.name]) for tensor in self.model.inputs]
        y = self.model(keras.tree.pack_sequence_as(structure, tensors), training=False)
        return to_numpy(y)

    def run(self, runners: Mapping[str, Runner], x: Arrays) -> np.ndarray:
        """Return the outputs of the exported files."""
        if "model" in runners:
            return runners["model"](x)["output"]
        if "encoder" in runners:
            return self._translate(runners, x)
        rows, steps = next(iter(x.values())).shape[:2]
        ends = list(range(1, steps + 1))
        if "chunk" in runners:  # two of them: one with the default states, one with given ones
            ends = sorted({(steps + 1) // 2, steps})
        (runner,) = runners.values()
        states = {name: np.zeros((rows, size), "float32") for name, size in self.zeros.items()}
        outputs = []
        for first, end in itertools.pairwise([0, *ends]):
            found = runner({**{name: array[:, first:end] for name, array in x.items()}, **states})
            states = {name: found[new] for name, new in self.new_states.items()}
            outputs.append(found["output"])
        if self.every_step:
            return np.concatenate(outputs, axis=1)
        seen = steps_of(x)  # for padded sequences, return the output before the padding
        last = np.full(rows, steps - 1) if seen is None else np.maximum(seen.sum(axis=1), 1) - 1
        return np.stack(outputs)[np.searchsorted(ends, last, "right"), np.arange(rows)]

    def _translate(self, runners, x):
        encoded = dict(runners["encoder"]({"source": x["source"]}))
        outputs = []
        for t in range(x["target"].shape[1]):
            found = runners["decoder"]({"token": x["target"][:, t : t + 1], **encoded})
            outputs.append(found["output"])
            encoded |= {
                name: found[name.replace("state_", "new_state_")]
                for name in encoded
                if name.startswith("state_")
            }
        return np.stack(outputs, axis=1)


def steps_of(x: Arrays) -> np.ndarray | None:
    """Return `(B, T)`, true where a step is not padding; `None` where there is none."""
    names = [name for name in ("target", "tokens", "mask") if name in x]
    return x[names[0]] != 0 if names else None


def has_every_step(model: keras.Model) -> bool:
    """Return whether a model has an output after every step: its last RNN layer has one."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.RNN)]
    shape = model.outputs[0].shape
    has_steps = len(shape) > 2 and shape[1] == model.inputs[0].shape[1]
    return bool(layers) and layers[-1].return_sequences and has_steps
