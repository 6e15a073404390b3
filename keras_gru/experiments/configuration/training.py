"""The `training:` part of an experiment: how a model is fitted."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from keras_gru.settings import Settings


class Training(Settings):
    """How a model is fitted."""

    epochs: Annotated[int, Field(ge=1, le=100_000, description="passes over the data")] = 20
    batch_size: Annotated[int, Field(ge=1, le=65_536, description="sequences per step")] = 32
    optimizer: Literal["adam", "adamw", "nadam", "rmsprop", "sgd"] = "adam"
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 1e-3
    schedule: Annotated[
        Literal["constant", "cosine", "exponential", "step", "plateau"],
        Field(
            description="of the learning rate: cosine falls to 0 at the last epoch; exponential "
            "falls evenly and step at once by decay_factor in decay_epochs; plateau after so many "
            "epochs without a better validation metric"
        ),
    ] = "constant"
    decay_factor: Annotated[
        float | None,
        Field(gt=0, lt=1, description="what the learning rate is multiplied by"),
    ] = None
    decay_epochs: Annotated[
        int | None,
        Field(
            ge=1,
            le=100_000,
            description="epochs after which it has been multiplied once; of plateau those without "
            "a better validation metric, and fewer than patience, which would end the run",
        ),
    ] = None
    warmup: Annotated[
        float,
        Field(
            ge=0,
            description="epochs, or a part of one, in which the learning rate rises from near 0: "
            "adaptive optimizers know little of the gradient at first",
        ),
    ] = 0.0
    momentum: Annotated[float, Field(ge=0, lt=1, description="of rmsprop and sgd")] = 0.0
    clip_norm: Annotated[
        float | None,
        Field(
            gt=0,
            le=1e6,
            description="the gradient is scaled down to this norm: recurrent nets jump",
        ),
    ] = 1.0
    weight_noise: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="standard deviation of Gaussian noise on every weight, drawn anew for "
            "every step of training alone: recurrent nets overfit; 0.075 in Chung et al. 2014",
        ),
    ] = 0.0
    average: Annotated[
        float | None,
        Field(
            gt=0,
            lt=1,
            description="momentum, such as 0.999, of the moving average of the weights that is "
            "then measured and saved: it is smoother than the weights of one step",
        ),
    ] = None
    truncate: Annotated[
        int | None,
        Field(
            ge=1,
            le=1_000_000,
            description="steps of the chunks that sequences are learnt in, an update after each: "
            "the state goes on to the next and the gradient does not, so that very long sequences "
            "take the memory of short ones; null: whole sequences",
        ),
    ] = None
    patience: Annotated[
        int | None,
        Field(ge=1, description="stop after so many epochs without a better validation metric"),
    ] = None
    loss: Annotated[
        Literal["mse", "mae", "huber"], Field(description="of forecasts; other tasks have one loss")
    ] = "mse"
    label_smoothing: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="share of the loss in which every class is as right as any other: a "
            "network too sure of itself overfits; also in val_loss, not in the accuracy",
        ),
    ] = 0.0
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
    shards: Annotated[
        int | None,
        Field(
            ge=1,
            le=64,
            description="into how many parts a layer that XLA compiles for itself splits a batch, "
            "which changes the last digits of a result; null: as many as the cores of the machine "
            "on which the run directory is made, at most 4",
        ),
    ] = None
    tensorboard: Annotated[bool, Field(description="write TensorBoard logs beside the run")] = False

    @model_validator(mode="after")
    def _schedule_has_its_settings(self) -> Self:
        decays = self.schedule in ("exponential", "step", "plateau")
        for name in ("decay_factor", "decay_epochs"):
            given = getattr(self, name) is not None
            if given and not decays:
                raise ValueError(
                    f"'{name}' is of the schedules 'exponential', 'step' and 'plateau', received "
                    f"the schedule '{self.schedule}'; leave it out"
                )
            if decays and not given:
                raise ValueError(f"the schedule '{self.schedule}' needs '{name}', received none")
        return self

    @model_validator(mode="after")
    def _momentum_is_used(self) -> Self:
        if self.momentum and self.optimizer not in ("rmsprop", "sgd"):
            raise ValueError(
                f"'momentum' is of the optimizers 'rmsprop' and 'sgd', received {self.momentum:g} "
                f"with '{self.optimizer}'; leave it out"
            )
        return self

    @model_validator(mode="after")
    def _plateau_can_act(self) -> Self:
        if self.schedule != "plateau":
            return self
        if self.warmup:
            raise ValueError(
                f"the schedule 'plateau' has no warm-up, received {self.warmup:g} epochs; leave "
                "'warmup' out or choose another schedule"
            )
        if None not in (self.patience, self.decay_epochs) and self.decay_epochs >= self.patience:
            raise ValueError(
                f"the schedule 'plateau' would act after {self.decay_epochs} epochs and 'patience' "
                f"end the run after {self.patience}; choose fewer 'decay_epochs' than 'patience'"
            )
        return self

    @model_validator(mode="after")
    def _warmup_ends(self) -> Self:
        if self.warmup >= self.epochs:
            raise ValueError(
                f"the warm-up must end before the training, received {self.warmup:g} of "
                f"{self.epochs} epochs"
            )
        return self
