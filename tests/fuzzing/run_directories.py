"""Small run directories, and functions that damage them."""

import copy
import json
import random
import shutil
from pathlib import Path

from keras_gru import datasets
from keras_gru.datasets.subsets import fraction_of_train
from keras_gru.experiments.compare import compare
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.experiments.listener import Listener
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import FILE, store_data

SIZES = {"train": 32, "validation": 8, "test": 8}
CELLS, SEEDS = ("gru", "simple_rnn"), (0, 1, 2)

# Invalid contents of a JSON file.
WRONG = {
    "empty": b"",
    "binary": bytes(range(256)),
    "NULs": bytes(100),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "text": b"hello",
    "list": b"[]\n",
    "list of numbers": b"[1, 2]\n",
    "number": b"3\n",
    "null": b"null\n",
    "true": b"true\n",
    "string": b'"hello"\n',
    "object": b"{}\n",
    "half an object": b'{"cell": "gru", "se\n',
    "deeply nested": b"[" * 100_000,
    "huge number": b"9" * 10_000,
    "beyond float": b"1e999\n",
    "lone surrogate": b'{"label": "\\ud800"}\n',
    "blank lines": b"\n\n\n",
}
# Values that replace a random value of a JSON file.
VALUES = [
    None, True, -1, 0, 0.5, 1e300, 1.7e308, -1e308, float("nan"), float("inf"), 2**63, 10**400, "",
    "hello", "\0", "../../x", "<b>", "\u2028", "x" * 10_000, [], [1], [[]], {}, {"a": 1},
]  # fmt: skip


class _SavesCheckpoint(Listener):
    """Copies the checkpoint after the first epoch; a finished run no longer has it."""

    def __init__(self, runs: Path, file: Path):
        self.runs, self.file = runs, file

    def epoch(self, cell, seed, epoch, logs, best):
        for saved in self.runs.rglob("gru-seed0/checkpoint.npz"):
            if epoch == 1:
                shutil.copy(saved, self.file)


def make(parent: Path) -> dict[str, Path]:
    """Create a finished comparison with a learning curve, a stopped one, and a language model.

    One network of each is trained; the other cells and seeds are copies of it.
    """
    text = parent / "text.txt"
    text.write_text("to be or not to be, that is the question. " * 40, encoding="utf-8")
    tuned = _experiment(
        parent,
        "curve",
        dataset={"kind": "adding", "length": 5, **SIZES},
        model={"kind": "forecaster", "size": {"units": 2}},
        cells=CELLS,
        seeds=SEEDS,
        training={"learning_rate": {"grid": (0.01,)}},
    )
    curve = _train(parent, tuned)
    stopped = parent / "stopped"
    shutil.copytree(curve, stopped)
    (stopped / "results.jsonl").unlink()
    shutil.rmtree(stopped / "gru-seed0")
    (stopped / "gru-seed0").mkdir()
    shutil.copy(parent / "curve.npz", stopped / "gru-seed0" / "checkpoint.npz")
    write_experiment(stopped, tuned.model_copy(update={"cells": ("gru",), "seeds": (0,)}))
    _add_copies(curve, tuned)
    fraction = curve / "fractions" / "0.5"
    shutil.copytree(curve, fraction)
    metadata = json.loads((fraction / "metadata.json").read_text())
    for name in ("metadata.json", FILE):
        (fraction / name).unlink()
    half = fraction_of_train(datasets.load(tuned.dataset), 0.5, tuned.training.batch_size)
    store_data(RunDirectory(fraction), half)
    metadata["sequences"]["train"] = SIZES["train"] // 2
    (fraction / "metadata.json").write_text(json.dumps(metadata))
    language = _experiment(
        parent,
        "text",
        dataset={"kind": "text_file", "path": str(text), "window": 10},
        model={"kind": "language_model", "size": {"units": 2}, "embedding": 2},
    )
    return {"curve": curve, "stopped": stopped, "text": _train(parent, language)}


def write_experiment(path: Path, experiment: Experiment) -> None:
    (path / "experiment.yaml").write_text(dump_experiment(experiment), encoding="utf-8")


def _experiment(parent: Path, name: str, **settings) -> Experiment:
    training = {"epochs": 2, "batch_size": 16, "jit_compile": False}
    training |= settings.pop("training", {})
    whole = {"name": name, "cells": ("gru",), "seeds": (0,), "training": training} | settings
    return Experiment(**whole, runs=str(parent / "runs"))


def _train(parent: Path, experiment: Experiment) -> Path:
    one = experiment.model_copy(update={"cells": ("gru",), "seeds": (0,)})
    saves = _SavesCheckpoint(parent / "runs" / experiment.name, parent / f"{experiment.name}.npz")
    path = compare(one, listener=saves).path
    write_experiment(path, experiment)
    return path


def _add_copies(path: Path, experiment: Experiment) -> None:
    """Copy the trained run to the cells and seeds that were not trained."""
    (row,) = map(json.loads, (path / "results.jsonl").read_text().splitlines())
    (trial,) = map(json.loads, (path / "tuning.jsonl").read_text().splitlines())
    rows = []
    for seed in experiment.seeds:
        for number, cell in enumerate(experiment.cells):
            metrics = {name: value * (1 + seed + number) for name, value in row["test"].items()}
            rows.append(row | {"cell": cell, "label": cell, "seed": seed, "test": metrics})
            if not (path / f"{cell}-seed{seed}").exists():
                shutil.copytree(path / "gru-seed0", path / f"{cell}-seed{seed}")
    trials = [trial | {"cell": cell, "label": cell} for cell in experiment.cells]
    for file, records in (("results.jsonl", rows), ("tuning.jsonl", trials)):
        (path / file).write_text("".join(json.dumps(record) + "\n" for record in records))


def damage(path: Path, rng: random.Random) -> str:
    """Damage a run directory in one place; return a description of the damage."""
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix != ".png")
    file = rng.choice(files)
    name = file.relative_to(path)
    is_json = file.suffix in (".json", ".jsonl")
    way = rng.choice([_change_json] * 6 + _WAYS if is_json else _WAYS)
    return f"{name}: {way(file, rng)}"


def _change_json(file: Path, rng: random.Random) -> str:
    """Replace, remove or add one value."""
    lines = file.read_text().splitlines() if file.suffix == ".jsonl" else [file.read_text()]
    number = rng.randrange(len(lines))
    tree = json.loads(lines[number])
    parent, key = _place(tree, rng)
    if rng.random() < 0.3:
        description = f"without {key!r}"
        del parent[key]
    else:
        parent[key] = copy.copy(rng.choice(VALUES))
        description = f"{key!r} is {str(parent[key])[:40]!r}"
    lines[number] = json.dumps(tree)
    file.write_text("\n".join(lines) + "\n")
    return description


def _place(tree, rng: random.Random):
    """Return a random dict or list of a tree, and one of its keys."""
    while True:
        key = rng.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
        below = tree[key]
        if not (isinstance(below, dict | list) and below) or rng.random() < 0.2:
            return tree, key
        tree = below


def _wrong_content(file: Path, rng: random.Random) -> str:
    name = rng.choice(list(WRONG))
    file.write_bytes(WRONG[name])
    return name


def _flip_bytes(file: Path, rng: random.Random) -> str:
    data = bytearray(file.read_bytes())
    places = sorted({rng.randrange(len(data)) for _ in range(rng.choice((1, 2, 20)))})
    for place in places:
        data[place] ^= rng.randrange(1, 256)
    file.write_bytes(data)
    return f"bytes {places} flipped"


def _truncate(file: Path, rng: random.Random) -> str:
    data = file.read_bytes()
    size = rng.randrange(len(data))
    file.write_bytes(data[:size])
    return f"cut to {size} of {len(data)} bytes"


def _remove(file: Path, rng: random.Random) -> str:
    file.unlink()
    return "removed"


def _make_folder(file: Path, rng: random.Random) -> str:
    file.unlink()
    file.mkdir()
    return "is a folder"


def _make_loop(file: Path, rng: random.Random) -> str:
    file.unlink()
    file.symlink_to(file.name)
    return "is a link to itself"


def _repeat(file: Path, rng: random.Random) -> str:
    file.write_bytes(file.read_bytes() * 2)
    return "twice the content"


def _replace_parent(file: Path, rng: random.Random) -> str:
    parent = file.parent
    if (parent / "experiment.yaml").exists():
        return _remove(file, rng)
    shutil.rmtree(parent)
    parent.write_text("a file")
    return "its folder is a file"


def _add_stray(file: Path, rng: random.Random) -> str:
    name = rng.choice([".DS_Store", "Thumbs.db", "~$x", "0.5", "nan", "copy of x"])
    stray = file.parent / name
    if not stray.exists():
        stray.mkdir() if rng.random() < 0.5 else stray.write_bytes(b"\0\1")
    return f"{name} beside it"


_WAYS = [
    _wrong_content, _flip_bytes, _truncate, _remove, _make_folder, _make_loop, _repeat,
    _replace_parent, _add_stray,
]  # fmt: skip
