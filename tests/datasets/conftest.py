"""Where the tests find real files, and where they prepare datasets."""

import os
from pathlib import Path

import pytest

from keras_gru.datasets.published.source import DATA_DIR, MANUAL_DIR


@pytest.fixture(autouse=True)
def prepared_apart(monkeypatch, data_dir):
    monkeypatch.setenv(DATA_DIR, str(data_dir))


@pytest.fixture
def needs():
    """Skips a test where a publisher's file is not in the folder of files fetched by hand."""

    def check(*names):
        folder = os.environ.get(MANUAL_DIR)
        for name in names:
            if not folder or not (Path(folder) / name).is_file():
                pytest.skip(f"{name} is not in {MANUAL_DIR} ({folder or 'not set'})")

    return check


@pytest.fixture(scope="session")
def prepared_imdb():
    """The folder that has a prepared copy of the IMDB reviews, from the real environment."""
    folder = os.environ.get(DATA_DIR)
    if not folder or not (Path(folder) / "imdb_reviews" / "plain_text").is_dir():
        pytest.skip(f"imdb_reviews is not prepared in {DATA_DIR} ({folder or 'not set'})")
    return folder
