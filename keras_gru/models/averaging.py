"""Ensembles, whose prediction is the mean of several networks."""

# K networks, B batch, C classes

import math
from collections.abc import Sequence

import keras
from keras import ops

from keras_gru.datasets.task_spec import check_task
from keras_gru.errors import UserError
from keras_gru.layers.types import Tensor


def ensemble(networks: Sequence[keras.Model], task: str) -> keras.Model:
    """Return the ensemble of several networks.

        classes, tags, tokens   log of the mean of softmax(logits)
        notes                   logit of the mean of sigmoid(logits)
        forecasts               mean of the forecasts

    Args:
        networks: K models with the same inputs and outputs; they are renamed. A single one is
            returned unchanged.
        task: the task of `keras_gru.datasets.TaskSpec`.

    Returns:
        A `keras.Model` with their inputs and outputs, compiled as the first of them is.

    Raises:
        UserError: there is no network or no such task, or the outputs have different shapes.

    Example:

    >>> from keras_gru import models
    >>> one, two = (models.classifier(units=4, classes=3, features=2, length=5, seed=s)
    ...             for s in (0, 1))
    >>> models.ensemble([one, two], "classification").output_shape
    (None, 3)
    """
    check_task(task)
    shapes = {network.output_shape for network in networks}
    if len(shapes) != 1:
        got = ", ".join(map(str, shapes)) or "no network"
        raise UserError(f"'networks': expected outputs of one shape, got {got}.")
    if len(networks) == 1:
        return networks[0]
    first, name = networks[0], networks[0].name
    for number, network in enumerate(networks, 1):
        network.name = f"{name}_{number}"  # the layers of a model have different names
    inputs = {
        key: keras.Input(x.shape[1:], dtype=x.dtype, name=key) for key, x in first.input.items()
    }
    outputs = ops.stack([network(inputs) for network in networks])
    model = keras.Model(inputs, mean_outputs(outputs, task), name=name)
    if first.compiled:
        model.compile_from_config(first.get_compile_config())
    return model


def mean_outputs(outputs: Tensor, task: str) -> Tensor:
    """Return the mean of logits or forecasts (K, B, ...) as `ensemble` says, (B, ...)."""
    if task == "forecasting":
        return ops.mean(outputs, axis=0)
    count = math.log(outputs.shape[0])
    if task != "polyphony":
        return ops.logsumexp(ops.log_softmax(outputs, axis=-1), axis=0) - count
    sounds, silent = (ops.logsumexp(-ops.softplus(sign * outputs), axis=0) for sign in (-1, 1))
    return sounds - silent
