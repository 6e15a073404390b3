"""The tensors that a scan over time reads: those with a batch axis, and the weights."""

# Shapes: B batch, T time, D features, U units, G columns of the kernel.

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_gru.layers import zoneout as zoneouts
from keras_gru.layers.cells.cell import Cell
from keras_gru.layers.types import Mask, Tensor, Tensors


class Rows(NamedTuple):
    """Tensors whose first axis is the batch, along which shards are split.

    Args:
        x: `[(B, T, D)]`, or `[(B, T, G)]` where the product with the kernel is done.
        states: a list of `(B, U)`, the initial states.
        mask: `[(B, T)]`, false at the steps to skip, or `[]`.
        zoneout: `(B, T, U)` for each state, true where a unit's state stays unchanged, or `[]`.
        masks: recurrent dropout masks `(B, U)`.
    """

    x: Tensors
    states: Tensors
    mask: Tensors
    zoneout: Tensors
    masks: Tensors


class Weights(NamedTuple):
    """Tensors without a batch axis, the same for every shard.

    Args:
        kernel: `[(D, G)]`, or `[]` where the product with it is done.
        bias: `[(G,)]` or `[]`.
        step: the result of `Cell.step_weights`.
        variables: values of the cell's variables, which a layer inside it may use; `[]` if the
            backend finds their gradients.
    """

    kernel: Tensors
    bias: Tensors
    step: Tensors
    variables: Tensors


def flatten_groups(groups: Sequence[Tensors]) -> list[Tensor]:
    """Flatten lists of tensors; `keras.tree` takes 20 times as long on PyTorch."""
    return [tensor for group in groups for tensor in group]


def pack(groups: Sequence[Tensors], tensors: Tensors) -> list[list[Tensor]]:
    """Undo `flatten_groups`: return lists of the same lengths as those in `groups`."""
    remaining = iter(tensors)
    return [[next(remaining) for _ in group] for group in groups]


def gather(
    layer: Any, sequences: Tensor, initial_state: Any, mask: Mask, training: bool
) -> tuple[Rows, Weights]:
    """Return the `Rows` and the `Weights` of a scan.

    Args:
        layer: a `keras_gru.RNN`.
        sequences: `(B, T, D)`.
        initial_state: the states in the structure of the cell.
        mask: `(B, T)` or `None`.
        training: whether dropout is on.
    """
    cell, dtype = layer.cell, loop_dtype(layer.cell)
    x = ops.cast(ops.convert_to_tensor(sequences), cell.compute_dtype)
    # On PyTorch a stateful layer's variables change in place after they were saved.
    states = [ops.copy(state) for state in keras.tree.flatten(initial_state)]
    mask = [] if mask is None else [mask]
    if mask:  # NaN or Inf in a masked step would reach the gradients
        x = ops.where(expand_flags(mask[0], x), x, 0)
    if layer.go_backwards:
        x, *mask = [ops.flip(tensor, axis=1) for tensor in (x, *mask)]
    draws = []
    if training and any(layer._rates):
        draws = zoneouts.draw(states, ops.shape(x)[1], layer._rates, layer._zoneout_seed)
    if not isinstance(cell, Cell):
        states = [_no_output(cell, x), *states]
        return Rows([x], states, mask, draws, []), Weights([], [], [], [])
    first = ops.zeros((ops.shape(x)[0], x.shape[-1]), x.dtype)  # T may be 0
    input_masks, masks = cell.dropout_masks(first, states[0], training)
    kernel = [ops.cast(cell.kernel, cell.compute_dtype)]
    is_plain = type(cell).input_product is Cell.input_product
    if len(input_masks) == 1 and is_plain:
        x = x * input_masks[0][:, None]
    elif input_masks or not is_plain:  # a loop knows the gradient of the plain product only
        x = cell.input_product(x, kernel.pop(), [mask[:, None] for mask in input_masks])
        x = ops.cast(x, dtype)
    bias = [] if cell.input_bias() is None else [cell.input_bias()]
    states, masks, bias, step = (
        [ops.cast(tensor, dtype) for tensor in group]
        for group in (states, masks, bias, cell.step_weights())
    )
    return Rows([x], states, mask, draws, masks), Weights(kernel, bias, step, [])


def loop_dtype(cell: Any) -> str:
    """Return the dtype of the states; half precision would add up rounding errors over time."""
    half = cell.compute_dtype in ("float16", "bfloat16")
    return "float32" if half and isinstance(cell, Cell) else cell.compute_dtype


def expand_flags(flags: Tensor, like: Tensor) -> Tensor:
    """Return flags with appended axes, to broadcast against a tensor of any rank."""
    return ops.reshape(flags, (*ops.shape(flags), *(1,) * (len(like.shape) - len(flags.shape))))


def _no_output(cell: Any, x: Tensor):
    """Return the output before the first step, zeros."""
    size = getattr(cell, "output_size", None) or keras.tree.flatten(cell.state_size)[0]
    size = size if isinstance(size, list | tuple) else (size,)
    return ops.zeros((ops.shape(x)[0], *size), dtype=cell.compute_dtype)
