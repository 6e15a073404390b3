"""Hooks and fixtures of all tests."""

import os
import signal

import pytest

from keras_gru import cells

# Files that take more than half a minute. They run first, longest first; otherwise one process
# would still run the last of them when the others have finished.
LONG = (
    "results/test_recipes.py",
    "executors/test_cluster.py",
    "experiments/test_compare.py",
    "executors/test_jobs.py",
    "experiments/test_tuning.py",
    "fuzzing/test_run_directories.py",
    "layers/test_derivatives.py",
    "experiments/test_kills.py",
    "inspection/test_inspect.py",
    "docs/test_notebooks.py",
)


def pytest_collection_modifyitems(items):
    """Put the tests of long files first."""

    def position(item):
        path = item.path.as_posix()
        return next((index for index, name in enumerate(LONG) if path.endswith(name)), len(LONG))

    items.sort(key=position)


def pytest_configure(config):
    """Let child processes receive SIGINT even if the shell (`&`, `nohup`) ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """A folder for prepared datasets, shared by all processes of a test run."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    (folder / "prepared").mkdir(exist_ok=True)
    return folder / "prepared"


@pytest.fixture(autouse=True)
def registry_as_it_was():
    """Remove the cells that a test registers."""
    before = dict(cells._registered)
    yield
    cells._registered.clear()
    cells._registered.update(before)
