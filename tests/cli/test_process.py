"""The command line as a process of its own: what it imports, how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import keras_gru
from keras_gru.experiments.configuration.packaged import packaged_configs

CHECKOUT = Path(keras_gru.__file__).resolve().parent.parent
COMMAND = "from keras_gru.__main__ import main; main()"  # what the installed `keras-gru` does
HEAVY = ("tensorflow", "keras", "jax", "torch", "matplotlib", "scipy")


def run(*arguments, code=0, cwd):
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)  # who sets it sees TensorFlow's log
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    "arguments", [["check", name] for name in packaged_configs()] + [["list"], ["schema"]]
)
def test_imports_nothing_heavy(arguments, tmp_path):
    at_exit = (
        "import atexit, sys; atexit.register(lambda: print('heavy:', "
        f"[name for name in {HEAVY} if name in sys.modules]));"
    )
    done = run("-c", at_exit + COMMAND, *arguments, cwd=tmp_path)
    assert done.stdout.endswith("heavy: []\n")


def test_python_m_is_the_same_command_line(tmp_path):
    shown = run("-m", "keras_gru", "check", "quickstart", cwd=tmp_path)
    assert shown.stdout == "quickstart: ok\n"
    imported = run("-X", "importtime", "-m", "keras_gru", "--help", cwd=tmp_path)
    assert not {line.split("|")[-1].strip() for line in imported.stderr.splitlines()} & {*HEAVY}
    assert imported.stdout == run("-c", COMMAND, "--help", cwd=tmp_path).stdout


def test_mistake_ends_with_2_and_a_sentence(tmp_path):
    done = run("-c", COMMAND, "check", "no.yaml", code=2, cwd=tmp_path)
    assert done.stderr.startswith("there is no file 'no.yaml'")
    assert done.stdout == ""


def test_closed_pipe_is_no_error_to_read_about(tmp_path):
    script = f'"{sys.executable}" -c "{COMMAND}" schema | head -c 10'
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == '{\n  "$sche'
    assert "Traceback" not in done.stderr


def test_saved_network_loads_in_a_new_process_without_noise(tmp_path):
    small = ["dataset.length=4", "dataset.train=32", "dataset.validation=16", "dataset.test=16"]
    small += [
        "training.jit_compile=false",
        "model.size.units=2",
        "training.epochs=1",
        "cells=[lstm]",
        "seeds=[0]",
    ]
    compared = run("-c", COMMAND, "compare", "quickstart", *small, cwd=tmp_path)
    (folder,) = tmp_path.glob("runs/quickstart/*")
    done = run("-c", COMMAND, "evaluate", str(folder), cwd=tmp_path)
    assert done.stdout.startswith("LSTM, seed 0, test: MSE ")
    assert "InitializeLog" not in compared.stderr + done.stderr
