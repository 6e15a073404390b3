"""The main job: the same data, the same model, the same training, one network per cell and seed."""

import dataclasses
import importlib.util
from datetime import datetime

from keras_gru import cells, datasets
from keras_gru.datasets.sequence_dataset import SPLITS, SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.config import Experiment
from keras_gru.experiments.environment import environment
from keras_gru.experiments.latency import step_latency
from keras_gru.experiments.results import Comparison, RunFolder
from keras_gru.experiments.run import train
from keras_gru.experiments.tuning import tries, tune
from keras_gru.experiments.watching import SILENT, Watch


def compare(
    experiment: Experiment,
    *,
    folder: RunFolder | None = None,
    dataset: SequenceDataset | None = None,
    watch: Watch = SILENT,
) -> Comparison:
    """Trains every cell with every seed and keeps the results, tuning each cell before its first.

    Args:
        experiment: what to train.
        folder: a run folder of the same experiment to go on with: what is finished there is not
            repeated, and what is not continues from its last epoch. None makes a new one.
        dataset: the data in the place of what `experiment.dataset` loads, such as a part of it.
        watch: is told of what happens.

    Returns:
        Everything that was found; `comparison.folder` holds it, too.
    """
    labels = {cell: cells.cell_label(cell) for cell in experiment.cells}  # refuses an unknown one
    if experiment.training.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise UserError(
            "training.tensorboard: the package tensorboard is not installed; "
            "pip install tensorboard, or leave the setting out."
        )
    # Refuses values to try that do not fit, before anything is trained.
    variants = [experiment.with_settings(settings) for settings in experiment.combinations()]
    epochs = max(variant.training.epochs for variant in variants or [experiment])
    dataset = dataset or datasets.load(experiment.dataset)
    folder = folder or RunFolder.create(experiment)
    notes = _notes(experiment, dataset)
    if not folder.has_facts():  # a resumed comparison keeps the date and the machine of its start
        folder.write_facts(_facts(dataset, notes))
    for note in notes:
        watch.note(note)
    # Seed by seed, so that whatever is finished when somebody stops it can be compared.
    jobs = [(cell, seed) for seed in experiment.seeds for cell in experiment.cells]
    done = {(record.cell, record.seed): record for record in folder.records()}
    plan = [
        planned
        for cell, seed in jobs
        for planned in (
            *(tries(experiment, cell) if seed == experiment.seeds[0] else ()),
            (cell, labels[cell], seed),
        )
    ]
    watch.plan(plan, epochs, dataset.metric)
    chosen = {}
    try:
        for cell, seed in jobs:
            if cell not in chosen:
                chosen[cell] = tune(experiment, dataset, cell, folder, watch)
            if (cell, seed) in done:
                watch.finished(done[cell, seed])
            else:
                train(experiment, dataset, cell, seed, folder, watch, chosen[cell])
        _time_steps(experiment, dataset, folder, chosen)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"Stopped. Go on with: keras-gru compare --resume {folder.path}"
        ) from None
    return folder.comparison()


def _time_steps(
    experiment: Experiment, dataset: SequenceDataset, folder: RunFolder, chosen: dict
) -> None:
    """Measures each cell once, after the runs: nothing else is computed by then."""
    facts = folder.facts()
    latency = facts.get("latency", {})
    for cell in experiment.cells:
        if cell not in latency:
            latency[cell] = step_latency(experiment.with_settings(chosen[cell]), dataset, cell)
    folder.write_facts(facts | {"latency": latency})


def _facts(dataset: SequenceDataset, notes: list[str]) -> dict:
    """What holds for all runs."""
    return {
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "environment": environment(),
        "metric": dataclasses.asdict(dataset.metric),
        "sequences": {split: dataset.size(split) for split in SPLITS},
        "notes": notes,
        "baselines": [dataclasses.asdict(baseline) for baseline in dataset.baselines],
    }


def _notes(experiment: Experiment, dataset: SequenceDataset) -> list[str]:
    """What was done to the data, one sentence each."""
    sizes = ", ".join(f"{dataset.size(split):,} {split}" for split in SPLITS)
    padding = dataset.padding("train", experiment.training.batch_size)
    return [
        f"{dataset.name}: {sizes} sequences; {padding:.1%} of the training steps are padding.",
        *dataset.notes,
    ]
