"""The Keras models that an export consists of, and how their files are run on whole sequences."""

# Shapes: B batch, T time.

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
    """One or two models that together compute what a model computes.

    Args:
        model: an encoder–decoder becomes an encoder and one step of the decoder, any other model
            is exported as it is.
        step: whether a model becomes one time step with states.
    """

    def __init__(self, model: keras.Model, step: bool = False):
        self.model = model
        self.parts: dict[str, keras.Model]
        if model.name == "encoder_decoder":
            encoder, decoder = encoder_and_decoder(model)
            self.parts = {"encoder": encoder, "decoder": decoder}
        else:
            self.parts = {"step": step_model(model)} if step else {"model": model}
        self.states = {}
        self.every_step = has_every_step(model)
        if len(self.parts) == 1 and step:
            part = self.parts["step"]
            inputs: dict[str, Any] = cast("dict[str, Any]", part.input)  # by name in a step model
            self.states = {
                name: (new, inputs[name].shape[-1]) for name, new in state_names(part).items()
            }

    def expected(self, x: Arrays) -> np.ndarray:
        """Return what the model computes in Keras."""
        structure = self.model.input
        tensors = [keras.ops.convert_to_tensor(x[tensor.name]) for tensor in self.model.inputs]
        y = self.model(keras.tree.pack_sequence_as(structure, tensors), training=False)
        return to_numpy(y)

    def run(self, runners: Mapping[str, Runner], x: Arrays) -> np.ndarray:
        """Return the same from the exported files.

        Args:
            runners: what runs the file of each part.
            x: the model's inputs.
        """
        if "model" in runners:
            return runners["model"](x)["output"]
        if "encoder" in runners:
            return self._translate(runners, x)
        rows, steps = next(iter(x.values())).shape[:2]
        states = {
            name: np.zeros((rows, size), "float32") for name, (_, size) in self.states.items()
        }
        outputs = []
        for t in range(steps):
            now = {name: array[:, t : t + 1] for name, array in x.items()}
            found = runners["step"]({**now, **states})
            states = {name: found[new] for name, (new, _) in self.states.items()}
            outputs.append(found["output"])
        if self.every_step:
            return np.concatenate(outputs, axis=1)
        seen = steps_of(x)  # of padded sequences, the output of the last step of each
        last = np.full(rows, steps - 1) if seen is None else np.maximum(seen.sum(axis=1), 1) - 1
        return np.stack(outputs)[last, np.arange(rows)]

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
    """Return `(B, T)`, true where a step is no padding; `None` where there is none."""
    names = [name for name in ("target", "tokens", "mask") if name in x]
    return x[names[0]] != 0 if names else None


def has_every_step(model: keras.Model) -> bool:
    """Return whether a model has an output after every step: its last RNN layer has."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.RNN)]
    return bool(layers) and layers[-1].return_sequences
