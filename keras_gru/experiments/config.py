"""An experiment: everything that decides what a run gives. The only place with default values."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from keras_gru.datasets.config import DatasetConfig
from keras_gru.datasets.config.generated import Generated
from keras_gru.models.config import ModelConfig
from keras_gru.settings import Settings


class Training(Settings):
    """How a model is fitted."""

    epochs: Annotated[int, Field(ge=1, le=100_000, description="passes over the data")] = 20
    batch_size: Annotated[int, Field(ge=1, le=65_536, description="sequences per step")] = 32
    optimizer: Literal["adam", "adamw", "nadam", "rmsprop", "sgd"] = "adam"
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 1e-3
    momentum: Annotated[float, Field(ge=0, lt=1, description="of rmsprop and sgd")] = 0.0
    clip_norm: Annotated[
        float | None,
        Field(gt=0, description="the gradient is scaled down to this norm: recurrent nets jump"),
    ] = 1.0
    patience: Annotated[
        int | None,
        Field(ge=1, description="stop after so many epochs without a better validation metric"),
    ] = None
    loss: Annotated[
        Literal["mse", "mae", "huber"], Field(description="of forecasts; other tasks have one loss")
    ] = "mse"
    precision: Annotated[
        Literal["float32", "mixed_bfloat16", "mixed_float16"],
        Field(description="what layers compute in"),
    ] = "float32"
    jit_compile: Annotated[
        Literal["auto"] | bool,
        Field(
            description="XLA for the whole model, or none of it; auto: on TensorFlow, where all "
            "sequences have one length: for the whole, or from 128 units on for the layers alone"
        ),
    ] = "auto"
    tensorboard: Annotated[bool, Field(description="write TensorBoard logs beside the run")] = False


class Experiment(Settings):
    """One comparison: some cells, some seeds, one dataset, one model, one way of training."""

    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
            max_length=100,
            description="the run folder's name",
        ),
    ]
    description: Annotated[str, Field(description="one sentence for the page")] = ""
    cells: Annotated[
        tuple[str, ...], Field(min_length=1, description="names in the registry of cells")
    ] = ("gru", "lstm", "simple_rnn")
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=2**31)], ...],
        Field(min_length=1, description="one run of every cell each"),
    ] = (0, 1, 2)
    dataset: DatasetConfig
    model: ModelConfig
    training: Training = Training()
    runs: Annotated[str, Field(min_length=1, description="the folder of run folders")] = "runs"

    @field_validator("cells", "seeds")
    @classmethod
    def _no_repetition(cls, values: tuple) -> tuple:
        repeated = sorted({value for value in values if values.count(value) > 1})
        if repeated:
            raise ValueError(f"every value once, received {repeated[0]!r} more than once")
        return values

    @model_validator(mode="after")
    def _model_fits_the_data(self) -> Self:
        if self.model.task != self.dataset.task:
            raise ValueError(
                f"the model '{self.model.kind}' is for {self.model.task} and the dataset "
                f"'{self.dataset.kind}' for {self.dataset.task}; choose a model for the latter"
            )
        return self

    @model_validator(mode="after")
    def _a_curriculum_ends(self) -> Self:
        before = self.dataset.shorter_epochs if isinstance(self.dataset, Generated) else 0
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
        return self
