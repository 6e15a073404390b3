"""keras-gru translate"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import CellOfRun, Run, SeedOfRun
from keras_gru.cli.start import start_tensorflow


def translate(
    run: Run,
    sentences: Annotated[
        list[str],
        typer.Argument(
            help="What to translate, in quotes each; text files of one sentence a line; or - for "
            "the standard input."
        ),
    ],
    beams: Annotated[
        int | None, typer.Option(min=1, max=64, help="1 is greedy; default: the config's.")
    ] = None,
    cell: CellOfRun = None,
    seed: SeedOfRun = None,
) -> None:
    """Translate sentences with an encoder–decoder."""
    from keras_gru.experiments.run_directory import find_run

    run_directory = find_run(run)
    start_tensorflow()
    from keras_gru.experiments import generation, networks
    from keras_gru.experiments.prediction.texts import find_lines

    record = networks.choose_run(run_directory, cell, seed)
    lines = [line for sentence in sentences for line in find_lines(sentence)]
    for translation in generation.translate(run_directory, record, lines, beams):
        typer.echo(translation)
