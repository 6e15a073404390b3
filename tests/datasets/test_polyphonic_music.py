"""Piano rolls of four collections: published files, or small files of the same layout."""

import hashlib

import numpy as np
import pytest
import scipy.io
import tensorflow_datasets as tfds

from keras_gru import datasets
from keras_gru.datasets.published.polyphonic_music import PolyphonicMusic, builder
from keras_gru.datasets.published.source import DATA_DIR, MANUAL_DIR
from tests.datasets.samples import epoch

FILES = {config.name: config.file for config in builder.PolyphonicMusicBuilder.BUILDER_CONFIGS}


def check_next_steps(dataset, batch_size):
    """Check that a target is the next input, and that the last step has no target."""
    for x, y, weight in epoch(dataset, "train", batch_size, seed=0):
        np.testing.assert_array_equal(x["mask"], weight)
        real = weight[:, 1:] > 0
        np.testing.assert_array_equal(x["features"][:, 1:][real], y[:, :-1][real])
        assert not y[weight == 0].any()


def test_chorales(needs):
    needs("JSB_Chorales.mat")
    dataset = datasets.load(PolyphonicMusic(kind="jsb_chorales"))
    assert dataset.name == "JSB Chorales"
    assert [dataset.size(s) for s in dataset.splits] == [229, 76, 77]
    assert max(dataset.padding(split, 16) for split in dataset.splits) <= 0.10
    check_next_steps(dataset, 16)
    assert 10 < dataset.baselines[0].test["nll"] < 12
    assert dataset.baselines[0].label == "Frequency of each note"


def test_nottingham(needs):
    """Its longest piece is seven times as long as its mean."""
    needs("Nottingham.mat")
    dataset = datasets.load(PolyphonicMusic(kind="nottingham"))
    assert [dataset.size(s) for s in dataset.splits] == [694, 173, 170]
    lengths = dataset.splits["train"].lengths["features"]
    assert lengths.mean() == pytest.approx(253.4, abs=0.1)
    assert max(s.lengths["features"].max() for s in dataset.splits.values()) == 1_792
    assert max(dataset.padding(split, 16) for split in dataset.splits) <= 0.10
    check_next_steps(dataset, 64)
    assert 10 < dataset.baselines[0].test["nll"] < 12


@pytest.mark.parametrize("kind", FILES)
def test_every_collection_is_read_in_the_same_way(kind, monkeypatch, tmp_path):
    """All four with small files, as two of the published files are rarely on the machine."""
    rng = np.random.default_rng(0)
    lengths = {"traindata": (9, 5, 30), "validdata": (4, 7), "testdata": (12,)}
    content = {}
    for key, lengths_of_split in lengths.items():
        content[key] = np.empty((1, len(lengths_of_split)), object)
        for index, length in enumerate(lengths_of_split):
            content[key][0, index] = rng.integers(0, 2, (length, 88), np.uint8)
    file = tmp_path / FILES[kind]
    scipy.io.savemat(file, content)
    infos = dict(builder.PolyphonicMusicBuilder.url_infos)
    url = next(url for url, info in infos.items() if info.filename == file.name)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    infos[url] = tfds.download.checksums.UrlInfo(file.stat().st_size, digest, file.name)
    monkeypatch.setattr(builder.PolyphonicMusicBuilder, "url_infos", infos)
    # The real version might be prepared in TFDS's default folder.
    monkeypatch.setattr(builder.PolyphonicMusicBuilder, "VERSION", tfds.core.Version("0.0.1"))
    monkeypatch.setenv(MANUAL_DIR, str(tmp_path))
    monkeypatch.setenv(DATA_DIR, str(tmp_path / "prepared"))

    dataset = datasets.load(PolyphonicMusic(kind=kind))
    for split, rolls in zip(dataset.splits.values(), content.values(), strict=True):
        now, after = split.inputs["features"], split.targets
        assert np.shares_memory(now, after)
        assert split.lengths["features"].tolist() == [len(roll) - 1 for roll in rolls[0]]
        for index, roll in enumerate(rolls[0]):
            steps = len(roll) - 1
            np.testing.assert_array_equal(now[index, :steps], roll[:-1])
            np.testing.assert_array_equal(after[index, :steps], roll[1:])
            assert not after[index, steps:].any()
