"""The one registry of cells: the names that `cell=` may hold, and how a layer comes of one.

Importing it imports no Keras, so that a command line can check a name at once.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from keras_gru.errors import UserError, did_you_mean

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class _Entry(NamedTuple):
    cell: Any  # what was registered; for a built-in one, the name of its class in keras_gru.layers
    label: str
    options: Mapping[str, Any] = MappingProxyType({})
    normalized: str | None = None  # the class of its cell with layer normalisation


# What every recurrent layer does unless told otherwise, and so need not be told.
_DEFAULTS = {
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
    "unroll": False,
    "dropout": 0,
    "recurrent_dropout": 0,
    "recurrent_initializer": None,
    "zoneout": 0,
    "seed": None,
    "name": None,
    "dtype": None,
}
# Those of them that change the mathematics, and that not every cell has a place for.
_ASKED_FOR = ("dropout", "recurrent_dropout", "recurrent_initializer", "zoneout")
_CELLS = {
    "gru": _Entry("GRU", "GRU", {}, "LayerNormGRUCell"),
    "gru_reset_after": _Entry(
        "GRU", "GRU (reset after)", {"reset_after": True}, "LayerNormGRUCell"
    ),
    "lstm": _Entry("LSTM", "LSTM", {}, "LayerNormLSTMCell"),
    "simple_rnn": _Entry("SimpleRNN", "SimpleRNN", {}, "LayerNormSimpleRNNCell"),
    "minimal_gated_unit": _Entry("MinimalGatedUnitCell", "MGU"),
    "coupled_lstm": _Entry("CoupledLSTMCell", "LSTM (coupled gates)"),
    "peephole_lstm": _Entry("PeepholeLSTMCell", "LSTM (peephole)"),
    "mut1": _Entry("MUT1Cell", "MUT1"),
    "mut2": _Entry("MUT2Cell", "MUT2"),
    "mut3": _Entry("MUT3Cell", "MUT3"),
    "min_gru": _Entry("MinGRU", "minGRU"),
    "min_lstm": _Entry("MinLSTM", "minLSTM"),
    "light_gru": _Entry("LightGRUCell", "Li-GRU"),
    "update_gate_rnn": _Entry("UpdateGateRNNCell", "UGRNN"),
    "janet": _Entry("JANETCell", "JANET"),
    "recurrent_additive": _Entry("RecurrentAdditiveCell", "RAN"),
    "fast_grnn": _Entry("FastGRNNCell", "FastGRNN"),
    "multiplicative_lstm": _Entry("MultiplicativeLSTMCell", "mLSTM"),
    "independent_rnn": _Entry("IndependentRNNCell", "IndRNN"),
    "closed_form": _Entry("ClosedFormCell", "CfC"),
    # Le et al. 2015: a ReLU, the identity to begin with, and an input that disturbs it little.
    "irnn": _Entry(
        "SimpleRNN",
        "IRNN",
        {
            "activation": "relu",
            "recurrent_initializer": "identity",
            "kernel_initializer": {"class_name": "RandomNormal", "config": {"stddev": 0.001}},
        },
        "LayerNormSimpleRNNCell",
    ),
}


def cell_names() -> tuple[str, ...]:
    """The names of all cells, the built-in ones first."""
    return tuple(_CELLS)


def nearest_cells(name: str) -> str:
    """The end of a sentence that says that there is no such cell, or not yet."""
    nearest = did_you_mean(name, _CELLS)
    if nearest.startswith(" Did you mean"):
        return nearest
    return f"{nearest} One of your own is registered first, in a script (recipes/own_cell.py)."


def cell_label(name: str) -> str:
    """What a table or a plot calls a cell, such as `"GRU (reset after)"`.

    Raises:
        UserError: there is no such cell.
    """
    return _entry(name).label


def register_cell(name: str, cell: Callable[..., Any], label: str | None = None) -> None:
    """Makes a cell of your own known by a name, so that it takes part in a comparison.

    Args:
        name: lower-case letters, digits and underscores, such as `"light_gru"`.
        cell: a Keras cell class (it is made with its units and run by `keras_gru.RNN`), a
            class of sequence layer, or a function `(units, **options)` that returns a layer. A
            class that Keras cannot deserialize yet is registered with it.
        label: what tables call it; the name if `None`.

    Raises:
        UserError: the name is not one, or is taken, or the cell is none of the three.

    Example:

    >>> import keras, keras_gru
    >>> keras_gru.register_cell("keras_gru_cell", keras.layers.GRUCell)
    >>> "keras_gru_cell" in keras_gru.cell_names()
    True
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UserError(
            f"A cell's name is a lower-case letter, then letters, digits and _: received {name!r}."
        )
    if not (inspect.isclass(cell) or inspect.isroutine(cell) or isinstance(cell, partial)):
        raise UserError(
            f"Cell '{name}' must be a Keras cell class, a layer class or a function "
            f"(units, **options) that returns a layer: received {cell!r}."
        )
    taken = _CELLS.get(name)
    if taken is not None and not _same_definition(taken.cell, cell):
        raise UserError(f"A cell named '{name}' exists already: register yours by another name.")
    if inspect.isclass(cell):
        _make_serializable(name, cell)
    _CELLS[name] = _Entry(cell, label or name, {})


def recurrent_layer(
    cell: str,
    /,
    units: int,
    *,
    gate_bias: float | None = None,
    chrono: int | None = None,
    layer_normalization: bool = False,
    **options: Any,
) -> Any:
    """A sequence layer of one of the registered cells.

    Args:
        cell: one of `cell_names()`.
        units: positive integer, the size of the state.
        gate_bias: first bias of the gate that keeps the state, as of `keras_gru.GateBias`. A cell
            that names no such gate (in `gate_signs`) begins as it would without.
        chrono: longest dependency, for the first biases of `keras_gru.Chrono`, in the same cells.
        layer_normalization: whether the pre-activations are normalised, as in
            `keras_gru.LayerNormGRUCell`: of the GRU, the LSTM and the SimpleRNN.
        **options: what `keras_gru.GRU` takes and every recurrent layer has: `return_sequences`,
            `return_state`, `go_backwards`, `stateful`, `unroll`, `zoneout`, `dropout`,
            `recurrent_dropout`, `seed`, `name`, `dtype`. Those that say what would be so without
            them are left out, and a seed is where the cell takes none, so that the plainest cell
            will do. What else the cell takes, such as `use_bias`, can be given, too;
            `recurrent_initializer="identity"` is `keras_gru.BlockIdentity`, `None` the cell's own.

    Returns:
        A `keras.layers.Layer` that maps `(B, T, D)` to `(B, units)`, or to `(B, T, units)`.

    Raises:
        UserError: there is no such cell, or it does not take an option.
    """
    from keras_gru import layers  # not before it is needed: it imports Keras

    entry = _entry(cell)
    made_of = _normalized(cell, entry) if layer_normalization else entry.cell
    made_of = getattr(layers, made_of) if isinstance(made_of, str) else made_of
    given = {key: value for key, value in options.items() if value != _DEFAULTS.get(key, ...)}
    given = {**entry.options, **given, **_first_bias(made_of, gate_bias, chrono)}
    _refuse(cell, made_of, given)
    if given.get("recurrent_initializer") == "identity":
        given["recurrent_initializer"] = layers.BlockIdentity()
    return _layer_of(cell, made_of, units, given)


def _normalized(name: str, entry: _Entry) -> str:
    if entry.normalized is None:
        known = ", ".join(other for other in _CELLS if _CELLS[other].normalized)
        raise UserError(
            f"Cell '{name}' takes no layer_normalization: received true, use false, or one of the "
            f"cells {known}."
        )
    return entry.normalized


def _first_bias(cell: Any, gate_bias: float | None, chrono: int | None) -> dict[str, Any]:
    """The options of a cell by which the bias of its gates starts from something else."""
    from keras_gru.layers import Chrono, GateBias

    signs = getattr(cell, "gate_signs", "")
    if (gate_bias is None and chrono is None) or not signs.strip("."):
        return {}
    bias = GateBias(gate_bias, signs) if chrono is None else Chrono(chrono, signs)
    # An LSTM would put its 1 over what the bias says of the forget gate.
    others = {"unit_forget_bias": False} if "unit_forget_bias" in _accepted(cell) else {}
    return {"bias_initializer": bias, **others}


def _entry(name: str) -> _Entry:
    if name not in _CELLS:
        raise UserError(f"There is no cell '{name}'.{nearest_cells(str(name))}")
    return _CELLS[name]


def _same_definition(old: Any, new: Any) -> bool:
    """Whether a notebook's cell was run again: the same definition, as a new object."""
    if isinstance(old, str) or not hasattr(old, "__qualname__") or "<lambda>" in old.__qualname__:
        return old is new
    return (old.__module__, old.__qualname__) == (new.__module__, getattr(new, "__qualname__", ""))


def _make_serializable(name: str, cls: type) -> None:
    import keras

    built_in = cls.__module__.split(".")[0] == "keras"
    if not built_in and keras.saving.get_registered_name(cls) == cls.__name__:
        keras.saving.register_keras_serializable(package="keras_gru_cells")(cls)


def _layer_of(name: str, cell: Any, units: int, options: dict[str, Any]) -> Any:
    import keras

    if not inspect.isclass(cell):
        layer = cell(units, **options)
    elif _is_layer(cell):
        layer = cell(units, **_only_accepted(cell, options))
    else:
        layer = _wrapped(name, cell, units, options)
    if isinstance(layer, keras.Layer):
        return layer
    raise UserError(f"Cell '{name}' must give a Keras layer: received {layer!r}.")


def _wrapped(name: str, cell: type, units: int, options: dict[str, Any]) -> Any:
    from keras_gru.layers import RNN

    own = {key: options[key] for key in options if key not in _of_layer() or key == "dtype"}
    made = cell(units, **_only_accepted(cell, own))
    if not hasattr(made, "state_size"):
        raise UserError(
            f"Cell '{name}' must have a `state_size` (an integer or a list of them): "
            f"received {cell.__name__}, which has none."
        )
    return RNN(made, **{key: value for key, value in options.items() if key not in own})


def _refuse(name: str, cell: Any, options: dict[str, Any]) -> None:
    if not inspect.isclass(cell):
        return
    accepted = _accepted(cell) | (set() if _is_layer(cell) else _of_layer())
    for key in _ASKED_FOR:
        if key in options and key not in accepted:
            default = "null" if _DEFAULTS[key] is None else _DEFAULTS[key]
            raise UserError(
                f"Cell '{name}' takes no {key}: received {options[key]}, use {default}."
            )


def _is_layer(cls: type) -> bool:
    """Whether a class runs over a whole sequence, and is no cell."""
    import keras

    return issubclass(cls, keras.layers.RNN) or "return_sequences" in _accepted(cls)


def _only_accepted(cls: type, options: dict[str, Any]) -> dict[str, Any]:
    accepted = _accepted(cls)
    return {key: options[key] for key in options if key != "seed" or key in accepted}


def _of_layer() -> set[str]:
    """The arguments of `keras_gru.RNN`, which a cell need not take."""
    from keras_gru.layers import RNN

    return set(inspect.signature(RNN).parameters) - {"cell", "kwargs"} | {"name", "dtype"}


def _accepted(cls: type) -> set[str]:
    """The arguments that a class takes: those that a cell of ours declares, or names itself."""
    of_cell = getattr(cls, "cell_class", cls)
    declared = getattr(of_cell, "arguments", None)
    if declared is None:  # Keras' own, or somebody's
        return {
            argument
            for base in cls.__mro__
            if "__init__" in vars(base)
            for argument in inspect.signature(base.__init__).parameters
        }
    of_layer = set() if of_cell is cls else _of_layer()
    return {*declared, *inspect.signature(of_cell).parameters, *of_layer}
