"""The scan of a GRU with the kernels of `gru_triton`, as PyTorch operations."""

# Shapes: T time, B batch, U units, N units rounded up to a power of 2.

# pyright: reportIndexIssue=false
# (`kernel[grid](...)` runs a kernel of Triton.)

from collections.abc import Callable
from typing import Any

import keras
import torch
import triton

from keras_gru.layers.inputs import Rows, loop_dtype
from keras_gru.layers.kernels import gru_triton
from keras_gru.layers.scan import Scan, by_time
from keras_gru.layers.types import Residuals, Tensor, Tensors

# The maximum number of units whose weights fit into the registers of a multiprocessor.
MOST_UNITS = 128


def supports(cell: Any) -> bool:
    """Return whether the kernels support the settings of a `GRUCell`."""
    return (
        cell.units <= MOST_UNITS
        and not cell.reset_after
        and not cell.constant_gates
        and cell.activation is keras.activations.tanh
        and cell.recurrent_activation is keras.activations.sigmoid
        and loop_dtype(cell) == "float32"
    )


class KernelScan(Scan):
    """A `Scan` whose loops are the kernels, with the same residuals."""

    def forward(
        self, flat_rows: Tensors, flat_weights: Tensors
    ) -> tuple[list[Tensor], list[Tensor]]:
        rows, weights = self._packed(flat_rows, flat_weights)
        a, *mask = self._steps(rows, weights)
        (h,), bias = rows.states, weights.bias[0] if weights.bias else None
        square, mask = _square(weights.step, axis=1), mask[0] if mask else None
        saved = gru_forward(a, bias, square, h, mask, self.save)
        self.residuals = {"z": 1, "r": 2, "g": 3} if self.save else {}
        self.saved = len(saved) if self.save else 0
        outputs = [by_time(saved[0])][: self.every_output]
        return [*outputs, saved[0][-1].clone()], saved[: self.saved]

    def _backward_loop(
        self, rows: Rows, gradient: Any, residuals: Residuals, before: Tensors, d_outputs: Tensors
    ):
        *d_every, d_last = d_outputs
        d_h, da = gru_backward(
            _square(gradient.transposed, axis=0),
            d_last,
            by_time(d_every[0]) if d_every else None,
            *before,
            *(residuals[letter] for letter in "zrg"),
            by_time(rows.mask[0]) if rows.mask else None,
        )
        return [d_h], [], da


def _square(weights: Tensors, axis: int):
    """Return `[W_zr, W_g]` as `(3, N, N)`, z, r and g, with zeros appended.

    Args:
        weights: both, or both transposed.
        axis: along which z and r are side by side.
    """
    W_zr, W_g = weights
    units = W_g.shape[0]
    more = max(triton.next_power_of_2(units), 16) - units
    stacked = torch.stack([*W_zr.split(units, dim=axis), W_g])
    return torch.nn.functional.pad(stacked, (0, more, 0, more))


@torch.library.custom_op("keras_gru::gru_forward", mutates_args=())
def gru_forward(
    a: torch.Tensor,
    bias: torch.Tensor | None,
    weights: torch.Tensor,
    first: torch.Tensor,
    mask: torch.Tensor | None,
    save: bool,
) -> list[torch.Tensor]:
    """Return `(T, B, U)`: h after each step, and with `save` also z, r and g.

    Args:
        a: `(T, B, 3U)`, the input's product with its kernel, z | r | g.
        bias: `(3U,)`, or `None`.
        weights: `(3, N, N)`, the recurrent weights of z, r and g.
        first: `(B, U)`, the initial state.
        mask: `(T, B, 1)` booleans or `None`.
        save: whether z, r and g are returned.
    """
    a, first = a.contiguous(), first.contiguous()
    saved = _outputs(a, save)
    length, batch, units = saved[0].shape
    gru_triton.forward[(batch,)](
        a, bias, weights, first, _bytes(mask), *(saved if save else saved * 4),
        batch, length, units, **gru_triton.layout(weights.shape[-1]),
        BIASED=bias is not None, SAVE=save, MASKED=mask is not None,
    )  # fmt: skip
    return saved


@torch.library.custom_op("keras_gru::gru_backward", mutates_args=())
def gru_backward(
    weights: torch.Tensor,
    d_last: torch.Tensor,
    d_outputs: torch.Tensor | None,
    before: torch.Tensor,
    z: torch.Tensor,
    r: torch.Tensor,
    g: torch.Tensor,
    mask: torch.Tensor | None,
) -> list[torch.Tensor]:
    """Return the derivatives of the initial state, `(B, U)`, and of `a`, `(T, B, 3U)`.

    Args:
        weights: `(3, N, N)`, those of `gru_forward`, each transposed.
        d_last: `(B, U)`, the derivative of the last state.
        d_outputs: `(T, B, U)`, the derivatives of the outputs, or `None`.
        before: `(T, B, U)`, the state before each step.
        z, r, g: `(T, B, U)`, from `gru_forward`.
        mask: `(T, B, 1)` booleans or `None`.
    """
    every = d_outputs is not None
    given = [t.contiguous() for t in (d_last, d_outputs if every else before, before, z, r, g)]
    length, batch, units = before.shape
    d_first, da = torch.empty_like(given[0]), z.new_empty((length, batch, 3 * units))
    gru_triton.backward[(batch,)](
        weights, *given, _bytes(mask), d_first, da,
        batch, length, units, **gru_triton.layout(weights.shape[-1]),
        EVERY=every, MASKED=mask is not None,
    )  # fmt: skip
    return [d_first, da]


@gru_forward.register_fake
def _(a: Tensor, bias: Tensor, weights: Tensor, first: Tensor, mask: Tensor, save: bool):
    return _outputs(a, save)


@gru_backward.register_fake
def _(weights: Tensor, d_last: Tensor, d_outputs: Tensor, before: Tensor, z: Tensor, *_: Tensor):
    length, batch, units = before.shape
    return [torch.empty_like(d_last), z.new_empty((length, batch, 3 * units))]


def _in_turn(kernel: Callable[..., Tensors]):
    """Return the rule of `torch.vmap` for a kernel: one call after the other."""

    def rule(info: Any, dims: Tensors, *tensors: Tensor):
        results = []
        for i in range(info.batch_size):
            given = [
                t if dim is None else t.select(dim, i).contiguous()
                for t, dim in zip(tensors, dims, strict=True)
            ]
            results.append(kernel(*given))
        stacked = [torch.stack(each) for each in zip(*results, strict=True)]
        return stacked, [0] * len(stacked)

    return rule


gru_forward.register_vmap(_in_turn(gru_forward))
gru_backward.register_vmap(_in_turn(gru_backward))


def _outputs(a: Tensor, save: bool):
    length, batch, columns = a.shape
    return [a.new_empty((length, batch, columns // 3)) for _ in range(4 if save else 1)]


def _bytes(mask: Tensor | None):
    return None if mask is None else mask.contiguous().view(torch.uint8)
