"""The registry of cells: built-in cells, registering custom ones, and rejected arguments."""

import keras
import numpy as np
import pytest

import keras_gru
from keras_gru.cells import cell_label, cell_names, recurrent_layer, register_cell
from keras_gru.errors import UserError

from .helpers import CELLS, VARIANTS, LayerNormalisedCandidate, array


class PlainCell(keras.Layer):
    """A minimal cell, without dropout, seed, serialization or `output_size`."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")

    def call(self, inputs, states):
        h = keras.ops.tanh(keras.ops.matmul(inputs, self.kernel) + states[0])
        return h, [h]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class LayerOfItsOwn(keras.Layer):
    """A layer over sequences that is not an RNN."""

    def __init__(self, units, return_sequences=False, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.project, self.return_sequences = keras.layers.Dense(units), return_sequences

    def call(self, sequences, mask=None):
        projected = self.project(sequences)
        return projected if self.return_sequences else projected[:, -1]


def test_every_built_in_cell_makes_a_layer():
    assert set(cell_names()) >= {*CELLS, *VARIANTS} and cell_names()[: len(CELLS)] == CELLS
    labels = [cell_label(name) for name in CELLS]
    assert labels == ["GRU", "GRU (reset after)", "LSTM", "SimpleRNN"]
    made = [recurrent_layer(name, units=5, seed=1) for name in CELLS]
    assert [type(layer).__name__ for layer in made] == ["GRU", "GRU", "LSTM", "SimpleRNN"]
    assert [layer.reset_after for layer in made[:2]] == [False, True]
    assert {layer.units for layer in made} == {5}


def test_units_may_be_a_numpy_integer():
    for name in cell_names():
        layer = recurrent_layer(name, np.int64(4))
        assert type(getattr(layer, "cell", layer).units) is int


def test_units_must_be_an_integer():
    for name in cell_names():
        with pytest.raises((TypeError, ValueError)):
            recurrent_layer(name, 2.5)


def test_options_reach_the_layer():
    layer = recurrent_layer(
        "lstm", 5, return_sequences=True, return_state=True, dropout=0.1, recurrent_dropout=0.2,
        seed=0, name="here", go_backwards=True, dtype="float64",
    )  # fmt: skip
    config = layer.get_config()
    for option in ("return_sequences", "return_state", "go_backwards"):
        assert config[option] is True
    assert (config["dropout"], config["recurrent_dropout"], config["seed"]) == (0.1, 0.2, 0)
    assert (layer.name, layer.compute_dtype) == ("here", "float64")


def test_options_equal_to_the_default_are_not_passed_to_a_custom_cell():
    options = {"use_bias": False, "activation": None, "seed": 0, "dropout": 0.0}
    for cell in (recurrent_layer("gru", 4, **options), recurrent_layer("mut1", 4, **options).cell):
        assert (cell.use_bias, cell.activation, cell.seed) == (False, keras.activations.linear, 0)


@pytest.mark.parametrize("cell", ["gru", "mut1"])
def test_an_unknown_option_is_rejected(cell):
    with pytest.raises(ValueError, match=r"Unrecognized keyword arguments.*unitss"):
        recurrent_layer(cell, 4, unitss=3)


def test_labels_are_the_names_used_in_the_papers():
    labels = {name: cell_label(name) for name in VARIANTS}
    assert labels == {
        "minimal_gated_unit": "MGU",
        "coupled_lstm": "LSTM (coupled gates)",
        "peephole_lstm": "LSTM (peephole)",
        "mut1": "MUT1",
        "mut2": "MUT2",
        "mut3": "MUT3",
        "min_gru": "minGRU",
        "min_lstm": "minLSTM",
        "irnn": "IRNN",
    }


@pytest.mark.parametrize(
    "cell",
    [PlainCell, LayerOfItsOwn, keras.layers.LSTM, keras.layers.GRUCell, LayerNormalisedCandidate],
)
def test_a_custom_cell_is_registered_and_used(tmp_path, cell):
    register_cell("mine", cell)
    assert cell_names()[-1] == "mine" and cell_label("mine") == "mine"
    layer = recurrent_layer(
        "mine", 4, return_sequences=True, return_state=False, dropout=0.0, seed=3, name="a"
    )
    x = np.ones((2, 5, 3), "float32")
    assert layer(x, mask=np.ones((2, 5), bool)).shape == (2, 5, 4)
    if cell is LayerOfItsOwn:
        return  # it has no get_config, so it cannot be saved
    model = keras.Sequential([keras.Input((None, 3)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(array(loaded(x)), array(model(x)))


def test_a_function_can_be_registered_with_a_label():
    register_cell("clipped", lambda units, **options: keras_gru.GRU(units, **options), "GRU, clip")
    layer = recurrent_layer("clipped", 4, return_sequences=True, dropout=0.0, go_backwards=False)
    assert isinstance(layer, keras_gru.GRU) and layer.return_sequences
    assert cell_label("clipped") == "GRU, clip"


def test_a_cell_with_a_dropout_argument_gets_it():
    register_cell("inherits", LayerNormalisedCandidate)
    assert recurrent_layer("inherits", 4, dropout=0.3, seed=7).cell.dropout == 0.3
    assert recurrent_layer("inherits", 4, dropout=0.3, seed=7).cell.seed == 7
    register_cell("plain", PlainCell)
    with pytest.raises(UserError, match=r"Cell 'plain' has no dropout: expected 0, got 0.3"):
        recurrent_layer("plain", 4, dropout=0.3)


@pytest.mark.parametrize("rate", [20, 1.0, -0.1])
@pytest.mark.parametrize("name", ["dropout", "recurrent_dropout"])
def test_a_rate_out_of_range_is_rejected(name, rate):
    with pytest.raises(UserError, match=f"'{name}': expected a rate from 0 to below 1"):
        recurrent_layer("gru", 4, **{name: rate})


def test_mixed_precision_applies_to_a_custom_cell():
    register_cell("plain", PlainCell)
    layer = recurrent_layer("plain", 4, dtype="mixed_bfloat16")
    output = layer(np.ones((2, 5, 3), "float32"))
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    assert layer.cell.compute_dtype == "bfloat16"


def test_an_unknown_cell_is_rejected_with_similar_names():
    with pytest.raises(UserError, match=r"There is no cell 'grue'. Did you mean 'gru'"):
        recurrent_layer("grue", 4)
    with pytest.raises(UserError, match=r"no cell 'transformer'. Known: .*gru, gru_reset_after"):
        cell_label("transformer")


@pytest.mark.parametrize("name", ["", "GRU", "my cell", "2lstm", "a-b", None, 3])
def test_an_invalid_name_is_rejected(name):
    with pytest.raises(UserError, match="name of a cell: expected a lower-case letter"):
        register_cell(name, PlainCell)


def test_a_name_cannot_be_reused_but_a_definition_can_run_again():
    with pytest.raises(UserError, match="A cell named 'gru' exists already"):
        register_cell("gru", PlainCell)
    register_cell("mine", PlainCell)
    register_cell("mine", type("PlainCell", (PlainCell,), {"__module__": PlainCell.__module__}))
    with pytest.raises(UserError, match="A cell named 'mine' exists already"):
        register_cell("mine", LayerNormalisedCandidate)


def test_objects_that_are_not_cells_are_rejected():
    with pytest.raises(UserError, match="Cell 'mine': expected a Keras cell class"):
        register_cell("mine", 3)
    register_cell("no_state", keras.layers.Dense)
    with pytest.raises(UserError, match="Cell 'no_state': expected a `state_size`"):
        recurrent_layer("no_state", 4)
    register_cell("no_layer", lambda units, **options: units)
    with pytest.raises(
        UserError, match="Cell 'no_layer': expected a function that returns a layer, got 4"
    ):
        recurrent_layer("no_layer", 4)
