"""The Optuna study of a sweep, in a storage that processes and machines share.

Only this module and `keras_gru.analysis.importance` import Optuna.
"""

import contextlib
import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_gru.cells import cell_label
from keras_gru.datasets.fingerprint import Fingerprint
from keras_gru.datasets.metric import Metric
from keras_gru.errors import UserError
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.grids import Value
from keras_gru.experiments.configuration.sweep import Drawn, Range
from keras_gru.layers import compiling
from keras_gru.settings import present

if not (importlib.util.find_spec("optuna") and importlib.util.find_spec("sklearn")):
    raise UserError(
        "sweep: expected the packages optuna and scikit-learn, found not both: they are not "
        "installed. pip install 'keras_gru[sweep]'"
    )

import optuna
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

optuna.logging.set_verbosity(optuna.logging.WARNING)

CELL = "cell"  # beside the dotted names of settings, which all have a dot
_FIRST = 5  # complete trials before any is pruned


@dataclass(frozen=True)
class FinishedTrial:
    """A finished trial of a sweep.

    Args:
        number: number of the trial from 0, in the order of drawing.
        status: `"finished"`, `"pruned"` or `"diverged"`.
        value: validation metric of the best epoch, as logged; NaN if it diverged.
        seconds: duration of training and validation.
    """

    number: int
    cell: str
    settings: dict[str, Value]
    status: str
    value: float
    epochs: int
    seconds: float

    @property
    def label(self) -> str:
        """The display name of the cell."""
        return cell_label(self.cell)


def open_study(experiment: Experiment, metric: Metric, storage: str) -> Study:
    """Open the study of an experiment, or create it.

    Args:
        storage: a database's URL, such as `"sqlite:///sweep.db"`, or the path of a journal file.

    Raises:
        UserError: the storage cannot be opened, or the study was created with other settings.
    """
    with _storage_errors(storage):
        study = optuna.create_study(
            storage=_open(storage),
            study_name=experiment.name,
            direction="maximize" if metric.mode == "max" else "minimize",
            pruner=_pruner(experiment),
            load_if_exists=True,
        )
        settings = _defining_settings(experiment)
        stored = study.user_attrs.get("experiment")
        if stored is None:
            study.set_user_attr("experiment", settings)
            return study
    own, known = _flat(settings), _flat(stored)
    others = sorted(name for name in own | known if own.get(name) != known.get(name))
    if others:
        raise UserError(
            f"sweep: expected the settings that '{experiment.name}' was started with, got others "
            f"for {', '.join(others)}. Resume it with the same ones, or give this sweep another "
            "name: name=..."
        )
    return study


def check_data(study: Study, fingerprint: Fingerprint) -> None:
    """Raise a `UserError` if a study's trials had other data; a new study stores these."""
    own = {name: split.sha256 for name, split in fingerprint.splits.items()}
    stored = study.user_attrs.get("data")
    if stored is None:
        study.set_user_attr("data", own)
    elif stored != own:
        others = ", ".join(name for name in own if stored.get(name) != own[name])
        raise UserError(
            f"The sweep '{study.study_name}': expected the data that its trials were trained on, "
            f"found other sequences in {others}. Give the same data, or give this one another "
            "name: name=..."
        )


def with_shards(experiment: Experiment, study: Study) -> Experiment:
    """Return the experiment with the shards of a study; a new study stores its own."""
    stored = study.user_attrs.get("shards")
    if stored is None:
        stored = experiment.training.shards or compiling.default_shards()
        study.set_user_attr("shards", stored)
    if stored != (experiment.training.shards or stored):
        raise UserError(
            f"training.shards: expected {stored}, as the sweep '{study.study_name}' was started, "
            f"got {experiment.training.shards}. Leave the setting out."
        )
    return experiment.with_shards(stored)


def draw(study: Study, experiment: Experiment) -> Trial:
    """Draw the settings of a new trial, or return one that was abandoned.

    The seed of the sampler is the number of the trial: no two machines draw the same settings, and
    a resumed sweep does not repeat the first ones.
    """
    study.sampler = _sampler(experiment, len(study.get_trials(deepcopy=False)))
    trial = study.ask()
    study.sampler = _sampler(experiment, trial.number)
    trial.suggest_categorical(CELL, experiment.cells)
    for name, drawn in present(experiment.sweep).ranges.items():
        _suggest(trial, name, drawn)
    return trial


def store_result(trial: Trial, record: RunRecord, metric: Metric) -> None:
    """Store the result of a trial. A diverged trial is worse than all others."""
    value = record.validation.get(metric.name, math.nan)
    finite = math.isfinite(value)
    status = "diverged" if not finite else record.status
    found = {
        "status": status,
        "value": value if finite else None,
        "epochs": record.epochs,
        "seconds": record.seconds,
    }
    trial.set_user_attr("found", found)
    if status == "pruned":
        trial.study.tell(trial, state=TrialState.PRUNED)
    else:
        worst = -math.inf if metric.mode == "max" else math.inf
        trial.study.tell(trial, value if finite else worst)


def abandon(study: Study, trial: Trial | FrozenTrial, again: bool) -> None:
    """End a trial without a result; with `again`, its settings are drawn again."""
    study.tell(trial.number, state=TrialState.FAIL)
    if again:
        study.enqueue_trial(trial.params)


def running_trials(study: Study) -> list[FrozenTrial]:
    """Return the trials that were drawn and have not ended."""
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def finished_trials(study: Study) -> tuple[FinishedTrial, ...]:
    """Return all trials with a result, in the order in which they were drawn."""
    states = (TrialState.COMPLETE, TrialState.PRUNED)
    return tuple(
        FinishedTrial(
            number=trial.number,
            cell=trial.params[CELL],
            settings={name: value for name, value in trial.params.items() if name != CELL},
            **(found | {"value": math.nan if found["value"] is None else found["value"]}),
        )
        for trial in study.get_trials(deepcopy=False, states=states)
        if (found := trial.user_attrs["found"])
    )


class Pruner:
    """Decides, in any process, whether to end a trial that is worse than the others."""

    def __init__(self, experiment: Experiment, storage: str, number: int):
        self._storage, self._pruner = _open(storage), _pruner(experiment)
        self._study = optuna.load_study(study_name=experiment.name, storage=self._storage)
        study = self._storage.get_study_id_from_name(experiment.name)
        self._trial = self._storage.get_trial_id_from_study_id_trial_number(study, number)

    def should_prune(self, epoch: int, value: float) -> bool:
        """Return whether to end the trial after this epoch, counted from 1."""
        if not math.isfinite(value):
            return False  # it may recover, or diverges and ends
        self._storage.set_trial_intermediate_value(self._trial, epoch, value)
        return self._pruner.prune(self._study, self._storage.get_trial(self._trial))


def _open(storage: str) -> JournalStorage | RDBStorage:
    if "://" in storage:
        return RDBStorage(storage)
    Path(storage).parent.mkdir(parents=True, exist_ok=True)
    # This lock works on every file system, and expires half a minute after a crash.
    return JournalStorage(JournalFileBackend(storage, JournalFileOpenLock(storage)))


@contextlib.contextmanager
def _storage_errors(storage: str) -> Iterator[None]:
    """Convert storage errors to a `UserError`, without the password in a URL."""
    try:
        yield
    except (SQLAlchemyError, ImportError, OSError, ValueError) as error:
        where = storage if "://" not in storage else f"{storage.partition('://')[0]}://…"
        message = (str(error).replace(storage, where).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"--storage {where}: expected a storage of Optuna, got an error ({message[:150]}). "
            "Give a journal file, or a URL such as sqlite:///sweep.db or postgresql://…"
        ) from error


def _defining_settings(experiment: Experiment) -> dict:
    """Return the settings that determine the results, without the path of the data."""
    settings = experiment.model_dump(mode="json", exclude={"name", "description", "seeds", "runs"})
    settings["dataset"].pop("path", None)
    settings["sweep"].pop("trials")
    settings["training"].pop("shards")  # `with_shards` compares them
    return settings | {"seed": experiment.seeds[0]}


def _flat(tree: dict, above: str = "") -> dict:
    """Return settings by their dotted names."""
    flat = {}
    for name, value in tree.items():
        flat |= (
            _flat(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
        )
    return flat


def _sampler(experiment: Experiment, number: int) -> optuna.samplers.BaseSampler:
    entropy = np.random.SeedSequence((experiment.seeds[0], number))
    seed = int(entropy.generate_state(1)[0])
    if present(experiment.sweep).sampler == "random":
        return optuna.samplers.RandomSampler(seed)
    return optuna.samplers.TPESampler(seed=seed)


def _pruner(experiment: Experiment) -> optuna.pruners.BasePruner:
    if not present(experiment.sweep).pruning:
        return optuna.pruners.NopPruner()
    # Not in the first tenth of the epochs: slow starters are often good in the end.
    warmup = 2 + experiment.training.epochs // 10
    return optuna.pruners.MedianPruner(n_startup_trials=_FIRST, n_warmup_steps=warmup)


def _suggest(trial: Trial, name: str, drawn: Drawn) -> Value:
    if not isinstance(drawn, Range):
        return trial.suggest_categorical(name, drawn)
    if drawn.whole:
        low, high, step = (int(number) for number in (drawn.low, drawn.high, drawn.step or 1))
        return trial.suggest_int(name, low, high, step=step, log=drawn.log)
    return trial.suggest_float(name, drawn.low, drawn.high, step=drawn.step, log=drawn.log)
