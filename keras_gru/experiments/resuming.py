"""The experiment of a config or of a run to resume."""

import os
from collections.abc import Mapping, Sequence

from keras_gru.errors import UserError
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.yaml_files import Config, load_experiment
from keras_gru.experiments.run_directory import RunDirectory, find_run


def choose_experiment(
    config: Config | None,
    overrides: Sequence[str] | Mapping[str, object] | None = None,
    resume: str | os.PathLike[str] | None = None,
) -> tuple[Experiment, RunDirectory | None]:
    """Return the experiment of a config, or of a run to resume, and the directory of that run.

    Args:
        config: as in `load_experiment`; None takes the experiment of the run.
        overrides: as in `load_experiment`.
        resume: as in `find_run`; None starts a new run.

    Raises:
        UserError: both are None, or the run has different settings than the config.
    """
    given = None if config is None else load_experiment(config, overrides or ())
    if resume is None:
        if given is None:
            raise UserError(
                "config: expected a config, such as quickstart (see keras-gru list), or --resume "
                "RUN, got neither."
            )
        return given, None
    run_directory = find_run(os.fspath(resume))
    stored = run_directory.experiment()
    if given is not None:
        unread = {"runs": stored.runs, "sweep": stored.sweep}  # which a comparison does not read
        given = given.with_shards(stored.training.shards).with_guesses(stored.dataset)
        if given.model_copy(update=unread) != stored:
            raise UserError(
                f"{run_directory.path}: expected the settings of the run, got different ones. "
                "Leave the config out to resume it, or leave --resume out to start a new run."
            )
    return stored, run_directory
