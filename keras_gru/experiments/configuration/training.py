"""The `training:` part of an experiment."""

from typing import Annotated, Literal

from pydantic import Field

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
            description="learning rate schedule: cosine decays to 0 at the last epoch; exponential "
            "decays smoothly and step at once by decay_factor every decay_epochs; plateau after "
            "decay_epochs without a better validation metric"
        ),
    ] = "constant"
    decay_factor: Annotated[
        float | None,
        Field(gt=0, lt=1, description="factor of the learning rate's decay"),
    ] = None
    decay_epochs: Annotated[
        int | None,
        Field(
            ge=1,
            le=100_000,
            description="epochs of one decay; with plateau those without a better validation "
            "metric, which must be fewer than patience",
        ),
    ] = None
    warmup: Annotated[
        float,
        Field(
            ge=0,
            description="epochs, or a fraction, of a linear warm-up of the learning rate from near "
            "0: adaptive optimizers have poor estimates of the gradient at first",
        ),
    ] = 0.0
    momentum: Annotated[float, Field(ge=0, lt=1, description="momentum of rmsprop and sgd")] = 0.0
    clip_norm: Annotated[
        float | None,
        Field(
            gt=0,
            le=1e6,
            description="largest norm of the gradient: those of recurrent networks can explode",
        ),
    ] = 1.0
    weight_noise: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="standard deviation of Gaussian noise on every weight, drawn for each "
            "training step: a regularizer; 0.075 in Chung et al. 2014",
        ),
    ] = 0.0
    average: Annotated[
        float | None,
        Field(
            gt=0,
            lt=1,
            description="momentum, such as 0.999, of a moving average of the weights, which is "
            "evaluated and saved in their place",
        ),
    ] = None
    truncate: Annotated[
        int | None,
        Field(
            ge=1,
            le=1_000_000,
            description="truncated back-propagation: steps of a chunk, after each of which the "
            "weights are updated; the state is passed on and the gradient is not, so that long "
            "sequences need the memory of short ones; null: whole sequences",
        ),
    ] = None
    patience: Annotated[
        int | None,
        Field(ge=1, description="early stopping: epochs without a better validation metric"),
    ] = None
    loss: Annotated[
        Literal["mse", "mae", "huber"],
        Field(description="loss of forecasts; other tasks have one loss"),
    ] = "mse"
    label_smoothing: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="fraction of the target's probability that is spread over all classes; "
            "also in val_loss, not in the accuracy",
        ),
    ] = 0.0
    precision: Annotated[
        Literal["float32", "mixed_bfloat16", "mixed_float16"],
        Field(description="dtype policy of the layers"),
    ] = "float32"
    jit_compile: Annotated[
        Literal["auto"] | bool,
        Field(
            description="XLA for the whole model, or not at all; auto: on TensorFlow, where all "
            "sequences have one length, for the whole model, or from 128 units on for the layers"
        ),
    ] = "auto"
    shards: Annotated[
        int | None,
        Field(
            ge=1,
            le=64,
            description="shards of a batch in a layer that compiles itself, which changes the last "
            "digits of a result; null: the number of cores of the machine on which the run "
            "directory is made, at most 4",
        ),
    ] = None
    tensorboard: Annotated[
        bool, Field(description="write TensorBoard logs to the run directory")
    ] = False
