"""Initial weights and dropout from one seed."""

import contextlib
import random


@contextlib.contextmanager
def seeded(seed: int | None):
    """Make layers that are built in the block reproducible, without effects outside.

    Keras draws the seed of every initializer and dropout without a seed from Python's `random`.
    Seeding that, rather than each layer, gives every weight and both directions of a bidirectional
    layer a seed of its own, also in a cell without an argument for it.

    Args:
        seed: integer; `None` is random.
    """
    if seed is None:
        yield
        return
    outside = random.getstate()
    random.seed(int(seed))  # it takes no integer of NumPy
    try:
        yield
    finally:
        random.setstate(outside)
