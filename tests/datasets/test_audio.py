"""A user's own recordings: folders of WAV files that are read or rejected."""

import shutil

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.io import wavfile
from typer.testing import CliRunner

from keras_gru import datasets
from keras_gru.cli import app
from keras_gru.datasets.own.audio import Audio
from keras_gru.datasets.sound.spectrogram import Spectrogram
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.yaml_files import load_experiment


def tone(hertz, seconds=0.1, rate=8_000):
    phase = 2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate
    return np.rint(20_000 * np.sin(phase)).astype(np.int16)


@pytest.fixture
def folder(tmp_path):
    """Twenty recordings each of a low and a high tone, by ten speakers."""
    for label, hertz in (("low", 400), ("high", 2_000)):
        (tmp_path / "tones" / label).mkdir(parents=True)
        for number in range(20):
            path = tmp_path / "tones" / label / f"{number}_{'abcdefghij'[number % 10]}_.wav"
            wavfile.write(path, 8_000, tone(hertz + number, 0.05 + 0.005 * number))
    return tmp_path / "tones"


def read(folder, **settings):
    return datasets.load(Audio(path=str(folder), **settings))


def test_a_folder_of_recordings_is_read(folder):
    dataset = read(folder)
    assert dataset.target_vocabulary == ("high", "low") and dataset.resolved.sample_rate == 8_000
    assert {name: dataset.size(name) for name in dataset.splits} == {
        "train": 32, "validation": 4, "test": 4,
    }  # fmt: skip
    assert all(
        np.bincount(split.targets).tolist() == [split.size / 2] * 2
        for split in dataset.splits.values()
    )
    train = dataset.splits["train"]
    assert set(train.lengths["features"]) <= {1 + (400 + 40 * n - 200) // 80 for n in range(20)}
    real = np.arange(train.lengths["features"].max()) < train.lengths["features"][:, None]
    np.testing.assert_allclose(train.inputs["features"][real].std(axis=0), 1, rtol=1e-3)
    again = datasets.load_as_test(dataset.resolved, dataset.preprocessing)
    assert again.size("test") == 40


def test_features_are_computed_as_for_spoken_digit(folder):
    rate, samples = wavfile.read(folder / "low" / "3_d_.wav")
    expected = Spectrogram(rate, 200, 80, 40)(samples / 2**15)
    dataset = read(folder)
    (row,) = np.flatnonzero(
        [
            dataset.splits["train"].lengths["features"][n] == len(expected)
            and np.allclose(
                features[: len(expected)], dataset.input_scaling.apply(expected), atol=1e-4
            )
            for n, features in enumerate(dataset.splits["train"].inputs["features"])
        ]
    )
    assert dataset.splits["train"].targets[row] == 1


@pytest.mark.parametrize(
    "kind", ["uint8", "int32", "float32", "stereo", "rate"], ids=lambda kind: kind
)
def test_other_sample_formats_give_the_same_features(folder, tmp_path, kind):
    sound, rate = tone(700, 0.2), 8_000
    forms = {
        "uint8": np.rint(sound / 256 + 128).astype(np.uint8),
        "int32": sound.astype(np.int32) * 2**16,
        "float32": (sound / 2**15).astype(np.float32),
        "stereo": np.column_stack([sound, sound]),
        "rate": tone(700, 0.2, 16_000),
    }
    rate = 16_000 if kind == "rate" else 8_000
    wavfile.write(folder / "low" / "0_a_.wav", 8_000, sound)
    before = read(folder).splits
    wavfile.write(folder / "low" / "0_a_.wav", rate, forms[kind])
    dataset = read(folder)
    for name, split in dataset.splits.items():
        difference = np.abs(split.inputs["features"] - before[name].inputs["features"])
        assert np.median(difference) < 0.02
    notes = " ".join(dataset.notes)
    assert ("16,000" in notes) == (kind == "rate") and ("channels" in notes) == (kind == "stereo")


def test_a_group_is_in_one_split(folder):
    dataset = read(folder, group="_([a-z])_", validation_fraction=0.2, test_fraction=0.2)
    sizes = [dataset.size(name) for name in dataset.splits]
    assert sum(sizes) == 40 and all(size % 4 == 0 for size in sizes)
    assert [split.independent for split in dataset.splits.values()] == [n // 4 for n in sizes]


def remove_label(folder):
    shutil.rmtree(folder / "low")


def move_out_of_folders(folder):
    for file in folder.rglob("*.wav"):
        file.rename(folder / f"{file.parent.name}{file.name}")


def rename_to_mp3(folder):
    for file in folder.rglob("*.wav"):
        file.rename(file.with_suffix(".mp3"))


def add_mp3_named_wav(folder):
    (folder / "low" / "x.wav").write_bytes(b"ID3\x04" + bytes(400))


def truncate(folder):
    path = folder / "low" / "0_a_.wav"
    path.write_bytes(path.read_bytes()[:300])


def shorten(folder):
    for file in (folder / "low").iterdir():
        wavfile.write(file, 8_000, tone(400, 0.01))


def write_nan(folder):
    wavfile.write(folder / "low" / "0_a_.wav", 8_000, np.full(900, np.nan, np.float32))


def rename_one(folder):
    (folder / "low" / "0_a_.wav").rename(folder / "low" / "zero.wav")


def keep_unchanged(folder):
    pass


@pytest.mark.parametrize(
    "spoil, settings, parts",
    [
        (remove_label, {}, ("two labels", "'high'")),
        (move_out_of_folders, {}, ("sub-folder", "40 WAV files")),
        (rename_to_mp3, {}, ("40 .mp3", "ffmpeg")),
        (add_mp3_named_wav, {}, ("x.wav", "WAV")),
        (truncate, {}, ("0_a_.wav", "damaged")),
        (shorten, {}, ("frame_ms", "low")),
        (write_nan, {}, ("0_a_.wav", "NaN")),
        (rename_one, {"group": "_([a-z])_"}, ("zero.wav", "dataset.group")),
        (keep_unchanged, {"group": "_()"}, ("dataset.group", "3 groups")),
        (keep_unchanged, {"bands": 200}, ("dataset.bands", "200", "frame_ms")),
        (keep_unchanged, {"path": "high/0_a_.wav"}, ("got a file",)),
        (keep_unchanged, {"path": "missing"}, ("missing", "no such")),
    ],
)
def test_a_bad_folder_is_rejected_in_one_sentence(folder, spoil, settings, parts):
    spoil(folder)
    path = folder / settings.get("path", "")
    with pytest.raises(UserError) as error:
        read(path, **{name: value for name, value in settings.items() if name != "path"})
    message = str(error.value)
    assert all(part in message for part in parts) and "\n" not in message


def test_other_files_in_the_folder_are_reported(folder):
    (folder / "none").mkdir()
    (folder / "low" / "notes.txt").write_text("loud")
    wavfile.write(folder / "low" / "short.wav", 8_000, tone(400, 0.01))
    wavfile.write(folder / "low" / "silent.wav", 8_000, np.zeros(900, np.int16))
    notes = " ".join(read(folder, max_seconds=0.1).notes)
    for part in ("'none'", "1 .txt", "Left out 1", "1 of 42", "silent", "dataset.max_seconds"):
        assert part in notes


def test_new_writes_a_config_for_a_folder_of_recordings(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    result = CliRunner().invoke(app, ["new", "tones", "bands=20"])
    assert result.exit_code == 0, result.output
    experiment = load_experiment("tones.yaml")
    assert (experiment.dataset.kind, experiment.dataset.bands) == ("audio", 20)
    assert experiment.dataset.sample_rate == 8_000 and "40 files" in result.stdout


@pytest.mark.parametrize("pattern", ["(a", "a", "(a)(b)"])
def test_a_pattern_must_have_exactly_one_group(pattern):
    with pytest.raises(ValidationError):
        Audio(path="a", group=pattern)
