"""Truncated back-propagation through time: long sequences in the memory of short ones."""

# B batch, T time steps, K steps of a chunk, U units

from numbers import Integral
from typing import Any

import keras
from keras import ops

from keras_gru.errors import UserError
from keras_gru.layers.types import Tensor
from keras_gru.models.budget import recurrent_layers
from keras_gru.models.measures import fit_weights

_TASKS = ("polyphony", "tagger", "language_model")


@keras.saving.register_keras_serializable(package="keras_gru")
class TruncatedModel(keras.Model):
    """A model that is trained on chunks of a batch, with an update after each of them.

    The state is carried from chunk to chunk and begins with zeros in each batch; the gradient ends
    where its chunk begins, so that a network learns from at most `steps` steps back and keeps no
    more of them in memory. A batch of T steps is cut into n = ⌈T / steps⌉ chunks of ⌈T / n⌉ steps;
    the last one may be shorter. Chunks in which no step counts change the state alone. Dropout is
    redrawn in each chunk. Only `fit` and `train_on_batch` differ from a `keras.Model`; `loss` is
    the mean of those of the chunks, by the steps that count.

    Example:

    >>> from keras_gru import models
    >>> model = models.truncate(models.polyphony(units=8), steps=100)
    >>> model.compile("adam", loss="mse")

    Reference:

    - [Williams and Peng, 1990](https://doi.org/10.1162/neco.1990.2.4.490), BPTT(h; h')
    """

    steps: int

    def train_step(self, data: Any) -> Any:
        import tensorflow as tf

        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        weight = _step_weights(weight, y)
        rows = tf.shape(y)[0]
        total, width = self._chunks(y)
        batch = keras.tree.map_structure(lambda array: _padded(array, total), (x, y, weight))
        counted = tf.reduce_sum(weight)
        # Steps after the last weighted step are treated as padding.
        last = tf.reduce_max(tf.where(weight > 0, tf.range(tf.shape(y)[1]) + 1, 0))

        def follow(start: Tensor, *states: Tensor):
            states = keras.tree.pack_sequence_as(beginning, states)
            chunk = keras.tree.map_structure(lambda array: _cut(array, start, width), batch)
            fraction = tf.reduce_sum(chunk[2]) / counted
            states = self._learn(chunk, states, fraction * tf.cast(rows, fraction.dtype))
            return [start + width, *keras.tree.flatten(states)]

        beginning = [layer.get_initial_state(rows) for layer in recurrent_layers(self)]
        first = [tf.constant(0), *keras.tree.flatten(beginning)]
        shapes = [
            first[0].shape,
            *(tf.TensorShape([None, *state.shape[1:]]) for state in first[1:]),
        ]
        tf.while_loop(lambda start, *_: start < last, follow, first, shapes, parallel_iterations=1)
        return self.get_metrics_result()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "steps": self.steps}

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> "TruncatedModel":
        steps = config.pop("steps", None)
        model = super().from_config(config, custom_objects)
        model.steps = steps
        return model

    def _chunks(self, y: Tensor):
        """T with what it takes to make all chunks equal, and their width K."""
        import tensorflow as tf

        length = y.shape[1] or tf.shape(y)[1]
        count = -(-length // self.steps)
        width = -(-length // count)
        return count * width, width

    def _learn(self, batch: Any, states: Any, importance: Tensor) -> Any:
        """One update, and the states after the chunk."""
        import tensorflow as tf

        x, y, weight = batch
        with tf.GradientTape() as tape:
            outputs, states = read_chunk(self, x, states, training=True)
            loss = self.compute_loss(x, y, outputs, weight, training=True)
            scaled = self.optimizer.scale_loss(loss)
        variables = self.trainable_variables
        gradients = tape.gradient(scaled, variables)

        def update():
            self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return True

        # An optimizer with momentum would update the weights even without a gradient.
        tf.cond(importance > 0, update, lambda: False)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=importance)
        self.compute_metrics(x, y, outputs, weight)
        return states


def truncate(model: keras.Model, steps: int) -> TruncatedModel:
    """Return a model of the same layers that is trained on chunks of its batches.

    Args:
        model: a model from `keras_gru.models.polyphony`, `tagger` or `language_model`, whose
            recurrent layers are `keras.layers.RNN`s that run forward.
        steps: time steps of a chunk, at most.

    Raises:
        UserError: the model is another one, `steps` is not a positive integer, or the backend is
            not TensorFlow.
    """
    if not isinstance(steps, Integral) or steps < 1:
        raise UserError(f"'steps': expected a positive integer, got {steps!r}.")
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise UserError(
            "training.truncate: expected the backend tensorflow, got "
            f"'{backend}'. Choose another KERAS_BACKEND, or train on whole sequences."
        )
    if model.name not in _TASKS:
        raise UserError(
            "training.truncate: expected a model with an output at every step that depends on the "
            f"past alone ({', '.join(_TASKS)}), got '{model.name}'. Train on whole sequences."
        )
    for layer in recurrent_layers(model):
        if not isinstance(layer, keras.layers.RNN) or layer.go_backwards:
            raise UserError(
                "training.truncate: expected recurrent layers that return their state "
                f"(keras.layers.RNN) and run forward, got {type(layer).__name__}. Train on whole "
                "sequences."
            )
    truncated = TruncatedModel(model.input, model.output, name=model.name)
    truncated.steps = steps
    return truncated


def read_chunk(
    model: keras.Model, x: Tensor, states: Any, training: bool = False
) -> tuple[Tensor, Any]:
    """Return the outputs `(B, K, ...)` of a chunk read from given states, and the new states."""
    parts = {layer.name: layer for layer in model.layers}
    if "tokens" in x:
        sequence, mask = parts["embedding"](x["tokens"]), ops.not_equal(x["tokens"], 0)
    else:
        sequence, mask = x["features"], x.get("mask")
    new_states = []
    for layer, state in zip(recurrent_layers(model), states, strict=True):
        shown, layer.return_state = layer.return_state, True
        try:
            sequence, *state = layer(sequence, initial_state=state, mask=mask, training=training)
        finally:
            layer.return_state = shown
        new_states.append(state)
    return parts["logits"](sequence), new_states


def _step_weights(weight: Tensor | None, y: Tensor) -> Tensor:
    """Return the weights `(B, T)` of the steps of targets `(B, T, ...)`; `None` weighs all as 1."""
    ones = ops.ones(ops.shape(y)[:2])
    if weight is None:
        return ones
    # "mse" after every step is a measure `(B, T)` of anything `(B, T, ...)`.
    return ones * ops.cast(fit_weights(weight, "mse", True, y), ones.dtype)


def _padded(array: Tensor, length: Any):
    """`(B, T, ...)` with zeros after its end."""
    import tensorflow as tf

    missing = length - tf.shape(array)[1]
    return tf.pad(array, [[0, 0], [0, missing]] + [[0, 0]] * (len(array.shape) - 2))


def _cut(array: Tensor, start: Tensor, width: Any):
    """`(B, K, ...)`, the steps of a chunk. XLA wants a size that does not depend on the start."""
    import tensorflow as tf

    size = [tf.shape(array)[0], width, *array.shape[2:]]
    return tf.slice(array, [0, start] + [0] * (len(array.shape) - 2), size)
