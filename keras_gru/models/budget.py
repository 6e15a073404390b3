"""How large a model is, and how many units a number of weights allows."""

import functools
import math
import re

import keras

from keras_gru.errors import UserError

_RECURRENT = re.compile(r"(recurrent|encoder|decoder)_\d+")
_MOST_UNITS = 65_536


def recurrent_layers(model: keras.Model) -> list[keras.Layer]:
    """The recurrent layers of a model that one of the builders made, in its own order."""
    return [layer for layer in model.layers if _RECURRENT.fullmatch(layer.name)]


def recurrent_parameters(model: keras.Model) -> int:
    """Number of weights of all recurrent layers of a model that one of the builders made.

    Embeddings and output layers do not count: they belong to the task and not to the cell. It is
    how Chung et al. (2014) count, too: their "about 20k" for LSTM, GRU and tanh layers of 36, 46
    and 100 units are the weights of these layers with about 100 inputs. A cell that does not use
    all columns of its weights (one with held gates, a minimal gated unit made from `GRUCell`) has
    them counted all the same.

    Args:
        model: from a builder or a file.

    Returns:
        The number of weights.

    Example:

    >>> from keras_gru import models
    >>> [models.recurrent_parameters(models.polyphony(cell=cell, units=units, notes=100))
    ...  for cell, units in [("lstm", 36), ("gru", 46), ("simple_rnn", 100)]]
    [19728, 20286, 20100]

    Reference:

    - [Chung et al., 2014](https://arxiv.org/abs/1412.3555)
    """
    return sum(layer.count_params() for layer in recurrent_layers(model))


def multiply_adds(model: keras.Model) -> int:
    """Multiply-adds of all recurrent layers for one time step of one sequence.

    They are those of the matrix products, where every weight is used once: 3U(D + U) for a GRU,
    4U(D + U) for an LSTM and U(D + U) for a SimpleRNN of U units with D inputs. What is done
    element by element, a few operations for each unit, is left out, and so are embeddings, which
    are looked up, attention and output layers. Of an encoder and a decoder it is a step of each.

    Args:
        model: from a builder or a file.

    Returns:
        Their number.

    Example:

    >>> from keras_gru import models
    >>> [models.multiply_adds(models.polyphony(cell=cell, units=10, notes=88))
    ...  for cell in ("gru", "lstm", "simple_rnn")]
    [2940, 3920, 980]
    """
    matrices = [
        weight.shape
        for layer in recurrent_layers(model)
        for weight in layer.weights
        if len(weight.shape) > 1 and weight.name != "bias"  # reset after, it has two rows
    ]
    return sum(map(math.prod, matrices))


def recurrent_units(model: keras.Model) -> int:
    """Units of each recurrent layer of a model that one of the builders made (one direction)."""
    layer = recurrent_layers(model)[0]
    layer = getattr(layer, "forward_layer", layer)
    for holder in (layer, getattr(layer, "cell", None)):
        if hasattr(holder, "units"):
            return holder.units
    return keras.tree.flatten(layer.cell.state_size)[0]


def units_for(parameters, count) -> int:
    """The number of units whose weights come nearest to a budget, the smaller one if two do.

    Where `count` is `recurrent_parameters`, columns of weights that a cell has and does not use (of
    held gates, or in a minimal gated unit made from `GRUCell`) count all the same.

    Args:
        parameters: the budget, a number of weights.
        count: function from a number of units to a number of weights, which does not fall.

    Returns:
        The number of units.

    Raises:
        UserError: the budget is too small for one unit, or too large.

    Example:

    >>> from keras_gru import models
    >>> models.units_for(20_000, lambda units: 3 * units * (units + 100 + 1))
    46
    """
    count = functools.cache(count)
    too_few, enough = 0, 1
    while count(enough) < parameters:
        if enough == _MOST_UNITS:
            raise UserError(
                f"'parameters' must be at most {count(enough):,}, the weights of "
                f"{_MOST_UNITS:,} units: received {parameters:,}."
            )
        too_few, enough = enough, min(2 * enough, _MOST_UNITS)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if count(middle) < parameters:
            too_few = middle
        else:
            enough = middle
    if too_few == 0:
        if count(1) > parameters:
            raise UserError(
                f"'parameters' must be at least {count(1):,}, the weights of 1 unit: "
                f"received {parameters:,}."
            )
        return 1
    return min(too_few, enough, key=lambda units: abs(count(units) - parameters))
