"""The table of recipes and their stored results."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from keras_gru.datasets.registry import dataset_kinds
from keras_gru.errors import UserError, did_you_mean
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.configuration.yaml_tree import Place, parse
from keras_gru.settings import Settings

FOLDER = Path(__file__).resolve().parents[2] / "results"
TABLE, ATLAS = FOLDER / "recipes.yaml", FOLDER / "atlas.yaml"
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
        raise ValueError(f"expected a bound such as '≤ 8.54', got {text!r}")
    return text


Bound = Annotated[str, AfterValidator(_bound)]


def holds(bound: str, value: float) -> bool:
    """Return whether a value is within a bound such as `"≤ 8.54"`."""
    sign, limit = bound[0], float(bound[2:])
    return {"≤": value <= limit, "≥": value >= limit, "<": value < limit}[sign]


class Published(Settings):
    """Published results, digit by digit, and what they were measured on.

    `task` has the settings of the dataset with which a row is the same task, and `differs` what
    no setting can make the same.
    """

    by: str
    source: str
    input: str
    size: str
    split: Literal["test", "validation"]
    metric: str
    task: dict[str, bool | int | float | str]
    differs: str = ""
    values: dict[str, str]

    def differences(self, dataset: Mapping[str, object], split: str) -> list[str]:
        """Return how the task of a row differs from the published one.

        Args:
            dataset: settings that the row's runs were trained with.
            split: which the row's metric is measured on.
        """
        found = [
            f"{name} {json.dumps(printed)} there, {json.dumps(dataset.get(name))} here"
            for name, printed in self.task.items()
            if dataset.get(name) != printed
        ]
        found += [f"{self.split} there, {split} here"] * (self.split != split)
        return found + [self.differs] * bool(self.differs)

    def has_printed(self, bound: str) -> bool:
        """Whether the limit of a bound such as `"≤ 8.54"` is one of the values."""
        printed = {float(value.replace(",", "")) for value in self.values.values()}
        return float(bound[2:]) in printed


class Row(Settings):
    """One recipe; `recipes.yaml` says what the columns are."""

    name: str
    config: str
    overrides: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    smoke: tuple[str, ...] = ()
    sequences: int = 64
    bound: Bound | None = None
    expects: str = "report.html"
    split: Literal["test", "validation"] = "test"
    goal: dict[str, Bound] = Field(default_factory=dict)
    note: str = ""
    published: tuple[Published, ...] = ()

    def dataset(self) -> dict[str, object]:
        """Return the settings of the dataset of the full run."""
        return load_experiment(self.config, self.changes).dataset.model_dump(mode="json")

    def is_comparable(self, bound: str, dataset: Mapping[str, object]) -> bool:
        """Return whether a bound is our own, or published for the same task.

        Args:
            bound: a value of `goal`.
            dataset: settings that the runs were trained with.
        """
        printed = [figure for figure in self.published if figure.has_printed(bound)]
        return not printed or any(not figure.differences(dataset, self.split) for figure in printed)

    @property
    def changes(self) -> tuple[str, ...]:
        """The overrides of the full run."""
        return self.overrides + self.full

    def command(self, changes: Sequence[str]) -> str:
        """Return the command that runs the row's config with these overrides."""
        return shlex.join(["keras-gru", "compare", self.config, *changes])

    def small(self, runs: Path) -> Experiment:
        """The experiment of the small run, with its run directories below `runs`."""
        return load_experiment(
            self.config, [*self.overrides, *_SMALL, *self.smoke, f"runs={json.dumps(str(runs))}"]
        )


def rows() -> dict[str, Row]:
    """Return all rows of the table by name, in order."""
    return {name: Row(name=name, **settings) for name, settings in _read(TABLE).items()}


def atlas() -> dict[str, Row]:
    """Return the rows of the atlas; names and results start with `atlas/`."""
    settings = _read(ATLAS)
    full = settings.pop("full")
    return {
        f"atlas/{name}": Row(name=f"atlas/{name}", full=full, **row)
        for name, row in settings.items()
    }


def _read(path: Path) -> dict:
    text = path.read_text(encoding="utf-8")
    return parse(text, lambda line: Place(path.name, line)).plain()


def find(name: str) -> Row:
    """Return the row with a name, of the table or the atlas.

    Raises:
        UserError: if there is none.
    """
    known = rows() | atlas()
    if name not in known:
        raise UserError(
            f"no recipe in {TABLE.name} or {ATLAS.name} is named {name!r}."
            + did_you_mean(name, known)
        )
    return known[name]


def stored(name: str) -> dict | None:
    """Return the stored result of a row's full run, or None."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        return None
    result = json.loads(path.read_text(encoding="utf-8"))
    kind = dataset_kinds()[result["dataset"]["kind"]]  # settings that are newer have their defaults
    return result | {"dataset": kind.model_validate(result["dataset"]).model_dump(mode="json")}
