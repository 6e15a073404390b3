"""The built-in cells by name, registered by the decorator `cell` in their files."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """A named cell.

    Args:
        cell: a cell class, a layer class, or a function `(units, **options)` that returns a layer.
        label: display name.
        options: arguments whose default differs from that of the class.
    """

    cell: Callable[..., Any]
    label: str
    options: dict[str, Any]


CELLS: dict[str, Entry] = {}


def cell(name: str, label: str, /, **options: Any) -> Callable[[type], type]:
    """Return a decorator that registers a class of a cell or of a layer.

    `keras_gru.cells` reads name and label from the source, before Keras is imported: write both as
    literals.
    """

    def register(cls: type) -> type:
        CELLS[name] = Entry(cls, label, options)
        return cls

    return register
