"""The plain recurrent network over a sequence, forwards and backwards."""

# Shapes: B batch, U units.

from keras import ops

from keras_gru.layers.slopes import Activation
from keras_gru.layers.steps import Steps


class SimpleRNNSteps(Steps):
    """h' = tanh(a), a = x W_x + h W_h + b: h before a step, h' after it.

    d· is the derivative of the loss by ·. A walk back knows dh' and finds

        da = dh' ⊗ tanh'(a), with tanh' = 1 − h'²
        dh = da W_hᵀ
        dW_h = Σ hᵀ da                      one product over all steps, after the walk

    All that reaches h goes through W_hᵀ, at every step: why long sequences are hard for it.
    """

    def __init__(self, cell):
        self.squash = Activation(cell.activation)

    def forward(self, kernel, *bias):
        def step(x, states):
            (h,) = states
            return [self.squash(sum(bias, x + ops.matmul(h, kernel)))], []

        return step

    def backward(self, kernel, *bias):
        transposed = ops.transpose(kernel)

        def step(d_states, kept, before, after):
            (dh,), (h_after,) = d_states, after
            da = dh * self.squash.slope(h_after)
            return [ops.matmul(da, transposed)], da

        return step
