"""Run all experiments of the claims, resumably, in a folder."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from keras_gru.claims import plans
from keras_gru.claims.collect import SWEEP, is_complete, matches_plan, read_curve, read_sweep
from keras_gru.claims.evidence import FILE, Evidence, read_evidence, write_evidence
from keras_gru.claims.plans import Planned
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.learning_curve import learning_curve
from keras_gru.experiments.listener import Listener
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.sweeping.sweep import sweep

ShowProgress = Callable[[Experiment], AbstractContextManager[Listener]]


def run_all(
    folder: Path, show_progress: ShowProgress, jobs: int | None = None
) -> Iterator[str | None]:
    """Run the missing experiments, with run directories in `folder / "runs"`.

    A further call does not repeat finished runs and resumes a stopped run. The evidence of each
    finished experiment is stored in `folder / FILE`.

    Args:
        folder: created if it does not exist.
        show_progress: returns the listener of an experiment.
        jobs: as in `keras_gru.experiments.compare.compare`.

    Yields:
        After each experiment, why it failed, such as missing data; else None.
    """
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    read_evidence(folder / FILE)  # one that is damaged is refused before anything is trained
    for plan in plans.PLANNED:
        for name, run in (("curve", _run_curve), ("sweep", _run_sweep)):
            try:
                found = run(plan, folder / "runs", show_progress, jobs)
            except UserError as error:
                yield f"{plan.label}: {error}"
                continue
            evidence = read_evidence(folder / FILE)
            updated = evidence.get(plan.name, Evidence()).model_copy(update={name: found})
            write_evidence(evidence | {plan.name: updated}, folder / FILE)
            yield None


def _run_curve(plan: Planned, runs: Path, show_progress: ShowProgress, jobs: int | None):
    experiment = plan.curve(runs)
    run_directory = _begun(experiment, plan)
    if run_directory is None or not is_complete(run_directory, plan):
        with show_progress(experiment) as listener:
            curve = learning_curve(
                experiment,
                plan.fractions,
                run_directory=run_directory,
                listener=listener,
                jobs=jobs,
            )
        assert curve.whole.path is not None  # the curve was saved in run directories
        run_directory = RunDirectory(curve.whole.path)
    return read_curve(run_directory, plan)


def _run_sweep(plan: Planned, runs: Path, show_progress: ShowProgress, jobs: int | None):
    experiment = plan.sweep(runs)
    path = runs / experiment.name / SWEEP
    if path.is_dir() and not matches_plan(RunDirectory(path), plan):
        raise UserError(f"{path}: has other settings. Move it away to start again.")
    try:
        return read_sweep(RunDirectory(path), plan)
    except UserError:  # not begun, or not finished
        with show_progress(experiment) as listener:
            result = sweep(experiment, listener=listener, jobs=jobs)
        return read_sweep(RunDirectory(result.path), plan)


def _begun(experiment: Experiment, plan: Planned) -> RunDirectory | None:
    """Return the latest run directory with the same settings."""
    for path in sorted(Path(experiment.runs).glob(f"{experiment.name}/2*"), reverse=True):
        with contextlib.suppress(UserError):  # half made, or by another version
            run_directory = RunDirectory(path)
            if matches_plan(run_directory, plan):
                return run_directory
    return None
