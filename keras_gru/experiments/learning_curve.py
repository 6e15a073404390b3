"""How much data a cell needs: the same comparison on nested fractions of the training data."""

import contextlib
from collections.abc import Sequence

from keras_gru.errors import UserError
from keras_gru.experiments.compare import compare, resolve_shards
from keras_gru.experiments.comparison import LearningCurve
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.listener import SILENT, Listener
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import data_for, store_data

FRACTIONS = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5)


def learning_curve(
    experiment: Experiment,
    fractions: Sequence[float] = FRACTIONS,
    *,
    run_directory: RunDirectory | None = None,
    listener: Listener = SILENT,
    jobs: int | None = 1,
    cluster: str | None = None,
) -> LearningCurve:
    """Compare the cells on each fraction: same validation, same test, as many updates in an epoch.

    Fractions are nested, and each has its own tuning, if there is any. The comparison on all of the
    training data is that of the run directory itself, the others are in its `fractions/`. What is
    there already is not repeated, and what was stopped is resumed.

    Args:
        experiment: what to train.
        fractions: fractions of the training data, above 0 and below 1; all of the data come last.
        run_directory: a run directory of the same experiment; None creates one.
        listener: receives all events; a note says which fraction begins.
        jobs, cluster: as in `keras_gru.run`.

    Raises:
        UserError: the fractions are wrong, the dataset has a curriculum, or as in `keras_gru.run`.
    """
    check_fractions(fractions)
    with contextlib.ExitStack() as stack:
        if run_directory is not None:
            stack.enter_context(run_directory.locked())
        dataset = data_for(experiment, run_directory)
        if dataset.stages:
            raise UserError(
                "dataset.curriculum: a learning curve has the same training data in every epoch; "
                "leave the setting out."
            )
        experiment = resolve_shards(experiment, run_directory)
        run_directory = run_directory or RunDirectory.create(experiment)
        stack.enter_context(run_directory.locked())
        store_data(run_directory, dataset)
        comparisons = {}
        for fraction in (*sorted(fractions), 1.0):
            part = dataset.with_fraction_of_train(fraction, experiment.training.batch_size)
            listener.note(f"{fraction:.0%} of train: {part.size('train'):,} sequences.")
            comparisons[fraction] = compare(
                experiment,
                run_directory=run_directory
                if fraction == 1
                else run_directory.create_fraction(fraction),
                dataset=part,
                listener=listener,
                jobs=jobs,
                cluster=cluster,
            )
    return LearningCurve(comparisons)


def check_fractions(fractions: Sequence[float]) -> None:
    """Raise a `UserError` unless there are different fractions above 0 and below 1."""
    different = len(set(fractions)) == len(fractions)
    if not fractions or not different or not all(0 < fraction < 1 for fraction in fractions):
        raise UserError(
            "fractions: expected different numbers above 0 and below 1 (all of train is added), "
            f"got {', '.join(f'{fraction:g}' for fraction in fractions) or 'none'}."
        )
