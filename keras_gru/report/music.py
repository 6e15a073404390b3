"""Generated music as a MIDI file and as an image of the piano roll."""

# T time steps

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from keras_gru.errors import UserError
from keras_gru.experiments.generation import Music
from keras_gru.files import replacing
from keras_gru.report import plots
from keras_gru.report.pictures import figure_to_png

_STEPS = {1: "a quarter note", 2: "an eighth note", 4: "a sixteenth note"}
_TICKED = {0: "C", 4: "E", 7: "G"}  # labelled notes of an octave; more labels would overlap
_VELOCITY = 80  # of at most 127


def held_notes(music: Music) -> Iterator[tuple[int, int, int]]:
    """Yield the notes of a piano roll, each `(pitch, first step, step after the last)`.

    A pitch in consecutive steps is one long note: a piano roll has no repeated notes.
    """
    for key, sounds in enumerate(music.notes.T):
        step = 0
        for sounding, run in groupby(sounds.tolist()):
            start, step = step, step + len(list(run))
            if sounding:
                yield music.lowest + key, start, step


def save_midi(music: Music, path: str | Path, *, tempo: float = 90) -> None:
    """Write a MIDI file of one track.

    Args:
        tempo: quarter notes per minute.

    Raises:
        UserError: mido is not installed.
    """
    try:
        import mido
    except ImportError:
        raise UserError(
            "MIDI files: expected the package mido, which is not installed. Run "
            "pip install 'keras_gru[music]'."
        ) from None

    file = mido.MidiFile()
    ticks = file.ticks_per_beat // music.steps_per_quarter
    events = []
    for pitch, start, end in held_notes(music):
        events += [(start * ticks, "note_on", pitch), (end * ticks, "note_off", pitch)]
    track = file.add_track()
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)))
    now = 0
    for index, kind, pitch in sorted(events):  # at equal times, a note ends before another starts
        track.append(mido.Message(kind, note=pitch, velocity=_VELOCITY, time=index - now))
        now = index
    track.append(mido.MetaMessage("end_of_track", time=len(music.notes) * ticks - now))
    with replacing(path) as draft:
        file.save(draft)


def draw_piano_roll(axes: Axes, music: Music) -> None:
    """Draw each note as a bar, with a darker background for the prompt."""
    pitches = [60]  # C4 if nothing sounds
    for pitch, start, end in held_notes(music):
        axes.broken_barh([(start, end - start)], (pitch - 0.4, 0.8), color=plots.color(0), lw=0)
        pitches.append(pitch)
    length, prompt = len(music.notes), music.prompt_steps
    if prompt:
        axes.axvspan(0, prompt, color=plots.MUTED, alpha=0.18, lw=0, zorder=0)
        axes.axvline(prompt, color=plots.INK, lw=0.9, ls="--")
    parts = [(0, "prompt")] * bool(prompt) + [(prompt, "generated")] * (length > prompt)
    for start, name in parts:
        above = ("data", "axes fraction")
        axes.annotate(name, (start, 1), (3, 3), xycoords=above, textcoords="offset points")
    low, high = min(pitches) - 1, max(pitches) + 1
    axes.set(xlim=(0, max(length, 1)), ylim=(low, high), ylabel="Pitch")
    axes.set_xlabel(f"Time (steps of {_STEPS[music.steps_per_quarter]})")
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 4, 8, 10], integer=True))
    ticked = [pitch for pitch in range(low, high + 1) if pitch % 12 in _TICKED]
    axes.set_yticks(ticked, [f"{_TICKED[pitch % 12]}{pitch // 12 - 1}" for pitch in ticked])


def save_piano_roll(music: Music, path: str | Path) -> None:
    """Save an image of the piano roll; its width depends on the length of the piece."""
    size = min(max(12 * len(music.notes), 480), 3000), 380
    figure_to_png(lambda figure: draw_piano_roll(figure.add_subplot(), music), path, size=size)
