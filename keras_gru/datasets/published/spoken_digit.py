"""Spoken digits as log-mel spectrograms."""

import warnings
from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from keras_gru.datasets.labelled_vectors import classification_dataset
from keras_gru.datasets.own.audio import Audio
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.published import source
from keras_gru.datasets.registry import DatasetSettings, register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.sound.spectrogram import Spectrogram
from keras_gru.datasets.split import SPLITS
from keras_gru.errors import UserError

_FILE = "free-spoken-digit-dataset-1.0.9.tar.gz"
_DIGITS = tuple("0123456789")
# 25 ms every 10 ms
SPECTROGRAM = Spectrogram(rate=8_000, frame=200, step=80, bands=40)

# There are 50 recordings per speaker and digit; the published test set is 0 to 4.
_RECORDINGS = {"test": range(5), "validation": range(5, 10), "train": range(10, 50)}
_SPEAKERS = {
    "train": ("george", "jackson", "nicolas"),
    "validation": ("theo",),
    "test": ("yweweler",),
}


@register_dataset("spoken_digit")
class SpokenDigit(DatasetSettings):
    """Spoken digits as log-mel spectrograms, a vector every 10 ms (TFDS `spoken_digit`)."""

    task: ClassVar[str] = "classification"
    new_speakers: Annotated[
        bool, Field(description="validate and test on speakers that train does not have")
    ] = False

    @staticmethod
    def recordings() -> Audio:
        """Return the settings to read a WAV file like these recordings."""
        return Audio.model_validate({"path": "spoken_digit", "sample_rate": SPECTROGRAM.rate})

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Load the recordings, a vector for every 10 ms of them.

        Args:
            preprocessing: its means and deviations are used; None takes those of train.

        Returns:
            A classification dataset of log-mel vectors of recordings at the same level; each band
            has mean 0 and standard deviation 1 in train.

        Raises:
            UserError: if the file is missing and cannot be downloaded, or pydub, by which TFDS
                reads it, is not installed.
        """
        columns = _read()
        names = [name.decode() for name in columns["audio/filename"]]
        labels = np.array(columns["label"])
        spectrograms = [SPECTROGRAM(samples / 2**15) for samples in columns["audio"]]
        return classification_dataset(
            "Spoken digits, new speakers" if self.new_speakers else "Spoken digits",
            spectrograms,
            labels,
            split(names, self.new_speakers),
            _DIGITS,
            SPECTROGRAM.columns,
            preprocessing,
            groups=np.array([name.split("_")[1] for name in names]) if self.new_speakers else None,
        )


def _read() -> dict:
    with warnings.catch_warnings():
        # Only other formats than .wav would need it.
        warnings.filterwarnings("ignore", "Couldn't find ffmpeg", RuntimeWarning)
        try:
            return source.read("spoken_digit", ("train",), files=(_FILE,))["train"]
        except ImportError:
            raise UserError(
                "The dataset spoken_digit is prepared with pydub, which cannot be imported: "
                "Run pip install 'keras_gru[audio]'."
            ) from None


def split(names: Sequence[str], new_speakers: bool) -> dict[str, np.ndarray]:
    """Return the recordings of each split.

    Args:
        names: such as `"7_jackson_32.wav"`: digit, speaker, number of the recording.
        new_speakers: split by speaker, not by number.

    Returns:
        Name of a split -> rows, in the order of the names.
    """
    parts = [name.removesuffix(".wav").split("_") for name in names]
    if new_speakers:
        inside = {name: [who in known for _, who, _ in parts] for name, known in _SPEAKERS.items()}
    else:
        inside = {
            name: [int(index) in known for *_, index in parts]
            for name, known in _RECORDINGS.items()
        }
    return {name: np.flatnonzero(inside[name]) for name in SPLITS}
