"""The registry of cells: names for `cell=`, and their layers.

A built-in cell declares its name and label in its own file (`keras_gru.layers.registry.cell`).
Importing this module imports no Keras, so that a command line can check a name at once.
"""

import ast
import inspect
import json
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from keras_gru.errors import UserError, did_you_mean

# What recurrent layers do by default: an option with this value need not be accepted.
_DEFAULTS = {
    **dict.fromkeys(("return_sequences", "return_state", "go_backwards", "stateful"), False),
    **dict.fromkeys(("independent_recurrence", "multiplicative_integration"), False),
    **dict.fromkeys(("unroll", "dropout", "recurrent_dropout", "zoneout"), 0),
    **dict.fromkeys(("recurrent_initializer", "seed", "name", "dtype"), None),
}
# Options that change the equations, and that not every cell has.
_OPTIONAL = ("dropout", "recurrent_dropout", "recurrent_initializer", "zoneout")
_OPTIONAL += ("independent_recurrence", "multiplicative_integration")
_registered: dict[str, Any] = {}  # name -> keras_gru.layers.registry.Entry


def cell_names() -> tuple[str, ...]:
    """Return the names of all cells, the built-in ones first."""
    return (*_built_in_labels(), *_registered)


def nearest_cells(name: str) -> str:
    """Return a hint about an unknown cell: the nearest names, or how to register."""
    nearest = did_you_mean(name, cell_names())
    if nearest.startswith(" Did you mean"):
        return nearest
    own = "A cell of your own is registered first: --cells-from FILE, or in a script"
    return f"{nearest} {own} (recipes/own_cell.py)."


def cell_label(name: str) -> str:
    """Return the display name of a cell, such as `"GRU (reset after)"`.

    Raises:
        UserError: there is no such cell.
    """
    if name in _registered:
        return _registered[name].label
    if name not in _built_in_labels():
        raise UserError(f"There is no cell '{name}'.{nearest_cells(str(name))}")
    return _built_in_labels()[name]


def register_cell(name: str, cell: Callable[..., Any], label: str | None = None) -> None:
    """Register a custom cell under a name, to use it in comparisons.

    Args:
        name: lower-case letters, digits and underscores, such as `"light_gru"`.
        cell: a Keras cell class (it is made with its units and run by `keras_gru.RNN`), a
            class of sequence layer, or a function `(units, **options)` that returns a layer. A
            class that Keras cannot deserialize yet is registered with it.
        label: display name; `None` uses the name.

    Raises:
        UserError: the name is invalid or taken, or the cell is not one of these types.

    Example:

    >>> import keras, keras_gru
    >>> keras_gru.register_cell("keras_gru_cell", keras.layers.GRUCell)
    >>> "keras_gru_cell" in keras_gru.cell_names()
    True
    """
    from keras_gru.layers.registry import Entry

    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UserError(
            "name of a cell: expected a lower-case letter, then letters, digits and _, got "
            f"{name!r}."
        )
    if not (inspect.isclass(cell) or inspect.isroutine(cell) or isinstance(cell, partial)):
        raise UserError(
            f"Cell '{name}': expected a Keras cell class, a layer class or a function "
            f"(units, **options) that returns a layer, got {cell!r}."
        )
    old = _registered.get(name)
    if name in _built_in_labels() or (old is not None and not _is_same_definition(old.cell, cell)):
        raise UserError(f"A cell named '{name}' exists already: register yours by another name.")
    if inspect.isclass(cell):
        _make_serializable(cell)
    _registered[name] = Entry(cell, label or name, {})


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
    """Return a sequence layer of a registered cell.

    Args:
        cell: one of `cell_names()`.
        units: positive integer, the size of the state.
        gate_bias: initial bias of the gate that keeps the state, as in `keras_gru.GateBias`.
            Ignored for a cell that names no such gate (in `gate_signs`).
        chrono: longest dependency, for the initial biases of `keras_gru.Chrono`, in the same cells.
        layer_normalization: whether the pre-activations are normalised, as in
            `keras_gru.LayerNormGRUCell`; for GRU, LSTM and SimpleRNN.
        **options: arguments of `keras_gru.GRU`, such as `return_sequences`, `zoneout`, `dropout`,
            `recurrent_dropout`, `seed`, `name` or `dtype`. An option with its default value, or a
            seed, is left out for a cell that does not take it.
            `recurrent_initializer="identity"` is `keras_gru.BlockIdentity`.

    Returns:
        A `keras.layers.Layer` that maps `(B, T, D)` to `(B, units)`, or to `(B, T, units)`.

    Raises:
        UserError: there is no such cell, it does not take an option, or a dropout rate is not
            from 0 to below 1.
    """
    import keras

    from keras_gru import layers
    from keras_gru.layers.registry import CELLS

    cell_label(cell)  # raises if there is no such cell
    for name in ("dropout", "recurrent_dropout"):
        rate = options.get(name) or 0
        if not 0 <= rate < 1:  # Keras would clip it to 1: the network would see no input
            raise UserError(f"'{name}': expected a rate from 0 to below 1, got {rate}.")
    made_of, _, defaults = _registered.get(cell) or CELLS[cell]
    if layer_normalization:
        made_of = _layer_normalized(cell, made_of)
    given = {key: value for key, value in options.items() if value != _DEFAULTS.get(key, ...)}
    given = {**defaults, **given, **_gate_bias(made_of, gate_bias, chrono)}
    if inspect.isclass(made_of):
        _check_options(cell, made_of, given)
    if given.get("recurrent_initializer") == "identity":
        given["recurrent_initializer"] = layers.BlockIdentity()
    layer = _make(cell, made_of, units, given)
    if not isinstance(layer, keras.Layer):
        raise UserError(f"Cell '{cell}': expected a function that returns a layer, got {layer!r}.")
    return layer


@cache
def _built_in_labels() -> dict[str, str]:
    """Return the label of each built-in cell, read from the source of its decorators."""
    folder = Path(__file__).parent / "layers"
    files = [*sorted(folder.glob("*.py")), *sorted(folder.glob("cells/*.py"))]
    decorators = [
        decorator
        for file in files
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        for decorator in getattr(node, "decorator_list", [])
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", None) == "cell"
    ]
    return dict([ast.literal_eval(argument) for argument in call.args] for call in decorators)


def _layer_normalized(name: str, cell: Any) -> type:
    """Return the cell class of the same equations with layer normalisation."""
    from keras_gru.layers.registry import CELLS

    def form(cls: Any) -> type | None:  # not inherited: a subclass has other equations
        return vars(getattr(cls, "cell_class", cls)).get("normalized")

    normalized = form(cell)
    if normalized is None:
        known = ", ".join(name for name in _built_in_labels() if form(CELLS[name].cell))
        raise UserError(
            f"Cell '{name}' has no layer_normalization: expected false, got true. Use one of the "
            f"cells {known}."
        )
    return normalized


def _gate_bias(cell: Any, gate_bias: float | None, chrono: int | None) -> dict[str, Any]:
    """Return the arguments that set the initial bias of a cell's gates."""
    from keras_gru.layers import Chrono, GateBias

    signs = getattr(cell, "gate_signs", "")
    if not signs.strip("."):
        return {}
    if chrono is not None:
        bias = Chrono(chrono, signs)
    elif gate_bias is not None:
        bias = GateBias(gate_bias, signs)
    else:
        return {}
    # An LSTM would overwrite the forget gate's bias with 1.
    others = {"unit_forget_bias": False} if "unit_forget_bias" in _arguments(cell) else {}
    return {"bias_initializer": bias, **others}


def _check_options(name: str, cell: type, options: dict[str, Any]) -> None:
    from keras_gru.layers import RNN

    accepted = _arguments(cell)
    if "return_sequences" not in accepted:  # a cell, which keras_gru.RNN runs
        accepted |= _arguments(RNN)
    for key in _OPTIONAL:
        if key in options and key not in accepted:
            raise UserError(
                f"Cell '{name}' has no {key}: expected {json.dumps(_DEFAULTS[key])}, "
                f"got {options[key]}."
            )


def _make(name: str, cell: Callable[..., Any], units: int, options: dict[str, Any]) -> Any:
    from keras_gru.layers import RNN

    make = cell  # `isclass` narrows `cell` to a class whose arguments are unknown
    if not inspect.isclass(cell):
        return make(units, **options)
    accepted, of_layer = _arguments(cell), _arguments(RNN)
    if "seed" not in accepted:
        options.pop("seed", None)
    if "return_sequences" in accepted:
        return make(units, **options)
    of_cell = {key: options[key] for key in options if key not in of_layer or key == "dtype"}
    made = make(units, **of_cell)
    if not hasattr(made, "state_size"):
        raise UserError(
            f"Cell '{name}': expected a `state_size` (an integer or a list of them), "
            f"got {cell.__name__} without one."
        )
    return RNN(made, **{key: options[key] for key in options if key not in of_cell})


def _arguments(cls: type) -> set[str]:
    """Return the arguments that a class declares; of a class from elsewhere, its constructors'."""
    declared = getattr(cls, "arguments", None)
    if declared is not None:
        return set(declared)
    constructors = [vars(base)["__init__"] for base in cls.__mro__ if "__init__" in vars(base)]
    return {name for function in constructors for name in inspect.signature(function).parameters}


def _is_same_definition(old: Any, new: Any) -> bool:
    """Return whether the definition is the same, as after a notebook's cell was run again."""
    if not hasattr(old, "__qualname__") or "<lambda>" in old.__qualname__:
        return old is new
    return (old.__module__, old.__qualname__) == (new.__module__, getattr(new, "__qualname__", ""))


def _make_serializable(cls: type) -> None:
    import keras

    built_in = cls.__module__.split(".")[0] == "keras"
    if not built_in and keras.saving.get_registered_name(cls) == cls.__name__:
        keras.saving.register_keras_serializable(package="keras_gru_cells")(cls)
