"""keras-gru list"""

import ast
from pathlib import Path

import typer

from keras_gru.errors import UserError


def list_() -> None:
    """List configs, recipes, cells, datasets and models."""
    from keras_gru.cells import cell_label, cell_names
    from keras_gru.datasets.registry import dataset_kinds
    from keras_gru.experiments.configuration.packaged import packaged_configs, packaged_recipes
    from keras_gru.models.config import MODELS

    parts = {
        "Configs (keras-gru compare NAME)": {
            name: _description(path) for name, path in packaged_configs().items()
        },
        "Recipes (keras-gru copy NAME)": {
            name: _first_line(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))))
            for name, path in packaged_recipes().items()
        },
        "Cells (cells: [NAME, ...])": {name: cell_label(name) for name in cell_names()},
        "Datasets (dataset: {kind: NAME, ...})": {
            kind: _first_line(settings.__doc__) for kind, settings in dataset_kinds().items()
        },
        "Models (model: {kind: NAME, ...})": {
            kind: _first_line(settings.__doc__) for kind, settings in MODELS.items()
        },
    }
    for title, lines in parts.items():
        typer.secho(title, bold=True)
        for name, description in lines.items():
            typer.echo(f"  {name:<17} {description}".rstrip())
        typer.echo()


def _description(path: Path) -> str:
    from keras_gru.experiments.configuration.yaml_files import load_experiment

    try:
        return load_experiment(path).description
    except UserError:
        return f"(has errors: keras-gru check {path.stem})"


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
