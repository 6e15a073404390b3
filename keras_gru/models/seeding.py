"""Initial weights and dropout that follow from one seed."""

import contextlib
import random


@contextlib.contextmanager
def seeded(seed):
    """Makes what is built inside reproducible, whatever the cell, and leaves no trace outside.

    Keras draws the seed of every initializer and dropout that was given none from Python's
    `random`. Seeding that, and not handing one number to each layer, gives every weight and both
    directions of a bidirectional layer a seed of its own, also in a cell that knows no seeds.

    Args:
        seed: integer, or `None` for a new model each time.
    """
    if seed is None:
        yield
        return
    outside = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(outside)
