"""Learning curves: the same comparison on nested fractions of the training data."""

from collections.abc import Sequence

from keras_gru.datasets.subsets import fraction_of_train
from keras_gru.errors import UserError
from keras_gru.experiments.compare import compare, prepare
from keras_gru.experiments.comparison import LearningCurve
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.experiment_settings import FRACTIONS
from keras_gru.experiments.listener import SILENT, Listener
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import store_data


def learning_curve(
    experiment: Experiment,
    fractions: Sequence[float] = FRACTIONS,
    *,
    run_directory: RunDirectory | None = None,
    listener: Listener = SILENT,
    jobs: int | None = 1,
    cluster: str | None = None,
) -> LearningCurve:
    """Compare the cells on each fraction, with equal validation and test.

    An epoch has nearly as many updates for each (`subsets.fraction_of_train`).
    Scaling, vocabulary and baselines are those of all training data. Fractions are nested, and
    each is tuned separately if there are settings to tune. The comparison on all training data is
    in the run directory itself, the others are in its `fractions/`. Finished runs are not repeated,
    and stopped runs are resumed.

    Args:
        fractions: fractions of the training data, above 0 and below 1; all of the data come last.
        run_directory: a run directory of the same experiment; None creates one.
        listener: receives all events; a note says which fraction begins.
        jobs, cluster: as in `keras_gru.run`.

    Raises:
        UserError: invalid fractions, a dataset with a curriculum, or as in `keras_gru.run`.
    """
    check_fractions(fractions)
    if experiment.dataset.curriculum_epochs:
        raise UserError(
            "dataset.curriculum: a learning curve needs the same training data in every epoch. "
            "Remove the setting."
        )
    with prepare(experiment, run_directory) as (experiment, whole, dataset):
        store_data(whole, dataset)
        # All are planned before the first begins, so that a stopped curve is resumed with them.
        directories = {fraction: whole.create_fraction(fraction) for fraction in sorted(fractions)}
        comparisons = {}
        for fraction, directory in (directories | {1.0: whole}).items():
            part = fraction_of_train(dataset, fraction, experiment.training.batch_size)
            listener.note(f"{fraction:.0%} of train: {part.size('train'):,} sequences.")
            comparisons[fraction] = compare(
                experiment,
                run_directory=directory,
                dataset=part,
                listener=listener,
                jobs=jobs,
                cluster=cluster,
            )
    return LearningCurve(comparisons)


def check_fractions(fractions: Sequence[float]) -> None:
    """Raise a `UserError` unless the fractions are distinct, above 0 and below 1."""
    different = len(set(fractions)) == len(fractions)
    if not fractions or not different or not all(0 < fraction < 1 for fraction in fractions):
        raise UserError(
            "fractions: expected different numbers above 0 and below 1 (all of train is added), "
            f"got {', '.join(f'{fraction:g}' for fraction in fractions) or 'none'}."
        )
