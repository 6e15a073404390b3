"""The experiment of a config, or of a run to resume, possibly with more cells or seeds."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from keras_gru.errors import UserError
from keras_gru.experiments.cells_file import check_cells
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.yaml_files import Config, load_experiment
from keras_gru.experiments.find_run import find_run
from keras_gru.experiments.run_directory import SWEEP, RunDirectory


def choose_experiment(
    config: Config | None,
    overrides: Sequence[str] | Mapping[str, object] | None = None,
    resume: str | os.PathLike[str] | None = None,
) -> tuple[Experiment, RunDirectory | None]:
    """Return the experiment of a config, or of a run to resume, and the directory of that run.

    Args:
        config: as in `load_experiment`; None takes the experiment of the run.
        overrides: as in `load_experiment`; to a run to resume, only cells and seeds can be added.
        resume: as in `find_run`; None starts a new run.

    Raises:
        UserError: both are None, or the run has different settings than the config.
    """
    if resume is None:
        if config is None:
            raise UserError(
                "config: expected a config, such as quickstart (see keras-gru list), or --resume "
                "RUN, got neither."
            )
        return load_experiment(config, overrides or ()), None
    if isinstance(config, str) and "=" in config and not os.path.exists(config):
        config, overrides = None, [config, *(overrides or ())]  # only overrides
    run_directory = find_run(os.fspath(resume))
    stored = run_directory.experiment()
    if run_directory.path.name == SWEEP:
        raise UserError(
            f"{run_directory.path}: expected a comparison, got a sweep. The command that began it "
            "resumes it: keras-gru sweep CONFIG."
        )
    if config is None and not overrides:
        return stored, run_directory
    check_cells(run_directory.path, stored.cells)
    given = load_experiment(stored if config is None else config, overrides or ())
    given = given.with_shards(stored.training.shards).with_guesses(stored.dataset)
    if config is not None:  # a comparison reads neither
        given = given.model_copy(update={"runs": stored.runs, "sweep": stored.sweep})
    _check_adds_only(stored, given, run_directory.path)
    return stored.model_copy(update={"cells": given.cells, "seeds": given.seeds}), run_directory


def _check_adds_only(stored: Experiment, given: Experiment, path: Path) -> None:
    """Raise a `UserError` unless an experiment is that of a run, with more cells or seeds."""
    for name in ("cells", "seeds"):
        before, now = getattr(stored, name), getattr(given, name)
        if now[: len(before)] != before:
            raise UserError(
                f"{name}: expected those of the run first, {_listed(before)}, then new ones, got "
                f"{_listed(now)}."
            )
    same = given.model_copy(update={"cells": stored.cells, "seeds": stored.seeds})
    if same != stored:
        fields = [name for name in type(stored).model_fields if name not in ("cells", "seeds")]
        changed = [name for name in fields if getattr(given, name) != getattr(stored, name)]
        raise UserError(
            f"{path}: expected the settings of the run, got different ones "
            f"({', '.join(changed) or 'grid'}). Only cells and seeds can be added. Leave the "
            "config out to resume it, or leave --resume out to start a new run."
        )
    if stored.tuning and given.tuning_seed != stored.tuning_seed:
        raise UserError(f"seeds: {stored.tuning_seed} is the seed of the tuning of the run.")


def _listed(values: Sequence[object]) -> str:
    more = ["…"] * (len(values) > 10)
    return f"[{', '.join([*map(str, values[:10]), *more])}]"
