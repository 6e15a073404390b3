"""Build the model of an experiment."""

import functools
from collections.abc import Callable
from dataclasses import replace

import keras

from keras_gru.datasets.sequence_dataset import TaskSpec
from keras_gru.models.budget import recurrent_parameters, units_for
from keras_gru.models.classification import classifier
from keras_gru.models.config import ModelConfig, Parameters, Units
from keras_gru.models.forecasting import forecaster
from keras_gru.models.language_modeling import language_model
from keras_gru.models.polyphonic_music import polyphony
from keras_gru.models.tagging import tagger
from keras_gru.models.translation import encoder_decoder


def build(config: ModelConfig, spec: TaskSpec, cell: str, seed: int | None) -> keras.Model:
    """Build the model of a configuration.

    Args:
        config: the settings; a builder has arguments of the same names.
        seed: seed of initial weights and dropout.

    Returns:
        A `keras.Model`, not yet compiled. Where `config.size` has `parameters`, the units are
        those that come nearest to it with this cell.

    Raises:
        UserError: the budget is too small or too large, or there is no such cell.

    Example:

    >>> from keras_gru import models
    >>> from keras_gru.datasets.sequence_dataset import TaskSpec
    >>> from keras_gru.models.config import Polyphony
    >>> spec = TaskSpec(task="polyphony", outputs=88, features=88)
    >>> config = Polyphony(kind="polyphony", size={"parameters": 20_000})
    >>> [models.recurrent_units(models.build(config, spec, cell, seed=0))
    ...  for cell in ("lstm", "gru", "simple_rnn")]
    [39, 48, 104]
    """
    make, sizes = _maker(config, cell, seed), _BUILDERS[config.kind][1]
    if isinstance(config.size, Units):
        return make(units=config.size.units, **sizes(spec))
    small = _small(spec)
    units = units_for(
        config.size.parameters,
        lambda units: recurrent_parameters(make(units=units, **sizes(small))),
    )
    return make(units=units, **sizes(spec))


def with_budget_of(config: ModelConfig, spec: TaskSpec, cell: str) -> ModelConfig:
    """Return settings with the number of recurrent weights that a cell has with their units.

    Args:
        config: the settings; their `size` has `units`.

    Returns:
        Settings whose `size` has `parameters`, for `build` with any cell.

    Example:

    >>> from keras_gru.models.config import Polyphony
    >>> spec = TaskSpec(task="polyphony", outputs=100, features=100)
    >>> with_budget_of(Polyphony(kind="polyphony", size={"units": 46}), spec, "gru").size.parameters
    20286
    """
    assert isinstance(config.size, Units)  # see Args
    sizes = _BUILDERS[config.kind][1](_small(spec))
    model = _maker(config, cell, seed=0)(units=config.size.units, **sizes)
    size = Parameters(parameters=recurrent_parameters(model))
    return config.model_copy(update={"size": size})


def _maker(config: ModelConfig, cell: str, seed: int | None) -> Callable[..., keras.Model]:
    """Return the builder with all settings but the sizes."""
    options = config.model_dump(exclude={"kind", "size", "beams"})
    builder = _BUILDERS[config.kind][0]
    return functools.partial(builder, cell=cell, seed=seed, compile=False, **options)


def _small(spec: TaskSpec) -> TaskSpec:
    """Return sizes for the same recurrent layers in a small model."""
    outputs = spec.outputs if spec.task == "forecasting" else 1  # `history` may cover them
    return replace(spec, outputs=outputs, vocabulary=None if spec.vocabulary is None else 1)


def _inputs(spec: TaskSpec):
    return {"vocabulary": spec.vocabulary, "features": spec.features, "length": spec.length}


def _forecast(spec: TaskSpec):
    return {
        "features": spec.features,
        "variables": spec.outputs,
        "horizon": spec.horizon,
        "every_step": spec.every_step,
        "history": spec.history and spec.history[: spec.outputs],
        "length": spec.length,
        "categories": spec.categories,
    }


_BUILDERS = {
    "classifier": (classifier, lambda spec: {"classes": spec.outputs, **_inputs(spec)}),
    "tagger": (tagger, lambda spec: {"tags": spec.outputs, **_inputs(spec)}),
    "language_model": (
        language_model,
        lambda spec: {"vocabulary": spec.vocabulary, "length": spec.length},
    ),
    "forecaster": (forecaster, _forecast),
    "polyphony": (
        polyphony,
        lambda spec: {"notes": spec.outputs, "features": spec.features, "length": spec.length},
    ),
    "encoder_decoder": (
        encoder_decoder,
        lambda spec: {"source_vocabulary": spec.vocabulary, "target_vocabulary": spec.outputs},
    ),
}
