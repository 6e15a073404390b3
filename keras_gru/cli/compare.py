"""keras-gru compare"""

from keras_gru.cli.arguments import Address, ConfigOrNone, Executor, Jobs, Overrides, Resume
from keras_gru.cli.start import start_runs


def compare(
    config: ConfigOrNone = None,
    overrides: Overrides = None,
    resume: Resume = None,
    jobs: Jobs = None,
    executor: Executor = "processes",
    address: Address = None,
) -> None:
    """Train several cells on the same data, and compare them."""
    experiment, run_directory, cluster = start_runs(config, overrides, resume, executor, address)
    from keras_gru.report import compare_and_show

    compare_and_show(experiment, run_directory, jobs=jobs, cluster=cluster)
