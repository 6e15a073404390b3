"""keras-gru generate"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_gru.cli.arguments import CellOfRun, Run, SeedOfRun, check_place
from keras_gru.cli.start import start_tensorflow
from keras_gru.errors import UserError

_OF_TASK = {"language_model": "text", "polyphony": "music"}


def generate(
    run: Run,
    length: Annotated[
        int | None,
        typer.Option(min=1, help="Characters or time steps to write; default: 400 or 64."),
    ] = None,
    temperature: Annotated[
        float, typer.Option(min=0, help="0 takes the most probable output; higher is more random.")
    ] = 0.8,
    cell: CellOfRun = None,
    seed: SeedOfRun = None,
    sampling_seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed generates the same text or music.")
    ] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            help="Beginning of the text; default: a new line. Repeat for several texts.",
            rich_help_panel="Text",
        ),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(min=1, help="Sample from the k most probable only.", rich_help_panel="Text"),
    ] = None,
    stop: Annotated[
        str | None, typer.Option(help="A character to stop at.", rich_help_panel="Text")
    ] = None,
    piece: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Number of a test piece whose beginning is the prompt; default: 0.",
            rich_help_panel="Music",
        ),
    ] = None,
    prompt_steps: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Time steps of the prompt; 0 starts with silence; default: 8.",
            rich_help_panel="Music",
        ),
    ] = None,
    tempo: Annotated[
        float | None,
        typer.Option(
            min=10, max=1000, help="Quarter notes per minute; default: 90.", rich_help_panel="Music"
        ),
    ] = None,
    midi: Annotated[
        Path | None,
        typer.Option(
            help="MIDI file, with an image beside it; default: <cell>-seed<n>.mid beside the run.",
            rich_help_panel="Music",
        ),
    ] = None,
) -> None:
    """Generate text with a language model, or music with a polyphony model."""
    from keras_gru.experiments.find_run import find_run

    run_directory = find_run(run)
    both = {"length": length, "temperature": temperature, "seed": sampling_seed}
    options = {
        "text": {"prompts": prompt or None, "top_k": top_k, "stop": stop},
        "music": {"piece": piece, "prompt_steps": prompt_steps, "tempo": tempo, "midi": midi},
    }
    wanted = _generated_kind(run_directory)
    for other in options.keys() - {wanted}:
        for name in _user_options(options[other]):
            option = name.removesuffix("s") if name == "prompts" else name.replace("_", "-")
            raise UserError(
                f"--{option}: expected a run that generates {other}, got {wanted}. Remove it."
            )
    if midi is not None:
        check_place(midi)
        if midi.suffix not in (".mid", ".midi"):
            raise UserError(f"{midi}: expected a name that ends in .mid.")
    start_tensorflow()
    from keras_gru.experiments import networks

    record = networks.choose_run(run_directory, cell, seed)
    write = _generate_text if wanted == "text" else _generate_music
    write(run_directory, record, **_user_options(both | options[wanted]))


def _user_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that the user set; the functions have defaults for the others."""
    return {name: value for name, value in options.items() if value is not None}


def _generated_kind(run_directory) -> str:
    task = run_directory.experiment().dataset.task
    if task not in _OF_TASK:
        raise UserError(
            f"{run_directory.path}: a model for {task} cannot write text or music; "
            f"give a run whose dataset is for {' or '.join(_OF_TASK)}."
        )
    return _OF_TASK[task]


def _generate_text(run_directory, record, prompts: Sequence[str] = ("\n",), **options) -> None:
    from keras_gru.experiments import generation

    texts = generation.generate(run_directory, record, prompts, **options)
    typer.echo("\n\n".join(texts))


def _generate_music(
    run_directory, record, midi: Path | None = None, tempo: float = 90, **options
) -> None:
    from keras_gru.experiments import generation
    from keras_gru.report.music import save_midi, save_piano_roll

    midi = midi or run_directory.path / f"{record.cell}-seed{record.seed}.mid"
    music = generation.generate_music(run_directory, record, **options)
    picture = midi.with_suffix(".png")
    save_piano_roll(music, picture)
    typer.echo(f"The piano roll: {picture}")
    save_midi(music, midi, tempo=tempo)
    typer.echo(f"The music: {midi}")
