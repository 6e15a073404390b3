"""The memory of a long comparison in one process does not grow with each run."""

import gc
from pathlib import Path

import numpy as np
import pytest

from keras_gru.experiments.compare import compare
from tests.experiments.helpers import Recorder, tiny

STATUS = Path("/proc/self/statm")
RUNS = 8


@pytest.mark.skipif(not STATUS.is_file(), reason="the resident set is read from /proc")
def test_memory_does_not_grow_with_the_runs(tmp_path):
    resident = []

    class MemoryMeter(Recorder):
        def finished(self, record):
            gc.collect()
            resident.append(int(STATUS.read_text().split()[1]) * 4096 / 2**20)

    experiment = tiny(tmp_path, cells=("gru",), seeds=tuple(range(RUNS)), training={"epochs": 1})
    compare(experiment, listener=MemoryMeter())
    growth, _ = np.polyfit(range(RUNS - 2), resident[2:], 1)
    # A leaked graph would add 13 MiB per run. The growth is 0.1 if this test runs alone, and more
    # after other tests, due to fragmentation.
    assert growth < 4, f"{growth:.1f} MiB a run"
