"""keras-gru sweep"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import Config, Jobs, Overrides
from keras_gru.cli.start import start_tensorflow


def sweep(
    config: Config,
    overrides: Overrides = None,
    trials: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Total number of networks; default: the config's."),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A database, such as postgresql://…, or a journal file that several machines "
            "share; default: a journal file in runs/NAME/sweep.",
        ),
    ] = None,
    jobs: Jobs = None,
) -> None:
    """Train networks with random cells and settings, and find the most important settings.

    The same command resumes a stopped sweep, also from another machine.
    """
    from keras_gru.experiments.configuration.yaml_files import load_experiment

    changes = [*(overrides or ()), *([] if trials is None else [f"sweep.trials={trials}"])]
    experiment = load_experiment(config, changes)
    start_tensorflow(experiment.dataset)
    from keras_gru.analysis.importance import analyse_sweep
    from keras_gru.experiments.sweeping.sweep import sweep
    from keras_gru.report import show_report
    from keras_gru.report.progress import show_progress
    from keras_gru.report.sweep import sweep_report

    with show_progress(experiment) as progress:
        result = sweep(experiment, storage=storage, listener=progress, jobs=jobs)
    show_report(sweep_report(analyse_sweep(result)), result.path / "report.html")
