"""Run directories of tiny, untrained networks, for tests in which predictions do not matter."""

import numpy as np
from typer.testing import CliRunner

from keras_gru.cli import app
from keras_gru.experiments import fitting
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.forecasts import has_forecasts, save_forecasts
from keras_gru.experiments.json_files import write_json_lines
from keras_gru.experiments.metadata import collect_metadata
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import data_for, store_data

from ..helpers import record


def untrained_run(folder, dataset, model, seeds=(0, 1), cells=("gru",), data=None):
    """Return the run directory of networks that were built and saved, not trained.

    The last seed is the best on validation.
    """
    experiment = Experiment(
        name=dataset["kind"],
        cells=cells,
        seeds=seeds,
        dataset=dataset,
        model={"size": {"units": 3}, **model},
        training={"jit_compile": False, "batch_size": 16},
        runs=str(folder / "runs"),
    )
    data = data or data_for(experiment, None)
    if data.resolved is not None:
        experiment = experiment.model_copy(update={"dataset": data.resolved})
    directory = RunDirectory.create(experiment)
    store_data(directory, data)
    directory.write_metadata(collect_metadata(data, batch_size=16))
    sign = 1 if data.metric.mode == "max" else -1
    for cell in cells:
        for seed in seeds:
            network = fitting.build(experiment, data, cell, seed)
            path = directory.run_path(cell, seed)
            path.mkdir()
            fitting.save(network, path / "best.keras")
            if has_forecasts(data):
                save_forecasts(network, data, path)
            value = 0.5 + sign * seed / 100
            run_record = record(cell, seed, value, metric=data.metric.name)
            directory.add(run_record)
            rows = [{f"val_{data.metric.name}": value, "seconds": 1.0}] * run_record.epochs
            write_json_lines(path / "history.jsonl", rows)
    return directory


def words(count, seed=0):
    """Return texts of a few words."""
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(list("abcdefgh"), 5)) for _ in range(count)]


def series_csv(rows, first=0):
    """Return a table of two series, without noise, that can be continued."""
    lines = [
        f"2020-01-{1 + n // 24:02} {n % 24:02}:00,{10 * n % 7},{100 + n}"
        for n in range(first, first + rows)
    ]
    return "time,a,b\n" + "\n".join(lines) + "\n"


def covariates_csv(rows, kinds="uv"):
    """Return a table of a series with a category and a column known in advance."""
    lines = [f"{n % 5},{kinds[n % len(kinds)]},{n % 3}" for n in range(rows)]
    return "a,kind,offer\n" + "\n".join(lines) + "\n"


def command(*arguments, code=0):
    """Run a command that must exit with `code`; return stdout, or stderr if it fails."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stderr if code else result.stdout
