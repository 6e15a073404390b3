"""Polyphonic music as piano rolls of 88 notes."""

from typing import ClassVar, NamedTuple

import numpy as np

from keras_gru.datasets.baselines import note_frequencies
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published import source
from keras_gru.datasets.registry import DatasetSettings, register_dataset
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, TaskSpec
from keras_gru.datasets.split import Split
from keras_gru.datasets.text.tokens import to_rows

_NOTES = 88


class Collection(NamedTuple):
    """A collection, with the information to play its piano rolls.

    Args:
        name: display name.
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


@register_dataset("jsb_chorales", "nottingham", "musedata", "piano_midi")
class PolyphonicMusic(DatasetSettings):
    """Piano rolls of 88 notes, one collection per kind: which notes sound next."""

    task: ClassVar[str] = "polyphony"

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the publisher's splits of one collection.

        Args:
            preprocessing: not used: nothing is fitted to the data.

        Returns:
            A polyphony dataset: each step's target is the next step's notes.

        Raises:
            UserError: if the file is missing and cannot be downloaded.
        """
        from keras_gru.datasets.published.polyphonic_music.builder import PolyphonicMusicBuilder

        file = PolyphonicMusicBuilder.builder_configs[self.kind].file
        columns = source.read(
            PolyphonicMusicBuilder, ("train", "validation", "test"), files=(file,), config=self.kind
        )
        splits = {name: _next_steps(pieces["notes"]) for name, pieces in columns.items()}
        return SequenceDataset(
            name=COLLECTIONS[self.kind].name,
            spec=TaskSpec(task="polyphony", outputs=_NOTES, features=_NOTES),
            metric=Metric("nll", "min", "NLL (nats per step)", digits=2),
            splits=splits,
            baselines=(note_frequencies(splits),),
        )


def _next_steps(rolls: list[np.ndarray]) -> Split:
    lengths = np.array([len(roll) for roll in rolls])
    rows = to_rows(np.concatenate(rolls), lengths)
    # Views of one array, which saves memory: some pieces are seven times as long as the mean, so
    # there is much padding. The last step of a piece is an input that is masked.
    now, after = rows[:, :-1], rows[:, 1:]
    return Split({"features": now}, after, {"features": lengths - 1}, stepwise="features")
