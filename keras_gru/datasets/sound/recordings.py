"""Recordings in WAV files as log-mel vectors."""

# N recordings, S samples of one, T frames of it, D mel bands

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from keras_gru.datasets.sound.spectrogram import Spectrogram, resample
from keras_gru.errors import UserError
from keras_gru.formatting import plural
from keras_gru.settings import Settings

ENDINGS = (".wav", ".wave")
Milliseconds = Annotated[float, Field(ge=1, le=1_000)]


class RecordingSettings(Settings):
    """How recordings become log-mel vectors."""

    sample_rate: Annotated[
        int | None,
        Field(
            ge=1_000,
            le=192_000,
            description="samples per second; other files are resampled; null: that of most files",
        ),
    ] = None
    frame_ms: Annotated[Milliseconds, Field(description="milliseconds of a frame")] = 25.0
    step_ms: Annotated[Milliseconds, Field(description="milliseconds from frame to frame")] = 10.0
    bands: Annotated[int, Field(ge=1, le=256, description="mel bands of a frame's vector")] = 40
    same_level: Annotated[
        bool, Field(description="scale each recording to one loudness and background")
    ] = True
    max_seconds: Annotated[
        float, Field(gt=0, le=3_600, description="of a recording, its first ones")
    ] = 10.0

    def spectrogram(self) -> Spectrogram:
        """Return the settings of the spectrogram, once the rate is known.

        Raises:
            UserError: if there are too many bands for the frames.
        """
        assert self.sample_rate is not None  # `load` returns the settings with it
        frame, step = (
            max(1, round(self.sample_rate * milliseconds / 1_000))
            for milliseconds in (self.frame_ms, self.step_ms)
        )
        spectrogram = Spectrogram(self.sample_rate, frame, step, self.bands, self.same_level)
        empty = spectrogram.empty_bands()
        if empty:
            raise UserError(
                f"dataset.bands: expected bands with one frequency or more, got {self.bands}, of "
                f"which {empty} have none in a frame of {self.frame_ms:g} ms at "
                f"{self.sample_rate:,} Hz. Give fewer, or a longer dataset.frame_ms."
            )
        return spectrogram


@dataclass(frozen=True)
class Recordings:
    """Recordings as vectors.

    Args:
        rate: samples per second.
        vectors: N arrays (T, D).
        numbers: (N,) number of the file of each; files shorter than a frame are omitted.
        facts: summary of the data, one label and text each.
        notes: notes for the log, one sentence each.
    """

    rate: int
    vectors: list[np.ndarray]
    numbers: list[int]
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def read_recordings(files: Sequence[Path], settings: RecordingSettings) -> Recordings:
    """Read WAV files as log-mel vectors.

    Raises:
        UserError: if a file is not a WAV file.
    """
    found = [read_wav(file, settings.max_seconds) for file in files]
    rates = Counter(recording.rate for recording in found)
    if settings.sample_rate is None:
        settings = settings.model_copy(
            update={"sample_rate": max(rates, key=lambda r: (rates[r], -r))}
        )
    spectrogram = settings.spectrogram()
    vectors, numbers, seconds = [], [], []
    for number, recording in enumerate(found):
        samples = recording.samples
        if recording.rate != spectrogram.rate:
            samples = resample(samples, recording.rate, spectrogram.rate)
        if len(samples) >= spectrogram.frame:
            vectors.append(spectrogram(samples))
            numbers.append(number)
            seconds.append(len(samples) / spectrogram.rate)
    notes = []
    others = {rate: count for rate, count in rates.items() if rate != spectrogram.rate}
    if others:
        words = ", ".join(f"{count:,} of {rate:,} Hz" for rate, count in sorted(others.items()))
        notes.append(f"Resampled to {spectrogram.rate:,} Hz: {words}.")
    short = len(found) - len(numbers)
    if short:
        notes.append(
            f"Left out {plural(short, 'recording')} of less than {settings.frame_ms:g} ms, a frame."
        )
    for count, words in (
        (
            sum(recording.channels > 1 for recording in found),
            "have several channels, whose mean is read",
        ),
        (
            sum(recording.is_cut for recording in found),
            f"are cut after {settings.max_seconds:g} seconds, dataset.max_seconds",
        ),
        (sum(not recording.samples.any() for recording in found), "are silent"),
    ):
        if count:
            notes.append(f"{count:,} of {plural(len(found), 'recording')} {words}.")
    facts = [("Recordings", f"{len(found):,} files, {spectrogram.rate:,} Hz")]
    if seconds:
        facts.append(
            (
                "Length",
                f"{min(seconds):.2f} to {max(seconds):.2f} s, median {np.median(seconds):.2f} s",
            )
        )
    facts.append(
        (
            "Vectors",
            f"{spectrogram.bands} mel bands, frames of {settings.frame_ms:g} ms every "
            f"{settings.step_ms:g} ms",
        )
    )
    return Recordings(spectrogram.rate, vectors, numbers, tuple(facts), tuple(notes))


@dataclass(frozen=True)
class Wav:
    """The samples (S,) of a WAV file from −1 to 1, with their properties."""

    rate: int
    samples: np.ndarray
    channels: int
    is_cut: bool


def read_wav(path: Path, seconds: float) -> Wav:
    """Read the first seconds of a WAV file; of several channels, their mean.

    Raises:
        UserError: if it is not a WAV file, or damaged.
    """
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            warnings.filterwarnings("error", "Reached EOF", wavfile.WavFileWarning)
            rate, samples = wavfile.read(path)
    except Exception as error:  # scipy raises many types for damaged files
        raise UserError(
            f"{path}: expected a WAV file, got another or a damaged one "
            f"({str(error).splitlines()[0][:100] if str(error) else type(error).__name__}). "
            "Convert it, such as by: ffmpeg -i FILE file.wav"
        ) from None
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    size = round(seconds * rate)
    is_cut, samples = len(samples) > size, samples[:size]
    if samples.dtype.kind == "u":
        samples = (samples.astype(np.float64) - 128) / 128
    elif samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    if not np.isfinite(samples).all():
        raise UserError(f"{path}: expected finite samples, got NaN or Inf. Write the file again.")
    samples = samples if channels == 1 else samples.mean(axis=1)
    return Wav(rate, samples.astype(np.float64), channels, is_cut)
