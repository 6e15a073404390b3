"""The `sweep:` part of an experiment: the search space and the number of trials."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import InitErrorDetails

from keras_gru.experiments.configuration.grids import (
    Grid,
    Types,
    Value,
    custom_error,
    read_values,
    size_errors,
)
from keras_gru.settings import Settings

Number = int | float


class Range(Settings):
    """Numbers from `low` to `high`, both included; integers where both are integers."""

    low: Number
    high: Number
    log: Annotated[bool, Field(description="draw the logarithm uniformly")] = False
    step: Annotated[Number | None, Field(gt=0, description="from one number to the next")] = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"expected 'low' below 'high', got {self.low} and {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"expected 'low' above 0 with 'log', got {self.low}")
        if self.log and self.step is not None:
            raise ValueError("expected 'log' or 'step', got both. Leave one of them out")
        if self.step is not None:
            if self.whole and not isinstance(self.step, int):
                raise ValueError(f"expected an integer 'step' for integers, got {self.step}")
            steps = (self.high - self.low) / self.step
            if abs(steps - round(steps)) > 1e-6:
                raise ValueError(
                    f"expected a 'step' that leads from {self.low} to {self.high}, got {self.step}"
                )
        return self

    @property
    def whole(self) -> bool:
        """Whether the range contains integers only."""
        return isinstance(self.low, int) and isinstance(self.high, int)


def _which(value: object) -> str:
    if isinstance(value, Settings):
        return "grid" if isinstance(value, Grid) else "range"
    if isinstance(value, Mapping) and "grid" in value:
        return "grid"
    is_range = not isinstance(value, Mapping) or not value or value.keys() & Range.model_fields
    return "range" if is_range else "settings"


def _any_of(schema: dict) -> None:
    """Return a plain union for editors, as JSON Schema has no discriminator function."""
    schema["anyOf"] = schema.pop("oneOf")


Drawn = Range | tuple[Value, ...]
_Setting = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Grid, Tag("grid")],
    Discriminator(_which),
    Field(json_schema_extra=_any_of),
]
_Group = dict[
    str,
    Annotated[
        Annotated[Range, Tag("range")]
        | Annotated[Grid, Tag("grid")]
        | Annotated[dict[str, _Setting], Tag("settings")],
        Discriminator(_which),
        Field(json_schema_extra=_any_of),
    ],
]


class Sweep(Settings):
    """Trials with different cells and settings, compared on validation."""

    trials: Annotated[
        int,
        Field(
            ge=1,
            le=1_000_000,
            description="networks, pruned ones included; importances need ten for each setting",
        ),
    ] = 60
    sampler: Annotated[
        Literal["tpe", "random"],
        Field(
            description="tpe searches near the best trials (Bergstra et al. 2011); random searches "
            "uniformly, which makes importances more certain"
        ),
    ] = "tpe"
    pruning: Annotated[
        bool,
        Field(description="end a trial whose best epoch is worse than the median at that epoch"),
    ] = True
    model: Annotated[
        _Group,
        Field(
            default_factory=dict,
            description="of settings of the model: {low: 8, high: 128} or {grid: [1, 2]}",
        ),
    ]
    training: Annotated[
        _Group,
        Field(
            default_factory=dict,
            description="of settings of training: {low: 1e-4, high: 0.1, log: true} or "
            "{grid: [16, 32]}; the cell is drawn from the experiment's cells",
        ),
    ]

    @property
    def ranges(self) -> dict[str, Drawn]:
        """The search space by dotted name: a range or a tuple of values."""
        found: dict[str, Drawn] = {}
        for group, settings in (("training", self.training), ("model", self.model)):
            for name, drawn in settings.items():
                inner = drawn if isinstance(drawn, Mapping) else {"": drawn}
                for last, value in inner.items():
                    dotted = f"{group}.{name}.{last}".rstrip(".")
                    found[dotted] = value.grid if isinstance(value, Grid) else value
        return found


def ends(drawn: Drawn) -> tuple[Value, ...]:
    """Return the values to validate in advance: all values of a grid, both ends of a range."""
    return (drawn.low, drawn.high) if isinstance(drawn, Range) else drawn


def sweep_errors(sweep: Sweep, types: Types) -> list[InitErrorDetails]:
    """Return the errors of the search space."""
    if not sweep.ranges:
        advice = (
            "Add model or training, such as training: {learning_rate: {low: 1e-4, high: 0.1, "
            "log: true}}."
        )
        return [custom_error("nothing_to_draw", ["sweep"], "none", "settings to draw", advice)]
    errors = []
    for name, drawn in sweep.ranges.items():
        location = ["sweep", *name.split(".")]
        if not isinstance(drawn, Range):
            location.append("grid")
        _, wrong = read_values(name, ends(drawn), types, location)
        if isinstance(drawn, Range):  # the names of the ends in place of their indices
            for error in wrong:
                *above, last = list(error.get("loc", ()))
                error["loc"] = (*above, ("low", "high")[last] if isinstance(last, int) else last)
        errors += wrong
    values = {name: ends(drawn) for name, drawn in sweep.ranges.items()}
    return errors + size_errors(values, ["sweep"])
