"""The manner of every group of settings."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A frozen group of settings that refuses what it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )


# `__pydantic_config__` of a dataclass that is read from a file: an unknown key is an error.
STORED = ConfigDict(extra="forbid")
