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
            help="Sentences in quotes; text files of one sentence a line; or - for "
            "the standard input."
        ),
    ],
    beams: Annotated[
        int | None, typer.Option(min=1, max=64, help="1 is greedy; default: the config's.")
    ] = None,
    scores: Annotated[
        bool,
        typer.Option(
            "--scores", help="Print each beam with its score, the mean log-probability of a word."
        ),
    ] = False,
    no_unknown: Annotated[
        bool, typer.Option("--no-unknown", help="Never write [UNK], the token of unknown words.")
    ] = False,
    cell: CellOfRun = None,
    seed: SeedOfRun = None,
) -> None:
    """Translate sentences with an encoder–decoder, one a line."""
    from keras_gru.experiments.find_run import find_run

    run_directory = find_run(run)
    start_tensorflow()
    from keras_gru.experiments import generation, networks
    from keras_gru.experiments.prediction.texts import find_lines

    record = networks.choose_run(run_directory, cell, seed)
    lines = [line for sentence in sentences for line in find_lines(sentence)]
    found = generation.translate(run_directory, record, lines, beams, without_unknown=no_unknown)
    for number, hypotheses in enumerate(found):
        if scores:
            typer.echo(f"{chr(10) * (number > 0)}{lines[number]}")
        for translation, score in hypotheses if scores else hypotheses[:1]:
            typer.echo(f"{score:8.3f}  {translation}" if scores else translation)
