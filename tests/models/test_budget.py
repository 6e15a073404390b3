"""The number of units for a number of parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_gru import models
from keras_gru.cells import cell_names
from keras_gru.datasets.sequence_dataset import TaskSpec
from keras_gru.errors import UserError
from keras_gru.models.config import Classifier, EncoderDecoder, Forecaster, Polyphony
from keras_gru.models.from_config import with_budget_of

MUSIC = TaskSpec(task="polyphony", outputs=100, features=100)


def recurrent_parameters(config, spec, cell):
    return models.recurrent_parameters(models.build(config, spec, cell, 0))


@pytest.mark.parametrize(
    ("cell", "units", "parameters"),
    # 4, 3 and 1 blocks of U (100 + U + 1) weights; reset_after adds a second bias.
    [
        ("lstm", 36, 4 * 36 * 137),
        ("gru", 46, 3 * 46 * 147),
        ("gru_reset_after", 46, 3 * 46 * 148),
        ("simple_rnn", 100, 100 * 201),
    ],
)
def test_sizes_of_chung_et_al(cell, units, parameters):
    assert (
        recurrent_parameters(Polyphony(kind="polyphony", size={"units": units}), MUSIC, cell)
        == parameters
    )
    model = models.build(Polyphony(kind="polyphony", size={"parameters": 20_000}), MUSIC, cell, 0)
    assert abs(models.recurrent_units(model) - units) <= 1


@pytest.mark.parametrize("cell", cell_names())
@pytest.mark.parametrize(
    ("settings", "spec"),
    [
        ({"layers": 3}, MUSIC),
        ({"kind": "classifier", "embedding": 8, "bidirectional": True, "layers": 2}, None),
        ({"kind": "encoder_decoder", "embedding": 8, "bidirectional": True}, None),
    ],
)
def test_no_other_number_of_units_is_nearer(cell, settings, spec):
    cls = {"classifier": Classifier, "encoder_decoder": EncoderDecoder}.get(
        settings.get("kind"), Polyphony
    )
    settings = {"kind": "polyphony", **settings}
    spec = spec or TaskSpec(task=cls.task, outputs=5, vocabulary=1000)
    model = models.build(cls(size={"parameters": 9_000}, **settings), spec, cell, 0)
    units = models.recurrent_units(model)
    distance = {
        other: abs(recurrent_parameters(cls(size={"units": other}, **settings), spec, cell) - 9_000)
        for other in (units - 1, units, units + 1)
    }
    assert min(distance, key=distance.get) == units
    # The final model has the embedding and output layer of the real vocabulary.
    assert model.output_shape[-1] == spec.outputs


@pytest.mark.parametrize(
    ("cell", "gates"), [("lstm", 4), ("gru", 3), ("gru_reset_after", 3), ("simple_rnn", 1)]
)
def test_multiply_adds_equal_a_count_by_hand(cell, gates):
    """Every gate multiplies D inputs and U states with U columns; biases need no multiplication."""
    model = models.build(Polyphony(kind="polyphony", size={"units": 7}), MUSIC, cell, 0)
    assert models.multiply_adds(model) == gates * 7 * (100 + 7)
    config = Classifier(
        kind="classifier", size={"units": 5}, embedding=8, bidirectional=True, layers=2
    )
    spec = TaskSpec(task="classification", outputs=3, vocabulary=50)
    first, second = 5 * (8 + 5), 5 * (2 * 5 + 5)  # both directions are inputs of the second layer
    assert models.multiply_adds(models.build(config, spec, cell, 0)) == 2 * gates * (first + second)


def test_elementwise_weights_are_not_multiply_adds():
    peephole = models.polyphony(cell="peephole_lstm", units=10, notes=88)
    integrated = models.polyphony(units=10, notes=88, multiplicative_integration=True)
    assert models.multiply_adds(peephole) == 4 * 10 * 98
    assert models.multiply_adds(integrated) == 3 * 10 * 98


@pytest.mark.parametrize("options", [{"autoregressive": True}, {"head": "none", "layers": 2}])
def test_forecasts_of_several_variables_have_their_budget(options):
    spec = TaskSpec(task="forecasting", outputs=2, features=2, length=8, horizon=3, history=(0, 1))
    config = Forecaster(kind="forecaster", size={"units": 20}, **options)
    model = models.build(config, spec, "gru", 0)
    budget = with_budget_of(config, spec, "gru").size.parameters
    assert budget == models.recurrent_parameters(model)


@given(st.integers(1, 10**9), st.integers(1, 8), st.integers(0, 10**4))
def test_units_for_finds_the_nearest(parameters, gates, inputs):
    def count(units):
        return gates * units * (units + inputs + 1)

    if count(1) > parameters:
        with pytest.raises(UserError, match=f"at least {count(1):,}.*got {parameters:,}"):
            models.units_for(parameters, count)
        return
    units = models.units_for(parameters, count)
    assert units >= 1
    for other in (units - 1, units + 1):
        assert abs(count(units) - parameters) <= abs(count(other) - parameters)


@given(st.integers(10**4, 10**9), st.integers(1, 8), st.integers(0, 10**4))
def test_nothing_larger_than_the_answer_is_built(parameters, gates, inputs):
    counted = []

    def count(units):
        counted.append(units)
        return gates * units * (units + inputs + 1)

    if count(1) <= parameters:
        counted.clear()
        units = models.units_for(parameters, count)
        assert counted == [1, 2, 3, units]


def test_a_parameter_count_that_is_not_quadratic_is_rejected():
    with pytest.raises(UserError, match=r"expected 100 weights for 10 units, got 1,000"):
        models.units_for(100, lambda units: units**2 if units < 4 else units**3)


def test_too_few_parameters_for_one_unit_are_rejected():
    config = Polyphony(kind="polyphony", size={"parameters": 305})
    with pytest.raises(UserError, match=r"at least 306, the weights of 1 unit, got 305"):
        models.build(config, MUSIC, "gru", 0)
    config = Polyphony(kind="polyphony", size={"parameters": 306})
    at_least = models.build(config, MUSIC, "gru", 0)
    assert models.recurrent_units(at_least) == 1


def test_too_many_parameters_are_rejected():
    with pytest.raises(UserError, match="at most 7, the weights of 65,536 units"):
        models.units_for(8, lambda units: 7)
