"""keras-gru schema"""

from pathlib import Path
from typing import Annotated

import typer

from keras_gru.cli.arguments import check_place


def schema(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Default: print it.")
    ] = None,
) -> None:
    """Write the JSON Schema of configs, with which editors complete and check them."""
    import json

    from keras_gru.experiments.configuration.editor_schema import editor_schema
    from keras_gru.files import write_text

    if file is not None:
        check_place(file)
    text = json.dumps(editor_schema(), indent=2, ensure_ascii=False)
    if file is None:
        typer.echo(text)
        return
    write_text(file, text + "\n")
    typer.echo(
        f"First line of a YAML file in the same folder: # yaml-language-server: $schema={file.name}"
    )
