"""A layer that makes its own cell: the base of `GRU`, `LSTM`, `SimpleRNN` and others."""

import keras

from keras_gru.layers.recurrence import Recurrence


def from_cell(name):
    return property(lambda layer: getattr(layer.cell, name), doc=f"The cell's `{name}`.")


class SequenceLayer(Recurrence):
    """A `Recurrence` that makes its own cell and takes the cell's arguments as its own."""

    units = from_cell("units")
    activation = from_cell("activation")
    use_bias = from_cell("use_bias")
    kernel_initializer = from_cell("kernel_initializer")
    recurrent_initializer = from_cell("recurrent_initializer")
    bias_initializer = from_cell("bias_initializer")
    kernel_regularizer = from_cell("kernel_regularizer")
    recurrent_regularizer = from_cell("recurrent_regularizer")
    bias_regularizer = from_cell("bias_regularizer")
    kernel_constraint = from_cell("kernel_constraint")
    recurrent_constraint = from_cell("recurrent_constraint")
    bias_constraint = from_cell("bias_constraint")
    dropout = from_cell("dropout")
    recurrent_dropout = from_cell("recurrent_dropout")
    seed = from_cell("seed")

    def __init__(self, cell, **kwargs):
        super().__init__(cell, **kwargs)
        self.input_spec = keras.InputSpec(ndim=3)

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        config["trainable"] = self.trainable and self.cell.trainable
        for name in ("use_cudnn", "implementation"):  # of Keras' GRU and LSTM
            if hasattr(self, name):
                config[name] = getattr(self, name)
        return {**self.cell.get_config(), **config}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
