"""The experiments for the claims: a learning curve and a sweep on each dataset."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keras_gru.experiments.configuration.experiment_settings import FRACTIONS

if TYPE_CHECKING:
    from keras_gru.experiments.configuration.experiment import Experiment


@dataclass(frozen=True)
class Planned:
    """A dataset of the claims.

    Args:
        name: name of a packaged config, or a YAML file. Its `sweep` is the sweep.
        label: the dataset's name for a reader.
        rates: learning rates to try for each cell of the learning curve, at each fraction.
        seeds: seeds of the learning curve.
        fractions: fractions of train, beside all of it.
    """

    name: str
    label: str
    rates: tuple[float, ...]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    fractions: tuple[float, ...] = (0.1, 0.3)

    @property
    def curve_command(self) -> str:
        """The command of the learning curve."""
        fractions = ",".join(f"{fraction:g}" for fraction in self.fractions)
        given = [] if self.fractions == FRACTIONS else ["--fractions", fractions]
        return shlex.join(["keras-gru", "learning-curve", self.name, *given, *self._overrides()])

    @property
    def sweep_command(self) -> str:
        """The command of the sweep."""
        return shlex.join(["keras-gru", "sweep", self.name])

    def curve(self, runs: str | Path = "runs") -> "Experiment":
        """The experiment of the learning curve, with its run directories below `runs`."""
        return _load(self.name, [*self._overrides(), _below(runs)])

    def sweep(self, runs: str | Path = "runs") -> "Experiment":
        """The experiment of the sweep, with its folder below `runs`."""
        return _load(self.name, [_below(runs)])

    def _overrides(self) -> list[str]:
        seeds, rates = (
            json.dumps(values, separators=(",", ":")) for values in (self.seeds, self.rates)
        )
        return [f"seeds={seeds}", f"training.learning_rate={{grid: {rates}}}"]


PLANNED = (
    Planned("jsb_chorales", "Bach's chorales", (0.001, 0.003, 0.01), fractions=FRACTIONS),
    Planned("quickstart", "Adding problem", (0.002, 0.005, 0.01)),
    Planned("cta_ridership", "Chicago's passengers", (0.001, 0.003, 0.01)),
    Planned("en_atis", "ATIS questions", (0.001, 0.002, 0.005)),
)


def _below(runs: str | Path) -> str:
    return f"runs={json.dumps(str(runs))}"


def _load(name: str, overrides: list[str]) -> "Experiment":
    from keras_gru.experiments.configuration.yaml_files import load_experiment

    return load_experiment(name, overrides)
