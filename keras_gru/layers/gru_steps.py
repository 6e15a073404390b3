"""The GRU over a sequence, forwards and backwards.

`keras_gru.GRUCell` is where the equations are read and overridden; here they stand with their
derivatives. h is the state before a step and h' the one after it, a is a weighted sum, and d· the
derivative of the loss by ·. In both formulations h' = z ⊗ h + (1 − z) ⊗ g. A walk back from the
last step to the first knows dh' and finds

    da_z = dh' ⊗ (h − g) ⊗ σ'(a_z)
    da_g = dh' ⊗ (1 − z) ⊗ tanh'(a_g)
    dh   = dh' ⊗ z + what came through the weighted sums

with σ' = z (1 − z) and tanh' = 1 − g² from what the step forwards kept. Each da is kept in turn, so
that a weight's gradient is one product over all rows of all steps, after the walk.
"""

# Shapes: B batch, U units in a step; R = T · B rows in `weight_gradients`.

from keras import ops

from keras_gru.layers.slopes import Activation, Held
from keras_gru.layers.steps import Steps, product


class ResetBefore(Steps):
    """g = tanh(x_g + s W_hg), where the candidate sees s = r ⊗ h: the formulation of the book.

        ds   = da_g W_hgᵀ
        da_r = ds ⊗ h ⊗ σ'(a_r)
        dh   = dh' ⊗ z + ds ⊗ r + [da_z da_r] W_h(zr)ᵀ
        dW_h(zr) = Σ hᵀ [da_z da_r]        dW_hg = Σ (r ⊗ h)ᵀ da_g

    Two products per step depend on each other, s on r and r on h; so it is in both directions.
    """

    def __init__(self, cell):
        gate = Activation(cell.recurrent_activation)
        held_z, held_r = cell.hold_update_gate, cell.hold_reset_gate
        self.update_gate = gate if held_z is None else Held(held_z)
        self.reset_gate = gate if held_r is None else Held(held_r)
        self.candidate = Activation(cell.activation)
        self.units = cell.units

    def forward(self, kernel, *bias):
        w_zr, w_g = self.split(kernel)

        def step(x, states):
            (h,) = states
            x_zr, x_g = self.split(sum(bias, x))
            a_z, a_r = ops.split(x_zr + ops.matmul(h, w_zr), 2, axis=-1)
            z, r = self.update_gate(a_z), self.reset_gate(a_r)
            g = self.candidate(x_g + ops.matmul(r * h, w_g))
            return [z * h + (1 - z) * g], [z, r, g]

        return step

    def backward(self, kernel, *bias):
        w_zr, w_g = (ops.transpose(w) for w in self.split(kernel))

        def step(d_states, kept, before, _):
            (dh,), (z, r, g), (h,) = d_states, kept, before
            da_g = dh * (1 - z) * self.candidate.slope(g)
            ds = ops.matmul(da_g, w_g)
            da_z = dh * (h - g) * self.update_gate.slope(z)
            da_r = ds * h * self.reset_gate.slope(r)
            da_zr = ops.concatenate([da_z, da_r], axis=-1)
            dh = dh * z + ds * r + ops.matmul(da_zr, w_zr)
            return [dh], ops.concatenate([da_zr, da_g], axis=-1)

        return step

    def weight_gradients(self, da, kept, before):
        (_, r, _), (h,) = kept, before
        da_zr, da_g = self.split(da)
        parts = [product(h, da_zr), product(r * h, da_g)]
        return [ops.concatenate(parts, axis=-1), ops.sum(da, axis=0)]

    def split(self, columns):
        """Columns z | r | g into z | r and g."""
        return ops.split(columns, [2 * self.units], axis=-1)


class ResetAfter(ResetBefore):
    """g = tanh(x_g + r ⊗ n), where n = h W_hg + b_hg: the default of Keras, PyTorch and cuDNN.

        dn   = da_g ⊗ r
        da_r = da_g ⊗ n ⊗ σ'(a_r)
        dh   = dh' ⊗ z + [da_z da_r dn] W_hᵀ
        dW_h = Σ hᵀ [da_z da_r dn]         db_h = Σ [da_z da_r dn]

    One product per step does for all three, and n is kept besides the gates.
    """

    def weights(self, cell):
        return [cell.recurrent_kernel, *([cell.bias[0], cell.bias[1]] if cell.use_bias else [])]

    def forward(self, kernel, *bias):
        def step(x, states):
            (h,) = states
            x_zr, x_g = self.split(sum(bias[:1], x))
            h_zr, n = self.split(sum(bias[1:], ops.matmul(h, kernel)))
            a_z, a_r = ops.split(x_zr + h_zr, 2, axis=-1)
            z, r = self.update_gate(a_z), self.reset_gate(a_r)
            g = self.candidate(x_g + r * n)
            return [z * h + (1 - z) * g], [z, r, g, n]

        return step

    def backward(self, kernel, *bias):
        transposed = ops.transpose(kernel)

        def step(d_states, kept, before, _):
            (dh,), (z, r, g, n), (h,) = d_states, kept, before
            da_g = dh * (1 - z) * self.candidate.slope(g)
            da_z = dh * (h - g) * self.update_gate.slope(z)
            da_r = da_g * n * self.reset_gate.slope(r)
            da_h = ops.concatenate([da_z, da_r, da_g * r], axis=-1)
            dh = dh * z + ops.matmul(da_h, transposed)
            return [dh], ops.concatenate([da_z, da_r, da_g], axis=-1)

        return step

    def weight_gradients(self, da, kept, before):
        (_, r, _, _), (h,) = kept, before
        da_zr, da_g = self.split(da)
        da_h = ops.concatenate([da_zr, da_g * r], axis=-1)
        return [product(h, da_h), ops.sum(da, axis=0), ops.sum(da_h, axis=0)]


def steps(cell):
    """The steps of a `GRUCell`."""
    return ResetAfter(cell) if cell.reset_after else ResetBefore(cell)
