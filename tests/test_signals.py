"""Ctrl-C and SIGTERM: exit code, message, and an end within two seconds."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

SCRIPT = r"""
import hashlib, multiprocessing, os, sys, time
from keras_gru.errors import one_sentence
from keras_gru.signals import resumable, stop_on_signals

def wait():
    os.write(1, b"ready\n")
    time.sleep(60)

def native():  # returns to Python after minutes
    os.write(1, b"ready\n")
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)

def swallowing():
    while True:
        try:
            wait()
        except BaseException:
            pass

class Collected:
    def __del__(self):
        wait()

def collecting():
    Collected()
    wait()

def failing():
    try:
        wait()
    except KeyboardInterrupt:
        raise RuntimeError("of a library") from None

def orderly():
    try:
        wait()
    finally:
        print("closed")

def child():
    multiprocessing.get_context("fork").Process(target=swallowing).start()
    swallowing()

if __name__ == "__main__":
    with one_sentence(), resumable("Resume with: again"):
        globals()[sys.argv[1]]()
"""


@pytest.fixture
def start():
    """A function that starts a script; its processes are killed after the test."""
    processes = []

    def start(script, *arguments):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [sys.executable, "-c", script, *arguments]
        processes.append(subprocess.Popen(command, start_new_session=True, **pipes))
        return processes[-1]

    yield start
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    "doing", ["native", "swallowing", "collecting", "failing", "orderly", "child"]
)
def test_a_signal_ends_the_process(start, doing, number, code):
    process = start(SCRIPT, doing)
    assert process.stdout.readline() == "ready\n"
    if doing == "child":
        assert process.stdout.readline() == "ready\n"
    began = time.monotonic()
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)  # its child has the pipes open, too
    assert time.monotonic() - began < 2
    assert process.returncode == code
    assert errors == "\nResume with: again\n"
    assert output.replace("ready\n", "") == ("closed\n" if doing == "orderly" else "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_imports_ends_the_process(start, number, code):
    script = (
        "import sys, time; from types import ModuleType; from keras_gru.__main__ import main\n"
        "class Slow(ModuleType):\n"
        "    def __getattr__(self, name):\n"
        "        print('ready', flush=True); time.sleep(60)\n"
        "sys.modules['keras_gru.cli'] = Slow('keras_gru.cli')\n"
        "main()"
    )
    process = start(script)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in errors and "--resume" in errors
