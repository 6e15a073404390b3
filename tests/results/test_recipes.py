"""A row of the results table for each config, run on a small part of its data."""

import dataclasses
import os
from pathlib import Path

import pytest
import table

from keras_gru import datasets
from keras_gru.datasets.published.source import DATA_DIR, MANUAL_DIR
from keras_gru.errors import UserError
from keras_gru.experiments.compare import compare
from keras_gru.report import update_page

ROWS = {name: row for name, row in table.rows().items() if row.bound}


def first(dataset, count):
    """Return the dataset with the first sequences of each split."""
    splits = {name: split.part(slice(count)) for name, split in dataset.splits.items()}
    return dataclasses.replace(dataset, splits=splits)


def load(config):
    """Return the data; skip the test if they are not available on this machine."""
    try:
        return datasets.load(config)
    except UserError as error:
        if MANUAL_DIR not in str(error) and "keras_gru[audio]" not in str(error):
            raise
        pytest.skip(str(error))


@pytest.mark.parametrize("name", ROWS)
def test_recipe(name, tmp_path, data_dir, monkeypatch):
    row = ROWS[name]
    experiment = row.small(tmp_path)
    prepared = os.environ.get(DATA_DIR)
    if not (prepared and (Path(prepared) / experiment.dataset.kind).is_dir()):
        monkeypatch.setenv(DATA_DIR, str(data_dir))
    comparison = compare(experiment, dataset=first(load(experiment.dataset), row.sequences))
    update_page(comparison)
    assert (comparison.path / row.expects).stat().st_size > 0
    (run,) = comparison.runs
    metric = comparison.metric
    assert run.status == "finished"
    assert table.holds(row.bound, run.test[metric.name])
