"""Load experiments from YAML files, with `base:` files and overrides."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from pathlib import Path

from pydantic import ValidationError

from keras_gru.cells import cell_names
from keras_gru.errors import UserError, did_you_mean
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.overrides import read_overrides
from keras_gru.experiments.configuration.packaged import packaged_configs
from keras_gru.experiments.configuration.problems import (
    ConfigError,
    Problem,
    explain,
    shortened,
    unknown_cells,
)
from keras_gru.experiments.configuration.yaml_tree import Node, Place, merge, parse
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.files import user_path

# What an experiment is loaded from: a path or a name, settings, or an experiment.
Config = str | os.PathLike[str] | Mapping[str, object] | Experiment
_LARGEST = 32_000  # bytes of a config with its included files; rejects data files before reading
# Endings of files of data, and the kind of dataset that reads them.
_TABLES = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".xlsx")
_DATA = {".npz": "npz", ".npy": "npz", ".txt": "text_file"}
_DATA |= dict.fromkeys(_TABLES, "csv_series or texts")
_MOST_FILES = 20  # that one config includes, with those that these include


def load_experiment(
    source: Config,
    overrides: Sequence[str] | Mapping[str, object] = (),
) -> Experiment:
    """Load an experiment from a YAML file and the files that it includes, with overrides.

    Args:
        source: the path of a YAML file, the name of a packaged config, such as `"quickstart"`, a
            dict of settings, or an experiment.
        overrides: `"a.b.c=value"` each, the value read as YAML; or a dict of values by dotted name.
            They win over the source.

    Returns:
        The experiment; its `dataset.path`, if it has one, is absolute.

    Raises:
        UserError: lists all errors, one per line with its location.

    Example:

    >>> experiment = load_experiment("quickstart", ["training.epochs=3", "cells=[gru, lstm]"])
    >>> experiment.training.epochs
    3
    """
    if isinstance(overrides, Mapping):
        overrides = [f"{name}={_to_json(name, value)}" for name, value in overrides.items()]
    if isinstance(source, Experiment):
        if not overrides:
            return source
        source = dump_experiment(source)
        root = parse(source, lambda _: Place("config"))
    elif isinstance(source, Mapping):
        root = parse(_to_json("config", source), lambda _: Place("config"))
    else:
        root = _read(find_config(source), (), [])
    assert root is not None  # the text is not empty
    return _load(_anchored(root, Path()), overrides, cell_names())


def load_stored_experiment(path: Path) -> Experiment:
    """Load the resolved config of a run directory. Its cells need not be registered.

    Raises:
        UserError: the file is damaged, or was written by another version of keras-gru.
    """
    try:
        return _load(_read(path, (), []))
    except ConfigError as error:
        first = str(error.problems[0]).removeprefix(f"{_shown(path)}:")
        raise UserError(
            f"{path}: expected the settings of a run by this version of keras-gru, got others "
            f"(line {first}). Train again, or use the version that made the run."
        ) from None


def _load(
    root: Node, overrides: Sequence[str] = (), cells: Collection[str] | None = None
) -> Experiment:
    problems: list[Problem] = []
    if overrides:
        root = _merge(root, _anchored(read_overrides(overrides, problems), Path()))
    if cells is not None:
        problems += unknown_cells(root, cells)
    experiment = None
    try:
        experiment = Experiment.model_validate(root.plain(), strict=True)
    except ValidationError as error:
        problems += explain(error, root)
    if experiment is None or problems:
        raise ConfigError(problems)
    return experiment


def _to_json(name: str, value: object) -> str:
    """Return a value as JSON, which is YAML."""
    try:
        return json.dumps(value, ensure_ascii=False, default=os.fspath)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{name}: expected numbers, strings, lists and dicts, got another object ({error})."
        ) from None


def find_config(source: str | os.PathLike, folder: Path = Path()) -> Path:
    """Return the path of a YAML file, relative to `folder`, or of a packaged config."""
    path = folder / user_path(source)
    packaged = packaged_configs()
    if os.path.exists(path) and not os.path.isdir(path):
        return path
    if str(source) in packaged:
        return packaged[str(source)]
    name = shortened(str(source))
    if os.path.isdir(path):
        hint = (
            f". To resume a run: --resume {source}" if (path / "experiment.yaml").exists() else ""
        )
        raise UserError(f"{name!r} is a folder; expected a YAML file{hint}")
    nearest = did_you_mean(Path(source).stem, packaged) if packaged else ""
    raise UserError(f"there is no file {name!r} and no packaged config with that name.{nearest}")


def config_files(source: str | os.PathLike) -> list[Path]:
    """Return the paths of a config, the first, and of all files that it includes."""
    found: list[Path] = []
    _read(find_config(source), (), found)
    return list(dict.fromkeys(found))


def _read(path: Path, chain: tuple[Path, ...], found: list[Path]) -> Node:
    """Return the tree of a file, merged with the files that it includes.

    Args:
        chain: the files that include it, the outermost first.
        found: every file that is read is appended.
    """
    name = _shown(path)
    found.append(path)
    try:
        root = parse(_text(path), lambda line: Place(name, line))
        if root is None or not isinstance(root.value, dict):
            content = "an empty file" if root is None else "a list or a single value"
            raise UserError(f"{name}: expected settings, 'name: value' on each line, got {content}")
    except UserError:
        if path.suffix.lower() in _DATA:
            raise UserError(_is_data(name, _DATA[path.suffix.lower()])) from None
        raise
    root = _anchored(root, path.parent)
    base = root.value.pop("base", None)
    trees = []
    for node in _bases(base):
        if len(found) > _MOST_FILES:
            raise UserError(
                f"{node.place}: base: expected at most {_MOST_FILES} included files, got more"
            )
        if sum(file.stat().st_size for file in found) > _LARGEST:
            raise UserError(
                f"{node.place}: base: expected files of at most {_LARGEST:,} bytes together, "
                "got more"
            )
        try:
            below = find_config(node.value, path.parent)
        except UserError as error:
            raise UserError(f"{node.place}: base: {error}") from None
        files = (*chain, path)
        if below.resolve() in [file.resolve() for file in files]:
            circle = " → ".join(_shown(file) for file in (*files, below))
            raise UserError(f"{node.place}: base: a file cannot include itself: {circle}")
        trees.append(_read(below, files, found))
    return reduce(_merge, [*trees, root])


def _merge(below: Node, above: Node) -> Node:
    """Merge the trees of two files; a description of other data is not inherited."""
    old, new = below.child("dataset"), above.child("dataset")
    if old and new and "description" in below.value and _other_data(old, new):
        settings = {key: node for key, node in below.value.items() if key != "description"}
        below = Node(settings, below.place)
    return merge(below, above)


def _other_data(old: Node, new: Node) -> bool:
    both = [(old.child(key), new.child(key)) for key in ("kind", "path", "name")]
    return any(after and after.plain() != (before and before.plain()) for before, after in both)


def _is_data(name: str, kind: str) -> str:
    return (
        f"{name}: expected a YAML file of settings, got a file of data. Write a config with "
        f"'dataset: {{kind: {kind}, path: {name}, …}}'; the README has one to copy"
    )


def _bases(base: Node | None) -> list[Node]:
    if base is None:
        return []
    nodes = base.value if isinstance(base.value, list) else [base]
    for node in nodes:
        if not isinstance(node.value, str):
            raise UserError(f"{node.place}: base: expected a file or a list of files")
    return nodes


def _text(path: Path) -> str:
    try:
        if not path.is_file():  # a pipe or a device may never end
            raise UserError(f"{_shown(path)}: expected a regular file, got a pipe or a device")
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UserError(f"{_shown(path)}: cannot be read: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise UserError(
            f"{_shown(path)}: expected a file of settings, at most {_LARGEST:,} bytes, got more"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{_shown(path)}: not UTF-8 text, so not a file of settings") from None


def _shown(path: Path) -> str:
    """Return a path, relative to the working directory if that contains it."""
    full, here = Path(os.path.abspath(path)), Path.cwd()
    return str(full.relative_to(here) if full.is_relative_to(here) else full)


def _anchored(root: Node, folder: Path) -> Node:
    """Return the tree with an absolute `dataset.path`; it was relative to its file."""
    dataset = root.child("dataset")
    node = dataset.child("path") if dataset else None
    if dataset is None or node is None or not isinstance(node.value, str) or not node.value:
        return root
    try:
        path = Node(os.path.abspath(folder / user_path(node.value)), node.place)
    except UserError as error:
        raise UserError(f"{node.place}: dataset.path: {error}") from None
    dataset = Node(dataset.value | {"path": path}, dataset.place)
    return Node(root.value | {"dataset": dataset}, root.place)
