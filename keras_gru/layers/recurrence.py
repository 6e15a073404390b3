"""The one place that walks over time, for every recurrent layer here."""

# Shapes: B batch, T time, D features, U units.

import inspect
from functools import partial

import keras
from keras import ops

from keras_gru.layers import checks, compiling, fused
from keras_gru.layers import zoneout as zoning
from keras_gru.layers.call_arguments import standardize_mask, standardize_states
from keras_gru.layers.cell_settings import fix_names, reset_dropout_masks, set_policy
from keras_gru.layers.gates import ShowsGates


@keras.saving.register_keras_serializable(package="keras_gru")
class Recurrence(ShowsGates, keras.layers.RNN):
    """Runs a cell over a sequence: `keras.layers.RNN`, the same on every backend.

    It is the base of `GRU`, `LSTM` and `SimpleRNN` and the wrapper for a cell of your own. What
    differs from `keras.layers.RNN`:

    - The layer and its cell have one dtype policy. With `dtype=` the cell gets it, otherwise the
      layer takes the cell's. (`keras.layers.RNN(cell, dtype="mixed_bfloat16")` leaves the cell in
      float32.)
    - A masked step repeats the output of the last step that was not masked, or zeros where there
      was none, on every backend and unrolled or not. (Keras on JAX repeats the first state
      instead, which is wrong for a cell whose output is not its state.)

    Args:
        cell: a cell, or a list of cells to be stacked. A cell is a Keras layer with a
            `state_size` and a `call(inputs, states)` that returns `(output, new_states)`.
        return_sequences: whether to return the output of every step or of the last one.
        return_state: whether to return the last states too.
        go_backwards: whether to walk from the last step to the first. The outputs are in the
            order of the walk.
        stateful: whether a batch starts from the states in which the previous one ended. It needs
            a fixed batch size; `reset_state()` starts anew.
        unroll: whether to write the loop out. More memory, and only for short sequences.
        zero_output_for_mask: whether a masked step puts out zeros. Only with `return_sequences`.
        jit_compile: whether the walk is compiled by itself on TensorFlow, `True`, `False` or
            `"auto"`: see `compiles_itself`. A model's own `jit_compile` compiles all of it.
        zoneout: the share of each state's units that keep it over a step in training, others at
            every step; without training each state is the expectation. A list has a rate for each
            state, such as `[0.05, 0.5]` for an LSTM's h and c.
        **kwargs: a layer's `name`, `dtype`, `trainable`, `activity_regularizer`.

    Call arguments:
        sequences: `(B, T, D)`.
        initial_state: a list of states `(B, U)`, or `(1, U)` for all rows; zeros if `None`.
        mask: `(B, T)` or `(B, T, 1)`, false where a step is skipped: states stay as they were.
            Pass it by name: when `initial_state` is given, Keras does not find it by itself.
        training: whether dropout is on.

    Returns:
        The output `(B, U)`, or `(B, T, U)` with `return_sequences`; with `return_state` a tuple of
        it and each state.

    Example:

    >>> import numpy as np, keras, keras_gru
    >>> layer = keras_gru.Recurrence(keras.layers.LSTMCell(4), return_state=True)
    >>> [tuple(tensor.shape) for tensor in layer(np.ones((2, 5, 3), "float32"))]
    [(2, 4), (2, 4), (2, 4)]
    """

    def __init__(
        self,
        cell,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        jit_compile="auto",
        zoneout=0.0,
        **kwargs,
    ):
        checks.check_keras()
        if jit_compile not in (True, False, "auto"):
            raise ValueError(
                f"`jit_compile` must be True, False or 'auto': received {jit_compile!r}."
            )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            # Keras says so and does not check: a padded row's last output would become zero.
            zero_output_for_mask=zero_output_for_mask and return_sequences,
            **kwargs,
        )
        if kwargs.get("dtype") is not None:
            set_policy(self.cell, self.dtype_policy)
        elif isinstance(self.cell, keras.Layer):
            self.dtype_policy = self.cell.dtype_policy
        fix_names([self.cell])
        self.jit_compile, self._engine = jit_compile, None
        self._zoneout_rates = zoning.rates_of(zoneout, self.cell)
        self._zoneout_seed = None
        if any(self._zoneout_rates):
            seed = getattr(self.cell, "seed", None)
            # Not the one of dropout, whose draws these would resemble.
            self._zoneout_seed = keras.random.SeedGenerator(None if seed is None else seed + 1)
        # A tuple: Keras would make a list of its own of a list.
        self.zoneout = tuple(zoneout) if isinstance(zoneout, list) else zoneout

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape, initial_state_shape)
        if not self.trainable and isinstance(self.cell, keras.Layer):
            # The cell and the layers that it made in its `build`. Both, because TensorFlow ignores
            # an assignment that changes nothing.
            self.cell.trainable = True
            self.cell.trainable = False

    def get_config(self):
        zoneout = list(self.zoneout) if isinstance(self.zoneout, tuple) else self.zoneout
        return super().get_config() | {"zoneout": zoneout, "jit_compile": self.jit_compile}

    def call(self, sequences, initial_state=None, mask=None, training=False):
        checks.check_export(self, sequences)
        mask = standardize_mask(mask, sequences)
        if mask is not None:  # 0 · NaN is NaN: it must not reach a product, nor its gradient
            sequences = ops.where(mask[..., None], sequences, 0)
        if initial_state is not None:
            first = self.get_initial_state(ops.shape(sequences)[0])
            initial_state = standardize_states(initial_state, first)
        reset_dropout_masks(self.cell)
        return super().call(sequences, initial_state, mask=mask, training=training)

    def reset_state(self):
        for variable in keras.tree.flatten(self.states or []):  # those of a stack are nested
            variable.assign(ops.zeros_like(variable.value))

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """The time loop.

        Args:
            sequences: `(B, T, D)`.
            initial_state: a list of states.
            mask: `(B, T)` or `None`.
            training: whether dropout is on.

        Returns:
            `(last_output, outputs, states)`: `(B, U)`, `(B, T, U)` and a list.
        """
        obstacle = self.obstacle(training)
        if obstacle is None:
            return self._fused(sequences, initial_state, mask, training)
        self._engine = f"generic: {obstacle}"
        if self._scan() is None:
            # Keras' own loop is right there, and bounded, without which XLA has no gradient.
            return super().inner_loop(sequences, initial_state, mask, training)
        return self._walk(sequences, initial_state, mask, training)

    @property
    def engine(self):
        """What ran the time loop: `"fused"`, the fast path, `"fused, compiled"`, where it compiled
        itself and sharded the batch among the cores, or `"generic: ..."` and the reason.

        It is that of the last call or trace (after a `fit` with validation a call without
        training) and, before the first one, of a call without training.
        """
        if self._engine is not None:
            return self._engine
        obstacle = self.obstacle(training=False)
        return "fused" if obstacle is None else f"generic: {obstacle}"

    def obstacle(self, training):
        """Why the fast path cannot be taken, in a few words; `None` if it can."""
        if any(self._zoneout_rates):
            return "zoneout"
        return "unroll" if self.unroll else fused.obstacle(self.cell, training)

    def compiles_itself(self, length, training):
        """Whether the fast path is compiled by itself in a graph, and not with the whole model.

        On TensorFlow and CPUs, XLA compiles the loop, and each core runs it over a shard of the
        batch. XLA compiles anew for every length, and TensorFlow Serving runs nothing compiled, so
        `jit_compile="auto"` does it in training where the graph knows the length.

        Args:
            length: T, or `None` where it is not known.
            training: whether dropout is on.
        """
        return self.obstacle(training) is None and compiling.compiles_itself(
            length, training, self.jit_compile
        )

    def trains_by(self, length):
        """`engine` in training, for sequences of `length` T, `None` where a graph does not know."""
        if self.obstacle(training=True) is not None:
            return "generic"
        return "fused, compiled" if self.compiles_itself(length, training=True) else "fused"

    def _fused(self, sequences, initial_state, mask, training):
        parts = None
        if compiling.in_graph() and self.compiles_itself(sequences.shape[1], training):
            parts = compiling.shards()
        self._engine = "fused" if parts is None else "fused, compiled"
        outputs, states = fused.run(
            self.cell,
            sequences,
            # On PyTorch a stateful layer's variables change in place, under the gradient's feet.
            keras.tree.map_structure(ops.copy, initial_state),
            mask,
            training=training,
            go_backwards=self.go_backwards,
            every_output=self.return_sequences,
            parts=parts,
        )
        last = states[0]
        if mask is not None:
            # A masked step repeats the output before it, which is the state unless there was none.
            seen = ops.flip(mask, axis=1) if self.go_backwards else mask
            last = ops.where(ops.any(seen, axis=1)[:, None], last, 0)
            if self.return_sequences:
                shown = seen if self.zero_output_for_mask else _seen_so_far(seen)
                outputs = ops.where(shown[..., None], outputs, 0)
        return last, last[:, None] if outputs is None else outputs, states

    def _walk(self, sequences, initial_state, mask, training):
        steps = [ops.swapaxes(sequences, 0, 1)]
        if mask is not None:
            steps.append(ops.transpose(mask))
        if self.go_backwards:
            steps = [ops.flip(tensor, axis=0) for tensor in steps]
        states = keras.tree.map_structure(ops.copy, initial_state)
        no_output = self._no_output(ops.shape(sequences)[0])
        masked, rates = len(steps) - 1, self._zoneout_rates
        if training and any(rates):
            steps += zoning.draw(states, ops.shape(sequences)[1], rates, self._zoneout_seed)
        cell_arguments = {}
        if "training" in inspect.signature(self.cell.call).parameters:
            cell_arguments["training"] = training

        def step(carry, now):
            output, states = carry
            x, *flags = now
            seen, kept = flags[:masked], flags[masked:]
            new = self.cell(x, states, **cell_arguments)
            if any(rates):
                new = zoning.apply(new, states, rates, kept)
            new = _like(carry, new)
            if not seen:
                return new, [new[0]]
            held = keras.tree.map_structure(partial(_where, seen[0]), new, (output, states))
            if self.zero_output_for_mask:
                return held, [_where(seen[0], new[0], no_output)]
            return held, [held[0]]

        carry, outputs = self._scan()(step, (no_output, states), steps)
        return carry[0], ops.swapaxes(outputs[0], 0, 1), carry[1]

    def _scan(self):
        """What walks in the generic way; `None` for Keras' own loop."""
        if self.unroll:
            return _unrolled
        if keras.backend.backend() != "tensorflow":
            return ops.scan
        # Keras' loop has no place for what zoneout draws; this one is bounded, too.
        return fused.backend_loop().scan if any(self._zoneout_rates) else None

    def _no_output(self, batch_size):
        size = getattr(self.cell, "output_size", None) or self.state_size[0]
        return ops.zeros((batch_size, size), dtype=self.cell.compute_dtype)


def _unrolled(step, carry, steps):
    """`keras.ops.scan`, written out."""
    outputs = []
    for t in range(steps[0].shape[0]):
        carry, output = step(carry, [tensor[t] for tensor in steps])
        outputs += output
    return carry, [ops.stack(outputs)]


def _seen_so_far(seen):
    """`(B, T)`: whether a row was seen at this step or before it."""
    first = ops.argmax(seen, axis=1)[:, None]
    return (ops.arange(ops.shape(seen)[1])[None] >= first) & ops.any(seen, axis=1, keepdims=True)


def _where(seen, new, old):
    """`new` in the rows that are seen at this step, `old` in the others."""
    return ops.where(ops.reshape(seen, (-1,) + (1,) * (len(new.shape) - 1)), new, old)


def _like(carry, new):
    """A cell's output and new states, in the structure and the dtypes of the loop's carry."""
    cast = [
        ops.cast(tensor, old.dtype)
        for tensor, old in zip(keras.tree.flatten(new), keras.tree.flatten(carry), strict=True)
    ]
    return keras.tree.pack_sequence_as(carry, cast)
