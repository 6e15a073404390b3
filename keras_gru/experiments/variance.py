"""Sources of variance: comparisons whose seeds vary one source only."""

import functools

from keras_gru.experiments.compare import compare, prepare
from keras_gru.experiments.comparison import Comparison
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.experiment_settings import SOURCES
from keras_gru.experiments.listener import SILENT, Listener
from keras_gru.experiments.run_directory import RunDirectory


def vary_sources(
    experiment: Experiment,
    *,
    run_directory: RunDirectory | None = None,
    listener: Listener = SILENT,
    jobs: int | None = 1,
    cluster: str | None = None,
) -> Comparison:
    """Compare the cells with seeds that vary one source at a time, then as configured.

    With n seeds, each cell has 4 n runs, or 3 n if the data cannot be resampled. The other sources
    use the first seed. Each comparison is tuned separately. The comparisons are in `sources/` of
    the run directory; finished runs are not repeated, and stopped runs are resumed.

    Args:
        run_directory: a run directory of the same experiment; None creates one.
        listener: receives all events; a note says which source is varied.
        jobs, cluster: as in `keras_gru.run`.

    Reference:

    - [Bouthillier et al., 2021](https://arxiv.org/abs/2103.03098)
    """
    with prepare(experiment, run_directory) as (experiment, run_directory, dataset):
        compare_all = functools.partial(
            compare, dataset=dataset, listener=listener, jobs=jobs, cluster=cluster
        )
        for source in SOURCES if dataset.can_be_resampled else SOURCES[:-1]:
            listener.note(f"The seeds vary only the {source}.")
            part = run_directory.create_source(source)
            compare_all(part.experiment(), run_directory=part)
        return compare_all(experiment, run_directory=run_directory)
