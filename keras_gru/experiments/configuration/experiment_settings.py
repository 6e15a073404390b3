"""The settings of an experiment, with defaults."""

import itertools
import os
from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeVar, get_args

from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from keras_gru.datasets.registry import DatasetConfig
from keras_gru.experiments.configuration import grids
from keras_gru.experiments.configuration.grids import Value
from keras_gru.experiments.configuration.sweep import Sweep, ends
from keras_gru.experiments.configuration.training import Training
from keras_gru.files import is_text
from keras_gru.models.config import SIZES, ModelConfig
from keras_gru.settings import Settings, check_each_once

AnySettings = TypeVar("AnySettings", bound=Settings)
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"


Source = Literal["initialization", "order", "split"]
SOURCES: tuple[Source, ...] = get_args(Source)
FRACTIONS = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5)  # of train, unless a learning curve is given others


class ExperimentSettings(Settings):
    """The settings of an experiment, whose rules `Experiment` checks."""

    model_config = ConfigDict(defer_build=True)  # only `Experiment` is validated

    name: Annotated[
        str,
        Field(
            pattern=NAME,
            max_length=100,
            description="name of the run directory",
        ),
    ]
    description: Annotated[
        str, Field(max_length=10_000, description="one sentence for the report")
    ] = ""
    cells: Annotated[
        tuple[Annotated[str, Field(max_length=100)], ...],
        Field(min_length=1, max_length=100, description="names of registered cells"),
    ] = ("gru", "lstm", "simple_rnn")
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=2**31)], ...],
        Field(min_length=1, max_length=1_000, description="one run of every cell for each seed"),
    ] = (0, 1, 2)
    vary: Annotated[
        tuple[Source, ...],
        Field(
            min_length=1,
            description="what a seed changes: the initial weights and dropout; the order of the "
            "batches; which sequences are in train and which in validation",
        ),
    ] = ("initialization", "order")
    dataset: DatasetConfig
    model: ModelConfig
    match: Annotated[
        Literal["units", "parameters"] | None,
        Field(
            description="what is equal for all cells: units, or recurrent weights (those of the "
            "first cell where model.size has units); null: what model.size has"
        ),
    ] = None
    training: Training = Training()
    target: Annotated[
        float | None,
        Field(
            description="validation metric, in the unit of the table, up to which the report "
            "counts seconds; null: what every run reaches"
        ),
    ] = None
    sweep: Annotated[
        Sweep | None,
        Field(description="search space of keras-gru sweep, which uses only the first seed"),
    ] = None
    runs: Annotated[str, Field(min_length=1, description="directory of run directories")] = "runs"
    _tuning: dict[str, tuple[Value, ...]] = PrivateAttr(default_factory=dict)

    @field_validator("cells", "seeds", "vary")
    @classmethod
    def _no_repetition(cls, values: tuple) -> tuple:
        check_each_once(values)
        return values

    @field_validator("runs")
    @classmethod
    def _is_a_path(cls, runs: str) -> str:
        if not is_text(runs):
            raise ValueError(f"expected a directory, got {runs[:60]!a}, which is not a valid path")
        return os.path.expanduser(runs)

    @property
    def tuning(self) -> dict[str, tuple[Value, ...]] | None:
        """Values to try by dotted name, such as `training.learning_rate`; None for no grid."""
        return self._tuning or None

    @property
    def tuning_seed(self) -> int:
        """The seed of all tuning trials: the first from 1,000 on that no reported run uses."""
        return next(seed for seed in itertools.count(1_000) if seed not in self.seeds)

    def seed_of(self, source: Source, seed: int) -> int:
        """Return the seed of a source of variance: the first seed if `vary` excludes the source."""
        return seed if source in self.vary else self.seeds[0]

    def combinations(self) -> tuple[dict[str, Value], ...]:
        """Return the combinations that tuning tries; the last setting varies fastest."""
        return grids.combinations(self._tuning) if self._tuning else ()

    def corners(self) -> tuple[dict[str, Value], ...]:
        """Return the combinations of the ends of all ranges of `sweep`."""
        if self.sweep is None:
            return ()
        return grids.combinations(
            {name: ends(setting) for name, setting in self.sweep.ranges.items()}
        )

    def with_shards(self, count: int | None) -> Self:
        """Return the experiment with a number of shards, unless it has one already."""
        shards = self.training.shards or count
        training = self.training.model_copy(update={"shards": shards})
        return self.model_copy(update={"training": training})

    def with_guesses(self, dataset: DatasetConfig) -> Self:
        """Return the experiment with the guessed settings of a user's file filled in."""
        guessed = getattr(type(dataset), "guessed", ())
        if type(dataset) is not type(self.dataset) or not guessed:
            return self
        values = {
            name: getattr(dataset, name) for name in guessed if getattr(self.dataset, name) is None
        }
        return self.model_copy(update={"dataset": self.dataset.model_copy(update=values)})

    def with_values(self, values: Mapping[str, Value]) -> Self:
        """Return the experiment with other values by dotted name, without validation.

        A new size removes `match`.
        """
        has_size = any(name.startswith("model.size.") for name in values)
        changed = self.model_copy(update={"match": None} if has_size else {})
        for name, value in values.items():
            changed = _replaced(changed, name.split("."), value)
        return changed


def _replaced(settings: AnySettings, steps: list[str], value: Value) -> AnySettings:
    name, *rest = steps
    if not rest:
        return settings.model_copy(update={name: value})
    inner = getattr(settings, name)
    if name == "size":  # units instead of parameters, or the reverse
        inner = SIZES[rest[0]].model_construct()
    return settings.model_copy(update={name: _replaced(inner, rest, value)})
