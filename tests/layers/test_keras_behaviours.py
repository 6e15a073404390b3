"""Our layers behave like Keras' layers: each behaviour compared at equal weights.

The list of behaviours is that of Keras 3.15's tests of `GRU`, `LSTM`, `SimpleRNN`, `RNN`, stacked
cells, `Bidirectional` and `TimeDistributed`.
"""

# Shapes: B batch, T time, D features, U units.

import keras
import numpy as np
import pytest
from keras import ops

import keras_gru

from .helpers import BACKEND, array, only_tensorflow

B, T, D, U = 3, 4, 3, 5
KERAS = keras.layers
# name: (our layer, Keras' layer, options of both)
PAIRS = {
    "gru": (keras_gru.GRU, KERAS.GRU, {"reset_after": False}),
    "gru_reset_after": (keras_gru.GRU, KERAS.GRU, {"reset_after": True}),
    "lstm": (keras_gru.LSTM, KERAS.LSTM, {}),
    "simple_rnn": (keras_gru.SimpleRNN, KERAS.SimpleRNN, {}),
}
# padding at the right, at the left, inside
MASK = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 1]], bool)
x = np.random.default_rng(0).normal(size=(B, T, D)).astype("float32")


@keras.saving.register_keras_serializable(package="tests_behaviours")
class OneState(KERAS.Layer):
    """s' = x W + s R, which is also the output."""

    def __init__(self, units, state_size=None, **kwargs):
        super().__init__(**kwargs)
        self.units, self.state_size = units, state_size or units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.recurrent = self.add_weight(shape=(self.units, self.units), name="recurrent")

    def call(self, inputs, states):
        state = ops.matmul(inputs, self.kernel) + ops.matmul(states[0], self.recurrent)
        return state, [state]

    def get_config(self):
        return {**super().get_config(), "units": self.units, "state_size": self.state_size}


@keras.saving.register_keras_serializable(package="tests_behaviours")
class TwoStates(OneState):
    """Two states, and an output that is neither."""

    def __init__(self, units, state_size=None, **kwargs):
        super().__init__(units, state_size or [units, units], **kwargs)
        self.output_size = units

    def call(self, inputs, states):
        s, [_] = super().call(inputs, states[:1])
        return s - states[1], [s, states[1] + inputs[:, :1]]


CELLS = {
    "one state": lambda: OneState(U),
    "one state in a list": lambda: OneState(U, [U]),
    "two states": lambda: TwoStates(U),
    "two states in a tuple": lambda: TwoStates(U, (U, U)),
    "a stack": lambda: [OneState(U), OneState(3)],
    "a stack of two states": lambda: [TwoStates(U), TwoStates(3)],
    "a stack of LSTMs": lambda: [KERAS.LSTMCell(U), KERAS.LSTMCell(3)],
    "a stack of GRUs": lambda: [KERAS.GRUCell(U), KERAS.GRUCell(3)],
}


TWO_OF_TWO = "a stack of two states"


def weighted(ours, theirs, inputs=x):
    """Build both layers and give them the same weights."""
    for layer in (ours, theirs):
        layer.build(inputs.shape)
    random = np.random.default_rng(1)
    weights = [random.normal(0, 0.5, weight.shape) for weight in theirs.get_weights()]
    for layer in (ours, theirs):
        layer.set_weights(weights)
    return ours, theirs


def pair(name, **options):
    ours, theirs, own = PAIRS[name]
    return weighted(ours(U, **own, **options), theirs(U, **own, **options))


def wrapped(cell, **options):
    return weighted(keras_gru.RNN(CELLS[cell](), **options), KERAS.RNN(CELLS[cell](), **options))


def assert_same(found, expected, atol=1e-5):
    keras.tree.assert_same_structure(found, expected)
    for one, other in zip(keras.tree.flatten(found), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(array(one), array(other), atol=atol)


def states_of(layer, inputs=x):
    """Return initial states that are not zero, in the structure of the layer's states."""
    random = np.random.default_rng(2)
    return keras.tree.map_structure(
        lambda state: random.normal(size=tuple(state.shape)).astype("float32"),
        layer.get_initial_state(inputs.shape[0]),
    )


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.5},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
        {
            "return_sequences": True,
            "kernel_regularizer": "l2",
            "recurrent_regularizer": "l2",
            "bias_regularizer": "l1",
        },
        {"return_state": True, "activity_regularizer": "l2"},
    ],
    ids=["dropout", "both dropouts", "regularizers", "activity"],
)
@pytest.mark.parametrize("name", PAIRS)
def test_configuration_shapes_and_training(name, options):
    ours, theirs = pair(name, **options)
    theirs.activity_regularizer = ours.activity_regularizer  # Keras' SimpleRNN ignores its own
    assert ours.supports_masking
    assert ours.compute_output_shape(x.shape) == theirs.compute_output_shape(x.shape)
    for attribute in ("trainable_weights", "non_trainable_weights", "variables"):
        assert len(getattr(ours, attribute)) == len(getattr(theirs, attribute))
    dropped = [ours(x, training=True), theirs(x, training=True)]
    shapes = [keras.tree.map_structure(lambda out: tuple(out.shape), out) for out in dropped]
    assert shapes[0] == shapes[1]
    assert_same(ours(x), theirs(x))
    assert_same(ours.losses, theirs.losses)
    copied = type(ours).from_config(ours.get_config())
    assert copied.get_config() == ours.get_config()
    symbolic = keras.tree.map_structure(lambda out: out.shape[1:], ours(keras.Input((T, D))))
    assert symbolic == keras.tree.map_structure(lambda out: tuple(out.shape)[1:], ours(x))


@pytest.mark.parametrize(
    "options",
    [
        {"unroll": True, "go_backwards": True, "return_sequences": True},
        {"use_bias": False, "go_backwards": True, "activation": "relu"},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", PAIRS)
def test_outputs_and_states(name, options):
    ours, theirs = pair(name, **options)
    assert_same(ours(x), theirs(x))
    assert_same(ours(x, training=True), theirs(x, training=True))


@pytest.mark.parametrize("unit_forget_bias", [True, False])
def test_initial_biases_of_an_lstm(unit_forget_bias):
    options = {"unit_forget_bias": unit_forget_bias, "bias_initializer": "ones"}
    biases = []
    for layer in (keras_gru.LSTM(U, **options), KERAS.LSTM(U, **options)):
        layer.build(x.shape)
        biases.append(array(layer.cell.bias))
    np.testing.assert_array_equal(*biases)


@pytest.mark.parametrize("name", [*PAIRS, *(cell for cell in CELLS if cell != TWO_OF_TWO)])
def test_stateful(name):
    options = {"stateful": True, "return_state": True, "go_backwards": True}
    ours, theirs = (pair if name in PAIRS else wrapped)(name, **options)
    first = ours(x), theirs(x)
    second = ours(x), theirs(x)
    assert_same(*first)
    assert_same(*second)
    ours.reset_state()  # Keras' own raises an error for stacked cells
    assert_same(ours(x), first[0])
    assert_same(ours(x), second[0])


def test_a_stateful_stack_of_cells_with_two_states():
    """The reference passes the states explicitly, as Keras 3.15 mixes them up on TensorFlow."""
    ours, _ = wrapped(TWO_OF_TWO, stateful=True)
    by_hand = keras_gru.RNN(CELLS[TWO_OF_TWO](), return_state=True)
    by_hand.build(x.shape)
    by_hand.set_weights(ours.get_weights())
    theirs = KERAS.RNN(CELLS[TWO_OF_TWO]())
    theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    assert_same(ours(x), theirs(x))
    _, *states = by_hand(x)
    assert_same(ours(x), by_hand(x, initial_state=states)[0])


@only_tensorflow
@pytest.mark.parametrize("name", PAIRS)
def test_stateful_with_a_batch_size_unknown_in_the_graph(name):
    import tensorflow as tf

    ours, theirs = pair(name, stateful=True)
    expected = ours(x), theirs(x, training=True)
    assert_same(*expected)
    graph = tf.function(
        lambda inputs: ours(inputs, training=True), [tf.TensorSpec((None, T, D), "float32")]
    )
    assert_same(graph(x), theirs(x, training=True))


@pytest.mark.parametrize("name", [*PAIRS, *CELLS])
def test_another_batch_size_of_a_stateful_layer_raises(name):
    ours, _ = (pair if name in PAIRS else wrapped)(name, stateful=True)
    inputs = keras.Input((T, D), batch_size=B)
    model = keras.Model(inputs, keras.tree.flatten(ours(inputs)))
    model(x)
    with pytest.raises(ValueError, match="batch size"):
        model(x[:1])


@pytest.mark.parametrize(
    "options",
    [{}, {"go_backwards": True, "return_state": True, "unroll": True}],
    ids=str,
)
@pytest.mark.parametrize("name", [*PAIRS, *CELLS])
def test_initial_states(name, options):
    ours, theirs = (pair if name in PAIRS else wrapped)(name, **options)
    states = states_of(theirs)
    assert_same(ours(x, initial_state=states), theirs(x, initial_state=states))
    if name in PAIRS and len(states) == 1:
        assert_same(ours(x, initial_state=states[0]), theirs(x, initial_state=states[0]))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"return_sequences": True, "unroll": True},
        {"return_sequences": True, "zero_output_for_mask": True},
        {"go_backwards": True, "return_state": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", [*PAIRS, "one state", "a stack", "a stack of LSTMs"])
def test_masks(name, options):
    ours, theirs = (pair if name in PAIRS else wrapped)(name, **options)
    if BACKEND == "jax" and name not in PAIRS and "zero_output_for_mask" not in options:
        theirs.unroll = True  # Keras' masked loop repeats the wrong state
    assert_same(ours(x, mask=MASK), theirs(x, mask=MASK))


@pytest.mark.parametrize("options", [{}, {"return_sequences": True, "return_state": True}], ids=str)
@pytest.mark.parametrize("cell", CELLS)
def test_shapes_of_a_cell_in_a_layer(cell, options):
    ours, theirs = wrapped(cell, **options)
    for shape in [(B, T, D), (None, None, D)]:
        assert ours.compute_output_shape(shape) == theirs.compute_output_shape(shape)
    assert_same(ours(x), theirs(x))


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_in_a_layer_is_saved(cell, tmp_path):
    inputs = keras.Input((T, D))
    ours, theirs = wrapped(cell, go_backwards=True, unroll=True)
    model = keras.Model(inputs, ours(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_same(loaded(x), theirs(x))
    assert_same(keras.models.clone_model(model).count_params(), model.count_params())


@pytest.mark.parametrize("cell", [KERAS.SimpleRNNCell, KERAS.GRUCell, KERAS.LSTMCell])
def test_a_stack_has_a_seed_for_each_cell(cell):
    cells = [cell(units, dropout=0.1, recurrent_dropout=0.1) for units in (3, 4, 5)]
    layer = keras_gru.RNN(cells, return_sequences=True)
    assert tuple(layer(x, training=True).shape) == (B, T, 5)
    states = [variable for variable in layer.variables if "seed" in variable.path]
    assert len(states) == 3 and len(layer.trainable_variables) == 9


@pytest.mark.parametrize(
    ("merge_mode", "options"),
    [
        ("concat", {}),
        ("sum", {"return_sequences": True}),
        ("mul", {"return_state": True}),
        ("ave", {}),
        (None, {"return_sequences": True}),
        (None, {"return_state": True}),
    ],
)
@pytest.mark.parametrize("name", ["gru", "lstm"])  # one state, two states
def test_bidirectional(name, merge_mode, options):
    layers = (KERAS.Bidirectional(each, merge_mode=merge_mode) for each in pair(name, **options))
    ours, theirs = weighted(*layers)
    assert ours.compute_output_shape(x.shape) == theirs.compute_output_shape(x.shape)
    assert_same(ours(x), theirs(x))
    assert_same(ours(x, mask=MASK), theirs(x, mask=MASK))


@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_bidirectional_with_a_backward_layer_states_and_statefulness(name):
    def both(**options):
        backward = pair(name, go_backwards=True, **options)
        pairs = zip(pair(name, **options), backward, strict=True)
        return weighted(*(KERAS.Bidirectional(one, backward_layer=other) for one, other in pairs))

    ours, theirs = both()
    assert_same(ours(x), theirs(x))
    states = states_of(theirs.forward_layer) + states_of(theirs.backward_layer)
    assert_same(ours(x, initial_state=states), theirs(x, initial_state=states))
    ours, theirs = both(stateful=True)
    first = ours(x)
    for _ in range(2):
        theirs.reset_state()
        assert_same(first, theirs(x))
        assert_same(ours(x), theirs(x))
        ours.reset_state()
        first = ours(x)


@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_time_distributed(name):
    inputs = np.random.default_rng(3).normal(size=(B, 3, T, D)).astype("float32")
    layers = (KERAS.TimeDistributed(layer) for layer in pair(name, return_sequences=True))
    ours, theirs = weighted(*layers, inputs=inputs)
    assert ours.compute_output_shape(inputs.shape) == theirs.compute_output_shape(inputs.shape)
    assert_same(ours(inputs), theirs(inputs))
    mask = np.broadcast_to(MASK[:, None], (B, 3, T))
    assert_same(ours(inputs, mask=mask), theirs(inputs, mask=mask))
    with pytest.raises(ValueError, match="mask"):
        ours(inputs, mask=mask[:, :2])
