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
        float, typer.Option(min=0, help="0 writes the likeliest; higher is more daring.")
    ] = 0.8,
    cell: CellOfRun = None,
    seed: SeedOfRun = None,
    sampling_seed: Annotated[
        int | None, typer.Option(min=0, help="The same one writes the same text or music.")
    ] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            help="What the text begins with; default: a new line. Give it several times for "
            "several texts.",
            rich_help_panel="Text",
        ),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(min=1, help="Draw from the k likeliest alone.", rich_help_panel="Text"),
    ] = None,
    stop: Annotated[
        str | None, typer.Option(help="A character to stop at.", rich_help_panel="Text")
    ] = None,
    piece: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="The piece of the test split to begin with; default: 0.",
            rich_help_panel="Music",
        ),
    ] = None,
    prompt_steps: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="How many of its time steps; 0 begins with silence; default: 8.",
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
            help="The file, its picture beside it; default: <cell>-seed<n>.mid beside the run.",
            rich_help_panel="Music",
        ),
    ] = None,
) -> None:
    """Let a language model write text, or a polyphony model a MIDI file and a picture of it."""
    from keras_gru.experiments.run_directory import find_run

    run_directory = find_run(run)
    both = {"length": length, "temperature": temperature, "seed": sampling_seed}
    options = {
        "text": {"prompts": prompt or None, "top_k": top_k, "stop": stop},
        "music": {"piece": piece, "prompt_steps": prompt_steps, "tempo": tempo, "midi": midi},
    }
    wanted = _what_it_writes(run_directory)
    for other in options.keys() - {wanted}:
        for name in _given(options[other]):
            option = name.removesuffix("s") if name == "prompts" else name.replace("_", "-")
            raise UserError(
                f"--{option} is for {other}, and this run writes {wanted}; leave it out."
            )
    if midi is not None:
        _check_midi(midi)
    start_tensorflow()
    from keras_gru.experiments import networks

    record = networks.choose_run(run_directory, cell, seed)
    write = _text if wanted == "text" else _music
    write(run_directory, record, **_given(both | options[wanted]))


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """What the user said; the functions know what is meant where nothing was."""
    return {name: value for name, value in options.items() if value is not None}


def _what_it_writes(run_directory) -> str:
    task = run_directory.experiment().dataset.task
    if task not in _OF_TASK:
        raise UserError(
            f"{run_directory.path}: a model for {task} cannot write text or music; "
            f"give a run whose dataset is for {' or '.join(_OF_TASK)}."
        )
    return _OF_TASK[task]


def _text(run_directory, record, prompts: Sequence[str] = ("\n",), **options) -> None:
    from keras_gru.experiments import generation

    texts = generation.generate(run_directory, record, prompts, **options)
    typer.echo("\n\n".join(texts))


def _music(run_directory, record, midi: Path | None = None, tempo: float = 90, **options) -> None:
    from keras_gru.experiments import generation
    from keras_gru.report.music import save_midi, save_piano_roll

    midi = midi or run_directory.path / f"{record.cell}-seed{record.seed}.mid"
    music = generation.generate_music(run_directory, record, **options)
    picture = midi.with_suffix(".png")
    save_piano_roll(music, picture)
    typer.echo(f"The piano roll: {picture}")
    save_midi(music, midi, tempo=tempo)
    typer.echo(f"The music: {midi}")


def _check_midi(midi: Path) -> None:
    check_place(midi)
    if midi.suffix not in (".mid", ".midi"):
        raise UserError(f"{midi}: the name of a MIDI file ends in .mid")
