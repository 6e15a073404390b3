"""The table of recipes and the results that are stored beside it, as Python sees them."""

import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from keras_gru.errors import UserError, did_you_mean
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.configuration.yaml_tree import Place, parse
from keras_gru.settings import Settings

FOLDER = Path(__file__).resolve().parents[2] / "results"
TABLE = FOLDER / "recipes.yaml"
# One small network is enough to see that a recipe runs.
_SMALL = (
    "cells=[gru]",
    "seeds=[0]",
    "training.epochs=2",
    "training.batch_size=16",
    "training.jit_compile=false",
)


def _bound(text: str) -> str:
    if not re.fullmatch(r"[≤≥<] \d+(\.\d+)?(e-?\d+)?", text):
        raise ValueError(f"expected a bound such as '≤ 8.54', received {text!r}")
    return text


Bound = Annotated[str, AfterValidator(_bound)]


def holds(bound: str, value: float) -> bool:
    """Whether a value is within a bound such as `"≤ 8.54"`."""
    sign, limit = bound[0], float(bound[2:])
    return {"≤": value <= limit, "≥": value >= limit, "<": value < limit}[sign]


class Published(Settings):
    """What somebody else has printed, digit by digit."""

    by: str
    values: dict[str, str]


class Row(Settings):
    """One recipe; `recipes.yaml` says what the columns are."""

    name: str
    config: str
    overrides: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    smoke: tuple[str, ...] = ()
    sequences: int = 64
    bound: Bound
    expects: str = "report.html"
    judged_on: Literal["test", "validation"] = "test"
    goal: dict[str, Bound] = Field(default_factory=dict)
    published: tuple[Published, ...] = ()

    @property
    def changes(self) -> tuple[str, ...]:
        """The overrides of the full run."""
        return self.overrides + self.full

    def command(self, changes: Sequence[str]) -> str:
        """What a reader types to run the row's config with these overrides."""
        return shlex.join(["keras-gru", "compare", self.config, *changes])

    def small(self, runs: Path) -> Experiment:
        """The experiment of the small run, with its run directories below `runs`."""
        return load_experiment(
            self.config, [*self.overrides, *_SMALL, *self.smoke, f"runs={json.dumps(str(runs))}"]
        )


def rows() -> dict[str, Row]:
    """All rows of the table by name, in its order."""
    tree = parse(TABLE.read_text(encoding="utf-8"), lambda line: Place(TABLE.name, line))
    return {name: Row(name=name, **settings) for name, settings in tree.plain().items()}


def find(name: str) -> Row:
    """The row of that name.

    Raises:
        UserError: if there is none.
    """
    known = rows()
    if name not in known:
        raise UserError(f"no recipe in {TABLE.name} is named {name!r}.{did_you_mean(name, known)}")
    return known[name]


def stored(name: str) -> dict | None:
    """What `store` has kept of a row's full run; None where it has not been made."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
