"""Sequential and permuted MNIST, read from the published files."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.published import source
from keras_gru.datasets.published.sequential_mnist import _FILES, SequentialMnist, permutation
from keras_gru.datasets.published.source import DATA_DIR, MANUAL_DIR
from tests.datasets.samples import epoch


@pytest.fixture(scope="module")
def columns(data_dir):
    """The columns that TFDS returns; read once, as unpacking 70,000 images takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR, str(data_dir))
        return source.read("mnist", ("train", "test"), files=_FILES)


@pytest.fixture
def load(needs, request, monkeypatch):
    needs(*_FILES)
    read = request.getfixturevalue("columns")
    monkeypatch.setattr(source, "read", lambda *_, **__: read)
    return lambda **settings: datasets.load(SequentialMnist(kind="sequential_mnist", **settings))


def images_and_labels(part):
    """Read images and labels without TFDS; their headers have 16 and 8 bytes."""
    folder = Path(os.environ[MANUAL_DIR])
    images = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    return np.frombuffer(images, np.uint8).reshape(-1, 784), np.frombuffer(labels, np.uint8)


def in_order(rows, labels):
    """Return images with their labels, sorted, to compare them independently of their order."""
    joined = np.hstack([rows, labels[:, None]]).astype(np.uint8)
    return sorted(row.tobytes() for row in joined)


def bytes_of(split):
    features = split.inputs["features"]
    return np.rint(features.reshape(len(features), -1) * 255)


def test_every_image_is_a_sequence_of_its_pixels(load):
    dataset = load()
    assert [dataset.size(s) for s in dataset.splits] == [55_000, 5_000, 10_000]
    spec = dataset.spec
    assert (spec.features, spec.length, spec.outputs, spec.masked) == (1, 784, 10, False)
    test = dataset.splits["test"]
    assert in_order(bytes_of(test), test.targets) == in_order(*images_and_labels("t10k"))
    parts = [dataset.splits[name] for name in ("train", "validation")]
    rows = np.concatenate([bytes_of(part) for part in parts])
    labels = np.concatenate([part.targets for part in parts])
    assert in_order(rows, labels) == in_order(*images_and_labels("train"))
    assert test.inputs["features"].dtype == np.float32
    assert test.inputs["features"].min() == 0 and test.inputs["features"].max() == 1
    assert dataset.baselines[0].label == "Always '1'"
    assert dataset.baselines[0].test["accuracy"] == pytest.approx(
        0.1135
    )  # 1,135 of the test images show a one


def test_a_permutation_is_the_same_for_all_images(load):
    plain, permuted = load(train=200), load(train=200, permuted=True, permutation_seed=3)
    assert permuted.name == "Permuted MNIST" and permuted.size("train") == 200
    for name, split in plain.splits.items():
        features = split.inputs["features"][:, permutation(3)]
        np.testing.assert_array_equal(permuted.splits[name].inputs["features"], features)
        np.testing.assert_array_equal(permuted.splits[name].targets, split.targets)


def test_the_permutation_depends_on_the_seed_alone():
    assert sorted(permutation(0)) == list(range(784))
    assert permutation(0).tolist() != permutation(1).tolist()
    # The same shuffle with the Mersenne Twister, written out.
    twister, order = np.random.RandomState(7), list(range(784))
    for last in range(783, 0, -1):
        mask = (1 << last.bit_length()) - 1
        while (index := int(twister.randint(0, 2**32, dtype=np.uint32)) & mask) > last:
            pass
        order[last], order[index] = order[index], order[last]
    assert permutation(7).tolist() == order


def test_rows_of_an_image_as_steps(load):
    dataset = load(train=64, validation=64, pixels_per_step=28)
    assert (dataset.spec.features, dataset.spec.length) == (28, 28)
    pixels = load(train=64, validation=64).splits["train"].inputs["features"]
    ((x, y),) = epoch(dataset, "train", 64)
    assert list(x) == ["features"] and y.shape == (64,)
    np.testing.assert_array_equal(x["features"], pixels.reshape(64, 28, 28))
