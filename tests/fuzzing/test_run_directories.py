"""Every command that reads a run directory gives one sentence or a result on damaged ones."""

import json
import os
import resource
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.cli.start import start_tensorflow
from keras_gru.experiments.run_directory import RunDirectory
from tests.fuzzing import run_directories
from tests.fuzzing.campaign import RUN_DIRECTORIES, Campaign, rng_of
from tests.fuzzing.run_directories import WRONG


@pytest.fixture(scope="session")
def undamaged(tmp_path_factory):
    """Undamaged run directories, by kind."""
    start_tensorflow()
    directories = run_directories.make(tmp_path_factory.mktemp("undamaged"))
    from keras_gru.inspection.inspect import inspect_networks
    from keras_gru.inspection.result import save_inspection

    curve = RunDirectory(directories["curve"])
    save_inspection(curve.path, inspect_networks(curve, "gru", 0))
    return directories


@pytest.fixture
def copy_of(undamaged, tmp_path):
    """A function that copies an undamaged run directory, each time to the same place."""

    def copy(kind: str) -> Path:
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        return Path(shutil.copytree(undamaged[kind], tmp_path / "run"))

    return copy


def commands(run: Path, kind: str) -> dict[str, list]:
    """Return the commands that read a run directory, by whether they are quick or slow."""
    quick = [["report", run], ["translate", run, "Hello."], ["evaluate", run]]
    slow = [
        ["inspect", run, "--cell", "gru"],
        ["compare", "--resume", run, "--jobs", 1],
        ["learning-curve", "--resume", run, "--fractions", "0.5", "--jobs", 1],
    ]
    if kind == "text":
        quick.append(["generate", run, "--length", 3])
    return {"quick": quick, "slow": slow}


def test_undamaged_directories_are_accepted(copy_of):
    campaign = Campaign("undamaged run directories")
    for kind, speeds in (("curve", ("quick", "slow")), ("text", ("quick",))):
        by_speed = commands(copy_of(kind), kind)
        for command in [command for speed in speeds for command in by_speed[speed]]:
            if command[0] != "translate":
                message = campaign.command(kind, *command)
                assert not message, message
    campaign.check()


def test_damaged_directories_are_read_or_rejected_in_one_sentence(copy_of):
    campaign = Campaign("damaged run directories")
    for number in range(RUN_DIRECTORIES):
        rng = rng_of("run directory", number)
        kind = rng.choice(["curve"] * 3 + ["stopped", "text"])
        run = copy_of(kind)
        how = run_directories.damage(run, rng)
        by_speed = commands(run, kind)
        report, *others = [*by_speed["quick"], *by_speed["slow"]]
        chosen = [by_speed["slow"][1]] if kind == "stopped" else [report, rng.choice(others)]
        for command in chosen:
            campaign.command(f"{number}: {kind}: {how}", *command)
    campaign.check()


@pytest.mark.parametrize("verb", ["compare", "learning-curve"])
@pytest.mark.parametrize(
    "file",
    ["metadata.json", "results.jsonl", "gru-seed0/history.jsonl", "fractions/0.5/results.jsonl"],
)
def test_resume_validates_the_directory_before_it_loads_data(copy_of, monkeypatch, verb, file):
    run = copy_of("curve")
    (run / file).write_bytes(WRONG["object"])
    loaded = []
    monkeypatch.setattr(datasets, "load", lambda *_: loaded.append(1))
    campaign = Campaign("resume")
    message = campaign.command(file, verb, "--resume", run, "--jobs", 1)
    assert file in message
    assert not loaded
    campaign.check()


FILES = (
    "results.jsonl",
    "tuning.jsonl",
    "metadata.json",
    "preprocessing.json",
    "gru-seed0/history.jsonl",
    "inspection/inspection.json",
    "fractions/0.5/results.jsonl",
    "fractions/0.5/metadata.json",
)


@pytest.mark.parametrize("file", FILES)
def test_files_with_the_wrong_content_are_rejected(copy_of, file):
    campaign = Campaign(file)
    run, verb = copy_of("curve"), "evaluate" if file == "preprocessing.json" else "report"
    chosen = WRONG if "/" not in file else ("empty", "binary", "list", "null", "object")
    for name in chosen:
        # Without a line break it would be an unfinished record, which is ignored.
        end = b"\n" if file.endswith("l") and not WRONG[name].endswith(b"\n") else b""
        (run / file).write_bytes(WRONG[name] + end)
        assert campaign.command(name, verb, run), f"{name} was accepted"
    campaign.check()


@pytest.mark.parametrize("file", FILES[:6])
def test_files_without_a_key_are_read_or_rejected(copy_of, file):
    run, campaign = copy_of("curve"), Campaign(f"{file}, a key is missing")
    lines = (run / file).read_text().splitlines()
    undamaged = json.loads(lines[0] if file.endswith("l") else "\n".join(lines))
    rest = lines[1:] if file.endswith("l") else []
    for key in undamaged:
        changed = {name: value for name, value in undamaged.items() if name != key}
        (run / file).write_text("\n".join([json.dumps(changed), *rest]) + "\n")
        if file in ("preprocessing.json", "inspection/inspection.json"):
            verb = "evaluate" if file == "preprocessing.json" else "report"
            campaign.command(f"without {key}", verb, run)
        else:  # a report for each accepted file would take minutes
            campaign.call(f"without {key}", RunDirectory(run).comparison)
    campaign.check()


def test_stray_files_are_ignored(copy_of):
    """A file of a file manager is not read as a fraction of the training data."""
    run, campaign = copy_of("curve"), Campaign("stray files")
    for name in (".DS_Store", "Thumbs.db", "nan", "0.7"):
        (run / "fractions" / name).write_bytes(b"\0\1")
    (run / "fractions" / "0.8").mkdir()
    (run / "gru-seed0" / ".DS_Store").write_bytes(b"\0\1")
    before = sorted(run.rglob("*"))
    for command in (["report", run], ["evaluate", run]):
        message = campaign.command("stray files", *command)
        assert not message, message
    after = [path for path in sorted(run.rglob("*")) if path.name != "report.html"]
    assert after == before
    campaign.check()


@pytest.mark.parametrize("content", ["empty", "binary", "text"])
def test_checkpoints_with_the_wrong_content_are_rejected(copy_of, content):
    run, campaign = copy_of("stopped"), Campaign(f"{content} checkpoint")
    (run / "gru-seed0" / "checkpoint.npz").write_bytes(WRONG[content])
    message = campaign.command(content, "compare", "--resume", run, "--jobs", 1)
    assert "checkpoint.npz" in message
    campaign.check()


@pytest.mark.parametrize(
    "history",
    ["", "[]", "3", "null", "[3]", "[{}]", '[{"loss": 1}]', "\0", "[" * 9999, '{"loss": 1}'],
)
def test_checkpoints_with_another_history_are_rejected(copy_of, history):
    run, campaign = copy_of("stopped"), Campaign("history of a checkpoint")
    file = run / "gru-seed0" / "checkpoint.npz"
    with np.load(file) as arrays:
        np.savez(file, **{**arrays, "history": np.array(history)})
    campaign.command(repr(history[:20]), "compare", "--resume", run, "--jobs", 1)
    campaign.check()


def test_a_network_with_flipped_bytes_is_rejected(copy_of):
    campaign = Campaign("best.keras with a flipped byte")
    run = copy_of("text")
    file = run / "gru-seed0" / "best.keras"
    data = file.read_bytes()
    rng = rng_of("best.keras", 0)
    for place in rng.sample(range(len(data)), RUN_DIRECTORIES):
        changed = bytearray(data)
        changed[place] ^= rng.randrange(1, 256)
        file.write_bytes(changed)
        campaign.command(f"byte {place}", "evaluate", run)
    campaign.check()


@pytest.mark.parametrize("value", [1e200, -1.7e308, "NaN", "1e999"])
def test_losses_beyond_the_range_of_floats_are_accepted(copy_of, value):
    """In the history, in the validation and test metrics of a run, and in a baseline."""
    run, campaign = copy_of("curve"), Campaign(f"a loss of {value}")
    for file in ("gru-seed0/history.jsonl", "results.jsonl", "metadata.json"):
        text = (run / file).read_text()
        lines = text.splitlines() if file.endswith("l") else [text]
        row = json.loads(lines[-1])
        rows = [row, row.get("validation"), row.get("test"), *row.get("baselines", [])]
        for metrics in rows:
            for name in ("mse", "val_mse", "mae", "val_mae"):
                if metrics and name in metrics:
                    metrics[name] = "VALUE"
        lines[-1] = json.dumps(row).replace('"VALUE"', str(value))
        (run / file).write_text("\n".join(lines) + "\n")
    campaign.command("report", "report", run)
    campaign.check()


@contextmanager
def largest_file(size):
    """Limit the size of written files, as `ulimit -f` does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_limit_on_the_size_of_files_is_reported(copy_of):
    campaign = Campaign("a limit on the size of files")
    cases = [("curve", "report"), ("stopped", "compare", "--jobs", 1, "--resume")]
    for kind, *command in cases:
        run = copy_of(kind)
        with largest_file(4_096):
            message = campaign.command(kind, *command, run)
        assert "File too large" in message
        assert not [*run.glob(".*"), *run.rglob(".checkpoint*")]
    assert not campaign.outcomes["traceback"]  # training may be slow before the limit is reached


def test_a_damaged_directory_in_a_separate_process(copy_of):
    run = copy_of("curve")
    (run / "results.jsonl").write_bytes(WRONG["binary"])
    done = subprocess.run(
        [sys.executable, "-m", "keras_gru", "report", str(run)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "results.jsonl" in done.stderr
