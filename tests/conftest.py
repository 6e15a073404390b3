"""What all tests share."""

import os
import signal

import pytest

from keras_gru import cells

# Files of more than half a minute. They come first, longest first, or the last of them would be
# run by one process while the others have nothing left.
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

    def place(item):
        path = item.path.as_posix()
        return next((index for index, name in enumerate(LONG) if path.endswith(name)), len(LONG))

    items.sort(key=place)


def pytest_configure(config):
    """Let processes that tests start obey SIGINT, also where a shell's & or nohup ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """A folder for prepared datasets, the same for all processes of a run of the tests."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    (folder / "prepared").mkdir(exist_ok=True)
    return folder / "prepared"


@pytest.fixture(autouse=True)
def registry_as_it_was():
    """A cell that a test registers is gone after it."""
    before = dict(cells._registered)
    yield
    cells._registered.clear()
    cells._registered.update(before)
