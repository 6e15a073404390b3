"""keras-gru variance"""

from keras_gru.cli.arguments import Address, ConfigOrNone, Executor, Jobs, Overrides, Resume
from keras_gru.cli.start import start_runs


def variance(
    config: ConfigOrNone = None,
    overrides: Overrides = None,
    resume: Resume = None,
    jobs: Jobs = None,
    executor: Executor = "processes",
    address: Address = None,
) -> None:
    """Estimate the variance due to initial weights, data order, and data splits."""
    experiment, run_directory, cluster = start_runs(config, overrides, resume, executor, address)
    from keras_gru.experiments.variance import vary_sources
    from keras_gru.report import show
    from keras_gru.report.progress import show_progress

    with show_progress(experiment) as progress:
        whole = vary_sources(
            experiment, run_directory=run_directory, listener=progress, jobs=jobs, cluster=cluster
        )
    show(whole)
