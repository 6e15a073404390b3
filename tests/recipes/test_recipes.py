"""The scripts as a user runs them, in processes of their own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = [
    "dataset.length=5",
    "dataset.train=64",
    "dataset.validation=32",
    "dataset.test=32",
    "model.size.units=4",
    "training.epochs=2",
    "training.batch_size=16",
    "training.jit_compile=false",
    "seeds=[0]",
]


def run(folder, *words, code=0):
    """Runs a recipe (`compare.py …`) or the command line (`-m keras_gru …`)."""
    words = [str(ROOT / "recipes" / words[0]), *words[1:]] if words[0] != "-m" else words
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def results(folder, name="quickstart"):
    """What the newest run directory holds, without what the clock and the memory decide."""
    newest = max((folder / "runs" / name).iterdir())
    rows = [json.loads(line) for line in (newest / "results.jsonl").read_text().splitlines()]
    told = [k for k in rows[0] if "second" not in k and k != "peak_memory"] if rows else []
    return newest, [{k: row[k] for k in told} for row in rows]


@pytest.fixture(scope="module")
def text_run(tmp_path_factory):
    """A language model of ten letters, trained by the recipe."""
    folder = tmp_path_factory.mktemp("text")
    (folder / "abc.txt").write_text("abcdefghij" * 400)
    (folder / "abc.yaml").write_text(
        "name: abc\n"
        "cells: [gru, lstm]\n"
        "seeds: [0]\n"
        "dataset: {kind: text_file, path: abc.txt, window: 20}\n"
        "model: {kind: language_model, size: {units: 16}, embedding: 8}\n"
        "training: {epochs: 12, batch_size: 16, learning_rate: 0.03, jit_compile: false}\n"
    )
    run(folder, "compare.py", "abc.yaml")
    return folder


def test_the_script_and_the_command_are_the_same_run(tmp_path):
    (tmp_path / "script").mkdir()
    (tmp_path / "command").mkdir()
    words = ["quickstart", *SMALL, "cells=[gru,lstm]"]
    printed = run(tmp_path / "script", "compare.py", *words)
    run(tmp_path / "command", "-m", "keras_gru", "compare", *words, "--jobs", "1")
    folder, script = results(tmp_path / "script")
    _, command = results(tmp_path / "command")
    assert script == command and [row["cell"] for row in script] == ["gru", "lstm"]
    assert "GRU has the best test" in printed or "LSTM has the best test" in printed
    assert (folder / "report.html").stat().st_size > 10_000


def test_a_killed_process_leaves_finished_runs_and_resume_goes_on(tmp_path):
    words = [str(ROOT / "recipes/compare.py"), "quickstart", *SMALL, "training.epochs=2000"]
    process = subprocess.Popen(
        [sys.executable, *words, "training.patience=5", "cells=[gru,simple_rnn]"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 240
    while not list(tmp_path.glob("runs/quickstart/*/simple_rnn-seed0/checkpoint.npz")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    folder, rows = results(tmp_path)
    assert [row["cell"] for row in rows] == ["gru"]
    history = folder / "simple_rnn-seed0/history.jsonl"  # it follows the checkpoint
    before = len(history.read_text().splitlines()) if history.exists() else 0
    printed = run(tmp_path, "-m", "keras_gru", "compare", "--resume", str(folder))
    (epoch,) = re.findall(r"SimpleRNN seed 0: started, resumed after epoch (\d+)", printed)
    assert int(epoch) in (before, before + 1)
    assert "GRU seed 0: started" not in printed
    assert [row["status"] for row in results(tmp_path)[1]] == ["finished", "finished"]


def test_ctrl_c_says_how_to_go_on(tmp_path):
    words = ["-m", "keras_gru", "compare", "quickstart", *SMALL, "training.epochs=5000"]
    process = subprocess.Popen(
        [sys.executable, *words], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # Where the tests run in the background of a shell, all that they start ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while not list(tmp_path.glob("runs/quickstart/*/*/checkpoint.npz")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"--resume runs/quickstart/20" in error and b"Traceback" not in error


def test_train_shows_its_steps_and_saves_a_network_that_loads(tmp_path):
    printed = run(tmp_path, "train.py", "quickstart", *SMALL, "cells=[lstm]")
    assert "lstm: best epoch" in printed
    load = (
        "import keras_gru, keras;"
        "print(keras.models.load_model('quickstart-lstm-seed0.keras').count_params())"
    )
    assert int(run(tmp_path, "-m", "keras_gru", "--version").split(".")[0]) == 0
    loaded = subprocess.run(
        [sys.executable, "-c", load], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert loaded.stdout.strip() == str(4 * 4 * (2 + 4 + 1) + 5), loaded.stderr


def test_evaluate_measures_what_was_recorded(text_run):
    folder, rows = results(text_run, "abc")
    for line, row in zip(run(text_run, "evaluate.py", folder).splitlines(), rows, strict=True):
        now, then = (word.split()[-1] for word in line.split(", recorded:"))
        assert float(now) == float(then) == pytest.approx(row["test"]["accuracy"], rel=1e-4)


def test_generate_goes_on_as_the_text_does(text_run):
    folder, _ = results(text_run, "abc")
    printed = run(text_run, "generate.py", folder, "abc", "--length", "9")
    assert "abcdefghijab" in printed  # at the lowest temperature
    command = run(
        text_run,
        "-m",
        "keras_gru",
        "generate",
        folder,
        "--prompt",
        "abc",
        "--stop",
        "g",
        "--temperature",
        "0",
    )
    assert command.strip() in ("abcdef", "abcdefg")


def test_a_mistake_in_a_script_is_one_sentence(tmp_path):
    said = run(tmp_path, "compare.py", "quickstart", "training.epochss=3", code=2)
    assert "training.epochss" in said and "'epochs'" in said and "Traceback" not in said
    said = run(tmp_path, "compare.py", code=2)
    assert "config: expected a config" in said and "Traceback" not in said
    said = run(tmp_path, "evaluate.py", tmp_path, code=2)
    assert "expected a run directory" in said and "Traceback" not in said


def test_a_cell_of_ones_own_beside_the_others(tmp_path):
    printed = run(tmp_path, "own_cell.py", "quickstart", *SMALL)
    assert "My light GRU" in printed
    assert [row["status"] for row in results(tmp_path)[1]] == ["finished"] * 2


def test_every_recipe_fits_its_page():
    for recipe in (ROOT / "recipes").glob("*.py"):
        lines = recipe.read_text().splitlines()
        assert len(lines) <= 150 and lines[0].startswith('"""'), recipe.name
