"""Fixtures: the folder of downloaded files and the folder of prepared datasets."""

import os
from pathlib import Path

import pytest

from keras_gru.datasets.published.source import DATA_DIR, MANUAL_DIR


@pytest.fixture(autouse=True)
def prepared_apart(monkeypatch, data_dir):
    monkeypatch.setenv(DATA_DIR, str(data_dir))


@pytest.fixture
def needs():
    """A function that skips the test unless these published files are in the manual folder."""

    def check(*names):
        folder = os.environ.get(MANUAL_DIR)
        for name in names:
            if not folder or not (Path(folder) / name).is_file():
                pytest.skip(f"{name} is not in {MANUAL_DIR} ({folder or 'not set'})")

    return check


@pytest.fixture(scope="session")
def prepared_imdb():
    """The real data folder, if it has a prepared copy of the IMDB reviews."""
    folder = os.environ.get(DATA_DIR)
    if not folder or not (Path(folder) / "imdb_reviews" / "plain_text").is_dir():
        pytest.skip(f"imdb_reviews is not prepared in {DATA_DIR} ({folder or 'not set'})")
    return folder
