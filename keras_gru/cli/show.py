"""keras-gru show"""

from typing import Annotated

import typer


def show(name: Annotated[str, typer.Argument(help="A config or a recipe (keras-gru list).")]):
    """Print a packaged config or recipe."""
    from keras_gru.experiments.configuration.packaged import find_packaged

    typer.echo(find_packaged(name).read_text(encoding="utf-8"), nl=False)
