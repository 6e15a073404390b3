"""The base class of all settings."""

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A frozen group of settings that rejects unknown settings."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )


# `__pydantic_config__` of a dataclass that is read from a file: an unknown key is an error.
STORED = ConfigDict(extra="forbid")


Present = TypeVar("Present")


def present(value: Present | None) -> Present:
    """Return a value that is not None for the task, such as the classes of a classification."""
    assert value is not None
    return value


def check_each_once(values: Iterable[Hashable]) -> None:
    """Raise a ValueError if a value is repeated."""
    repeated = [value for value, count in Counter(values).items() if count > 1]
    if repeated:
        raise ValueError(f"expected every value once, got {repeated[0]!r} more than once")
