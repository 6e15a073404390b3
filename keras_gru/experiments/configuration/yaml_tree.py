"""YAML text as a tree of values with line numbers, and merging of trees."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode

from keras_gru.errors import UserError
from keras_gru.models.config import Model

_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "null", "bool", "int", "float", "str")
}
_OF_EVERY_MODEL = Model.model_fields.keys()
_DATE = "tag:yaml.org,2002:timestamp"
_KEY = "tag:yaml.org,2002:str"
# More than any config needs; ruamel.yaml would take seconds for more.
_MOST_CHARACTERS, _MOST_VALUES, _DEEPEST = 32_000, 4_000, 20
_LARGEST_NUMBER = 2**63
# Text such as Biomass [MWh] in a list, and text such as price: high after a name.
_BRACKETS = re.compile(r"""[\[,:]\s*([^\s\[\]{},:"'#][^\[\]{},:"'#]*[\[{][^\[\]{},"']*[\]}])""")
_COLON = re.compile(r"""^\s*[\w-]+:\s+([^"'\[{#\s][^"'#]*:\s.*?)\s*$""")


@dataclass(frozen=True)
class Place:
    """Where a value was written: a line of a file, or (line 0) an override."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True)
class Node:
    """A value: a dict or a list of nodes, or what YAML calls a scalar."""

    value: Any
    place: Place

    def child(self, step: str | int) -> "Node | None":
        """Return a setting of a group or an element of a list, or None."""
        if isinstance(self.value, dict):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            return self.value[step]
        return None

    def plain(self):
        """Return the value without places; lists as tuples, as in a frozen schema."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return tuple(node.plain() for node in self.value)
        return self.value


class _BoundedComposer(Composer):
    """A composer that limits the number and the nesting of values."""

    def __init__(self, loader=None):
        super().__init__(loader)
        self._values, self._depth = 0, 0

    def compose_node(self, parent, index):
        self._values += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooMuch(f"expected settings of at most {_DEEPEST} levels, got more")
        if self._values > _MOST_VALUES:
            raise _TooMuch(f"expected settings of at most {_MOST_VALUES:,} values, got more")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _TooMuch(Exception):
    """The document exceeds the limits."""


def parse(text: str, place: Callable[[int], Place]) -> Node | None:
    """Parse YAML 1.2: `1e-3` is a number, `no` is a string, a duplicate key is an error.

    Args:
        place: returns the place of a line number (the first is 1).

    Returns:
        The tree; None for an empty text.

    Raises:
        UserError: the text is not YAML, or uses features that configs do not support.
    """
    if len(text) > _MOST_CHARACTERS:
        raise UserError(
            f"{place(1)}: expected settings of at most {_MOST_CHARACTERS:,} characters, got "
            f"{len(text):,}"
        )
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _BoundedComposer
    try:
        root = yaml.compose(text)
        return None if root is None else _node(root, place, yaml.constructor.construct_object)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = place(mark.line + 1 if mark else 1)
        problem = " ".join((error.problem or error.context or "unreadable").split())
        hint = (
            _quotes(text.splitlines()[mark.line]) if mark and mark.line < text.count("\n") else ""
        )
        raise UserError(f"{where}: not YAML: {problem}{hint}") from None
    except YAMLError as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(f"{place(1)}: not YAML: {' '.join(str(reason).split())}") from None
    except _TooMuch as error:
        raise UserError(f"{place(1)}: {error}") from None


def _quotes(line: str) -> str:
    """Return a hint on quoting a text that contains brackets or a colon; "" for none."""
    found = _BRACKETS.search(line) or _COLON.search(line)
    return f". For text, put it in quotes: '{found[1].strip()}'" if found else ""


def _node(raw, place: Callable[[int], Place], construct: Callable) -> Node:
    location = place(raw.start_mark.line + 1)
    if raw.anchor:
        # Aliases would allow cycles and exponential growth; `base:` replaces them.
        raise UserError(
            f"{location}: the anchor '&{raw.anchor}' is not supported. Write the value out"
        )
    if raw.tag == _DATE:
        return Node(raw.value, location)  # 2026-01-31 may be a name
    if raw.tag not in _TAGS:
        raise UserError(f"{location}: the tag '{raw.tag}' is not supported. Write a plain value")
    if isinstance(raw, MappingNode):
        return Node(_mapping(raw, place, construct), location)
    if isinstance(raw, SequenceNode):
        return Node([_node(element, place, construct) for element in raw.value], location)
    try:
        value = construct(raw)
    except ValueError:
        value = _LARGEST_NUMBER
    if isinstance(value, int) and abs(value) >= _LARGEST_NUMBER:
        raise UserError(
            f"{location}: expected a number, got {raw.value[:60]!r}, which cannot be read"
        )
    return Node(value, location)


def _mapping(raw, place: Callable[[int], Place], construct: Callable) -> dict[str, Node]:
    settings = {}
    for key, value in raw.value:
        location = place(key.start_mark.line + 1)
        if key.tag != _KEY:
            found = repr(key.value) if isinstance(key.value, str) else "a list or settings"
            raise UserError(
                f"{location}: expected a word as the name of a setting, got {found:.60}"
            )
        if key.value in settings:
            first = settings[key.value].place
            raise UserError(
                f"{location}: '{key.value}' is set twice, first at {first}. Remove one."
            )
        node = _node(value, place, construct)
        settings[key.value] = Node(node.value, location)
    return settings


def merge(below: Node, above: Node) -> Node:
    """Merge two trees: groups are merged, everything else is replaced.

    Where the `kind` of a group changes, only settings common to all kinds remain, such as `size`.
    A model's `size` and settings with a `grid` are replaced as a whole.
    """
    if not (isinstance(below.value, dict) and isinstance(above.value, dict)):
        return above
    if "grid" in (*below.value, *above.value):
        return above
    old, new = below.child("kind"), above.child("kind")
    settings = dict(below.value)
    if old and new and old.value != new.value:
        settings = {key: node for key, node in settings.items() if key in _OF_EVERY_MODEL}
    for key, node in above.value.items():
        is_whole = key == "size" or key not in settings
        settings[key] = node if is_whole else merge(settings[key], node)
    # A missing setting is reported at its group's line in a file, not at an override.
    return Node(settings, above.place if above.place.line else below.place)
