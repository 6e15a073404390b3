"""keras-gru generate"""

from typing import Annotated

import typer

from keras_gru.cli.arguments import CellOfRun, Run, SeedOfRun
from keras_gru.cli.start import start_tensorflow


def generate(
    run: Run,
    prompt: Annotated[str, typer.Option(help="What the text begins with.")] = "\n",
    length: Annotated[int, typer.Option(min=1, help="Characters to write.")] = 400,
    temperature: Annotated[
        float, typer.Option(min=0, help="0 writes the likeliest; higher is more daring.")
    ] = 0.8,
    top_k: Annotated[
        int | None, typer.Option(min=1, help="Draw from the k likeliest alone.")
    ] = None,
    stop: Annotated[str | None, typer.Option(help="A character to stop at.")] = None,
    cell: CellOfRun = None,
    seed: SeedOfRun = None,
    sampling_seed: Annotated[
        int | None, typer.Option(min=0, help="The same one writes the same text.")
    ] = None,
) -> None:
    """Let a language model write."""
    from keras_gru.experiments.results import RunFolder

    folder = RunFolder(run)
    start_tensorflow()
    from keras_gru.experiments import use

    text = use.generate(
        folder,
        use.choose_run(folder, cell, seed),
        prompt,
        length=length,
        temperature=temperature,
        top_k=top_k,
        stop=stop,
        seed=sampling_seed,
    )
    typer.echo(text)
