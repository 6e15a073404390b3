"""An experiment: everything that determines the result of a comparison, validated."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import (
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from keras_gru.datasets.registry import rebuild_on_registration
from keras_gru.experiments.configuration import grids
from keras_gru.experiments.configuration.experiment_settings import ExperimentSettings
from keras_gru.experiments.configuration.grids import Value
from keras_gru.experiments.configuration.rules import rule_errors
from keras_gru.experiments.configuration.sweep import sweep_errors


@rebuild_on_registration
class Experiment(ExperimentSettings):
    """A comparison: cells and seeds, one dataset, one model, one training configuration.

    A setting of `model` or `training` may have a list of values to try instead of one value,
    `{"grid": [0.001, 0.003]}`; `tuning` returns them.
    """

    model_config = ConfigDict(defer_build=False)

    @model_validator(mode="wrap")
    @classmethod
    def _with_grids_and_rules(cls, data: Any, handler: ValidatorFunctionWrapHandler) -> Self:
        plain, given = grids.split_grids(data)
        types = grids.group_types(plain)
        tuning, errors = grids.read_grids(given, types)
        try:
            experiment = handler(plain)
        except ValidationError as error:
            found = grids.relocated(error)
            raise _error([*grids.without_first_values(found, given), *errors]) from None
        if given:
            experiment._tuning = tuning
        if experiment.sweep is not None:
            errors += sweep_errors(experiment.sweep, types)
        errors = errors or rule_errors(experiment)
        if errors:
            raise _error(errors)
        return experiment

    @model_serializer(mode="wrap")
    def _with_grids(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data = handler(self)
        grids.join_grids(data, self._tuning)
        return data

    def with_settings(self, settings: Mapping[str, Value]) -> Self:
        """Return the experiment with one of its `combinations`, without grids or sweep.

        Raises:
            pydantic.ValidationError: a value that the schema or a rule does not allow.
        """
        if not settings:
            return self
        types, errors, values = grids.group_types({"model": self.model}), [], {}
        for name, value in settings.items():
            read, wrong = grids.read_values(name, [value], types, name.split("."))
            errors += wrong
            values |= dict.fromkeys([name], *read)
        changed = self.model_copy(update={"sweep": None})
        changed._tuning = {}
        changed = changed.with_values(values)
        errors = errors or rule_errors(changed)
        if errors:
            raise _error(errors)
        return changed


def _error(details: list) -> ValidationError:
    return ValidationError.from_exception_data("Experiment", details)
