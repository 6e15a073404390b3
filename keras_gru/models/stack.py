"""What every builder shares: the way in, the recurrent layers, the way out."""

# B batch, T time steps, D features, U units

from numbers import Integral

import keras
from keras import ops

from keras_gru.cells import recurrent_layer
from keras_gru.datasets.task_spec import TaskSpec
from keras_gru.errors import UserError
from keras_gru.models.losses import compile_options


def sequence_input(vocabulary, features, length, embedding=None, masked=True):
    """The model's inputs, and what the first recurrent layer gets of them.

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
            "Give either the 'vocabulary' of tokens or the 'features' of vectors: "
            f"received vocabulary={vocabulary} and features={features}."
        )
    if vocabulary is not None:
        tokens = keras.Input((length,), dtype="int32", name="tokens")
        x = keras.layers.Embedding(vocabulary, embedding, name="embedding")(tokens)
        return {"tokens": tokens}, x, ops.not_equal(tokens, 0)
    vectors = keras.Input((length, features), name="features")
    if length is not None or not masked:
        return {"features": vectors}, vectors, None
    mask = keras.Input((None,), dtype="bool", name="mask")
    return {"features": vectors, "mask": mask}, vectors, mask


def recurrent_stack(
    x,
    mask,
    *,
    cell,
    units,
    layers,
    dropout,
    recurrent_dropout,
    return_sequences,
    bidirectional=False,
    **recurrent_options,
):
    """Recurrent layers on top of each other, each of them handed the mask by name.

    Keras up to 3.15 also passes a mask on by itself and from 3.16 does not, so nothing here may
    lean on it. Dropout is the layers' own, one draw for a whole sequence, which keeps it
    independent of the padding.

    Args:
        x: `(B, T, D)`.
        mask: `(B, T)` or `None`.
        cell: name in the registry of cells.
        units: of each layer, and of each direction.
        layers: how many.
        dropout: of each layer's input.
        recurrent_dropout: of each layer's state.
        return_sequences: whether the last layer returns every step.
        bidirectional: whether each layer also runs backwards.
        **recurrent_options: what else `keras_gru.cells.recurrent_layer` takes.

    Returns:
        `(B, T, U)` or `(B, U)`, with twice the units if bidirectional.

    Raises:
        UserError: `layers` is not a positive integer, or there is no such cell.
    """
    for number in depths(layers):
        name = f"recurrent_{number}"
        layer = recurrent_layer(
            cell,
            units,
            return_sequences=return_sequences or number < layers,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            name=name,
            **recurrent_options,
        )
        if bidirectional:
            layer = keras.layers.Bidirectional(layer, name=name)
        x = layer(x, mask=mask)
    return x


def depths(layers):
    """The numbers of a model's layers from the input on: 1, 2, …

    Raises:
        UserError: `layers` is not a positive integer.
    """
    if not isinstance(layers, Integral) or layers < 1:
        raise UserError(f"'layers' must be a positive integer: received {layers!r}.")
    return range(1, layers + 1)


def logits_layer(outputs):
    """The last layer, in full precision whatever the others compute in: the loss needs it."""
    return keras.layers.Dense(outputs, dtype=keras.config.floatx(), name="logits")


def task_model(inputs, outputs, name, compile, task, every_step=False):
    """The model of a task, compiled with the loss and metrics of that task.

    Args:
        inputs: the inputs by name.
        outputs: logits or forecasts.
        name: of the model.
        compile: `True` for the optimizer Adam, an optimizer or its name for that one, and `False`
            for a model that is not compiled.
        task: that of `keras_gru.datasets.TaskSpec`.
        every_step: whether forecasts are made after every step.
    """
    model = keras.Model(inputs, outputs, name=name)
    if compile is not False:
        spec = TaskSpec(task=task, outputs=outputs.shape[-1], every_step=every_step)
        model.compile("adam" if compile is True else compile, **compile_options(spec))
    return model


def without_mask(x):
    """The same numbers without the mask that Keras up to 3.15 ties to them.

    Losses and metrics would multiply it into the weights, which come with the data.
    """
    return ops.copy(x)
