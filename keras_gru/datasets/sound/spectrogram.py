"""Sounds as log-mel spectrograms."""

# S samples of a recording, T frames of it, D mel bands

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

_LOWEST = 60.0  # Hz, the lower edge of the lowest band
_SILENCE = 1e-6  # makes the logarithm finite
_FLAT = 0.01  # a deviation of logarithms below which there is nothing but rounding


@dataclass(frozen=True)
class Spectrogram:
    """Conversion of recordings to log-mel vectors.

    Args:
        rate: samples per second.
        frame: samples of a frame, under a Hann window.
        step: samples from frame to frame.
        bands: mel bands (D), from 60 Hz to half the rate.
        same_level: whether each recording is scaled by `normalize_level`.
    """

    rate: int
    frame: int
    step: int
    bands: int
    same_level: bool = True

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Return the vectors of samples (S,) from −1 to 1: (T, D), of at least one frame."""
        vectors = log_mel(samples, self)
        return normalize_level(vectors) if self.same_level else vectors

    def empty_bands(self) -> int:
        """Return the number of bands without a frequency of a frame."""
        return int((_mel_bands(self) == 0).all(axis=0).sum())

    @property
    def columns(self) -> list[str]:
        """The names of the bands."""
        return [f"band {number}" for number in range(self.bands)]

    @property
    def transform(self) -> int:
        """Samples of the Fourier transform: the next power of two of a frame."""
        return 1 << (self.frame - 1).bit_length()


def log_mel(samples: np.ndarray, settings: Spectrogram) -> np.ndarray:
    """Return the logarithm of the magnitude in each mel band, frame by frame.

    Args:
        samples: (S,), from −1 to 1, at least one frame of them.
        settings: settings of the spectrogram.

    Returns:
        (T, D), float32.
    """
    from scipy.signal import get_window

    frames = sliding_window_view(samples, settings.frame)[:: settings.step]
    window = get_window("hann", settings.frame)
    spectrum = np.abs(np.fft.rfft(frames * window, settings.transform))
    return np.log(spectrum @ _mel_bands(settings) + _SILENCE).astype(np.float32)


def normalize_level(spectrogram: np.ndarray) -> np.ndarray:
    """Normalize a spectrogram to mean 0 and standard deviation 1; silence has deviation near 0.

    This removes differences of loudness and background between microphones and rooms. On unseen
    speakers, a GRU has a validation accuracy of 0.87, and 0.36 without it (spoken digits, means of
    three seeds).

    Args:
        spectrogram: (T, D), logarithms.

    Returns:
        (T, D).
    """
    return (spectrogram - spectrogram.mean()) / max(spectrogram.std(), _FLAT)


def resample(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Return samples (S,) at another rate, through a low-pass filter."""
    from scipy.signal import resample_poly

    divisor = math.gcd(rate, wanted)
    return resample_poly(samples, wanted // divisor, rate // divisor)


@functools.cache
def _mel_bands(settings: Spectrogram) -> np.ndarray:
    """Return the weight of each frequency in each band, (frequencies, D)."""
    import tensorflow as tf

    return tf.signal.linear_to_mel_weight_matrix(
        settings.bands,
        settings.transform // 2 + 1,
        settings.rate,
        lower_edge_hertz=_LOWEST,
        upper_edge_hertz=settings.rate / 2,
    ).numpy()
