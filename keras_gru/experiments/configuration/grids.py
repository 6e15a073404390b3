"""Lists of values to try instead of one value: `learning_rate: {grid: [0.001, 0.003]}`."""

import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, LiteralString, cast, get_args

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from keras_gru.experiments.configuration.training import Training
from keras_gru.models.config import MODELS
from keras_gru.settings import Settings

Value = bool | int | float | str | None
Types = Mapping[str, type[Settings] | None]  # of the groups whose settings can be tried
LARGEST_GRID = 1_000  # combinations for a cell
_GROUPS = ("model", "training")
_PYDANTIC = frozenset(get_args(core_schema.ErrorType))


class Grid(Settings):
    """Values to try of one setting."""

    grid: Annotated[tuple[Value, ...], Field(min_length=1)]


def split_grids(data: Any) -> tuple[Any, dict[str, Mapping]]:
    """Return settings with each grid replaced by its first value, and the grids by dotted name."""
    grids: dict[str, Mapping] = {}

    def first_values(value: Any, name: str) -> Any:
        if not isinstance(value, Mapping):
            return value
        if "grid" in value and "." in name:
            grids[name] = value
            values = value["grid"]
            return values[0] if isinstance(values, list | tuple) and values else None
        return {key: first_values(inner, f"{name}.{key}") for key, inner in value.items()}

    if not isinstance(data, Mapping):
        return data, grids
    groups = {group: first_values(data[group], group) for group in _GROUPS if group in data}
    return {**data, **groups}, grids


def join_grids(data: dict, values: Mapping[str, Sequence[Value]]) -> None:
    """Replace single values by grids, in place: the inverse of `split_grids`."""
    for name, tried in values.items():
        *groups, setting = name.split(".")
        if groups[0] in data:
            functools.reduce(dict.__getitem__, groups, data)[setting] = {"grid": list(tried)}


def group_types(data: Any) -> Types:
    """Return the classes of the groups of an experiment's settings; None for an unknown kind."""
    model = data.get("model") if isinstance(data, Mapping) else None
    kind = model.get("kind") if isinstance(model, Mapping) else getattr(model, "kind", None)
    return {"training": Training, "model": MODELS.get(kind) if isinstance(kind, str) else None}


def read_grids(
    grids: Mapping[str, Mapping], types: Types
) -> tuple[dict[str, tuple[Value, ...]], list[InitErrorDetails]]:
    """Return the values of grids by dotted name, and their errors."""
    values, errors = {}, []
    for name, data in grids.items():
        location = name.split(".")
        try:
            tried = Grid.model_validate(data).grid
        except ValidationError:
            expected = "a grid of single values, such as {grid: [1, 2]}"
            suggestion = "Write the list in place of a single value."
            errors.append(custom_error("bad_grid", location, data, expected, suggestion))
            continue
        values[name], wrong = read_values(name, tried, types, [*location, "grid"])
        errors += wrong
    return values, errors + size_errors(values, next(iter(grids), "").split("."))


def read_values(
    name: str, values: Sequence[Value], types: Types, location: Sequence[str | int]
) -> tuple[tuple[Value, ...], list[InitErrorDetails]]:
    """Return the validated values of a setting, by its dotted name, and errors at `location`."""
    group, *steps = name.split(".")
    kind = types[group]
    if kind is None:  # the unknown kind is already reported
        return tuple(values), []
    where = tuple(location[: -1 if "grid" in location else None])
    try:
        adapter = _adapter(kind, tuple(steps))
    except KeyError:
        return (), [InitErrorDetails(type="extra_forbidden", loc=where, input=values)]
    if adapter is None or name == "model.kind":
        expected = "a setting of which values can be tried"
        return (), [custom_error("not_tried", where, name, expected, "Give it one value.")]
    read, errors = [], []
    for index, value in enumerate(values):
        try:
            read.append(adapter.validate_python(value, strict=True))
        except ValidationError as error:
            errors += relocated(error, [*location, index])[:1]
    # 1 and 1.0 are one value of a setting, 1 and true are not.
    if len({(isinstance(value, bool), value) for value in values}) < len(values):
        expectation = "every value once"
        errors.append(custom_error("repeated_value", location, tuple(values), expectation, ""))
    return tuple(read), errors


def size_errors(
    values: Mapping[str, Sequence[Value]], location: Sequence[str | int]
) -> list[InitErrorDetails]:
    """Return an error if there are more combinations than the limit."""
    size = math.prod(map(len, values.values()))
    if size <= LARGEST_GRID:
        return []
    expected = f"at most {LARGEST_GRID:,} combinations for a cell"
    return [custom_error("too_many_combinations", location, size, expected, "Try fewer values.")]


def combinations(values: Mapping[str, Sequence[Value]]) -> tuple[dict[str, Value], ...]:
    """Return all combinations; the last setting varies fastest."""
    products = itertools.product(*values.values())
    return tuple(dict(zip(values, chosen, strict=True)) for chosen in products)


def custom_error(
    code: LiteralString, location: Sequence[str | int], value: Any, expected: str, suggestion: str
) -> InitErrorDetails:
    """Return a pydantic error with a code that pydantic does not define."""
    context = {"expected": expected, "value": value, "suggestion": suggestion}
    kind = PydanticCustomError(code, "{expected}, got {value}. {suggestion}", context)
    return InitErrorDetails(type=kind, loc=tuple(location), input=value)


def relocated(
    error: ValidationError, location: Sequence[str | int] | None = None
) -> list[InitErrorDetails]:
    """Return the errors of a validation, each at `location` if it is given."""
    details: list[Any] = []
    for found in error.errors(include_url=False):
        kind: Any = found["type"]
        if kind not in _PYDANTIC:
            kind = PydanticCustomError(kind, cast(LiteralString, found["msg"]), found.get("ctx"))
        where = found["loc"] if location is None else tuple(location)
        detail = InitErrorDetails(type=kind, loc=where, input=found["input"])
        details.append({**detail, "ctx": found["ctx"]} if "ctx" in found else detail)
    return details


@functools.cache
def _adapter(kind: type[Settings], steps: tuple[str, ...]) -> TypeAdapter | None:
    """Return the validator of a setting; None for a group of settings.

    Raises:
        KeyError: there is no such setting.
    """
    groups: list[type[Settings]] = [kind]
    annotation: Any = kind
    for step in steps:
        fields = {name: field for group in groups for name, field in group.model_fields.items()}
        annotation = fields[step].rebuild_annotation()
        groups = _settings_in(fields[step].annotation)
    return None if groups else TypeAdapter(annotation)


def _settings_in(annotation: Any) -> list[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return [annotation]
    return [kind for inner in get_args(annotation) for kind in _settings_in(inner)]


def without_first_values(
    errors: list[InitErrorDetails], grids: Mapping[str, Mapping]
) -> list[InitErrorDetails]:
    """Return the errors without those of the first values of grids, which `read_grids` reports."""

    def is_within(error: InitErrorDetails, name: str) -> bool:
        steps = iter(error.get("loc", ()))  # names of union members are among them
        return all(step in steps for step in name.split("."))

    return [error for error in errors if not any(is_within(error, name) for name in grids)]
