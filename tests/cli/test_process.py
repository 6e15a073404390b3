"""The command line in a new process: imports and exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import keras_gru as package
from keras_gru.experiments.configuration.packaged import packaged_configs

from .test_verbs import TINY, keras_gru

CHECKOUT = Path(package.__file__).resolve().parent.parent
COMMAND = "from keras_gru.__main__ import main; main()"  # what the installed `keras-gru` does
HEAVY = ("tensorflow", "keras", "jax", "torch", "matplotlib", "scipy")


def run(*arguments, code=0, cwd):
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)  # if set, TensorFlow's log would be shown
    completed = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert completed.returncode == code, completed.stdout + completed.stderr
    assert "Traceback" not in completed.stderr
    return completed


def test_imports_nothing_heavy(tmp_path):
    commands = [["check", name] for name in packaged_configs()] + [["list"], ["schema"]]
    code = (
        "import sys; from keras_gru.cli import app\n"
        f"for command in {commands}:\n"
        "    app(command, standalone_mode=False)\n"
        f"    heavy = [name for name in {HEAVY} if name in sys.modules]\n"
        "    assert not heavy, (command, heavy)\n"
    )
    completed = run("-c", code, cwd=tmp_path)
    assert all(f"{name}: ok\n" in completed.stdout for name in packaged_configs())


def test_python_m_is_the_same_command_line(tmp_path):
    shown = run("-m", "keras_gru", "check", "quickstart", cwd=tmp_path)
    assert shown.stdout == "quickstart: ok\n"
    imported = run("-X", "importtime", "-m", "keras_gru", "--help", cwd=tmp_path)
    assert not {line.split("|")[-1].strip() for line in imported.stderr.splitlines()} & {*HEAVY}
    assert imported.stdout == run("-c", COMMAND, "--help", cwd=tmp_path).stdout


def test_a_mistake_exits_with_2_and_one_sentence(tmp_path):
    completed = run("-c", COMMAND, "check", "no.yaml", code=2, cwd=tmp_path)
    assert completed.stderr.startswith("there is no file 'no.yaml'")
    assert completed.stdout == ""


def test_a_closed_pipe_prints_no_traceback(tmp_path):
    script = f'"{sys.executable}" -c "{COMMAND}" schema | head -c 10'
    completed = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )
    assert completed.stdout == '{\n  "$sche'
    assert "Traceback" not in completed.stderr


def test_a_saved_model_loads_in_a_new_process_without_warnings(tmp_path):
    small = ["cells=[lstm]", "seeds=[0]", f"runs={tmp_path / 'runs'}", "--jobs", 1]
    keras_gru("compare", "quickstart", *TINY, *small)
    (folder,) = tmp_path.glob("runs/quickstart/*")
    completed = run("-c", COMMAND, "evaluate", str(folder), cwd=tmp_path)
    assert completed.stdout.startswith("LSTM, seed 0, test: MSE ")
    assert "InitializeLog" not in completed.stderr
