"""Configuration errors: machine-readable codes and one sentence each."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from keras_gru.cells import nearest_cells
from keras_gru.errors import UserError, did_you_mean
from keras_gru.experiments.configuration.schema_words import SCHEMA, quoted
from keras_gru.experiments.configuration.synonyms import common_name
from keras_gru.experiments.configuration.yaml_tree import Node, Place

_MOST = 20  # problems that are printed


NOWHERE = Place("")


@dataclass(frozen=True)
class Problem:
    """One configuration error.

    Args:
        path: the setting's dotted name; "" for a whole file or override.
        code: kind of error, such as `"wrong_value"`, `"unknown_setting"` or the name of a
            rule (`keras_gru.experiments.configuration.rules`).
        suggestion: how to fix it, as a sentence; "" for none.
    """

    path: str
    code: str
    value: object
    suggestion: str = ""
    expected: str = ""
    place: Place = NOWHERE

    def __str__(self) -> str:
        if self.code == "unknown_setting":
            message = "unknown setting"
        elif self.code in ("unknown_kind", "unknown_cell"):
            message = f"{self.code.replace('_', ' ')} {described(self.value)}"
        elif self.code == "missing":
            message = f"missing setting; expected {self.expected}"
        elif self.code == "value_error":  # the validator of a group writes the message
            message = self.expected
        else:
            is_quoted = self.code == "wrong_value" or not isinstance(self.value, str)
            got = described(self.value) if is_quoted else self.value
            message = f"expected {self.expected.removeprefix('expected ')}, got {got}"
        text = ". ".join(part for part in (message, self.suggestion) if part)
        where = (str(self.place), shortened(self.path), text)
        return ": ".join(part for part in where if part)


class ConfigError(UserError):
    """All errors of a config."""

    def __init__(self, problems: Sequence[Problem]):
        by_text = {str(problem): problem for problem in sorted(problems, key=_order)}
        self.problems, lines = tuple(by_text.values()), list(by_text)
        more = [f"… and more: {len(lines) - _MOST}"] if len(lines) > _MOST else []
        super().__init__("\n".join([*lines[:_MOST], *more]))

    def __reduce__(self):
        return type(self), (self.problems,)  # an exception is pickled with its message otherwise


def _order(problem: Problem) -> tuple:
    """Sort key: files before overrides, then by line."""
    return problem.place.line == 0, problem.place.source, problem.place.line, problem.path


def unknown_cells(root: Node, known: Collection[str]) -> list[Problem]:
    """Return a problem for each cell of an experiment that is not registered."""
    cells = root.child("cells")
    if cells is None or not isinstance(cells.value, list):
        return []
    unknown = [
        (index, node)
        for index, node in enumerate(cells.value)
        if isinstance(node.value, str) and node.value not in known
    ]
    return [
        Problem(
            f"cells.{index}",
            "unknown_cell",
            node.value,
            nearest_cells(shortened(node.value)).strip(),
            place=node.place,
        )
        for index, node in unknown[: 2 * _MOST]
    ]


def explain(error: ValidationError, root: Node) -> list[Problem]:
    """Return a problem for each of pydantic's errors."""
    # A list that is too short only because of invalid elements has been reported with them.
    errors = [
        found
        for found in error.errors(include_url=False)
        if found["type"] != "too_short" or not found["input"]
    ]
    return [_problem(found, root) for found in errors[: 2 * _MOST]]


def _problem(found: ErrorDetails, root: Node) -> Problem:
    path, node = _find(found["loc"], root)
    kind, context = found["type"], found.get("ctx", {})

    def problem(code: str, value: object, suggestion: str = "", expected: str = "") -> Problem:
        name = ".".join(map(str, path))
        return Problem(name, code, value, suggestion.strip(), expected, node.place)

    if kind == "value_error":
        return problem("value_error", node.plain(), expected=str(context["error"]))
    if kind == "extra_forbidden":
        return problem("unknown_setting", node.plain(), _meant(path, root))
    if kind == "size":
        advice = "Write size: {units: 32} or size: {parameters: 20000}."
        found_keys = " and ".join(node.value) if isinstance(node.value, dict) else node.plain()
        return problem("size", found_keys or "nothing", advice, "units or parameters")
    if kind in ("union_tag_invalid", "union_tag_not_found") and SCHEMA.kinds(path):
        kinds, given = SCHEMA.kinds(path), node.child("kind")
        path = [*path, "kind"]
        if given is None:
            return problem("missing", None, expected=f"one of {quoted(kinds)}")
        node = given
        return problem("unknown_kind", node.plain(), did_you_mean(str(node.value), kinds))
    if kind == "missing":
        path = [*path, found["loc"][-1]]
        return problem("missing", None, expected=SCHEMA.expected(path, root))
    if kind in ("too_long", "string_too_long"):
        unit = "values" if kind == "too_long" else "characters"
        expected = f"at most {context['max_length']:,} {unit}"
        return problem("too_long", len(node.value), expected=expected)
    if "suggestion" in context:
        return problem(kind, context["value"], context["suggestion"], context["expected"])
    if isinstance(node.value, dict) and "grid" in node.value:
        advice = "Only settings of model and training take values to try."
        return problem("not_tried", "a grid", advice, SCHEMA.expected(path, root))
    expected = SCHEMA.expected(path, root)
    if kind in ("model_type", "model_attributes_type") and path[0] == "sweep" and len(path) > 1:
        expected = "a range {low: 1, high: 9} or a grid {grid: [1, 2]}"
    return problem("wrong_value", node.plain(), _how(expected, node, path), expected)


def _how(expected: str, node: Node, path: list[str | int]) -> str:
    """Return a hint on how to write a value of the expected kind; "" if none is needed."""
    value = node.value
    if expected.startswith("a list") and isinstance(value, str | int | float):
        values = ", ".join(part.strip() for part in str(value).split(","))
        return f"A list is written [{shortened(values)}]"
    if path == ["name"] and isinstance(value, str):
        fit = "".join(c if (c.isascii() and c.isalnum()) or c in "_.-" else "_" for c in value)
        return f"Write it as {shortened(fit.lstrip('_.-') or 'my_run')}."
    if expected.startswith("text") and not isinstance(value, str):
        return _in_quotes(value)
    return ""


def _in_quotes(value: object) -> str:
    """Return how a number, or a text with a colon or brackets, is written as text."""
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        text = f"{key}: {inner.value}" if not isinstance(inner.value, dict | list) else f"{key}: …"
    elif isinstance(value, list | dict) or value is None:
        return ""
    else:
        text = described(value)
    return f"For text, put it in quotes: '{shortened(text)}'"


def _find(location: Sequence[str | int], root: Node) -> tuple[list[str | int], Node]:
    """Return pydantic's location without the names of union members."""
    path, node = [], root
    for step in location:
        child = node.child(step)
        if child is not None:
            path.append(step)
            node = child
    return path, node


def _meant(path: list[str | int], root: Node) -> str:
    *group, name = path
    known = SCHEMA.names(group, root)
    common = common_name(str(name))
    if not group and name == "tuning":
        return "Write a list to try in place of the value: learning_rate: {grid: [0.001, 0.003]}."
    if common in known:
        return f"Did you mean '{common}'?"
    for inner in known if group else ():
        if common in SCHEMA.inner_names([*group, inner], root):
            return f"Did you mean '{inner}: {{{common}: …}}'?"
    if not difflib.get_close_matches(str(name), known):
        # A known setting in the wrong group, most often one of `training` at the top.
        elsewhere = [
            f"{other}.{common}"
            for other in ("training", "model", "dataset")
            if common in SCHEMA.names([other], root)
        ]
        elsewhere += [
            f"model.{inner}: {{{common}: …}}"
            for inner in SCHEMA.names(["model"], root)
            if common in SCHEMA.inner_names(["model", inner], root)
        ]
        elsewhere += [common] if common in SCHEMA.names([], root) else []
        if elsewhere:
            return f"Did you mean '{elsewhere[0]}'?"
    return did_you_mean(str(name), known)


def dotted_name(option: str) -> str | None:
    """Return the dotted name of a setting passed as an option, such as `--epochs`."""
    name = common_name(option.lstrip("-").replace("-", "_"))
    if name in ("units", "parameters"):
        return f"model.size.{name}"
    for group in ("training", "model", "dataset", ""):
        if name in SCHEMA.all_names(group):
            return f"{group}.{name}".lstrip(".")
    return None


def described(value: object) -> str:
    """Return a value in YAML syntax, shortened."""
    if isinstance(value, dict):
        return "settings"
    if isinstance(value, tuple | list):
        text = f"[{', '.join(described(element) for element in value[:10])}]"
    elif value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    else:
        text = repr(value)
    return shortened(text)


def shortened(text: str) -> str:
    """Return the beginning of a text that may be very long."""
    return text if len(text) <= 60 else f"{text[:57]}..."
