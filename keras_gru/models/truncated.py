"""Truncated back-propagation through time: long sequences in the memory of short ones."""

# B batch, T time steps, K steps of a chunk, U units

import keras

from keras_gru.errors import UserError
from keras_gru.models.budget import recurrent_layers
from keras_gru.models.reading import read_on

_TASKS = ("polyphony", "tagger", "language_model")


class TruncatedStep:
    """A training step that walks through a batch in chunks, with an update after each of them.

    It takes the place of a compiled model's `train_step`. The state is carried from chunk to chunk
    and begins with zeros in each batch; the gradient ends where its chunk begins, so that a network
    learns from at most `steps` steps back and keeps no more of them in memory. A batch of T steps
    is cut into ⌈T / steps⌉ chunks, which are as equal as can be: a last one of a step or two would
    be an update like any other. Chunks in which no step counts change the state alone. Dropout is
    drawn anew in each chunk. The model itself, and with it `evaluate`, stays as it is.

    Args:
        model: from `keras_gru.models.polyphony`, `tagger` or `language_model`, compiled, whose
            recurrent layers are `keras.layers.RNN`s that walk forwards.
        steps: time steps of a chunk, at most.

    Call arguments:
        data: `(x, y, sample_weight)` of a batch, each `(B, T, ...)`.

    Returns:
        The metrics by name, as `keras.Model.train_step` returns them. `loss` is the mean of those
        of the chunks, by the steps that count.

    Raises:
        UserError: the model is another one, or the backend is not TensorFlow.

    Example:

    >>> from keras_gru import models
    >>> model = models.polyphony(units=8)
    >>> model.compile("adam", loss="mse")
    >>> model.train_step = models.TruncatedStep(model, steps=100)

    Reference:

    - [Williams and Peng, 1990](https://doi.org/10.1162/neco.1990.2.4.490), BPTT(h; h')
    """

    def __init__(self, model, steps):
        backend = keras.backend.backend()
        if backend != "tensorflow":
            raise UserError(
                "Truncated back-propagation is there on the backend tensorflow: received "
                f"'{backend}'; choose another KERAS_BACKEND or train on whole sequences."
            )
        if model.name not in _TASKS:
            raise UserError(
                "Truncated back-propagation needs an output at every step that depends on the past "
                f"alone, of a model of {', '.join(_TASKS)}: received '{model.name}'."
            )
        for layer in recurrent_layers(model):
            if not isinstance(layer, keras.layers.RNN) or layer.go_backwards:
                raise UserError(
                    "Truncated back-propagation needs recurrent layers that hand on their state, "
                    f"keras.layers.RNN walking forwards: received {type(layer).__name__}."
                )
        self.model, self.steps = model, steps

    def __call__(self, data):
        import tensorflow as tf

        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        rows = tf.shape(y)[0]
        total, width = self._chunks(y)
        batch = keras.tree.map_structure(lambda of: _padded(of, total), (x, y, weight))
        counted = tf.reduce_sum(weight)
        # What follows the last step that counts is padding, or as good as it.
        last = tf.reduce_max(tf.where(weight > 0, tf.range(tf.shape(y)[1]) + 1, 0))

        def follow(start, *states):
            states = keras.tree.pack_sequence_as(beginning, states)
            chunk = keras.tree.map_structure(lambda of: _cut(of, start, width), batch)
            share = tf.reduce_sum(chunk[2]) / counted
            states = self._learn(*chunk, states, share * tf.cast(rows, share.dtype))
            return [start + width, *keras.tree.flatten(states)]

        beginning = [layer.get_initial_state(rows) for layer in recurrent_layers(self.model)]
        first = [tf.constant(0), *keras.tree.flatten(beginning)]
        shapes = [first[0].shape, *(tf.TensorShape([None, *of.shape[1:]]) for of in first[1:])]
        tf.while_loop(lambda start, *_: start < last, follow, first, shapes, parallel_iterations=1)
        return self.model.get_metrics_result()

    def _chunks(self, y):
        """T with what it takes to make all chunks equal, and their width K."""
        import tensorflow as tf

        length = y.shape[1] or tf.shape(y)[1]
        count = -(-length // self.steps)
        width = -(-length // count)
        return count * width, width

    def _learn(self, x, y, weight, states, importance):
        """One update, and the states after the chunk."""
        import tensorflow as tf

        model, optimizer = self.model, self.model.optimizer
        with tf.GradientTape() as tape:
            outputs, states = read_on(model, x, states, training=True)
            loss = model.compute_loss(x, y, outputs, weight, training=True)
            scaled = optimizer.scale_loss(loss)
        variables = model.trainable_variables
        gradients = tape.gradient(scaled, variables)

        def update():
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return True

        # An optimizer with momentum would go on without a gradient.
        tf.cond(importance > 0, update, lambda: False)
        for metric in model.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=importance)
        model.compute_metrics(x, y, outputs, weight)
        return states


def _padded(array, length):
    """`(B, T, ...)` with zeros after its end."""
    import tensorflow as tf

    missing = length - tf.shape(array)[1]
    return tf.pad(array, [[0, 0], [0, missing]] + [[0, 0]] * (len(array.shape) - 2))


def _cut(array, start, width):
    """`(B, K, ...)`, the steps of a chunk. XLA wants a size that does not depend on the start."""
    import tensorflow as tf

    size = [tf.shape(array)[0], width, *array.shape[2:]]
    return tf.slice(array, [0, start] + [0] * (len(array.shape) - 2), size)
