"""Overrides of settings, such as `training.epochs=3`, as a tree."""

from collections.abc import Sequence

from keras_gru.errors import UserError
from keras_gru.experiments.configuration.problems import Problem, shortened
from keras_gru.experiments.configuration.yaml_tree import Node, Place, parse

_MOST_OVERRIDES = 200
_MOST_STEPS = 10  # of a dotted name


def read_overrides(overrides: Sequence[str], problems: list[Problem]) -> Node:
    """Return all overrides as one tree; later overrides replace earlier ones.

    Args:
        overrides: `"a.b.c=value"` each, the value read as YAML.
        problems: problems are appended to it.

    Raises:
        UserError: there are too many.
    """
    tree: dict[str, Node] = {}
    if len(overrides) > _MOST_OVERRIDES:
        raise UserError(f"expected at most {_MOST_OVERRIDES} overrides, got {len(overrides):,}")
    for override in overrides:
        place = Place(f"override {shortened(override)!r}")
        name, equals, text = override.partition("=")
        steps = name.strip().split(".")
        if not equals or not all(steps) or len(steps) > _MOST_STEPS:
            expected = "NAME=VALUE, such as training.epochs=3"
            problems.append(Problem("", "not_name_value", override, "", expected, place))
            continue
        try:
            node = parse(text, lambda line, place=place: place)
        except UserError as error:
            message = str(error).removeprefix(f"{place}: ")
            problems.append(Problem("", "value_error", text, expected=message, place=place))
            continue
        _put(tree, steps, node or Node(None, place), place)
    return Node(tree, Place("the overrides"))


def _put(tree: dict, steps: list[str], node: Node, place: Place) -> None:
    for step in steps[:-1]:
        group = tree.get(step)
        if group is None or not isinstance(group.value, dict):
            tree[step] = Node({}, place)
        tree = tree[step].value
    tree[steps[-1]] = node
