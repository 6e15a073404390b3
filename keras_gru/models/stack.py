"""Common parts of all builders: inputs, recurrent layers, outputs."""

# B batch, T time steps, D features, U units

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from operator import index
from typing import Any

import keras
from keras import ops

from keras_gru.cells import recurrent_layer
from keras_gru.datasets.task_spec import TaskSpec
from keras_gru.errors import UserError
from keras_gru.layers.types import Mask, Tensor
from keras_gru.models.config import Front
from keras_gru.models.losses import compile_options


def sequence_input(
    vocabulary: int | None,
    features: int | None,
    length: int | None,
    embedding: int | None = None,
    masked: bool = True,
) -> tuple[dict[str, Tensor], Tensor, Mask]:
    """Return the model's inputs, and the input of the first recurrent layer.

    Args:
        vocabulary: number of tokens with the padding token 0, or `None` for vectors.
        features: width D of a vector, or `None` for tokens.
        length: time steps T of every sequence; `None` where they differ.
        embedding: width of a token's vector.
        masked: whether vectors of different lengths come with a mask.

    Returns:
        `(inputs, x, mask)`: the inputs by name, `x` `(B, T, D)`, and `mask` `(B, T)`, false on
        padding, or `None` for vectors of one length or without a mask.

    Raises:
        UserError: not exactly one of `vocabulary` and `features` was given.
    """
    if (vocabulary is None) == (features is None):
        raise UserError(
            "expected either the 'vocabulary' of tokens or the 'features' of vectors, "
            f"got vocabulary={vocabulary} and features={features}."
        )
    if vocabulary is not None:
        tokens = keras.Input((length,), dtype="int32", name="tokens")
        x = embedding_layer(vocabulary, embedding, "embedding")(tokens)
        return {"tokens": tokens}, x, ops.not_equal(tokens, 0)
    vectors = keras.Input((length, features), name="features")
    if length is not None or not masked:
        return {"features": vectors}, vectors, None
    mask = keras.Input((None,), dtype="bool", name="mask")
    return {"features": vectors, "mask": mask}, vectors, mask


def embedding_layer(vocabulary: int, width: Any, name: str) -> keras.Layer:
    """Return an embedding; Keras takes no integer of NumPy, such as `tokens.max() + 1`."""
    return keras.layers.Embedding(index(vocabulary), index(width), name=name)


def front_layer(x: Tensor, mask: Mask, settings: Mapping[str, int] | None) -> tuple[Tensor, Mask]:
    """Convolve over time before the recurrent layers.

    The convolution is causal: output i depends on the steps up to `i * strides`. Where all
    sequences have one length, the last output is that of the last step; where lengths differ, up
    to `strides − 1` steps at the end of a sequence are not read.

    Args:
        x: `(B, T, D)`.
        mask: `(B, T)` or `None`; padding is at the end.
        settings: an instance of `keras_gru.models.config.Front`; `None` for no convolution.

    Returns:
        `(x, mask)` with about `T / strides` steps.
    """
    if settings is None:
        return x, mask
    front = Front.model_validate(settings)
    if mask is not None:
        x = x * ops.cast(ops.expand_dims(mask, -1), x.dtype)
        mask = mask[:, :: front.strides]
    elif x.shape[1] is not None:
        x = x[:, (x.shape[1] - 1) % front.strides :]
    convolution = keras.layers.Conv1D(
        front.filters,
        front.kernel_size,
        strides=front.strides,
        padding="causal",
        activation="relu",
        name="front",
    )
    return convolution(x), mask


def make_recurrent_layers(
    *,
    cell: str,
    units: int,
    layers: int,
    return_sequences: bool,
    bidirectional: bool = False,
    last_units: int | None = None,
    **recurrent_options: Any,
) -> list[Any]:
    """Return recurrent layers for a stack, named `recurrent_1`, `recurrent_2`, …

    Args:
        units: units of each layer, and of each direction.
        return_sequences: whether the last layer returns every step.
        bidirectional: whether each layer also runs backwards.
        last_units: units of the last layer; `None` for `units`.
        **recurrent_options: other arguments of `keras_gru.cells.recurrent_layer`.

    Raises:
        UserError: `layers` is not a positive integer, or there is no such cell.
    """
    stack = []
    for number in depths(layers):
        name = f"recurrent_{number}"
        layer = recurrent_layer(
            cell,
            last_units if last_units is not None and number == layers else units,
            return_sequences=return_sequences or number < layers,
            name=name,
            **recurrent_options,
        )
        stack.append(keras.layers.Bidirectional(layer, name=name) if bidirectional else layer)
    return stack


def recurrent_stack(x: Tensor, mask: Mask, **options: Any) -> Tensor:
    """Apply recurrent layers on top of each other, each with the mask as an argument.

    Keras up to 3.15 also passes a mask on implicitly and from 3.16 does not. Dropout is the
    layers' own, one draw for a whole sequence, which makes it independent of the padding.

    Args:
        x: `(B, T, D)`.
        mask: `(B, T)` or `None`.
        **options: as in `make_recurrent_layers`.

    Returns:
        `(B, T, U)` or `(B, U)`, with twice the units if bidirectional.
    """
    for layer in make_recurrent_layers(**options):
        x = layer(x, mask=mask)
    return x


def dense_layers(widths: Sequence[int]) -> Callable[[Tensor], Tensor]:
    """Return the dense layers before the output, as a function of `(B, ..., U)`."""
    stack = [
        keras.layers.Dense(width, activation="relu", name=f"dense_{number}")
        for number, width in enumerate(widths, 1)
    ]

    def apply(x: Tensor):
        for layer in stack:
            x = layer(x)
        return x

    return apply


def depths(layers: Any) -> range:
    """Return the numbers of a model's layers: 1, 2, …

    Raises:
        UserError: `layers` is not a positive integer.
    """
    if not isinstance(layers, Integral) or int(layers) < 1:
        raise UserError(f"'layers': expected a positive integer, got {layers!r}.")
    return range(1, int(layers) + 1)


def logits_layer(outputs: int) -> keras.Layer:
    """Return the output layer in full precision, which the loss requires."""
    return keras.layers.Dense(index(outputs), dtype=keras.config.floatx(), name="logits")


def task_model(
    inputs: Any, outputs: Tensor, name: str, compile: Any, task: str, every_step: bool = False
) -> keras.Model:
    """Return the model of a task, compiled with its loss and metrics.

    Args:
        compile: `True` for the optimizer Adam, an optimizer or its name for that one, and `False`
            for a model that is not compiled.
        every_step: whether forecasts are made after every step.
    """
    model = keras.Model(inputs, outputs, name=name)
    if compile is not False:
        spec = TaskSpec(task=task, outputs=outputs.shape[-1], every_step=every_step)
        model.compile("adam" if compile is True else compile, **compile_options(spec))
    return model


def without_mask(x: Tensor) -> Tensor:
    """Return the same tensor without the mask that Keras up to 3.15 attaches to it.

    Losses and metrics would multiply it with the weights of the data.
    """
    return ops.copy(x)
