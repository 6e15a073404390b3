"""Convert weights to and from other frameworks, which order the gates differently.

`keras.layers.GRU(reset_after=False)`, `keras.layers.LSTM` and `keras.layers.SimpleRNN` have our
order: `set_weights(other.get_weights())`. `check_same_function` says whether two layers compute the
same.

The reset gate applies before the product in the GRU of Cho et al. and after it in that of PyTorch,
flax and cuDNN: these are different functions, for which no weights are equal. `use_bias=False`
makes the shapes equal, so all functions check the configuration, not the shapes.
"""

# Shapes: D features, U units, G = U · gates.

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_gru.layers.cells.cell import FORMS
from keras_gru.layers.cells.gru import GRUCell
from keras_gru.layers.cells.lstm import LSTMCell
from keras_gru.layers.cells.simple_rnn import SimpleRNNCell
from keras_gru.layers.zoneout import rates_of

# By framework and cell, the position of each of our blocks of U columns there.
_ORDERS = {
    "torch": {
        "gru_reset_after": (1, 0, 2),  # r z n there, z r g here
        "lstm": (0, 1, 2, 3),  # i f g o
        "simple_rnn": (0,),
    },
    "onnx": {
        "gru": (0, 1, 2),  # z r h
        "gru_reset_after": (0, 1, 2),
        "lstm": (0, 2, 3, 1),  # i o f c there, i f g o here
        "simple_rnn": (0,),
    },
}
OWN_OPTIONS = ("constant_gates", *FORMS)  # which cells of Keras do not have
_OPERATORS = {"GRU": "gru", "LSTM": "lstm", "RNN": "simple_rnn"}
RESETS_AFTER = (
    "the reset gate applies after the product there: weights carry over only to "
    "keras_gru.GRU(reset_after=True), and a GRU that resets before the product has to be trained"
)


def cell_kind(layer: keras.layers.RNN) -> str:
    """Return the kind of a layer: `"gru"`, `"gru_reset_after"`, `"lstm"` or `"simple_rnn"`.

    Raises:
        ValueError: it is another cell.
    """
    cell = layer.cell
    if type(cell) in (GRUCell, keras.layers.GRUCell):
        return "gru_reset_after" if cell.reset_after else "gru"
    kinds = {LSTMCell: "lstm", keras.layers.LSTMCell: "lstm"}
    kinds |= dict.fromkeys((SimpleRNNCell, keras.layers.SimpleRNNCell), "simple_rnn")
    if type(cell) not in kinds:
        raise ValueError(
            f"layer '{layer.name}': expected a GRU, LSTM or SimpleRNN, got {type(cell).__name__}."
        )
    return kinds[type(cell)]


def converted_kind(layer: keras.layers.RNN) -> str:
    """Return the `cell_kind` of a layer whose equations other frameworks have.

    Raises:
        ValueError: it is another cell, or has an option that they do not have.
    """
    kind = cell_kind(layer)
    for name in (*OWN_OPTIONS, "zoneout"):
        if _settings(layer)[name]:
            raise ValueError(
                f"layer '{layer.name}': expected no {name}, which other frameworks do not have."
            )
    return kind


def check_same_function(layer: keras.layers.RNN, other: keras.layers.RNN) -> None:
    """Raise an error if two layers with the same weights compute different functions.

    Raises:
        ValueError: the cell, an activation, the bias or the formulation of the GRU differs.
    """
    kind, found = cell_kind(layer), cell_kind(other)
    if kind != found:
        hint = f" ({RESETS_AFTER})" if {kind, found} == {"gru", "gru_reset_after"} else ""
        raise ValueError(f"layer '{layer.name}': expected a {kind}, got a {found}{hint}.")
    ours, theirs = _settings(layer), _settings(other)
    for name, value in ours.items():
        if value != theirs[name]:
            raise ValueError(f"layer '{layer.name}': expected {name}={value}, got {theirs[name]}.")


def _settings(layer: keras.layers.RNN) -> dict[str, Any]:
    """Return what a layer's function depends on besides its weights, by name."""
    cell, rates = layer.cell, rates_of(getattr(layer, "zoneout", 0.0), layer.cell)
    names = ["activation", *["recurrent_activation"] * (cell_kind(layer) != "simple_rnn")]
    found = {"units": cell.units, "use_bias": cell.use_bias}
    found |= {name: keras.activations.serialize(getattr(cell, name)) for name in names}
    found |= {name: getattr(cell, name, None) or None for name in OWN_OPTIONS}
    return found | {"zoneout": rates if any(rates) else None}


def load_torch(layers: Sequence[keras.Layer], source: Any) -> None:
    """Set the weights of RNN layers from `torch.nn.GRU`, `LSTM` or `RNN`.

    Args:
        layers: a built layer for each of the module's, from the input on: a
            `keras.layers.Bidirectional` where it is bidirectional.
        source: the module, or its `state_dict`, of which only the weights can be checked.

    Raises:
        ValueError: the module computes another function, or has other layers.

    Example:

    >>> import numpy as np, keras_gru
    >>> layer = keras_gru.LSTM(2)
    >>> layer.build((None, None, 3))
    >>> ones = {"weight_ih_l0": np.ones((8, 3)), "weight_hh_l0": np.ones((8, 2))}
    >>> load_torch([layer], ones | {"bias_ih_l0": np.ones(8), "bias_hh_l0": np.ones(8)})
    >>> layer.get_weights()[2]
    array([2., 2., 2., 2., 2., 2., 2., 2.], dtype=float32)
    """
    if hasattr(source, "state_dict"):
        _check_torch(layers, source)
        source = source.state_dict()
    arrays = {name: np.asarray(array) for name, array in source.items()}
    expected = set(torch_state_dict(layers))
    if expected != set(arrays):
        raise ValueError(
            f"expected the weights {', '.join(sorted(expected))} for these layers, got "
            f"{', '.join(sorted(arrays))}. Give a layer for each of PyTorch's, with its use_bias."
        )
    for suffix, layer in _by_suffix(layers):
        given = [arrays.get(f"{name}{suffix}") for name in _TORCH_NAMES]
        layer.set_weights(from_torch(converted_kind(layer), *given))


def torch_state_dict(layers: Sequence[keras.Layer]) -> dict[str, np.ndarray]:
    """Return the weights of RNN layers by the names of PyTorch's `state_dict`.

    Args:
        layers: as in `load_torch`.

    Returns:
        Arrays: `module.load_state_dict({k: torch.tensor(v) for k, v in arrays.items()})`.

    Raises:
        ValueError: PyTorch has no such cell, or no such activation in it.
    """
    return {
        f"{name}{suffix}": array
        for suffix, layer in _by_suffix(layers)
        for name, array in to_torch(_torch_kind(layer), layer.get_weights()).items()
    }


def _torch_kind(layer: keras.layers.RNN) -> str:
    """Return the `converted_kind` of a layer whose activations PyTorch has."""
    kind = converted_kind(layer)
    settings = _settings(layer)
    found = [settings.get(name) for name in ("activation", "recurrent_activation")]
    if found not in (["tanh", None], ["relu", None], ["tanh", "sigmoid"]):
        raise ValueError(f"layer '{layer.name}': expected activations of PyTorch, got {found}.")
    return kind


def from_torch(
    cell: str, weight_ih: Any, weight_hh: Any, bias_ih: Any = None, bias_hh: Any = None
) -> list[np.ndarray]:
    """Return the weights of one layer and direction of PyTorch's, for `set_weights`.

    Args:
        cell: `"gru_reset_after"`, `"lstm"` or `"simple_rnn"`.
        weight_ih: array `(G, D)`, PyTorch's `weight_ih_l0`.
        weight_hh: array `(G, U)`.
        bias_ih, bias_hh: arrays `(G,)`, or `None` where PyTorch has `bias=False`.

    Returns:
        A list of arrays: kernel, recurrent kernel and, unless the biases are `None`, bias.

    Raises:
        ValueError: PyTorch has no such cell.
    """
    order = _order("torch", cell)
    weights = [_reorder(weight, order).T for weight in (weight_ih, weight_hh)]
    if bias_ih is None or bias_hh is None:
        return weights
    return [*weights, one_bias(cell, [_reorder(bias, order) for bias in (bias_ih, bias_hh)])]


def to_torch(cell: str, weights: Any) -> dict[str, np.ndarray]:
    """Return the weights of a layer as arguments of `from_torch`, a dictionary of arrays.

    Where there is one bias here, `bias_hh` is zero.

    Raises:
        ValueError: PyTorch has no such cell.
    """
    back = np.argsort(_order("torch", cell)).tolist()
    kernel, recurrent_kernel, *bias = weights
    found = [_reorder(kernel.T, back), _reorder(recurrent_kernel.T, back)]
    found += [_reorder(one, back) for both in bias for one in two_biases(cell, both)]
    return dict(zip(_TORCH_NAMES, found, strict=False))


def from_onnx(
    operator: str, W: Any, R: Any, B: Any = None, linear_before_reset: int = 0
) -> list[np.ndarray]:
    """Return the weights of one direction of ONNX' operators, for `set_weights`.

    Args:
        operator: `"GRU"`, `"LSTM"` or `"RNN"`.
        W: `(1, G, D)`.
        R: `(1, G, U)`.
        B: `(1, 2G)`, or `None`.
        linear_before_reset: the attribute of a GRU; 1 is `reset_after=True`.
    """
    cell = _OPERATORS[operator] + "_reset_after" * bool(linear_before_reset)
    order = _order("onnx", cell)
    weights = [_reorder(np.asarray(weight)[0], order).T for weight in (W, R)]
    if B is None:
        return weights
    biases = np.split(np.asarray(B)[0], 2)
    return [*weights, one_bias(cell, [_reorder(bias, order) for bias in biases])]


def to_onnx(
    operator: str, weights: Any, reset_after: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return `(W, R, B)` of one direction as `from_onnx` takes them; B is `None` without bias."""
    cell = _OPERATORS[operator] + "_reset_after" * bool(reset_after)
    back = np.argsort(_order("onnx", cell)).tolist()
    kernel, recurrent_kernel, *bias = weights
    W, R = (_reorder(weight.T, back)[None] for weight in (kernel, recurrent_kernel))
    biases = [_reorder(one, back) for both in bias for one in two_biases(cell, both)]
    return W, R, np.concatenate(biases)[None] if biases else None


_TORCH_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _by_suffix(layers: Sequence[Any]) -> list[tuple[str, Any]]:
    """Return PyTorch's suffix and the layer of each direction."""
    found: list[tuple[str, Any]] = []
    for number, layer in enumerate(layers):
        directions = [layer]
        if isinstance(layer, keras.layers.Bidirectional):
            directions = [layer.forward_layer, layer.backward_layer]
        found += [(f"_l{number}{'_reverse' * back}", one) for back, one in enumerate(directions)]
    return found


def _check_torch(layers: Sequence[Any], module: Any):
    mode = {"GRU": "gru_reset_after", "LSTM": "lstm"}.get(module.mode, "simple_rnn")
    for _, layer in _by_suffix(layers):
        if converted_kind(layer) != mode:
            hint = f" ({RESETS_AFTER})" * (cell_kind(layer) == "gru" and module.mode == "GRU")
            raise ValueError(
                f"layer '{layer.name}': expected a torch.nn module that computes a "
                f"{cell_kind(layer)}, got {module.mode}{hint}."
            )
        activation = _settings(layer)["activation"]
        expected = {"RNN_RELU": "relu"}.get(module.mode, "tanh")
        if activation != expected or module.proj_size:
            raise ValueError(
                f"layer '{layer.name}': expected activation={activation} and no projection, got "
                f"{module.mode} with the activation {expected} and proj_size={module.proj_size}."
            )


def one_bias(cell: str, two: Sequence[np.ndarray]) -> np.ndarray:
    """Return one bias for the two that frameworks add to the products of x and of h."""
    # The two biases have different effects only with the reset gate after the product.
    return np.stack(two) if cell == "gru_reset_after" else two[0] + two[1]


def two_biases(cell: str, bias: np.ndarray) -> Sequence[np.ndarray]:
    """Return two biases that are equivalent to one."""
    return [*bias] if cell == "gru_reset_after" else [bias, np.zeros_like(bias)]


def _order(framework: str, cell: str) -> Sequence[int]:
    orders = _ORDERS[framework]
    if cell in orders:
        return orders[cell]
    names = {"torch": "PyTorch", "onnx": "ONNX"}
    hint = f": {RESETS_AFTER}" if cell == "gru" else ""
    raise ValueError(
        f"{names[framework]} has no '{cell}'{hint}. Expected one of {', '.join(orders)}."
    )


def _reorder(rows: Any, order: Sequence[int]) -> np.ndarray:
    blocks = np.split(np.asarray(rows), len(order))
    return np.concatenate([blocks[i] for i in order])
