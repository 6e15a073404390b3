"""The `sweep:` part of an experiment: which settings are drawn, and how often."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from keras_gru.experiments.configuration.choices import Value, check_names, check_values
from keras_gru.settings import Settings

Number = int | float


class Range(Settings):
    """Numbers from `low` to `high`, both included: whole ones where both are whole."""

    low: Number
    high: Number
    log: Annotated[
        bool, Field(description="draw the logarithm evenly: for what matters by its order")
    ] = False
    step: Annotated[Number | None, Field(gt=0, description="from one number to the next")] = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"'low' is below 'high', received {self.low} and {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"with 'log', 'low' is above 0, received {self.low}")
        if self.log and self.step is not None:
            raise ValueError("give 'log' or 'step', received both")
        if self.step is not None:
            if self.whole and not isinstance(self.step, int):
                raise ValueError(f"whole numbers have a whole 'step', received {self.step}")
            steps = (self.high - self.low) / self.step
            if abs(steps - round(steps)) > 1e-6:
                raise ValueError(
                    f"'step' leads from 'low' to 'high', received {self.step} from {self.low} to "
                    f"{self.high}"
                )
        return self

    @property
    def whole(self) -> bool:
        """Whether whole numbers alone are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)


def _which(value: object) -> str:
    return "range" if isinstance(value, dict | Range) else "values"


def _any_of(schema: dict) -> None:
    """For an editor a union like any other: JSON Schema has no function that tells them apart."""
    schema["anyOf"] = schema.pop("oneOf")


Values = Annotated[tuple[Value, ...], Field(min_length=1)]
Drawn = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Values, Tag("values")],
    Discriminator(_which),
    Field(json_schema_extra=_any_of),
]


class Sweep(Settings):
    """Many trials: a cell and settings drawn for each, one network, judged on validation."""

    trials: Annotated[
        int,
        Field(
            ge=1,
            le=1_000_000,
            description="networks, pruned ones included; importances want ten for each setting",
        ),
    ] = 60
    sampler: Annotated[
        Literal["tpe", "random"],
        Field(
            description="tpe looks where the best were (Bergstra et al. 2011); random everywhere "
            "alike, which makes importances surer"
        ),
    ] = "tpe"
    pruning: Annotated[
        bool,
        Field(description="end a trial whose best epoch is worse than the median at that epoch"),
    ] = True
    ranges: Annotated[
        dict[str, Drawn],
        Field(
            description="of settings such as training.learning_rate: a list of values, or low and "
            "high; the cell is drawn from the experiment's cells",
        ),
    ]

    @field_validator("ranges")
    @classmethod
    def _settings_that_can_be_drawn(cls, ranges: dict[str, Drawn]) -> dict[str, Drawn]:
        if not ranges:
            raise ValueError("expected ranges of one setting or more, received none")
        check_names(ranges)
        check_values({name: ends(drawn) for name, drawn in ranges.items()})
        return ranges


def ends(drawn: Drawn) -> tuple[Value, ...]:
    """What is held against the schema before anything is drawn: all values, or both ends."""
    return (drawn.low, drawn.high) if isinstance(drawn, Range) else drawn
