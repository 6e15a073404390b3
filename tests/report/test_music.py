"""Generated music as a MIDI file and as a picture of the piano roll."""

import struct
import sys

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure

from keras_gru.errors import UserError
from keras_gru.experiments.generation import Music
from keras_gru.report.music import draw_piano_roll, held_notes, save_midi, save_piano_roll


def music(rows, prompt_steps=0, steps_per_quarter=1, lowest=60):
    """Return a piano roll from strings that show its lowest keys, one row per step."""
    notes = np.zeros((len(rows), 88), "uint8")
    for step, row in enumerate(rows):
        for key, sign in enumerate(row):
            notes[step, key] = sign == "#"
    return Music(notes, prompt_steps, steps_per_quarter, lowest)


PIECE = music(["#..#", "#...", "...#", "....", "##.."], prompt_steps=2)
NOTES = [(60, 0, 2), (60, 4, 5), (61, 4, 5), (63, 0, 1), (63, 2, 3)]


def read_back(path, steps_per_quarter, lowest, steps):
    """Read a MIDI file; return the piano roll: the keys that are down in each step."""
    file = mido.MidiFile(path)
    ticks = file.ticks_per_beat / steps_per_quarter
    (track,) = file.tracks
    notes, down, now = np.zeros((steps, 88), "uint8"), set(), 0
    for message in track:
        if message.time:
            since, now = now, now + message.time
            for key in down:
                notes[int(since / ticks) : int(now / ticks), key] = 1
        if message.type == "note_on":
            assert message.note - lowest not in down
            down.add(message.note - lowest)
        if message.type == "note_off":
            down.remove(message.note - lowest)
    assert not down and now == steps * ticks
    return notes


def test_a_held_note_is_one_long_note():
    assert list(held_notes(PIECE)) == NOTES


@settings(max_examples=25, deadline=None)
@given(
    arrays("uint8", st.tuples(st.integers(1, 9), st.just(88)), elements=st.integers(0, 1)),
    st.sampled_from([1, 2, 4]),
    st.sampled_from([9, 21]),
)
def test_a_midi_file_read_back_is_the_piano_roll(tmp_path_factory, notes, steps, lowest):
    path = tmp_path_factory.getbasetemp() / "piece.mid"
    save_midi(Music(notes, 0, steps, lowest), path)
    np.testing.assert_array_equal(read_back(path, steps, lowest, len(notes)), notes)


@pytest.mark.parametrize(("steps_per_quarter", "seconds"), [(1, 2.5), (2, 1.25)])
def test_the_tempo_is_in_quarter_notes(tmp_path, steps_per_quarter, seconds):
    piece = Music(PIECE.notes, 2, steps_per_quarter, 21)
    save_midi(piece, tmp_path / "piece.mid", tempo=120)
    file = mido.MidiFile(tmp_path / "piece.mid")
    assert file.length == pytest.approx(seconds)
    # The first note lasts two steps.
    assert sum(m.time for m in file.tracks[0][:6]) * steps_per_quarter == 2 * file.ticks_per_beat


def test_silence_at_the_end_is_part_of_the_piece(tmp_path):
    save_midi(music(["#", ".", "."]), tmp_path / "piece.mid", tempo=60)
    assert mido.MidiFile(tmp_path / "piece.mid").length == pytest.approx(3)


def test_without_mido_the_error_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(UserError, match=r"pip install 'keras_gru\[music\]'"):
        save_midi(PIECE, tmp_path / "piece.mid")
    assert not list(tmp_path.iterdir())


def drawn(piece):
    axes = Figure().add_subplot()
    draw_piano_roll(axes, piece)
    return axes


def boxes(axes):
    """Return (left, bottom, right, top) of every note and of the shaded prompt."""
    bars = [path.get_extents().extents for c in axes.collections for path in c.get_paths()]
    return [tuple(np.round(bar, 6)) for bar in bars], [
        (patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches
    ]


def test_each_note_is_a_bar_and_the_prompt_is_shaded():
    axes = drawn(PIECE)
    bars, grounds = boxes(axes)
    assert bars == [(start, pitch - 0.4, end, pitch + 0.4) for pitch, start, end in NOTES]
    assert grounds == [(0, 2)]
    (divide,) = axes.lines
    assert list(divide.get_xdata()) == [2, 2]
    assert [text.get_text() for text in axes.texts] == ["prompt", "generated"]
    assert axes.get_xlim() == (0, 5)


def test_the_axes_have_names():
    axes = drawn(PIECE)
    assert axes.get_ylabel() == "Pitch"
    assert axes.get_xlabel() == "Time (steps of a quarter note)"
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert dict(zip(axes.get_yticks(), names, strict=True)) == {60: "C4", 64: "E4"}
    assert "an eighth note" in drawn(music(["#"], steps_per_quarter=2)).get_xlabel()


def test_without_a_prompt_nothing_is_shaded():
    axes = drawn(music(["#.", ".#"]))
    assert boxes(axes)[1] == [] and len(axes.lines) == 0
    assert [text.get_text() for text in axes.texts] == ["generated"]


def test_silence_can_be_drawn():
    axes = drawn(music(["...", "..."]))
    assert boxes(axes)[0] == []
    low, high = axes.get_ylim()
    assert low < 60 < high


@pytest.mark.parametrize(("steps", "width"), [(5, 960), (100, 2400), (9999, 6000)])
def test_the_picture_is_as_wide_as_the_piece_is_long(tmp_path, steps, width):
    piece = music(["#"] * steps)
    save_piano_roll(piece, tmp_path / "roll.png")
    picture = (tmp_path / "roll.png").read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (width, 760)
    assert [file.name for file in tmp_path.iterdir()] == ["roll.png"]
