"""Polyphonic music as piano rolls: which of 88 notes sound next."""

from typing import NamedTuple

import numpy as np

from keras_gru.datasets import source
from keras_gru.datasets.baselines import note_frequencies
from keras_gru.datasets.config import PolyphonicMusic as PolyphonicMusicConfig
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
from keras_gru.datasets.split import Split
from keras_gru.datasets.text import to_rows

_NOTES = 88


class Collection(NamedTuple):
    """What one must know of a collection to hear its piano rolls.

    Args:
        name: what a reader calls it.
        steps_per_quarter: time steps of a quarter note.
        lowest: MIDI pitch of the first of the 88 notes; 21 is A0, a piano's lowest.
    """

    name: str
    steps_per_quarter: int
    lowest: int = 21


# Boulanger-Lewandowski et al. (2012): a step is a quarter note in the chorales, else an eighth.
COLLECTIONS = {
    # They were moved to C, an octave above Bach's choir: the soprano's median is a C6.
    "jsb_chorales": Collection("JSB Chorales", 1, lowest=9),
    "nottingham": Collection("Nottingham", 2),
    "musedata": Collection("MuseData", 2),
    "piano_midi": Collection("Piano-midi.de", 2),
}


def load(config: PolyphonicMusicConfig, stored: Preprocessing | None = None) -> SequenceDataset:
    """Reads the publisher's splits of one collection.

    Args:
        config: the settings, whose `kind` is the collection.
        stored: not used: nothing is fitted to the data.

    Returns:
        A polyphony dataset: each step's target is the next step's notes.

    Raises:
        UserError: if the file cannot be had.
    """
    from keras_gru.datasets.polyphonic_music.builder import PolyphonicMusic

    file = PolyphonicMusic.builder_configs[config.kind].file
    columns = source.read(
        PolyphonicMusic, ("train", "validation", "test"), files=(file,), config=config.kind
    )
    splits = {name: _next_steps(of["notes"]) for name, of in columns.items()}
    return SequenceDataset(
        name=COLLECTIONS[config.kind].name,
        spec=SequenceSpec(task="polyphony", outputs=_NOTES, features=_NOTES),
        metric=Metric("nll", "min", "NLL (nats per step)", digits=2),
        splits=splits,
        baselines=(note_frequencies(splits),),
    )


def _next_steps(rolls: list[np.ndarray]) -> Split:
    lengths = np.array([len(roll) for roll in rolls])
    rows = to_rows(np.concatenate(rolls), lengths)
    # Two views of one array: some pieces are seven times as long as the mean, and padded bytes of
    # a second array would be as many again. The last step of a piece is an input that is masked.
    now, after = rows[:, :-1], rows[:, 1:]
    return Split({"features": now}, after, {"features": lengths - 1}, stepwise="features")
