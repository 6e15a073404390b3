"""The summary of a comparison: one row per cell."""

import numpy as np
import pytest

from keras_gru.analysis.summary import summarize
from tests.experiments.helpers import comparison


def test_mean_and_deviation_over_seeds():
    (row,) = summarize(comparison({"gru": [1, 2, 4]}))
    assert row.test.mean == pytest.approx(7 / 3)
    assert row.test.deviation == pytest.approx(np.std([1, 2, 4], ddof=1))
    assert row.seconds_per_epoch == 2.0


def test_runs_that_diverged_are_counted_and_not_averaged():
    found = comparison({"gru": [1.0, 1.2]}, diverged=[("lstm", 0), ("lstm", 1)])
    rows = {row.cell: row for row in summarize(found)}
    assert rows["lstm"].unfinished == ("diverged", "diverged") and rows["lstm"].test is None
    assert rows["gru"].test.mean == pytest.approx(1.1)
