"""Data files of every kind that a config may name, and generators of invalid ones."""

import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

CSV = "time,load,price,name\n" + "".join(f"{i},{i % 7},{i % 5 / 2},n{i % 3}\n" for i in range(80))
TEXTS = "text,label\n" + "".join(f"word{i} and more,class{i % 3}\n" for i in range(60))
TEXT = "to be or not to be, that is the question. " * 20
SETTINGS = {
    "csv_series": {"targets": ("load",), "inputs": ("load", "price"), "window": 4},
    "texts": {},
    "text_file": {"window": 10},
    "npz": {"task": "classification"},
}
# Unusual cells of a CSV file.
CELLS = [
    "", " ", "nan", "NaN", "inf", "-inf", "1e39", "1e308", "-1e308", "1e-320", "1e999", "1_000",
    "1,5", "0x10", "\u0661", "\x00", "abc", '"', '""', '"a\nb"', "1" * 5_000, "=1+1", "\u2028",
    "\ufeff1", "1.5e", "--1", "\t1", "None", "null",
]  # fmt: skip


def arrays(task: str) -> dict[str, np.ndarray]:
    """Return arrays of a valid .npz file for a task."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(30, 5, 2))
    targets = {
        "classification": np.arange(30) % 3,
        "tagging": np.arange(150).reshape(30, 5) % 3,
        "forecasting": rng.normal(size=(30, 2, 1)),
        "polyphony": rng.integers(0, 2, (30, 5, 4)),
    }
    return {"train_inputs": inputs, "train_targets": targets[task]}


def npy(array: np.ndarray, **options) -> bytes:
    """Return the bytes of a .npy file."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **options)
    return file.getvalue()


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return the bytes of a zip file with these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as zipped:
        for name, content in members.items():
            zipped.writestr(f"{name}.npy", content)
    return file.getvalue()


def patched(data: bytes, local: int, central: int, value: int) -> bytes:
    """Return a zip file with two bytes replaced in every member's local and central header."""
    changed = bytearray(data)
    for magic, offset in ((b"PK\3\4", local), (b"PK\1\2", central)):
        index = -1
        while (index := data.find(magic, index + 1)) >= 0:
            changed[index + offset : index + offset + 2] = struct.pack("<H", value)
    return bytes(changed)


def claiming(shape: str, descr: str = "'<f8'") -> bytes:
    """Return a .npy file whose header claims a shape, but which has 80 bytes of data."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + bytes(80)


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return (Path.touch, (self.file,))


def bad_text(kind: str, rng: random.Random) -> bytes:
    """Return a CSV file or a text with one random change."""
    text = {"csv_series": CSV, "texts": TEXTS, "text_file": TEXT}[kind]
    return rng.choice(_TEXT_WAYS)(text, rng)


def _change_cells(text: str, rng: random.Random) -> bytes:
    lines = text.splitlines()
    for _ in range(rng.choice((1, 1, 3))):
        row = rng.randrange(len(lines))
        cells = lines[row].split(",")
        cells[rng.randrange(len(cells))] = rng.choice(CELLS)
        lines[row] = ",".join(cells)
    return "\n".join(lines).encode()


def _change_column(text: str, rng: random.Random) -> bytes:
    cell, column = rng.choice(CELLS), rng.randrange(4)
    lines = [line.split(",") for line in text.splitlines()]
    for cells in lines[1:]:
        cells[column % len(cells)] = cell
    return "\n".join(map(",".join, lines)).encode()


def _encode(text: str, rng: random.Random) -> bytes:
    encoding = rng.choice(["utf-16", "utf-32", "utf-8-sig", "cp500", "utf-7"])
    return text.encode(encoding)


def _separate(text: str, rng: random.Random) -> bytes:
    return text.replace(",", rng.choice([";", "\t", "|", " ", ",,", "\r", "\0", '","'])).encode()


def _end_lines(text: str, rng: random.Random) -> bytes:
    return text.replace("\n", rng.choice(["\r\n", "\r", "\n\n", "\n\r", "\v", "\u2028"])).encode()


def _flip(text: str, rng: random.Random) -> bytes:
    data = bytearray(text.encode())
    for _ in range(rng.choice((1, 5, 50))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def _cut(text: str, rng: random.Random) -> bytes:
    return text.encode()[: rng.randrange(len(text))]


def _drop_lines(text: str, rng: random.Random) -> bytes:
    lines = text.splitlines(keepends=True)
    return "".join(lines[:1] * rng.randrange(3) + lines[1 : rng.randrange(1, 40)]).encode()


def _insert(text: str, rng: random.Random) -> bytes:
    index = rng.randrange(len(text))
    what = rng.choice(['"', "\0", "\ufffe", "😀", "\u202e", "," * 1000, "\n" * 1000, "x" * 300_000])
    return (text[:index] + what + text[index:]).encode()


_TEXT_WAYS: list[Callable[[str, random.Random], bytes]] = [
    *[_change_cells] * 3, _change_column, _encode, _separate, _end_lines, _flip, _cut,
    _drop_lines, _insert,
]  # fmt: skip


def bad_npz(task: str, rng: random.Random) -> bytes:
    """Return an .npz file with one random change."""
    whole = arrays(task)
    name = rng.choice(list(whole))
    if rng.random() < 0.5:
        whole[name] = _bad_array(whole[name], rng)
        whole |= rng.choice([{}, {}, {"train_lengths": _bad_array(np.full(30, 3), rng)}])
        return archive({name: npy(array, allow_pickle=True) for name, array in whole.items()})
    members = {name: npy(array) for name, array in whole.items()}
    member, method = bytearray(members[name]), rng.choice([0, 8, 12, 14])
    for _ in range(rng.choice((0, 1, 5))):
        member[rng.randrange(min(len(member), 128))] = rng.randrange(256)
    data = bytearray(archive(members | {name: bytes(member)}, method))
    if rng.random() < 0.5:
        for _ in range(rng.choice((1, 5, 50))):
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[: rng.choice([len(data)] * 3 + [rng.randrange(len(data))])])


def _bad_array(array: np.ndarray, rng: random.Random) -> np.ndarray:
    """Return the array with another type, shape or range."""
    value = rng.choice([1e39, 1e308, -1e308, 1e-320, np.nan, np.inf, -1, 2**40])
    kinds = ["O", "U", "S", "?", "f2", "g", ">f8", "c16", "i1", "u8", "M8[D]", "m8[s]", "V8", "q"]
    with np.errstate(all="ignore"):
        ways: list[Callable[[], np.ndarray]] = [
            lambda: np.where(np.arange(array.size).reshape(array.shape) == 3, value, array),
            lambda: array.astype(object if rng.random() < 0.3 else rng.choice(kinds[1:])),
            lambda: array * np.asarray(value, "f8"),
            lambda: np.full_like(array, 7),
            lambda: array[: rng.randrange(4)],
            lambda: array.reshape(-1),
            lambda: array[..., None],
            lambda: array[..., :0],
            lambda: np.asarray(3.0),
            lambda: np.asfortranarray(array),
            lambda: np.zeros(30, [("a", "f4"), ("b", "i4")]),
        ]
        try:
            return rng.choice(ways)()
        except (TypeError, ValueError):  # a type that NumPy cannot convert to
            return np.asarray("x")
