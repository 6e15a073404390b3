"""A comparison that is killed and resumed equals an uninterrupted one in numbers and files.

To send 30 signals over all four cases and print a summary:

    KERAS_GRU_KILLS=30 python -m pytest -n 0 -s tests/experiments/test_kills.py
"""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.experiments.run_directory import RunDirectory
from tests.experiments.helpers import timeless, tiny

KILLS = int(os.environ.get("KERAS_GRU_KILLS", "0"))
CASES = list(itertools.product([False, True], [1, 2])) if KILLS else [(True, 2)]
KILLS_PER_CASE = -(-KILLS // len(CASES)) or 2
EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}
TIMEOUT = 600  # seconds for one comparison on a busy machine


class Compare:
    """A running `keras-gru compare`, in a process group of its own."""

    def __init__(self, folder, *arguments):
        self.started, self.output = time.monotonic(), folder / "output.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-um", "keras_gru", "compare", *map(str, arguments)],
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if self.group_is_alive():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def finish(self):
        """Wait until it has exited with 0; return the seconds since its start."""
        assert self.process.wait(timeout=TIMEOUT) == 0, self.output.read_text()
        return time.monotonic() - self.started

    def stop(self, number):
        """Send a signal; return the seconds until the process and its workers had ended."""
        sent = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=60)
        while self.group_is_alive():
            assert time.monotonic() - sent < 60, "a worker is still running"
            time.sleep(0.01)
        return time.monotonic() - sent

    def group_is_alive(self):
        """Return whether the process, or a worker of it, is running."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def wait_for_training(self):
        """Wait until its last line says that a network is being trained."""
        while self.phase() != "training":
            assert self.process.poll() is None, self.output.read_text()
            time.sleep(0.01)

    def phase(self):
        """Return its current phase, read from the last line that it printed."""
        lines = self.output.read_text().splitlines()
        if not any("sequences;" in line for line in lines):
            return "importing"
        if lines[-1].startswith("The page:"):
            return "finished"
        return "compiling" if lines[-1].endswith("started") else "training"


def numbers(run):
    """Return the runs and trials of a run directory, without times."""
    records = (*RunDirectory(run).records(), *RunDirectory(run).trials())
    return sorted(json.dumps(timeless(record)) for record in records)


def names(run):
    """Return the names of all files and folders of a run directory."""
    return {str(path.relative_to(run)) for path in run.rglob("*")}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Train once with one job: (experiment, run directory, seconds), with or without tuning."""

    def train(tuned):
        if tuned not in trained:
            folder = tmp_path_factory.mktemp("uninterrupted")
            tuning = {"training.learning_rate": (0.001, 0.02)} if tuned else None
            cells = ("gru",) if tuned else ("gru", "simple_rnn")
            training = {"epochs": 4, "jit_compile": bool(KILLS)}
            experiment = tiny(folder, cells=cells, tuning=tuning, training=training)
            (folder / "tiny.yaml").write_text(dump_experiment(experiment))
            with Compare(folder, "tiny.yaml", "--jobs", 1) as compare:
                seconds = compare.finish()
            trained[tuned] = experiment, *folder.glob("runs/tiny/*"), seconds
        return trained[tuned]

    trained = {}
    return train


@pytest.mark.parametrize(("tuned", "jobs"), CASES)
def test_killed_and_resumed_equals_uninterrupted(uninterrupted, tmp_path, tuned, jobs):
    experiment, expected, longest = uninterrupted(tuned)
    choices = random.Random(f"{tuned} {jobs}")
    run = RunDirectory.create(experiment).path
    kills, problems = 0, []
    while True:
        with Compare(tmp_path, "--resume", run, "--jobs", jobs) as compare:
            if KILLS and kills < KILLS_PER_CASE:
                time.sleep(choices.uniform(0.5, longest))
            elif kills < KILLS_PER_CASE:
                compare.wait_for_training()
            if kills == KILLS_PER_CASE or compare.process.poll() is not None:
                compare.finish()
                assert numbers(run) == numbers(expected)
                assert names(run) == names(expected)
                if kills == KILLS_PER_CASE:
                    break
                run = RunDirectory.create(experiment).path
                continue
            number, phase = choices.choice(list(EXIT_CODES)), compare.phase()
            if not KILLS:
                number = (signal.SIGKILL, signal.SIGINT)[kills]
            kills += 1
            seconds = compare.stop(number)
            output, code = compare.output.read_text(), compare.process.returncode
            row = (
                f"{tuned=} {jobs=} {phase:9} {number.name:7} exit code {code} after {seconds:.2f} s"
            )
            load = os.getloadavg()[0] / os.cpu_count()
            print(f"{row}, load {load:.1f} per core")
            resume = code == -signal.SIGKILL or phase == "importing" or f"--resume {run}" in output
            codes = [EXIT_CODES[number], *([0, -number] if phase == "finished" else [])]
            if (
                code not in codes
                or (code != 0 and not resume)
                or seconds > 2 * max(1, load)
                or "Traceback" in output
                or "Aborted" in output
            ):
                problems.append(f"{row}\n{output}")
    assert not problems, "\n".join(problems)
