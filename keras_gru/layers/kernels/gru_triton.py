"""The GRU that resets before the product, as two Triton kernels for NVIDIA GPUs.

A loop of matrix products launches several kernels at each step, each of which reads the weights
again. Here one kernel runs all steps, and the recurrent weights stay on the chip.

    r = σ(a_r + h W_hr),  z = σ(a_z + h W_hz)       a = x W_x + b, x W_x computed before
    g = tanh(a_g + (r ⊗ h) W_hg)
    h' = z ⊗ h + (1 − z) ⊗ g

The rows of a batch do not depend on each other, so a program runs one row over all steps and
waits for no other program. Its threads hold the three matrices `(N, N)` in registers, N being U
rounded up: at N = 128, 256 threads hold 192 floats each. A product of a row and a matrix is an
elementwise product and a sum over the first axis, in float32. (The matrix units compute 16 rows
at once or more, in tf32: at 64 rows they would keep 4 of an H100's 132 multiprocessors busy.)

The backward kernel does the same with the transposed matrices; d is dh' and the gates are saved:

    da_g = d ⊗ (1 − z) ⊗ (1 − g²),  da_z = d ⊗ (h − g) ⊗ z ⊗ (1 − z)
    ds = da_g W_hgᵀ,  da_r = ds ⊗ h ⊗ r ⊗ (1 − r)
    dh = d ⊗ z + ds ⊗ r + da_z W_hzᵀ + da_r W_hrᵀ

At a masked step h' = h: dh = d and the others are 0. `Scan.backward` finds the gradients of the
weights from da after the loop.

Layout. Lanes run along the columns of a matrix, one column a thread, so that a sum needs no
exchange between lanes. Triton chooses this layout where it cannot load several columns at once,
which is why the kernels declare no alignment of `weights`. Each step loads the next one's tensors
before it computes, to hide the latency of the memory.
"""

# Shapes: T time, B batch, U units, N units rounded up to a power of 2.

# pyright: reportMissingParameterType=false
# (The types of a kernel's arguments are those that it is launched with.)

import triton
import triton.language as tl

_SPECIALIZE_NOT = {
    "do_not_specialize": ("batch", "length", "units"),
    "do_not_specialize_on_alignment": ("weights",),
}


def layout(N: int) -> dict[str, int]:
    """Return N, and the fastest numbers of warps and of sums that a product is split into."""
    warps, sums = {16: (1, 4), 32: (2, 4), 64: (2, 4), 128: (8, 4)}[N]
    return {"N": N, "SUMS": sums, "num_warps": warps}


@triton.jit
def _tanh(a):
    """tanh to a relative error of 2e-7; Triton's own is not in its interpreter."""
    s = a * a
    small = a + a * s * (((0.016458757 * s - 0.052684143) * s + 0.13320942) * s - 0.33332957)
    large = 1 - 2 / (tl.exp(2 * tl.abs(a)) + 1)
    return tl.where(tl.abs(a) < 0.55, small, tl.where(a < 0, -large, large))


@triton.jit
def _matrices(weights, N: tl.constexpr, SUMS: tl.constexpr):
    """Load three matrices, each `(SUMS, N / SUMS, N)`."""
    first, n = tl.arange(0, SUMS) * (N // SUMS), tl.arange(0, N)
    k = first[:, None] + tl.arange(0, N // SUMS)[None, :]
    at = weights + (k[:, :, None] * N + n[None, None, :])
    return tl.load(at), tl.load(at + N * N), tl.load(at + 2 * N * N)


@triton.jit
def _partial(row, matrix):
    """Return the product as sums `(SUMS, N)` of which each thread computes some side by side."""
    return tl.sum(tl.reshape(row, matrix.shape[:2])[:, :, None] * matrix, axis=1)


@triton.jit
def _product(row, matrix):
    return tl.sum(_partial(row, matrix), axis=0)


@triton.jit
def _add(a, b, c, d):
    return a + c, b + d


@triton.jit
def _products(row, matrix, other_row, other):
    """Return two products with one exchange between the warps."""
    return tl.reduce((_partial(row, matrix), _partial(other_row, other)), 0, _add)


@triton.jit
def _load(at, inside):
    return tl.load(at, mask=inside, other=0.0)


@triton.jit(**_SPECIALIZE_NOT)
def forward(
    a, bias, weights, first, mask, hs, zs, rs, gs, batch, length, units,
    N: tl.constexpr, SUMS: tl.constexpr,
    BIASED: tl.constexpr, SAVE: tl.constexpr, MASKED: tl.constexpr,
):  # fmt: skip
    row, n = tl.program_id(0), tl.arange(0, N)
    inside, at, step = n < units, tl.program_id(0) * units + n, batch * units
    W_z, W_r, W_g = _matrices(weights, N, SUMS)
    h = _load(first + at, inside)
    b_z = _load(bias + n, inside) if BIASED else 0.0
    b_r = _load(bias + units + n, inside) if BIASED else 0.0
    b_g = _load(bias + 2 * units + n, inside) if BIASED else 0.0
    a += 3 * row * units + n
    a_z, a_r, a_g = _load(a, inside), _load(a + units, inside), _load(a + 2 * units, inside)
    for t in range(length):
        a += tl.where(t + 1 < length, 3 * step, 0)
        next_z, next_r = _load(a, inside), _load(a + units, inside)
        next_g = _load(a + 2 * units, inside)
        h_r, h_z = _products(h, W_r, h, W_z)
        r, z = tl.sigmoid(a_r + b_r + h_r), tl.sigmoid(a_z + b_z + h_z)
        g = _tanh(a_g + b_g + _product(r * h, W_g))
        new = z * h + (1 - z) * g
        if MASKED:
            new = tl.where(tl.load(mask + row) != 0, new, h)
            mask += batch
        h = new
        tl.store(hs + at, h, mask=inside)
        hs += step
        if SAVE:
            tl.store(zs + at, z, mask=inside)
            tl.store(rs + at, r, mask=inside)
            tl.store(gs + at, g, mask=inside)
            zs, rs, gs = zs + step, rs + step, gs + step
        a_z, a_r, a_g = next_z, next_r, next_g


@triton.jit(**_SPECIALIZE_NOT)
def backward(
    weights, d_last, d_outputs, hs, zs, rs, gs, mask, d_first, da, batch, length, units,
    N: tl.constexpr, SUMS: tl.constexpr, EVERY: tl.constexpr, MASKED: tl.constexpr,
):  # fmt: skip
    row, n = tl.program_id(0), tl.arange(0, N)
    inside, at, step = n < units, tl.program_id(0) * units + n, batch * units
    V_z, V_r, V_g = _matrices(weights, N, SUMS)
    d = _load(d_last + at, inside)
    end = (length - 1).to(tl.int64) * batch
    last = end * units + at
    hs, zs, rs, gs, d_outputs = hs + last, zs + last, rs + last, gs + last, d_outputs + last
    da += 3 * (end + row) * units + n
    if MASKED:
        mask += end + row
    h, z, r, g = _load(hs, inside), _load(zs, inside), _load(rs, inside), _load(gs, inside)
    d_output = _load(d_outputs, inside)
    for t in range(length):
        back = tl.where(t + 1 < length, step, 0)
        hs, zs, rs, gs, d_outputs = hs - back, zs - back, rs - back, gs - back, d_outputs - back
        next_h, next_z, next_r = _load(hs, inside), _load(zs, inside), _load(rs, inside)
        next_g = _load(gs, inside)
        if EVERY:
            d += d_output
            d_output = _load(d_outputs, inside)
        kept = tl.zeros_like(d)
        if MASKED:
            seen = tl.load(mask) != 0
            kept, d = tl.where(seen, 0.0, d), tl.where(seen, d, 0.0)
            mask -= batch
        da_g = d * (1 - z) * (1 - g * g)
        da_z = d * (h - g) * z * (1 - z)
        ds, d_z = _products(da_g, V_g, da_z, V_z)
        da_r = ds * h * r * (1 - r)
        d = kept + d * z + ds * r + d_z + _product(da_r, V_r)
        tl.store(da, da_z, mask=inside)
        tl.store(da + units, da_r, mask=inside)
        tl.store(da + 2 * units, da_g, mask=inside)
        da -= 3 * step
        h, z, r, g = next_h, next_z, next_r, next_g
    tl.store(d_first + at, d, mask=inside)
