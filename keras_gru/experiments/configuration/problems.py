"""What is wrong with settings, one sentence each: where, what was received, what would be right."""

import difflib
import functools
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from keras_gru.cells import nearest_cells
from keras_gru.datasets.registry import dataset_kinds
from keras_gru.errors import did_you_mean
from keras_gru.experiments.configuration.choices import OTHER_SIZE
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.synonyms import common_name
from keras_gru.experiments.configuration.yaml_tree import Node, Place

_MOST = 20  # problems that are said; more help nobody
_TYPES = {"string": "text", "boolean": "true or false", "null": "null", "object": "settings"}


@dataclass(frozen=True)
class Problem:
    """One mistake: where it was written, the setting's dotted name, and what is wrong."""

    place: Place
    setting: str
    text: str

    def __str__(self) -> str:
        parts = (str(self.place), shortened(self.setting), self.text)
        return ": ".join(part for part in parts if part)


def tell(problems: Sequence[Problem]) -> str:
    """Return the sentences, each once: files before overrides, lines in their order."""

    def order(problem: Problem):
        place = problem.place
        return place.line == 0, place.source, place.line, problem.setting

    lines = list(dict.fromkeys(str(problem) for problem in sorted(problems, key=order)))
    more = [f"… and more: {len(lines) - _MOST}"] if len(lines) > _MOST else []
    return "\n".join([*lines[:_MOST], *more])


def unknown_cells(root: Node, known: Collection[str]) -> list[Problem]:
    """The cells of an experiment that are in no registry."""
    cells = root.child("cells")
    if cells is None or not isinstance(cells.value, list):
        return []
    return [
        Problem(
            node.place,
            f"cells.{i}",
            f"unknown cell {shortened(node.value)!r}.{nearest_cells(shortened(node.value))}",
        )
        for i, node in itertools.islice(enumerate(cells.value), 2 * _MOST)
        if isinstance(node.value, str) and node.value not in known
    ]


def unfit_values(root: Node) -> list[Problem]:
    """What is wrong with values to be tried, each said where it was written.

    Args:
        root: the tree of an experiment that is right but for what `tuning` and `sweep` try.
    """
    problems = []
    settings = {key: node for key, node in root.value.items() if key not in ("tuning", "sweep")}
    for combination in (*_combinations(root.child("tuning")), *_corners(root.child("sweep"))):
        tree = dict(settings)
        for name, value in combination.items():
            group, _, setting = name.partition(".")
            old = tree.get(group, Node({}, value.place))
            kept = {key: of for key, of in old.value.items() if key != OTHER_SIZE.get(name)}
            tree[group] = Node(kept | {setting: value}, old.place)
            if name in OTHER_SIZE:
                tree.pop("match", None)
        tried = Node(tree, root.place)
        if len(problems) > _MOST:
            break
        try:
            Experiment.model_validate(tried.plain(), strict=True)
        except ValidationError as error:
            problems += explain(error, tried)
    return problems


def _combinations(tuning: Node | None) -> Iterator[dict[str, Node]]:
    if tuning is None or not tuning.value:
        return
    lists = {name: node.value for name, node in tuning.value.items()}
    for values in itertools.product(*lists.values()):
        yield dict(zip(lists, values, strict=True))


def _corners(sweep: Node | None) -> Iterator[dict[str, Node]]:
    """The combinations of the ends of ranges, and of all values of lists."""
    if sweep is None or sweep.value is None:
        return iter(())
    ranges = {
        name: node
        if isinstance(node.value, list)
        else Node([node.child("low"), node.child("high")], node.place)
        for name, node in sweep.child("ranges").value.items()
    }
    return _combinations(Node(ranges, sweep.place))


def explain(error: ValidationError, root: Node) -> list[Problem]:
    """pydantic's findings in this project's words.

    Args:
        error: what `Experiment.model_validate` raised.
        root: the tree that was validated.

    Returns:
        A problem for each finding.
    """
    findings = [found for found in error.errors(include_url=False) if not _echo(found)]
    return [_problem(found, root, _SCHEMA) for found in findings[: 2 * _MOST]]


def _problem(found: dict, root: Node, schema: "_Schema") -> Problem:
    path, node = _walk(found["loc"], root)
    kind = found["type"]
    if kind == "value_error":
        text = str(found["ctx"]["error"])
    elif kind == "extra_forbidden":
        text = f"unknown setting.{_meant(path, root, schema)}"
    elif kind == "union_tag_invalid":
        path, node = [*path, "kind"], node.child("kind")
        text = f"unknown kind {_received(node.plain())}."
        text += did_you_mean(str(node.value), schema.kinds(path[:-1]))
    elif kind == "union_tag_not_found":
        text = f"missing setting; expected one of {_quoted(schema.kinds(path))}"
        path = [*path, "kind"]
    elif kind == "missing":
        path = [*path, found["loc"][-1]]
        text = f"missing setting; expected {schema.expected(path, root)}"
    elif kind in ("too_long", "string_too_long"):
        most, things = found["ctx"]["max_length"], "values" if kind == "too_long" else "characters"
        text = f"expected at most {most:,} {things}, received {len(node.value):,}"
    else:
        expected = schema.expected(path, root)
        text = f"expected {expected}, received {_received(node.plain())}"
        if expected.startswith("a list") and isinstance(node.value, str | int | float):
            values = ", ".join(value.strip() for value in str(node.value).split(","))
            text += f". A list is written [{shortened(values)}]"
    return Problem(node.place, ".".join(map(str, path)), text)


def _echo(found: dict) -> bool:
    """Whether a list counts as too short only because its elements are wrong, which is said."""
    return found["type"] == "too_short" and bool(found["input"])


def _walk(location: Sequence[str | int], root: Node) -> tuple[list[str | int], Node]:
    """pydantic's location without the names of union members, which are in no file."""
    path, node = [], root
    for step in location:
        child = node.child(step)
        if child is not None:
            path.append(step)
            node = child
    return path, node


def _meant(path: list[str | int], root: Node, schema: "_Schema") -> str:
    *group, name = path
    known = schema.names(group, root)
    common = common_name(name)
    if common in known:
        return f" Did you mean '{common}'?"
    if not difflib.get_close_matches(name, known):
        # A known setting in the wrong group, most often one of `training` at the top.
        elsewhere = [
            f"{other}.{common}"
            for other in ("training", "model", "dataset")
            if common in schema.names([other], root)
        ]
        elsewhere += [common] if common in schema.names([], root) else []
        if elsewhere:
            return f" Did you mean '{elsewhere[0]}'?"
    return did_you_mean(name, known)


def dotted_name(option: str) -> str | None:
    """Return the dotted name of a setting that was given like an option, such as `--epochs`."""
    name = common_name(option.lstrip("-").replace("-", "_"))
    for group in ("training", "model", "dataset", ""):
        if name in _SCHEMA.all_names(group):
            return f"{group}.{name}".lstrip(".")
    return None


def _received(value: object) -> str:
    if isinstance(value, dict):
        return "settings"
    if isinstance(value, tuple):
        text = f"[{', '.join(_received(element) for element in value[:10])}]"
    elif value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    else:
        text = repr(value)
    return shortened(text)


def shortened(text: str) -> str:
    """Return the beginning of a text that may be very long."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def _quoted(words: Collection[str]) -> str:
    return ", ".join(repr(word) for word in words)


class _Schema:
    """What each setting may be, in words: read from the JSON Schema, which editors read too."""

    @property
    def _document(self) -> dict:
        return _json_schema(frozenset(dataset_kinds()))

    def expected(self, path: Sequence[str | int], root: Node) -> str:
        return self._words(self._at(path, root))

    def names(self, path: Sequence[str | int], root: Node) -> list[str]:
        return list(self._at(path, root).get("properties", ()))

    def all_names(self, group: str) -> set[str]:
        """Return the settings of a group, of whatever kind; of an experiment where it is ''."""
        schema = self._document["properties"].get(group, {"$ref": ""})
        kinds = schema.get("discriminator", {}).get("mapping") or {"": schema["$ref"]}
        names = (reference.rpartition("/")[2] for reference in kinds.values())
        groups = (self._document["$defs"].get(name, self._document) for name in names)
        return {name for group in groups for name in group["properties"]}

    def kinds(self, path: Sequence[str | int]) -> list[str]:
        return list(self._document["properties"][path[0]]["discriminator"]["mapping"])

    def _at(self, path: Sequence[str | int], root: Node) -> dict:
        schema, node = self._document, root
        for step in path:
            inner = schema.get("properties", {}).get(step) or schema.get("additionalProperties", {})
            schema = schema.get("items", {}) if isinstance(step, int) else inner
            node = node.child(step) if node else None
            schema = self._resolved(schema, node)
        return schema

    def _resolved(self, schema: dict, node: Node | None) -> dict:
        """The schema behind a reference; of several, the one that has what the tree holds."""
        kind = node.child("kind") if node else None
        if node and isinstance(node.value, dict):  # a group that may be left out
            schema = next((s for s in schema.get("anyOf", ()) if "$ref" in s), schema)
        if "discriminator" in schema and kind:
            schema = {"$ref": schema["discriminator"]["mapping"].get(str(kind.value), "")}
        if "$ref" in schema:
            return self._document["$defs"].get(schema["$ref"].rpartition("/")[2], {})
        inner = {list: "items", dict: "additionalProperties"}.get(
            type(node.value) if node else None
        )
        return next((s for s in schema.get("anyOf", ()) if inner in s), schema)

    def _words(self, schema: dict) -> str:
        if "anyOf" in schema:
            return " or ".join(self._words(choice) for choice in schema["anyOf"])
        if "discriminator" in schema:
            return f"settings with a 'kind', one of {_quoted(schema['discriminator']['mapping'])}"
        if "const" in schema:
            return repr(schema["const"])
        if "enum" in schema:
            return f"one of {_quoted(schema['enum'])}"
        kind = schema.get("type", "object")
        if kind == "array":
            return f"a list, not empty, every value {self._words(schema['items'])}"
        if kind in ("integer", "number"):
            return ("a whole number" if kind == "integer" else "a number") + _range(schema)
        if "pattern" in schema:
            return f"text of at most {schema['maxLength']} characters, {schema['pattern']}"
        return _TYPES[kind] + (", not empty" if "minLength" in schema else "")


def _range(schema: dict) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f" from {schema['minimum']} to {schema['maximum']}"
    words = {
        "minimum": "of at least",
        "exclusiveMinimum": "above",
        "maximum": "up to",
        "exclusiveMaximum": "below",
    }
    bounds = [f"{word} {schema[key]}" for key, word in words.items() if key in schema]
    return f" {' and '.join(bounds)}" if bounds else ""


@functools.lru_cache(maxsize=1)
def _json_schema(kinds: frozenset[str]) -> dict:
    """Return the schema while these are the registered datasets."""
    return Experiment.model_json_schema()


_SCHEMA = _Schema()
