"""Sizes of models, and the number of units for a budget of weights."""

import bisect
import math
import re
from collections.abc import Callable

import keras

from keras_gru.errors import UserError

_RECURRENT = re.compile(r"(recurrent|encoder|decoder)_\d+")
_MOST_UNITS = 65_536
# Weights of several rows that are multiplied element by element, or added.
_ELEMENTWISE = ("bias", "peephole_kernel", "integration_kernel")


def recurrent_layers(model: keras.Model) -> list[keras.Layer]:
    """Return the recurrent layers of a builder's model, in its order."""
    return [layer for layer in model.layers if _RECURRENT.fullmatch(layer.name)]


def layers_by_direction(model: keras.Model) -> list[keras.Layer]:
    """Return the recurrent layers of a model, with both directions in place of a bidirectional."""
    found = []
    for layer in recurrent_layers(model):
        if isinstance(layer, keras.layers.Bidirectional):
            found += [layer.forward_layer, layer.backward_layer]
        else:
            found.append(layer)
    return found


def recurrent_parameters(model: keras.Model) -> int:
    """Return the number of weights of all recurrent layers of a builder's model.

    Embeddings and output layers do not count, as they belong to the task, not to the cell. Chung et
    al. (2014) also count this way: their "about 20k" for LSTM, GRU and tanh layers of 36, 46 and
    100 units are the weights of these layers with about 100 inputs. Unused columns of weights (of
    constant gates, or in a minimal gated unit made from `GRUCell`) are counted.

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
    """Return the multiply-adds of all recurrent layers for one time step of one sequence.

    They are those of the matrix products, where every weight is used once: 3U(D + U) for a GRU,
    4U(D + U) for an LSTM and U(D + U) for a SimpleRNN of U units with D inputs. Elementwise
    operations, embeddings, attention and output layers are excluded. For an encoder and a decoder,
    one step of each is counted.

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
        if len(weight.shape) > 1 and weight.name not in _ELEMENTWISE
    ]
    return sum(map(math.prod, matrices))


def recurrent_units(model: keras.Model) -> int:
    """Return the units of each recurrent layer of a builder's model, of one direction."""
    layer = recurrent_layers(model)[0]
    layer = getattr(layer, "forward_layer", layer)
    for holder in (layer, getattr(layer, "cell", None)):
        if holder is not None and hasattr(holder, "units"):
            return holder.units
    return keras.tree.flatten(layer.cell.state_size)[0]


def units_for(parameters: int, count: Callable[[int], int]) -> int:
    """Return the number of units whose weights are nearest to a budget (the smaller if tied).

    The number of weights is a quadratic of the number of units, `c₀ + c₁ U + c₂ U²`, which three
    small numbers of units determine. So no model larger than the answer is built.

    Where `count` is `recurrent_parameters`, unused columns of weights (of constant gates, or in a
    minimal gated unit made from `GRUCell`) are counted, too.

    Args:
        parameters: the budget, a number of weights.
        count: non-decreasing function from a number of units to a number of weights.

    Raises:
        UserError: the budget is too small for one unit, or too large; or the weights of the answer
            are not those of the quadratic.

    Example:

    >>> from keras_gru import models
    >>> models.units_for(20_000, lambda units: 3 * units * (units + 100 + 1))
    46
    """
    one, two, three = (count(units) for units in (1, 2, 3))

    def weights(units: int) -> int:  # Newton's form, exact in whole numbers
        step, change = two - one, three - 2 * two + one
        return one + (units - 1) * step + (units - 1) * (units - 2) // 2 * change

    if one > parameters:
        raise UserError(
            f"'parameters': expected at least {one:,}, the weights of 1 unit, got {parameters:,}."
        )
    if weights(_MOST_UNITS) < parameters:
        raise UserError(
            f"'parameters': expected at most {weights(_MOST_UNITS):,}, the weights of "
            f"{_MOST_UNITS:,} units, got {parameters:,}."
        )
    enough = bisect.bisect_left(range(1, _MOST_UNITS + 1), parameters, key=weights) + 1
    units = min(max(enough - 1, 1), enough, key=lambda units: abs(weights(units) - parameters))
    if count(units) != weights(units):
        raise UserError(
            f"'parameters' needs a cell whose weights are a quadratic of its units: expected "
            f"{weights(units):,} weights for {units:,} units, got {count(units):,}. Give 'units'."
        )
    return units
