"""An experiment: everything that decides what a run gives. The only place with default values."""

import itertools
import os
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from keras_gru.datasets.registry import DatasetConfig, rebuild_on_registration
from keras_gru.experiments.configuration.choices import (
    OTHER_SIZE,
    Value,
    check_names,
    check_values,
    grid,
)
from keras_gru.experiments.configuration.sweep import Sweep, ends
from keras_gru.experiments.configuration.training import Training
from keras_gru.files import is_text
from keras_gru.models.config import ModelConfig
from keras_gru.settings import Settings, check_each_once


@rebuild_on_registration
class Experiment(Settings):
    """One comparison: some cells, some seeds, one dataset, one model, one way of training."""

    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
            max_length=100,
            description="the run directory's name",
        ),
    ]
    description: Annotated[
        str, Field(max_length=10_000, description="one sentence for the page")
    ] = ""
    cells: Annotated[
        tuple[Annotated[str, Field(max_length=100)], ...],
        Field(min_length=1, max_length=100, description="names in the registry of cells"),
    ] = ("gru", "lstm", "simple_rnn")
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=2**31)], ...],
        Field(min_length=1, max_length=1_000, description="one run of every cell each"),
    ] = (0, 1, 2)
    dataset: DatasetConfig
    model: ModelConfig
    match: Annotated[
        Literal["units", "parameters"] | None,
        Field(
            description="what all cells have alike: units, or recurrent weights (model.parameters, "
            "or those of the first cell with model.units); null: what the model's size is given in"
        ),
    ] = None
    training: Training = Training()
    tuning: Annotated[
        dict[str, Annotated[tuple[Value, ...], Field(min_length=1)]] | None,
        Field(
            description="values to try of settings such as training.learning_rate: for each cell "
            "all combinations with a seed of its own, and the best on validation with all seeds"
        ),
    ] = None
    target: Annotated[
        float | None,
        Field(
            description="validation metric, in the unit of the table, to which the report counts "
            "seconds; null: what every run reaches"
        ),
    ] = None
    sweep: Annotated[
        Sweep | None,
        Field(description="what keras-gru sweep draws; it takes the first seed, and no tuning"),
    ] = None
    runs: Annotated[str, Field(min_length=1, description="the folder of run directories")] = "runs"

    @field_validator("cells", "seeds")
    @classmethod
    def _no_repetition(cls, values: tuple) -> tuple:
        check_each_once(values)
        return values

    @field_validator("runs")
    @classmethod
    def _is_a_path(cls, runs: str) -> str:
        if not is_text(runs):
            raise ValueError(f"expected a folder, got {runs[:60]!a}, which no path can hold")
        return os.path.expanduser(runs)

    @field_validator("tuning")
    @classmethod
    def _the_data_are_the_same_for_all(cls, tuning: dict | None) -> dict | None:
        if tuning is not None:
            if not tuning:
                raise ValueError("expected values of one setting or more, received none")
            check_names(tuning)
            check_values(tuning)
        return tuning

    @model_validator(mode="after")
    def _model_fits_the_data(self) -> Self:
        if self.model.task != self.dataset.task:
            raise ValueError(
                f"the model '{self.model.kind}' is for {self.model.task} and the dataset "
                f"'{self.dataset.kind}' for {self.dataset.task}; choose a model for the latter"
            )
        return self

    @model_validator(mode="after")
    def _cells_that_can_match(self) -> Self:
        if self.match is None:
            return self
        if self.match == "units" and self.model.units is None:
            raise ValueError(
                "'match' is units, and 'model.parameters' gives each cell units of its own; give "
                "'model.units', or match parameters"
            )
        if self.match == "parameters" and self.model.units is not None and len(self.cells) == 1:
            raise ValueError(
                "'match' is parameters, and there is no cell to match beside "
                f"{self.cells[0]!r}; give 'model.parameters', or leave 'match' out"
            )
        sizes = {"model.units", "model.parameters"} & (self.tuning or {}).keys()
        if sizes:
            raise ValueError(
                f"'match' keeps all cells at one size, and 'tuning' chooses {sizes.pop()!r} for "
                "each; leave one of them out"
            )
        return self

    @model_validator(mode="after")
    def _labels_that_can_be_smoothed(self) -> Self:
        if self.training.label_smoothing and self.dataset.task in ("forecasting", "polyphony"):
            raise ValueError(
                "'training.label_smoothing' is of classes, tags, tokens and words, received "
                f"{self.training.label_smoothing:g} for {self.dataset.task}; leave it out"
            )
        return self

    @model_validator(mode="after")
    def _a_loss_that_is_used(self) -> Self:
        default = Training.model_fields["loss"].default
        if self.training.loss != default and self.dataset.task != "forecasting":
            raise ValueError(
                f"'training.loss' is of forecasting, received {self.training.loss!r} for "
                f"{self.dataset.task}, which has one loss; leave it out"
            )
        return self

    @model_validator(mode="after")
    def _a_curriculum_ends(self) -> Self:
        before = self.dataset.curriculum_epochs
        if before >= self.training.epochs:
            raise ValueError(
                f"training.epochs is {self.training.epochs}, and the last stage of "
                f"dataset.curriculum begins after {before}; use more epochs or fewer stages"
            )
        if self.training.patience is not None and self.training.patience < before:
            raise ValueError(
                f"training.patience is {self.training.patience}, so that a run may stop before the "
                f"last stage of dataset.curriculum; use {before} or more"
            )
        if self.training.truncate is not None and before:
            raise ValueError(
                "'training.truncate' and 'dataset.curriculum' are both given: an epoch of shorter "
                "sequences would have fewer updates; leave one of them out"
            )
        return self

    @model_validator(mode="after")
    def _chunks_need_an_output_at_every_step(self) -> Self:
        if self.training.truncate is None:
            return self
        tasks = ("polyphony", "tagging", "language_model")
        if self.model.task not in tasks or getattr(self.model, "bidirectional", False):
            received = "a bidirectional model" if self.model.task in tasks else self.model.task
            raise ValueError(
                "'training.truncate' needs an output at every step that depends on the past alone, "
                f"as in polyphony, tagging and language_model, received {received}; leave it out"
            )
        return self

    @property
    def tuning_seed(self) -> int:
        """The seed of all trials of `tuning`: the first from 1,000 on that no reported run has."""
        return next(seed for seed in itertools.count(1_000) if seed not in self.seeds)

    def combinations(self) -> tuple[dict[str, Value], ...]:
        """What `tuning` trials for each cell, the last setting varying fastest; () for nothing."""
        return grid(self.tuning) if self.tuning else ()

    def corners(self) -> tuple[dict[str, Value], ...]:
        """The combinations of the ends of all that `sweep` draws; () for nothing."""
        if self.sweep is None:
            return ()
        return grid({name: ends(drawn) for name, drawn in self.sweep.ranges.items()})

    def with_shards(self, count: int | None) -> Self:
        """Return the experiment with a number of shards where it has none of its own."""
        shards = self.training.shards or count
        training = self.training.model_copy(update={"shards": shards})
        return self.model_copy(update={"training": training})

    def with_guesses(self, dataset: DatasetConfig) -> Self:
        """Return the experiment with what was guessed of a user's file, where it is not set."""
        guessed = getattr(type(dataset), "guessed", ())
        if type(dataset) is not type(self.dataset) or not guessed:
            return self
        values = {
            name: getattr(dataset, name) for name in guessed if getattr(self.dataset, name) is None
        }
        return self.model_copy(update={"dataset": self.dataset.model_copy(update=values)})

    def with_settings(self, settings: Mapping[str, Value]) -> Self:
        """The same experiment with one of its `combinations`, and nothing left to try.

        Raises:
            pydantic.ValidationError: a value that the schema refuses.
        """
        if not settings:
            return self
        changed = self.model_dump() | {"tuning": None, "sweep": None}
        for name, value in settings.items():
            group, _, setting = name.partition(".")
            changed[group][setting] = value
            if name in OTHER_SIZE:
                changed[group][OTHER_SIZE[name]] = changed["match"] = None
        return type(self).model_validate(changed)
