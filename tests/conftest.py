"""What all tests share."""

import signal

import pytest

from keras_gru import cells


def pytest_configure(config):
    """Let processes that tests start obey SIGINT, also where a shell's & or nohup ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """A folder of its own for prepared datasets: a run of the tests leaves nothing behind."""
    return tmp_path_factory.mktemp("prepared")


@pytest.fixture(autouse=True)
def registry_as_it_was():
    """A cell that a test registers is gone after it."""
    before = dict(cells._registered)
    yield
    cells._registered.clear()
    cells._registered.update(before)
