"""keras-gru new"""

import dataclasses
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from keras_gru.cli.arguments import check_place
from keras_gru.errors import UserError

if TYPE_CHECKING:
    from keras_gru.datasets.sequence_dataset import SequenceDataset
    from keras_gru.datasets.suggestion.choices import Suggestion

_UNITS = 32
# Settings to try if rows are not sorted by time, with explanations.
_ORDERS = (
    ({}, ""),
    ({"sort": True}, "the file's rows are not sorted by time"),
    ({"duplicates": "first"}, "some dates come twice; the first row counts"),
    (
        {"sort": True, "duplicates": "first"},
        "rows are not sorted by time, and some dates come twice; the first row counts",
    ),
)


def new(
    file: Annotated[str, typer.Argument(help="Your data: a file or a folder.")],
    settings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]...", help="Settings of the dataset, such as targets=[sold]."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The YAML file; default: as FILE.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Examine a data file, summarize it, and write a config for it."""
    from keras_gru.datasets.own.files import require_path
    from keras_gru.datasets.summary import summarize
    from keras_gru.experiments.configuration.yaml_files import load_experiment
    from keras_gru.files import write_text

    path = require_path(file, "a file or folder of data")
    name = _name(path)
    target = output or Path(f"{name}.yaml")
    check_place(target)
    if target.exists() and not force:
        raise UserError(f"{target}: exists already. Choose another --output, or add --force.")
    suggestion, dataset = _find_loadable_settings(path, _parse_settings(settings or []))
    relative = os.path.relpath(path, target.parent)
    lines = [*summarize(dataset).lines(), *dataset.notes]
    text = _format_config(name, target, relative, suggestion, lines)
    write_text(target, text)
    load_experiment(target)
    for line in lines:
        typer.echo(line)
    typer.echo("")
    for group in (suggestion.dataset, suggestion.model):
        for setting, choice in group.items():
            if choice.reason:
                typer.echo(f"{setting}: {_format_value(choice.value)} ({choice.reason})")
    typer.echo(f"\nWrote {target}. Next: keras-gru compare {target}")


def _parse_settings(settings: list[str]) -> dict[str, object]:
    from keras_gru.experiments.configuration.overrides import read_overrides
    from keras_gru.experiments.configuration.problems import ConfigError

    problems = []
    tree = read_overrides([s.removeprefix("dataset.") for s in settings], problems)
    if problems:
        raise ConfigError(problems)
    return cast("dict[str, object]", tree.plain())  # the tree is a mapping


def _find_loadable_settings(
    path: Path, given: dict[str, object]
) -> "tuple[Suggestion, SequenceDataset]":
    """Return settings with which the file can be loaded, and the dataset."""
    from pydantic import ValidationError

    from keras_gru import datasets
    from keras_gru.datasets.own.own_file import OwnFile
    from keras_gru.datasets.suggestion.choices import Choice, Suggestion
    from keras_gru.datasets.suggestion.suggest import suggest

    suggestion, first = suggest(path, given), None
    orders = _ORDERS if suggestion.dataset["kind"].value == "csv_series" else _ORDERS[:1]
    for order, reason in orders:
        choices = {name: Choice(value, reason) for name, value in order.items()}
        tried = Suggestion({**suggestion.dataset, **choices}, suggestion.model, suggestion.training)
        try:
            dataset = datasets.load(tried.config(path))
            resolved = dataset.resolved
            assert isinstance(resolved, OwnFile)  # the dataset is read from a file
            more = {
                name: Choice(getattr(resolved, name))
                for name in resolved.guessed
                if name not in tried.dataset and getattr(resolved, name) is not None
            }
            return dataclasses.replace(tried, dataset={**tried.dataset, **more}), dataset
        except ValidationError as error:
            if first is not None:  # this order does not fit the file
                continue
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"])
            raise UserError(f"{place or 'settings'}: {problem['msg']}.") from None
        except UserError as error:
            first = first or error
    assert first is not None  # there is at least one order
    raise first


def _name(path: Path) -> str:
    stem = path.name.split(".")[0] if path.is_file() else path.resolve().name
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")
    return name[:60] or "data"


def _format_config(
    name: str, target: Path, path: str, suggestion: "Suggestion", seen: list[str]
) -> str:
    lines = [
        f"# keras-gru compare {target}",
        f"# Written by keras-gru new for {path}, which contains:",
        *(f"#   {line}" for line in seen),
        f"name: {name}",
        "cells: [gru, lstm, simple_rnn]",
        "seeds: [0, 1, 2]  # a verdict requires at least three",
        "",
        "dataset:",
    ]
    dataset = dict(suggestion.dataset)
    kind = dataset.pop("kind")
    lines += [_format_setting("kind", kind.value, kind.reason), _format_setting("path", path, "")]
    lines += [
        _format_setting(name, choice.value, choice.reason) for name, choice in dataset.items()
    ]
    lines += ["", "model:"]
    model = dict(suggestion.model)
    lines.append(_format_setting("kind", model.pop("kind").value, ""))
    lines.append(f"  size: {{units: {_UNITS}}}  # of each recurrent layer")
    lines += [_format_setting(name, choice.value, choice.reason) for name, choice in model.items()]
    lines += ["", "training:"]
    lines += [
        _format_setting(name, setting.value, setting.reason)
        for name, setting in suggestion.training.items()
    ]
    return "\n".join(lines) + "\n"


def _format_setting(name: str, value: object, reason: str) -> str:
    comment = f"  # {reason}" if reason else ""
    return f"  {name}: {_format_value(value)}{comment}".replace("\n", " ")


def _format_value(value: object) -> str:
    """Return a value as YAML, quoted as in JSON where a word would be ambiguous."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_format_value, value))}]"
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z][A-Za-z_ ]*", value):
        return json.dumps(value, ensure_ascii=False)
    if value in ("true", "false", "null"):
        return json.dumps(value)
    return str(value) if isinstance(value, str) else json.dumps(value)
