"""Measure vanishing gradients: how far gradients reach back."""

# Shapes: B batch, T time, U units.

from collections.abc import Callable
from typing import cast

import keras
import numpy as np
from keras import ops

from keras_gru.inspection.model_layers import layer_inputs, replace_loop
from keras_gru.layers import RNN
from keras_gru.models.graph import to_numpy


def gradient_norms(model: keras.Model, layer: RNN, batch: tuple) -> np.ndarray:
    """Return the norm of each sequence's gradient of the last loss with respect to each state.

    Where there is a target for every step, the loss is that of the last step that counts;
    elsewhere it is the only one. The state is everything that the layer passes to the next step, h
    and c of an LSTM together. Its gradient is the total one, through all later steps.

    Args:
        model: compiled.
        batch: `(x, y)` or `(x, y, sample_weight)`.

    Returns:
        `(B, T)`.

    Reference:
        - [Pascanu et al., 2013](https://arxiv.org/abs/1211.5063), section 2, equation 5
    """
    x, y, *weight = batch
    if np.ndim(y) == 4 and not weight:  # forecasts after every step, of sequences of one length
        weight = [np.ones(y.shape[:2], "float32")]
    weight = _last_step(weight[0]) if weight else None
    count = len(y) if weight is None else weight.sum()
    sequences, initial_state, _ = layer_inputs(model, layer, x)
    length = sequences.shape[1]
    nudges = [np.zeros((len(y), length, state.shape[-1]), "float32") for state in initial_state]

    def loss(nudges: list) -> keras.KerasTensor:
        def nudged(sequences, initial_state, mask, training=False):
            nudge = [ops.cast(one, layer.compute_dtype) for one in nudges]
            outputs, states, _ = layer.trace(sequences, initial_state, mask, nudges=nudge)
            return outputs[:, -1], outputs, [state[:, -1] for state in states]

        with replace_loop(layer, nudged):
            predicted = model(x, training=False)
        # Sequences do not affect each other, so the mean loss times their number has the gradient
        # of each sequence.
        return model.loss(y, predicted, sample_weight=weight) * float(count)

    squares = [np.square(one.astype("float64")).sum(-1) for one in _gradients(loss, nudges)]
    return np.sqrt(sum(squares))


def align_at_end(norms: np.ndarray) -> list[np.ndarray]:
    """Return each sequence's norms by steps back from the last state that its loss depends on.

    Args:
        norms: `(B, T)`, zero behind the end of a sequence.

    Returns:
        For each sequence that has a gradient, its norms 0, 1, … steps back.
    """
    norms = np.nan_to_num(norms, nan=0.0, posinf=0.0)
    return [row[: np.flatnonzero(row)[-1] + 1][::-1] for row in norms if row.any()]


def gradient_decay(rows: list[np.ndarray]) -> np.ndarray:
    """Return the gradient k steps back, as a fraction of that at the last state.

    The mean norm k steps back over that of the same sequences at 0, as far back as half of the
    sequences go.

    Args:
        rows: what `align_at_end` returns.

    Returns:
        `(K,)`, the first of them 1; empty without a gradient.
    """
    if not rows:
        return np.zeros(0)
    longest = int(np.median([len(row) for row in rows]))
    decay = []
    for back in range(longest):
        far = [row for row in rows if len(row) > back]
        decay.append(np.mean([row[back] for row in far]) / np.mean([row[0] for row in far]))
    return np.array(decay)


def _last_step(weight: np.ndarray) -> np.ndarray:
    """Return weights `(B, T)` that are 1 only at the last step that counts."""
    last = weight.shape[1] - 1 - np.argmax(weight[:, ::-1] > 0, axis=1)
    return np.where(np.arange(weight.shape[1]) == last[:, None], weight > 0, 0).astype("float32")


def _gradients(function: Callable, values: list[np.ndarray]) -> list[np.ndarray]:
    """Return the gradients of a scalar function of a list of arrays."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        found = jax.grad(function)([ops.convert_to_tensor(value) for value in values])
    elif backend == "torch":
        import torch

        tensors = [
            cast("torch.Tensor", ops.convert_to_tensor(value)).requires_grad_() for value in values
        ]
        found = torch.autograd.grad(function(tensors), tensors)
    else:
        import tensorflow as tf

        tensors = [tf.constant(value) for value in values]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            loss = function(tensors)
        found = tape.gradient(loss, tensors)
    return [to_numpy(one) for one in found]
