"""Generators of invalid configs."""

import copy
import random

from ruamel.yaml import YAML

from keras_gru.experiments.configuration.packaged import packaged_configs
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.configuration.yaml_writer import dump_experiment

# All groups of settings, including some that exclude each other.
OTHERS = (
    "name: a\ndataset: {kind: csv_series, path: mine.csv, targets: [x], inputs: [x, y]}\n"
    "model: {kind: forecaster, size: {units: 4}}\nruns: mine\n",
    "name: b\nbase: quickstart\n"
    "training: {learning_rate: {grid: [0.1, 0.01]}}\nmodel: {size: {units: {grid: [2, 3]}}}\n",
    "name: c\nbase: [quickstart]\nsweep: {trials: 3, training: {learning_rate: "
    "{low: 1e-4, high: 0.1, log: true}}, model: {size: {units: {grid: [1, 2]}}}}\n",
    "name: d\ndataset: {kind: npz, path: ~/a.npz, task: tagging}\n"
    "model: {kind: tagger, size: {units: 2}}\n",
    "name: e\ndataset: {kind: texts, path: t, label: a, text: b}\n"
    "model: {kind: classifier, size: {parameters: 900}}\ncells: [gru, lstm]\nmatch: parameters\n",
    "name: f\ndataset: {kind: adding, curriculum: {shortest: 3, stages: 2, epochs: 2}}\n"
    "model: {kind: forecaster, size: {units: 2}}\n"
    "training: {epochs: 9, schedule: cosine, warmup: 1}\n",
)
VALUES = [
    None, True, False, 0, 1, -1, 2, 0.5, 1.5, -0.0, 1e-320, 1e300, float("nan"), float("inf"),
    2**31, 2**63, 10**50, "", " ", "a", "gru", "a.b", "a\0b", "\ud800", "\u2028", "\ufeff",
    "é" * 50,
    "x" * 20_000, "~", "~/x", "~nobody", "~nobody/x", "/dev/zero", "..", "a/b", "quickstart",
    "tiny_shakespeare", "2026-01-31", "!!python/name:os.system", "&a", "*a", "{", "[1", "null",
    "yes",
    "1e-3", "0x10", "1_000", "01", [], [1], ["gru"], ["gru", "gru"], [None], [[]], [1] * 2_000,
    ["gru"] * 300, {}, {"a": 1}, {"kind": "adding"}, {"low": 1, "high": 2}, {"grid": [1, 2]},
    {"grid": []}, {"grid": 3}, {"units": 3}, {"units": {"grid": [1, 2]}}, {1: 2}, {"": ""},
]  # fmt: skip
LINES = [
    "", "\t", "a", ": b", "- 1", "? [a]: b", "&a b: *a", "<<: *x", "*x",
    "!!python/object:os.system {}",
    "!!binary aGk=", "!!set {a}", "!!float abc", "!!int 0o9", "!!bool maybe", "!!null x",
    "!!timestamp x", "%YAML 1.1", "%TAG ! x", "---", "...", "--- a", "a: |2\n   b\n  c",
    "a: >9", "\0",
    "\x85", "\u2028", "\ufffe", "x: 1e999", "x: .nan", "x: 2026-13-45", "x: 1:2:3", "x: 0b2",
    "x: =",
    "base: quickstart", "base: ~nobody/x", "base: .", "base: /dev/zero", "base: [a, b]", "base: {}",
    "base: 3", "name: a", "cells: [" + "gru, " * 500 + "]", "x: " + "[" * 2_000,
    "x: " + "{a: " * 200,
    "training: {" + "".join(f"a{i}: 1, " for i in range(900)) + "}", "x: 'a", 'x: "\\ud800"',
    'x: "\\0"', 'x: "\\q"', "x: " + "9" * 5_000, "k" * 5_000 + ": 1", "x: !<a> 1", "x: @a", "x: `a",
]  # fmt: skip
OVERRIDES = [
    "", "=", "a", "a=", "=a", "a.b.c.d=1", "training=3", "training.epochs", "training.epochs=",
    "training..epochs=1", ".=1", "model.size.units=[", "model.size.units=1e999",
    "model.kind=tagger",
    "dataset.kind=nothing", "dataset.path=~nobody/x", "runs=", 'runs="a\\0b"', 'name="\\ud800"',
    "cells=gru", "cells=[gru,gru]", "seeds=[0," * 9, "training.lr={grid: [1]}",
    "training.epochs={grid: [3, 0]}",
    "model.kind={grid: [a]}", "sweep.model.size.units={low: 3}", "sweep.model=[]",
    "model.size={grid: [1]}", "sweep.training.lr={low: 1, high: 2}", "model.size=[]",
    "base=quickstart",
    "training.epochs=" + "9" * 4_500, "training.epochs=*a", "training.epochs=!!python/name:x",
    "training.learning_rate=.nan", "model.size.units=2026-01-31",
    "a" * 9_000 + "=1", "sweep.trials=0",
    "target=1e400", "target=-.inf", "match=units", "seeds=[-1]", "description=" + "x" * 40_000,
]  # fmt: skip


def bad_config(number: int, rng: random.Random) -> tuple[bytes, list[str]]:
    """Return a config with one or more random changes, and random overrides."""
    sources = [*(path.read_text(encoding="utf-8") for path in packaged_configs().values()), *OTHERS]
    text = rng.choice(sources)
    if number % 5 == 0:  # with every setting, including the defaults
        text = dump_experiment(load_experiment(rng.choice([*packaged_configs()])))
    for _ in range(rng.choice((1, 1, 2, 4))):
        text = rng.choice(_TEXT_WAYS if rng.random() < 0.4 else [_change_tree])(text, rng)
    overrides = rng.choices(OVERRIDES, k=rng.choice((0, 0, 1, 2)))
    data = text.encode("utf-8", "surrogatepass")
    return (data if rng.random() < 0.9 else rng.choice(_BYTE_WAYS)(data, rng)), overrides


def _change_tree(text: str, rng: random.Random) -> str:
    yaml = YAML(typ="safe", pure=True)
    try:
        tree = yaml.load(text)
        place, key = _place(tree, rng)
    except Exception:  # an earlier change made it invalid YAML
        return text
    way = rng.random()
    if way < 0.6:
        place[key] = copy.deepcopy(rng.choice(VALUES))
    elif way < 0.75:
        del place[key]
    elif isinstance(place, dict):
        name = rng.choice([key[:-1] + "x", key + "s", "lr", "", "kind", "a" * 3_000, "base", "\0"])
        place[name] = place.pop(key) if way < 0.9 else copy.deepcopy(rng.choice(VALUES))
    return _flow(tree)


def _flow(value: object) -> str:
    """Return a value as YAML in one line, with JSON's escapes in strings."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_flow(key)}: {_flow(child)}" for key, child in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        letters = (c if c.isalnum() else f"\\U{ord(c):08x}" for c in value)
        return f'"{"".join(letters)}"'
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}.get(str(value), str(value))


def _place(tree, rng: random.Random):
    while True:
        key = rng.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
        below = tree[key]
        if not (isinstance(below, dict | list) and below) or rng.random() < 0.15:
            return tree, key
        tree = below


def _insert_line(text: str, rng: random.Random) -> str:
    lines = text.splitlines()
    lines.insert(rng.randrange(len(lines) + 1), " " * rng.choice((0, 0, 2)) + rng.choice(LINES))
    return "\n".join(lines)


def _repeat_line(text: str, rng: random.Random) -> str:
    lines = text.splitlines() or [""]
    index = rng.randrange(len(lines))
    return "\n".join(
        [*lines[:index], *[lines[index]] * rng.choice((2, 3, 2_000)), *lines[index + 1 :]]
    )


def _drop_line(text: str, rng: random.Random) -> str:
    lines = text.splitlines() or [""]
    del lines[rng.randrange(len(lines))]
    return "\n".join(lines)


def _indent(text: str, rng: random.Random) -> str:
    lines = text.splitlines() or [""]
    index = rng.randrange(len(lines))
    lines[index] = rng.choice([" ", "  ", "\t", "- "]) + lines[index]
    return "\n".join(lines)


def _replace_letters(text: str, rng: random.Random) -> str:
    letters = list(text or " ")
    for _ in range(rng.choice((1, 3, 10))):
        letters[rng.randrange(len(letters))] = rng.choice(":-{}[],&*#?|>!%@`'\"\\\n\t \0\x7fé0a")
    return "".join(letters)


_TEXT_WAYS = [_insert_line] * 3 + [_repeat_line, _drop_line, _indent, _replace_letters]


def _recode(data: bytes, rng: random.Random) -> bytes:
    return data.decode("utf-8", "replace").encode(
        rng.choice(["utf-16", "utf-32", "utf-7", "cp500"])
    )


def _flip_bytes(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data or b" ")
    for _ in range(rng.choice((1, 10))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _grow(data: bytes, rng: random.Random) -> bytes:
    return data + rng.choice([b"\n" * 40_000, b"# x\n" * 5_000, b"\0" * 10, b"a: 1\n" * 4_000])


_BYTE_WAYS = [_recode, _flip_bytes, _cut, _grow]
