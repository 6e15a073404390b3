"""Spoken digits: their spectrograms, and the speakers of each split."""

import sys

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from keras_gru import datasets
from keras_gru.datasets.published import source, spoken_digit
from keras_gru.datasets.published.source import DATA_DIR
from keras_gru.datasets.published.spoken_digit import SPECTROGRAM, SpokenDigit
from keras_gru.datasets.sound.spectrogram import log_mel as log_mel_of
from keras_gru.datasets.sound.spectrogram import normalize_level
from keras_gru.errors import UserError
from tests.datasets.samples import epoch

FILE = "free-spoken-digit-dataset-1.0.9.tar.gz"


def tone(hertz, samples=1_000):
    return np.rint(20_000 * np.sin(2 * np.pi * hertz * np.arange(samples) / 8_000))


def log_mel(samples):
    return log_mel_of(samples / 2**15, SPECTROGRAM)


def mel(hertz):
    return 1127 * np.log(1 + hertz / 700)


def test_a_spectrogram_has_a_frame_every_80_samples():
    assert [len(log_mel(tone(500, size))) for size in (200, 279, 280, 1_000)] == [
        1,
        1,
        2,
        11,
    ]
    assert log_mel(tone(500)).shape == (11, 40)


@pytest.mark.parametrize("hertz", [500, 1_000, 2_000, 3_500])
def test_a_tone_is_loudest_in_its_own_band(hertz):
    bands = log_mel(tone(hertz)).mean(axis=0)
    centres = np.linspace(mel(60), mel(4_000), 42)[1:-1]
    assert abs(centres[bands.argmax()] - mel(hertz)) < 1.5 * (centres[1] - centres[0])


def test_a_spectrogram_is_the_logarithm_of_mel_weighted_magnitudes():
    """Compare with TensorFlow's Fourier transform and triangular filters on the mel scale."""
    samples = np.random.default_rng(0).integers(-20_000, 20_000, 700)
    sound = tf.constant(samples / 2**15, tf.float32)
    magnitudes = np.abs(tf.signal.stft(sound, 200, 80).numpy())
    frequencies = mel(np.arange(129) * 8_000 / 256)[:, None]
    edges = np.linspace(mel(60), mel(4_000), 42)
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    weights[0] = 0  # the constant component is not audible
    expected = np.log(magnitudes @ weights + 1e-6)
    np.testing.assert_allclose(log_mel(samples), expected, atol=1e-3)


def test_silence_has_a_finite_logarithm():
    assert np.isfinite(log_mel(np.zeros(500))).all()


def test_features_do_not_depend_on_loudness():
    """A factor of the signal shifts the logarithm; an exponent scales it."""
    sound = np.random.default_rng(0).integers(-20_000, 20_000, 900)
    loud, soft = (normalize_level(log_mel(signal)) for signal in (sound, 0.1 * sound))
    np.testing.assert_allclose(loud, soft, atol=0.001)

    spectrogram = log_mel(tone(500) + tone(1_700))
    level = normalize_level(spectrogram)
    assert level.mean() == pytest.approx(0, abs=1e-6) and level.std() == pytest.approx(1)
    np.testing.assert_allclose(normalize_level(0.7 * spectrogram - 3), level, atol=1e-5)
    assert np.corrcoef(level.ravel(), spectrogram.ravel())[0, 1] == pytest.approx(1)


def test_silence_has_features_of_zero():
    level = normalize_level(log_mel(np.zeros(500)))
    np.testing.assert_allclose(level, 0, atol=0.001)


@pytest.fixture(scope="module")
def columns(data_dir):
    """The columns that TFDS returns; prepared once, as 2,500 recordings take seconds."""
    pytest.importorskip("pydub", reason="TFDS prepares spoken_digit with pydub")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR, str(data_dir))
        return source.read("spoken_digit", ("train",), files=(FILE,))


@pytest.fixture
def load(needs, request, monkeypatch):
    needs(FILE)
    read = request.getfixturevalue("columns")
    monkeypatch.setattr(source, "read", lambda *_, **__: read)
    return lambda **settings: datasets.load(SpokenDigit(kind="spoken_digit", **settings))


def test_recordings(load, request):
    dataset = load()
    assert [dataset.size(s) for s in dataset.splits] == [2_000, 250, 250]
    assert dataset.spec.features == 40 and dataset.spec.masked
    assert dataset.padding("train", 32) < 0.12
    train = dataset.splits["train"]
    lengths = train.lengths["features"]
    real = train.inputs["features"][np.arange(lengths.max()) < lengths[:, None]]
    np.testing.assert_allclose(real.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(real.std(axis=0), 1, atol=1e-3)
    for x, y in epoch(dataset, "test", 50):
        assert not x["features"][~x["mask"]].any() and ((y >= 0) & (y < 10)).all()
    sounds = request.getfixturevalue("columns")["train"]["audio"]
    frames = sum(1 + (len(sound) - 200) // 80 for sound in sounds)
    assert sum(s.lengths["features"].sum() for s in dataset.splits.values()) == frames
    assert (
        dataset.baselines[0].test["accuracy"] == 0.1
    )  # each digit has the same number of recordings


def test_without_pydub_the_message_names_the_package(needs, monkeypatch, tmp_path):
    needs(FILE)
    monkeypatch.setenv(DATA_DIR, str(tmp_path))
    monkeypatch.setattr(tfds.core.DatasetBuilder, "is_prepared", lambda self: False)
    monkeypatch.setitem(sys.modules, "pydub", None)
    with pytest.raises(UserError, match=r"pip install 'keras_gru\[audio\]'"):
        datasets.load(SpokenDigit(kind="spoken_digit"))


def test_a_split_with_new_speakers(load):
    dataset = load(new_speakers=True)
    assert [dataset.size(s) for s in dataset.splits] == [1_500, 500, 500]
    assert dataset.name == "Spoken digits, new speakers"


@pytest.mark.parametrize("new_speakers", [False, True])
def test_no_recording_and_no_new_speaker_is_in_two_splits(new_speakers):
    speakers = [name for names in spoken_digit._SPEAKERS.values() for name in names]
    names = [f"{d}_{who}_{n}.wav" for who in speakers for d in range(10) for n in range(50)]
    rows = spoken_digit.split(names, new_speakers)
    assert sorted(np.concatenate(list(rows.values()))) == list(range(2_500))
    who = {split: {names[row].split("_")[1] for row in which} for split, which in rows.items()}
    if new_speakers:
        assert not (who["train"] & who["validation"] or who["train"] & who["test"])
        assert not who["validation"] & who["test"]
    else:
        assert who["train"] == who["validation"] == who["test"] == set(speakers)
        assert {names[row].split("_")[2] for row in rows["test"]} == {f"{n}.wav" for n in range(5)}
