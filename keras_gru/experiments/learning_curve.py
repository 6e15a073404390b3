"""How much data a cell needs: the same comparison on nested shares of the training sequences."""

import contextlib
from collections.abc import Sequence

from keras_gru.errors import UserError
from keras_gru.experiments.compare import compare, resolve_shards
from keras_gru.experiments.comparison import LearningCurve
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.listener import SILENT, Listener
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import data_for, store_data

SHARES = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5)


def learning_curve(
    experiment: Experiment,
    shares: Sequence[float] = SHARES,
    *,
    folder: RunDirectory | None = None,
    listener: Listener = SILENT,
    jobs: int | None = 1,
    cluster: str | None = None,
) -> LearningCurve:
    """Compares the cells on each share: same validation, same test, as many updates in an epoch.

    Shares are nested, and each has its own tuning, if there is any. The comparison on all sequences
    is that of the run directory itself, the others stand in its `shares/`; so a comparison that is
    there already is taken as it is, and what was stopped goes on.

    Args:
        experiment: what to train.
        shares: of the training sequences, above 0 and below 1; all of them come last.
        folder: a run directory of the same experiment; None makes a new one.
        listener: is told of what happens; `note` says which share begins.
        jobs: as of `compare`, and so is `cluster`.

    Raises:
        UserError: shares that are none, a dataset with a curriculum, or what `compare` raises.
    """
    check_shares(shares)
    with contextlib.ExitStack() as stack:
        if folder is not None:
            stack.enter_context(folder.locked())
        dataset = data_for(experiment, folder)
        if dataset.stages:
            raise UserError(
                "dataset.curriculum: a learning curve has the same training data in every epoch; "
                "leave the setting out."
            )
        experiment = resolve_shards(experiment, folder)
        folder = folder or RunDirectory.create(experiment)
        stack.enter_context(folder.locked())
        store_data(folder, dataset)
        comparisons = {}
        for share in (*sorted(shares), 1.0):
            part = dataset.with_share_of_train(share, experiment.training.batch_size)
            listener.note(f"{share:.0%} of train: {part.size('train'):,} sequences.")
            place = folder if share == 1 else folder.create_fraction(share)
            comparisons[share] = compare(
                experiment,
                folder=place,
                dataset=part,
                listener=listener,
                jobs=jobs,
                cluster=cluster,
            )
    return LearningCurve(comparisons)


def check_shares(shares: Sequence[float]) -> None:
    """Refuses shares that are none.

    Raises:
        UserError: none at all, one twice, or one that is not above 0 and below 1.
    """
    if len(set(shares)) != len(shares) or not shares or not all(0 < s < 1 for s in shares):
        raise UserError(
            "shares: expected different numbers above 0 and below 1 (all of train comes by itself),"
            f" received {', '.join(f'{share:g}' for share in shares) or 'none'}."
        )
