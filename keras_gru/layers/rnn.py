"""The layer that runs a cell over a sequence."""

# Shapes: B batch, T time, D features, U units.

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import ops

from keras_gru.layers import call_arguments, cell_settings, checks, compiling, gradients, kernels
from keras_gru.layers import zoneout as zoneouts
from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.foreign import as_cell
from keras_gru.layers.inputs import expand_flags, flatten_groups, gather, loop_dtype
from keras_gru.layers.scan import Scan
from keras_gru.layers.types import Mask, Shape, Tensor, Tensors


@keras.saving.register_keras_serializable(package="keras_gru")
class RNN(keras.layers.RNN):
    """Runs a cell over a sequence: a faster `keras.layers.RNN`, with equal results on all backends.

    It is the base of `GRU`, `LSTM` and `SimpleRNN`, and runs custom cells. It differs from
    `keras.layers.RNN` as follows:

    - If a cell defines its gradient, that is used, else the backend's; see `path`.
    - The layer and its cell have the same dtype policy: `dtype=` sets both, otherwise the layer
      takes the cell's. (`keras.layers.RNN(cell, dtype=…)` leaves the cell's as it is.)
    - A masked step repeats the output of the last step that was not masked; before the first such
      step the output is zero. (Keras on JAX repeats the first state instead, which is wrong for a
      cell whose output is not its state.)

    Args:
        cell: a cell, or a list of cells to stack. A cell is a `keras_gru.Cell`, or any Keras
            layer with a `state_size` and a `call(inputs, states)` that returns
            `(output, new_states)`.
        return_sequences: whether to return the output of every step or of the last one.
        return_state: whether to also return the last states.
        go_backwards: whether to run from the last step to the first. The outputs are in the order
            in which they were computed.
        stateful: whether a batch starts from the last states of the previous one. Requires a fixed
            batch size; `reset_state()` sets the states to zero.
        unroll: whether to unroll the loop, which takes more memory; for short sequences.
        zero_output_for_mask: whether the output of a masked step is zero. Only with
            `return_sequences`.
        jit_compile: whether the layer compiles its own loop on TensorFlow: `True`, `False` or
            `"auto"`, see `compiles_itself`. A model's `jit_compile` compiles the whole model.
        zoneout: fraction of the units whose state a training step leaves unchanged, redrawn at
            every step; in inference the new state is the expected value. A list has a fraction for
            each state, such as `[0.05, 0.5]` for an LSTM's h and c.
        **kwargs: a layer's `name`, `dtype`, `trainable`, `activity_regularizer`.

    Call arguments:
        sequences: `(B, T, D)`.
        initial_state: a list of states `(B, U)`, or `(1, U)` for all rows; zeros if `None`.
        mask: `(B, T)` or `(B, T, 1)`, false where a step is to be skipped: the states stay as they
            were. Pass it by name: when `initial_state` is given, Keras does not find it by itself.
        training: whether dropout is on.

    Returns:
        The output `(B, U)`, or `(B, T, U)` with `return_sequences`; with `return_state` a tuple of
        the output and each state.

    Example:

    >>> import numpy as np, keras, keras_gru
    >>> layer = keras_gru.RNN(keras_gru.LSTMCell(4), return_state=True)
    >>> [tuple(tensor.shape) for tensor in layer(np.ones((2, 5, 3), "float32"))]
    [(2, 4), (2, 4), (2, 4)]
    """

    arguments = (
        "return_sequences", "return_state", "go_backwards", "stateful", "unroll",
        "zero_output_for_mask", "jit_compile", "zoneout", "name", "dtype",
    )  # fmt: skip

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        jit_compile: bool | Literal["auto"] = "auto",
        zoneout: float | Sequence[float] = 0.0,
        **kwargs: Any,
    ) -> None:
        checks.check_keras()
        if jit_compile not in (True, False, "auto"):
            raise ValueError(f"jit_compile: expected True, False or 'auto', got {jit_compile!r}.")
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            # Keras documents this without checking it: a padded row's last output would be zero.
            zero_output_for_mask=zero_output_for_mask and return_sequences,
            **kwargs,
        )
        if kwargs.get("dtype") is not None:
            cell_settings.set_policy(self.cell, self.dtype_policy)
        elif isinstance(self.cell, keras.Layer):
            self.dtype_policy = self.cell.dtype_policy
        cell_settings.fix_names([self.cell])
        self.jit_compile: bool | Literal["auto"] = jit_compile
        self._rates = zoneouts.rates_of(zoneout, self.cell)
        self._zoneout_seed = zoneouts.seed_of(self._rates, self.cell)
        # A tuple, as Keras would wrap a list.
        self.zoneout = tuple(zoneout) if isinstance(zoneout, list) else zoneout

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        super().build(sequences_shape, initial_state_shape)
        if not self.trainable and isinstance(self.cell, keras.Layer):
            # The cell and the layers that it made in its `build`. Both, because TensorFlow ignores
            # an assignment that changes nothing.
            self.cell.trainable = True
            self.cell.trainable = False

    def get_config(self) -> dict[str, Any]:
        zoneout = list(self.zoneout) if isinstance(self.zoneout, tuple) else self.zoneout
        return super().get_config() | {"zoneout": zoneout, "jit_compile": self.jit_compile}

    def path(self, length: int | None = None, training: bool = True) -> str:
        """Return how the layer runs over a sequence: `"fused"`, `"scan: …"` or `"unrolled"`.

        `"fused"` is a scan with the gradient that the cell defines. `"scan: …"` is the same scan,
        differentiated by the backend, and the reason. `"unrolled"` is a Python loop. The first two
        have `", compiled"` appended if the layer compiles its own loop on TensorFlow, and
        `"fused"` has `", GPU kernel"` where one kernel runs the loop.

        Args:
            length: T, or `None` where it is not known when a graph is made.
            training: whether dropout is on.
        """
        if self.unroll:
            return "unrolled"
        obstacle = gradients.obstacle(self, training)
        compiled = ", compiled" * self.compiles_itself(length, training)
        in_kernel = obstacle is None and kernels.scan_class(self, training) is not Scan
        fused = f"fused{compiled}{', GPU kernel' * in_kernel}"
        return fused if obstacle is None else f"scan{compiled}: {obstacle}"

    def compiles_itself(self, length: int | None, training: bool) -> bool:
        """Return whether the layer compiles its own loop in a TensorFlow graph, on CPUs.

        XLA compiles the loop, and each core runs it over a shard of the batch. As XLA compiles
        again for every length, and TensorFlow Serving does not run compiled functions,
        `jit_compile="auto"` compiles in training only, and only where the length is known.

        Args:
            length, training: as in `path`.
        """
        return (
            isinstance(self.cell, Cell)
            and not self.unroll
            and compiling.is_function_of_its_weights(self.cell)
            and compiling.compiles_itself(length, training, self.jit_compile)
        )

    def call(
        self,
        sequences: Tensor,
        initial_state: Any = None,
        mask: Mask = None,
        training: bool = False,
    ) -> Any:
        checks.check_export(self, sequences)
        mask = call_arguments.standardize_mask(mask, sequences)
        if initial_state is not None:
            first = self.get_initial_state(ops.shape(sequences)[0])
            initial_state = call_arguments.standardize_states(initial_state, first)
        if sequences.shape[1] == 0:
            return call_arguments.without_steps(self, sequences, initial_state)
        cell_settings.reset_dropout_masks(self.cell)
        return super().call(sequences, initial_state, mask=mask, training=training)

    def reset_state(self) -> None:
        for variable in keras.tree.flatten(self.states or []):  # those of a stack are nested
            variable.assign(ops.zeros_like(variable.value))

    def inner_loop(
        self, sequences: Tensor, initial_state: Any, mask: Mask, training: bool = False
    ) -> tuple[Tensor, Tensor, Any]:
        """Return `(last_output, outputs, states)`: `(B, U)`, `(B, T, U)` and a list."""
        rows, weights = gather(self, sequences, initial_state, mask, training)
        compiled = compiling.in_graph() and self.compiles_itself(sequences.shape[1], training)
        gradient = gradients.kind(self, training or compiled)
        changing = [] if gradient == "cell" else cell_settings.changing_variables(self.cell)
        if changing or gradient == "backend":  # a layer inside the cell may use its variables
            values = [ops.copy(v.value) for v in self.cell.trainable_variables]
            weights = weights._replace(variables=values)
        run_by = kernels.scan_class(self, training) if gradient == "cell" else Scan
        scan = run_by(
            as_cell(self.cell, initial_state, training),
            rows,
            weights,
            dtype=loop_dtype(self.cell),
            every_output=self.return_sequences,
            rates=() if training else self._rates,
            gradient=gradient,
            save=gradient is not None and training,
            unroll=self.unroll,
            variables=changing,
        )
        shards = compiling.shards() if compiled else None
        outputs = scan.run(flatten_groups(rows), flatten_groups(weights), shards)
        return self._returned(outputs, rows.mask, initial_state)

    def gates(
        self, sequences: Tensor, mask: Mask = None, initial_state: Any = None
    ) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Return the gates and the states at every step, as the layer computes them in inference.

        The gates are those that the cell's `step` returns by their letter: of a GRU `"update"` and
        `"reset"`, of an LSTM `"input"`, `"forget"` and `"output"`, of a SimpleRNN none.

        Args:
            sequences, mask, initial_state: as in a call of the layer.

        Returns:
            `(gates, states)`: a dict from each gate's name to `(B, T, U)`, NaN where a step is
            skipped, and a list of the states after each step, `(B, T, U)`. Both are in the order
            of computation, which begins with the last step if `go_backwards`.

        Raises:
            ValueError: the cell is not a `keras_gru.Cell`, or its `step` does not return its gates.

        Example:

        >>> import numpy as np, keras_gru
        >>> gates, states = keras_gru.GRU(4).gates(np.ones((2, 5, 3), "float32"))
        >>> {name: tuple(values.shape) for name, values in gates.items()}, len(states)
        ({'update': (2, 5, 4), 'reset': (2, 5, 4)}, 1)
        """
        if not isinstance(self.cell, Cell):
            raise ValueError(
                f"The gates of a {type(self.cell).__name__} are not known: expected a "
                "keras_gru.Cell. keras_gru.GRUCell takes the weights of keras.layers.GRUCell."
            )
        if not self.built:
            self.build(tuple(sequences.shape))
        mask = call_arguments.standardize_mask(mask, sequences)
        _, states, gates = self.trace(sequences, initial_state, mask, gates=True)
        if mask is not None:
            seen = (ops.flip(mask, axis=1) if self.go_backwards else mask)[..., None]
            gates = {name: ops.where(seen, gate, float("nan")) for name, gate in gates.items()}
        return gates, states

    def trace(
        self,
        sequences: Tensor,
        initial_state: Any = None,
        mask: Mask = None,
        *,
        gates: bool = False,
        nudges: Tensors = (),
    ) -> tuple[Tensor, list[Tensor], dict[str, Tensor]]:
        """Run the cell in inference and return outputs, states and gates.

        Args:
            sequences, initial_state, mask: as in a call of the layer.
            gates: whether the gates are returned.
            nudges: for each state `(B, T, U)`, in the order of computation, which is added to it
                after each step. The derivative of a zero nudge is that of the state.

        Returns:
            `(outputs, states, gates)`: `(B, T, U)`, a list and a dict of the like.
        """
        first = self.get_initial_state(ops.shape(sequences)[0])
        if initial_state is not None:
            first = call_arguments.standardize_states(initial_state, first)
        rows, weights = gather(self, sequences, first, mask, training=False)
        cell = as_cell(self.cell, first, training=False)
        scan = Scan(cell, rows, weights, loop_dtype(self.cell), True, self._rates)
        names = self.cell.gate_names if gates else {}
        states, found = scan.trace(flatten_groups(rows), flatten_groups(weights), [*names], nudges)
        outputs = self._shown(states[0], rows.mask)
        states = states if cell is self.cell else states[1:]
        return outputs, states, {names[key]: found[key] for key in names}

    def _returned(self, outputs: Tensors, mask: Tensors, initial_state: Any):
        """Return `(last_output, outputs, states)` from the results of a scan."""
        last, *others = outputs[self.return_sequences :]
        states = [last, *others] if isinstance(self.cell, Cell) else others
        for seen in mask:  # the last output is the last state unless there was no step
            last = ops.where(expand_flags(ops.any(seen, axis=1), last), last, 0)
        every = self._shown(outputs[0], mask) if self.return_sequences else last[:, None]
        return last, every, keras.tree.pack_sequence_as(initial_state, states)

    def _shown(self, outputs: Tensor, mask: Tensors):
        """Return the outputs `(B, T, U)` with zeros if there is nothing to repeat."""
        for seen in mask:
            shown = seen if self.zero_output_for_mask else call_arguments.seen_so_far(seen)
            outputs = ops.where(expand_flags(shown, outputs), outputs, 0)
        return outputs
