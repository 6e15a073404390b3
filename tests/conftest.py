"""What all tests share."""

import pytest

from keras_gru import cells


@pytest.fixture(autouse=True)
def registry_as_it_was():
    """A cell that a test registers is gone after it."""
    before = dict(cells._CELLS)
    yield
    cells._CELLS.clear()
    cells._CELLS.update(before)
