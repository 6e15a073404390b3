"""keras-gru copy"""

import os
from pathlib import Path
from typing import Annotated

import typer

from keras_gru.cli.arguments import check_place
from keras_gru.errors import UserError


def copy(
    name: Annotated[str, typer.Argument(help="A config or a recipe (keras-gru list).")],
    target: Annotated[
        Path, typer.Argument(help="A folder or a file name; default: the working folder.")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Copy a packaged config with its included files, or a recipe."""
    from keras_gru.experiments.configuration.packaged import find_packaged
    from keras_gru.experiments.configuration.yaml_files import config_files
    from keras_gru.files import write_text

    source = find_packaged(name)
    sources = config_files(source) if source.suffix == ".yaml" else [source]
    first = target / source.name if target.is_dir() else target
    # Included files have relative paths, so they are copied to the same place relative to the copy.
    copies = {source: first} | {
        other: first.parent / os.path.relpath(other, source.parent) for other in sources[1:]
    }
    for copied in copies.values():
        check_place(copied)
        if copied.exists() and not force:
            raise UserError(
                f"{copied}: exists already. Choose another name, or add --force to replace it."
            )
    for original, copied in copies.items():
        write_text(copied, original.read_text(encoding="utf-8"))
        typer.echo(copied)
