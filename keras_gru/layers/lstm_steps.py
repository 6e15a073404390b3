"""The LSTM over a sequence, forwards and backwards."""

# Shapes: B batch, U units.

from keras import ops

from keras_gru.layers.slopes import Activation
from keras_gru.layers.steps import Steps


class LSTMSteps(Steps):
    """h and c before a step, h' and c' after it; one product for the four weighted sums.

        i, f, o = σ(x W_x + h W_h + b)      input, forget and output gate
        g  = tanh(x W_xg + h W_hg + b_g)    candidate
        c' = f ⊗ c + i ⊗ g
        h' = o ⊗ m, where m = tanh(c')

    d· is the derivative of the loss by ·, a is a weighted sum. A walk back knows dh' and dc', the
    part of the derivative by c' that comes from the step after. Through h' there comes more:

        dc'' = dc' + dh' ⊗ o ⊗ tanh'(c')
        da_o = dh' ⊗ m ⊗ σ'(a_o)
        da_i = dc'' ⊗ g ⊗ σ'(a_i)
        da_f = dc'' ⊗ c ⊗ σ'(a_f)
        da_g = dc'' ⊗ i ⊗ tanh'(a_g)
        dc = dc'' ⊗ f                       no product on the way: what the LSTM was made for
        dh = [da_i da_f da_g da_o] W_hᵀ
        dW_h = Σ hᵀ [da_i da_f da_g da_o]   one product over all steps, after the walk

    with σ' = i (1 − i) and so on, and tanh' = 1 − m², from what was kept. Columns: i | f | g | o.
    """

    def __init__(self, cell):
        self.gate = Activation(cell.recurrent_activation)
        self.squash = Activation(cell.activation)

    def forward(self, kernel, *bias):
        def step(x, states):
            h, c = states
            a_i, a_f, a_g, a_o = ops.split(sum(bias, x + ops.matmul(h, kernel)), 4, axis=-1)
            i, f, o = self.gate(a_i), self.gate(a_f), self.gate(a_o)
            g = self.squash(a_g)
            c = f * c + i * g
            return [o * self.squash(c), c], [i, f, g, o]

        return step

    def backward(self, kernel, *bias):
        transposed = ops.transpose(kernel)

        def step(d_states, kept, before, after):
            (dh, dc), (i, f, g, o), (_, c), (_, c_after) = d_states, kept, before, after
            m = self.squash(c_after)
            dc = dc + dh * o * self.squash.slope(m)
            da = ops.concatenate(
                [
                    dc * g * self.gate.slope(i),
                    dc * c * self.gate.slope(f),
                    dc * i * self.squash.slope(g),
                    dh * m * self.gate.slope(o),
                ],
                axis=-1,
            )
            return [ops.matmul(da, transposed), dc * f], da

        return step
