"""The expected values of settings in words, generated from the JSON Schema."""

import functools
from collections.abc import Collection, Sequence

from keras_gru.datasets.registry import dataset_kinds
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.experiment_settings import NAME
from keras_gru.experiments.configuration.sweep import Range
from keras_gru.experiments.configuration.yaml_tree import Node

_TYPES = {"string": "text", "boolean": "true or false", "null": "null", "object": "settings"}
_INNER: dict[type, str] = {list: "items", dict: "additionalProperties"}
_PATTERNS = {
    NAME: "text of at most 100 letters, digits, '_', '.' and '-', the first a letter or a digit"
}


def quoted(words: Collection[str]) -> str:
    """Return comma-separated words in quotes."""
    return ", ".join(repr(word) for word in words)


@functools.lru_cache(maxsize=1)
def _json_schema(kinds: frozenset[str]) -> dict:
    """Return the schema for these registered datasets."""
    return Experiment.model_json_schema()


class _Schema:
    """The schema of an experiment, indexed by the path of a setting."""

    @property
    def _document(self) -> dict:
        return _json_schema(frozenset(dataset_kinds()))

    def expected(self, path: Sequence[str | int], root: Node) -> str:
        """Return what is expected of a setting."""
        return self._words(self._at(path, root))

    def names(self, path: Sequence[str | int], root: Node) -> list[str]:
        """Return the settings of a group."""
        names = list(self._at(path, root).get("properties", ()))
        return list(Range.model_fields) if path[:1] == ["sweep"] and not names else names

    def inner_names(self, path: Sequence[str | int], root: Node) -> set[str]:
        """Return the settings of a group and of all its variants."""
        *group, name = path
        schema = self._at(group, root).get("properties", {}).get(name, {})
        variants = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
        groups = [self._behind(variant).get("properties", ()) for variant in variants]
        return {name for group in groups for name in group}

    def all_names(self, group: str) -> set[str]:
        """Return the settings of a group of any kind; of the experiment for ''."""
        schema = self._document["properties"].get(group, {"$ref": ""})
        kinds = schema.get("discriminator", {}).get("mapping") or {"": schema["$ref"]}
        names = (reference.rpartition("/")[2] for reference in kinds.values())
        groups = (self._document["$defs"].get(name, self._document) for name in names)
        return {name for group in groups for name in group["properties"]}

    def kinds(self, path: Sequence[str | int]) -> list[str]:
        """Return the kinds of a group with variants."""
        schema = self._document["properties"].get(path[0], {}) if path else {}
        return list(schema.get("discriminator", {}).get("mapping", ()))

    def _at(self, path: Sequence[str | int], root: Node) -> dict:
        path = list(path)
        if path[:1] == ["sweep"] and path[1:2] in (["model"], ["training"]):
            # Its settings are those of the experiment.
            path = [step for step in path[1:] if step not in ("low", "high")]
        schema, node = self._document, root
        for step in path:
            if step == "grid":
                continue
            is_value = isinstance(step, int) and "items" not in schema
            inner = schema.get("properties", {}).get(step) or schema.get("additionalProperties")
            if not is_value:
                schema = schema.get("items", {}) if isinstance(step, int) else inner or {}
            node = node.child(step) if node else None
            schema = self._resolved(schema, node)
        return schema

    def _behind(self, schema: dict) -> dict:
        """Return the schema behind a reference."""
        if "$ref" in schema:
            return self._document["$defs"].get(schema["$ref"].rpartition("/")[2], {})
        return schema

    def _resolved(self, schema: dict, node: Node | None) -> dict:
        """Resolve a reference; of several variants, choose the one in the tree."""
        kind = node.child("kind") if node else None
        if node and isinstance(node.value, dict):  # a group that may be left out
            variants = (*schema.get("anyOf", ()), *schema.get("oneOf", ()))
            groups = [s for s in variants if "$ref" in s]
            fits = [s for s in groups if node.value.keys() & self._behind(s)["properties"].keys()]
            if "discriminator" not in schema:
                schema = next(iter(fits or groups), schema)
        if "discriminator" in schema and kind:
            schema = {"$ref": schema["discriminator"]["mapping"].get(str(kind.value), "")}
        if "$ref" in schema:
            return self._behind(schema)
        inner = _INNER.get(type(node.value)) if node else None
        return next((s for s in schema.get("anyOf", ()) if inner in s), schema)

    def _words(self, schema: dict) -> str:
        if "anyOf" in schema:
            return " or ".join(self._words(choice) for choice in schema["anyOf"])
        if "discriminator" in schema:
            return f"settings with a 'kind', one of {quoted(schema['discriminator']['mapping'])}"
        if "oneOf" in schema:
            groups = [self._behind(variant).get("properties", ()) for variant in schema["oneOf"]]
            return " or ".join(f"{{{name}: …}}" for group in groups for name in group)
        if "const" in schema:
            return repr(schema["const"])
        if "enum" in schema:
            return f"one of {quoted(schema['enum'])}"
        kind = schema.get("type", "object")
        if kind == "array":
            filled = ", not empty" if schema.get("minItems") else ""
            return f"a list{filled}, every value {self._words(schema['items'])}"
        if kind in ("integer", "number"):
            return ("a whole number" if kind == "integer" else "a number") + _range(schema)
        if "pattern" in schema:
            return _PATTERNS[schema["pattern"]]
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


SCHEMA = _Schema()
