"""The same settings tried for every cell, with one seed; the best on validation are kept."""

import dataclasses
import math
from collections.abc import Mapping

from keras_gru.cells import cell_label
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.experiments import checkpoint
from keras_gru.experiments.config import Experiment, Value
from keras_gru.experiments.results import RunFolder
from keras_gru.experiments.run import fit_and_record
from keras_gru.experiments.watching import SILENT, Watch


def tries(experiment: Experiment, cell: str) -> list[tuple[str, str, int]]:
    """The tries of a cell as a watcher plans them: (name, label, seed)."""
    combinations = enumerate(experiment.combinations(), 1)
    return [
        (f"{cell}-{number}", f"{cell_label(cell)} {_values(settings)}", experiment.seeds[0])
        for number, settings in combinations
    ]


def tune(
    experiment: Experiment,
    dataset: SequenceDataset,
    cell: str,
    folder: RunFolder,
    watch: Watch = SILENT,
) -> dict[str, Value]:
    """Tries every combination with the first seed, or goes on with it, and chooses one.

    The folder of the best try becomes that of the first seed's run: with the same settings and the
    same seed it is the same run, which `run.train` then only has to measure on test.

    Args:
        experiment: what to train; its `tuning` says what is tried.
        dataset: what `keras_gru.datasets.load(experiment.dataset)` gave.
        cell: name in the registry of cells.
        folder: where the tries are kept.
        watch: is told of each try as of a run, under a name and a label of its own.

    Returns:
        The settings that were best on validation, the first of equals; a try that diverged is the
        worst. Empty where there is nothing to tune.
    """
    combinations, seed = experiment.combinations(), experiment.seeds[0]
    if not combinations:
        return {}
    known = [record for record in folder.tries() if record.cell == cell]
    scores = []
    for number, (settings, (name, label, _)) in enumerate(
        zip(combinations, tries(experiment, cell), strict=True), 1
    ):
        record = next((record for record in known if record.settings == settings), None)
        told = _UnderAName(watch, name)
        if record is None:
            _, record = fit_and_record(
                experiment.with_settings(settings),
                dataset,
                cell,
                seed,
                folder.try_path(cell, number),
                told,
            )
            record = dataclasses.replace(record, settings=settings)
            folder.add_try(record)
        watch.finished(dataclasses.replace(record, cell=name, label=label))
        value = record.validation.get(dataset.metric.name, math.nan)
        scores.append(dataset.metric.score(value))
    best = scores.index(max(scores))
    _keep(folder, cell, seed, best + 1)
    return combinations[best]


def _keep(folder: RunFolder, cell: str, seed: int, best: int) -> None:
    """Gives the best try its place among the runs; of the others the history is enough."""
    source, target = folder.try_path(cell, best), folder.run_path(cell, seed)
    if source.is_dir() and not target.exists():
        source.rename(target)
    for left_over in (folder.path / "tuning").glob(f"{cell}-*/{checkpoint.FILE}"):
        left_over.unlink()


def _values(settings: Mapping[str, Value]) -> str:
    return ", ".join(str(value) for value in settings.values())


class _UnderAName(Watch):
    """Passes on what happens in a try: a cell has several of the same seed."""

    def __init__(self, watch: Watch, name: str):
        self.watch, self.name = watch, name

    def started(self, cell, seed, first_epoch):
        self.watch.started(self.name, seed, first_epoch)

    def epoch(self, cell, seed, epoch, logs, best):
        self.watch.epoch(self.name, seed, epoch, logs, best)
