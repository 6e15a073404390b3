"""The encoder–decoder: one sequence in, another one out."""

# B batch, S source steps, T target steps, E width of an embedding, U units, V target tokens

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from keras_gru.cells import recurrent_layer
from keras_gru.errors import UserError
from keras_gru.layers.types import Tensor, Tensors
from keras_gru.models.config import EncoderDecoder, defaults_of
from keras_gru.models.graph import to_numpy
from keras_gru.models.language_modeling import numbered
from keras_gru.models.seeding import seeded
from keras_gru.models.stack import depths, embedding_layer, logits_layer, task_model, without_mask

Parts = dict[str, Any]  # the layers of a model by name
States = list[list[Tensor]]  # of each layer


@defaults_of(EncoderDecoder)
def encoder_decoder(
    *,
    units: int,
    source_vocabulary: int,
    target_vocabulary: int,
    cell: str = "gru",
    embedding: int,
    layers: int,
    dropout: float,
    recurrent_dropout: float,
    bidirectional: bool,
    attention: bool,
    seed: int | None = None,
    compile: bool | str | keras.optimizers.Optimizer = True,
    **recurrent_options: Any,
) -> keras.Model:
    """Return the encoder–decoder of Cho et al. (2014), for teacher forcing.

    The encoder reads the source, and its last state is the context c. The decoder reads the target
    so far, and c is an input of each of its steps and of the output layer:

        h_t = f(h_(t−1), y_(t−1), c)        f: the recurrent layers, on [y_(t−1), c]
        p(y_t) = g(h_t, y_(t−1), c)         g: one dense layer, on [h_t, y_(t−1), c]

    with y_(t−1) the embedding of the token before. Of several layers, c is the state of the
    encoder's last one (an LSTM's h) and enters the decoder's first one. As in Sutskever et al.
    (2014), each layer of the decoder starts from the last states of the encoder's layer of the same
    depth. With a bidirectional encoder, a dense layer brings the states of both directions to the
    size of the decoder's, so that `units` means the same everywhere; c is what comes out of it.

    With `attention`, the decoder's outputs q attend to the encoder's outputs k by the additive
    score of Bahdanau et al. (2015), `v · tanh(W q + U k)`. The context c_t replaces c at the
    output, `p(y_t) = g(h_t, y_(t−1), c_t)`, and c remains an input of each step. In the paper c_t
    is an input of the decoder's step, too; here it is not, as in Géron's book, so that any cell
    can be used and all steps are computed at once.

    Arguments that are not listed are those of `classifier`.

    Args:
        units: units of each recurrent layer (and of each direction of the encoder).
        source_vocabulary: number of source tokens with the padding token 0.
        target_vocabulary: number of target tokens V with the padding token 0.
        layers: number of recurrent layers of the encoder, and of the decoder.
        bidirectional: whether the encoder also reads from the end.
        attention: whether the decoder can look back at each step of the source.

    Returns:
        A `keras.Model` from `{"source": (B, S), "target": (B, T)}` to logits `(B, T, V)` of the
        tokens that follow the target's. `keras_gru.models.translate` decodes with it.

    Raises:
        UserError: `layers` is not a positive integer, or there is no such cell.

    Example:

    >>> import numpy as np
    >>> from keras_gru import models
    >>> source, target = np.full((32, 3), 4), np.tile([1, 5, 6, 2], (32, 1))  # 1 starts, 2 ends
    >>> model = models.encoder_decoder(units=8, source_vocabulary=9, target_vocabulary=7)
    >>> history = model.fit({"source": source, "target": target[:, :-1]}, target[:, 1:], verbose=0)
    >>> [len(words) <= 5 for words in
    ...  models.translate(model, [[3, 4, 0]], start=1, end=2, max_length=5)]
    [True]

    Reference:

    - [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
    - [Sutskever et al., 2014](https://arxiv.org/abs/1409.3215)
    - [Bahdanau et al., 2015](https://arxiv.org/abs/1409.0473)
    - A. Géron, Hands-On Machine Learning, the chapter on attention
    """
    with seeded(seed):

        def recurrent(name: str, return_sequences: bool):
            return recurrent_layer(
                cell,
                units,
                return_sequences=return_sequences,
                return_state=True,
                dropout=dropout,
                recurrent_dropout=recurrent_dropout,
                name=name,
                **recurrent_options,
            )

        parts = [
            embedding_layer(source_vocabulary, embedding, "source_embedding"),
            embedding_layer(target_vocabulary, embedding, "target_embedding"),
            logits_layer(target_vocabulary),
        ]
        for number in depths(layers):
            encoder = recurrent(f"encoder_{number}", attention or number < layers)
            if bidirectional:
                encoder = keras.layers.Bidirectional(encoder, name=f"encoder_{number}")
            parts += [encoder, recurrent(f"decoder_{number}", True)]
        if attention:
            parts += [
                keras.layers.Dense(units, use_bias=False, name="query"),
                keras.layers.Dense(units, name="key"),
                keras.layers.AdditiveAttention(name="attention"),
            ]
        parts = {part.name: part for part in parts}
        source = keras.Input((None,), dtype="int32", name="source")
        target = keras.Input((None,), dtype="int32", name="target")
        states, memory = encode(parts, source)
        logits, _ = decode(parts, target, states, memory)
        inputs = {"source": source, "target": target}
        logits = without_mask(logits)
        return task_model(inputs, logits, "encoder_decoder", compile, task="translation")


def encode(parts: Parts, source: Tensor) -> tuple[States, list[Tensor]]:
    """Encode the source.

    Args:
        parts: the model's layers by name; those between the states of both directions and the
            decoder are made here where they are missing.
        source: `(B, S)`.

    Returns:
        The first states of each decoder layer, and the memory, which no step changes: the summary
        `(B, U)`, and with attention its keys `(B, S, U)`, values and mask `(B, S)`.
    """
    mask = ops.not_equal(source, 0)
    x = parts["source_embedding"](source)
    states = []
    for number, layer in enumerate(numbered(parts, "encoder"), 1):
        x, *state = layer(x, mask=mask)
        if isinstance(layer, keras.layers.Bidirectional):
            state = _bridge(parts, f"bridge_{number}", state)
        states.append(state)
    summary = states[-1][0]
    if "attention" not in parts:
        return states, [summary]
    return states, [summary, parts["key"](x), x, mask]


def decode(parts: Parts, target: Tensor, states: States, memory: Tensors) -> tuple[Tensor, States]:
    """Decode the target from the states of the decoder.

    Args:
        parts: the model's layers by name.
        target: `(B, T)`.
        states: the states of each decoder layer.
        memory: the second result of `encode`.

    Returns:
        Logits `(B, T, V)` and the new states.
    """
    y, h, c, new_states = _read_target(parts, target, states, memory[0])
    if memory[1:]:
        keys, values, mask = memory[1:]
        c = parts["attention"]([parts["query"](h), values, keys], mask=[None, mask])
    return parts["logits"](ops.concatenate([h, y, c], axis=-1)), new_states


def _read_target(parts: Parts, target: Tensor, states: States, c: Tensor):
    """The embedded target `(B, T, E)`, the outputs `(B, T, U)`, c at each step, and new states."""
    mask = ops.not_equal(target, 0)
    y = parts["target_embedding"](target)
    # A product with ones repeats c along a length that need not be known before the model runs. (A
    # sum with zeros would do, but Keras 3.15 on TensorFlow takes `(1, U, 1)` for a bias `(U,)`.)
    c = ops.expand_dims(c, 1) * ops.ones_like(ops.expand_dims(target, -1), dtype=c.dtype)
    h = ops.concatenate([y, c], axis=-1)
    new_states = []
    for layer, state in zip(numbered(parts, "decoder"), states, strict=True):
        h, *state = layer(h, mask=mask, initial_state=state)
        new_states.append(state)
    return y, h, c, new_states


def attention_weights(
    model: keras.Model, source_ids: npt.ArrayLike, target_ids: npt.ArrayLike
) -> np.ndarray:
    """Return which steps of the source each step of the target attends to.

    Args:
        model: a model from `encoder_decoder` with `attention=True`, or loaded from its file.
        source_ids: `(N, S)` tokens, 0 for padding.
        target_ids: `(N, T)` tokens that the decoder reads, from the start token on.

    Returns:
        `(N, T, S)`; the weights of the source's steps sum to 1.

    Raises:
        UserError: the model has no attention.

    Example:

    >>> from keras_gru import models
    >>> model = models.encoder_decoder(
    ...     units=8, source_vocabulary=9, target_vocabulary=7, attention=True)
    >>> models.attention_weights(model, [[3, 4, 0]], [[1, 5]]).shape
    (1, 2, 3)
    """
    parts = {layer.name: layer for layer in model.layers}
    if "attention" not in parts:
        raise UserError(
            f"'model': expected keras_gru.models.encoder_decoder with attention, got "
            f"'{model.name}'. Build and train it with attention=True."
        )
    source, target = (ops.convert_to_tensor(ids, "int32") for ids in (source_ids, target_ids))
    states, (c, keys, values, mask) = encode(parts, source)
    _, h, _, _ = _read_target(parts, target, states, c)
    _, weights = parts["attention"](
        [parts["query"](h), values, keys], mask=[None, mask], return_attention_scores=True
    )
    return to_numpy(weights)


def encoder_and_decoder(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Return an encoder–decoder as two models, with which any search for a translation is made.

    Args:
        model: a model from `encoder_decoder`, or loaded from its file.

    Returns:
        `(encoder, decoder)`. The encoder maps `source` `(B, S)` to a dict of the decoder's first
        states, `state_<n>` `(B, U)`, and of what no step changes, `memory_<n>`. The decoder maps a
        dict of one more `token` `(B, 1)`, the states and the memory to `output`, the logits
        `(B, V)` of the next token, and the new states, `new_state_<n>`.
    """
    parts = {layer.name: layer for layer in model.layers}
    source = keras.Input((None,), dtype="int32", name="source")
    states, memory = encode(parts, source)
    flat = keras.tree.flatten(states)
    named = {f"state_{i}": state for i, state in enumerate(flat)}
    named |= {f"memory_{i}": tensor for i, tensor in enumerate(memory)}
    encoder = keras.Model({"source": source}, named, name="encoder")
    given = {
        name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)
        for name, tensor in named.items()
    }
    token = keras.Input((1,), dtype="int32", name="token")
    inputs = list(given.values())
    before = keras.tree.pack_sequence_as(states, inputs[: len(flat)])
    logits, after = decode(parts, token, before, inputs[len(flat) :])
    after = {f"new_state_{i}": state for i, state in enumerate(keras.tree.flatten(after))}
    outputs = {"output": logits[:, 0], **after}
    return encoder, keras.Model({"token": token, **given}, outputs, name="decoder")


def _bridge(parts: Parts, name: str, states: Tensors):
    half = len(states) // 2
    bridged = []
    for index, pair in enumerate(zip(states[:half], states[half:], strict=True)):
        made = keras.layers.Dense(pair[0].shape[-1], activation="tanh", name=f"{name}_{index}")
        layer = parts.setdefault(made.name, made)
        bridged.append(layer(ops.concatenate(pair, axis=-1)))
    return bridged
