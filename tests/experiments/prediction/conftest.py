import numpy as np
import pytest

from keras_gru.datasets.text.tagged_words import tagging_dataset

from .runs import covariates_csv, series_csv, untrained_run, words


@pytest.fixture(scope="session")
def texts_run(tmp_path_factory):
    """A classifier of three classes of texts; its data file is deleted."""
    folder = tmp_path_factory.mktemp("texts")
    path = folder / "texts.csv"
    rows = [f"{text},{'xyz'[n % 3]}" for n, text in enumerate(words(30))]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    dataset = {"kind": "texts", "path": str(path), "max_length": 5}
    run = untrained_run(folder, dataset, {"kind": "classifier", "embedding": 4})
    path.unlink()
    return run


@pytest.fixture(scope="session")
def tags_run(tmp_path_factory):
    """A tagger with four tags, for the words a to h."""
    folder = tmp_path_factory.mktemp("tags")
    sentences = [[word.encode() for word in text.split()] for text in words(30)]
    tags = [np.arange(len(sentence)) % 4 for sentence in sentences]
    parts = {"train": slice(0, 20), "validation": slice(20, 25), "test": slice(25, 30)}
    data = {name: (sentences[rows], tags[rows]) for name, rows in parts.items()}
    dataset = tagging_dataset("tags", data, ("NOUN", "VERB", "DET", "X"), 20)
    return untrained_run(folder, {"kind": "en_atis"}, {"kind": "tagger"}, data=dataset)


@pytest.fixture(scope="session")
def series_run(tmp_path_factory):
    """A forecaster of two variables, window 6, horizon 3; its data file is deleted."""
    folder = tmp_path_factory.mktemp("series")
    path = folder / "series.csv"
    path.write_text(series_csv(200))
    dataset = {
        "kind": "csv_series",
        "path": str(path),
        "targets": ("a", "b"),
        "window": 6,
        "horizon": 3,
    }
    run = untrained_run(folder, dataset, {"kind": "forecaster"})
    path.unlink()
    return run


@pytest.fixture(scope="session")
def text_run(tmp_path_factory):
    """A character language model of the letters a, b, c."""
    folder = tmp_path_factory.mktemp("text")
    path = folder / "text.txt"
    path.write_text("abc " * 100)
    dataset = {"kind": "text_file", "path": str(path), "window": 8, "validation_fraction": 0.2}
    dataset["test_fraction"] = 0.2
    return untrained_run(folder, dataset, {"kind": "language_model"})


@pytest.fixture(scope="session")
def music_run(tmp_path_factory):
    """A polyphony model of three notes."""
    folder = tmp_path_factory.mktemp("music")
    random = np.random.default_rng(0)
    arrays = {
        f"{split}_{part}": random.integers(0, 2, (4, 5, 3), "uint8")
        for split in ("train", "validation", "test")
        for part in ("inputs", "targets")
    }
    np.savez(folder / "music.npz", **arrays)
    dataset = {"kind": "npz", "path": str(folder / "music.npz"), "task": "polyphony"}
    return untrained_run(folder, dataset, {"kind": "polyphony"})


@pytest.fixture(scope="session")
def translation_run(tmp_path_factory):
    """An encoder–decoder with a small source and target vocabulary."""
    folder = tmp_path_factory.mktemp("translation")
    english = [f"{word} {number}" for word in ("good", "bad") for number in range(20)]
    path = folder / "spa.txt"
    path.write_text("".join(f"{text}\thola {text}\tCC-BY\n" for text in english))
    dataset = {"kind": "pairs", "path": str(path), "vocabulary": 20, "max_length": 5}
    return untrained_run(folder, dataset, {"kind": "encoder_decoder", "embedding": 4})


@pytest.fixture(scope="session")
def token_ids_runs(tmp_path_factory):
    """A language model and an encoder–decoder on token ids: 1 to 6, and 1 to 8 in the targets."""
    folder = tmp_path_factory.mktemp("ids")
    random = np.random.default_rng(0)
    inputs, targets = (random.integers(1, high, (30, 4)) for high in (7, 9))
    inputs[:2, 0], targets[:2, 0] = 6, 8
    runs = {}
    for task, kind in (("language_model",) * 2, ("translation", "encoder_decoder")):
        arrays = {"train_inputs": inputs}
        if task == "translation":
            arrays["train_targets"] = targets
        np.savez(folder / f"{task}.npz", **arrays)
        dataset = {"kind": "npz", "path": str(folder / f"{task}.npz"), "task": task}
        dataset["max_length"] = 6
        model = {"kind": kind, "embedding": 4}
        runs[task] = untrained_run(folder / task, dataset, model, seeds=(0,))
    return runs


@pytest.fixture(scope="session")
def many_series_run(tmp_path_factory):
    """A forecaster of two series from one file, with different units."""
    folder = tmp_path_factory.mktemp("many")
    path = folder / "series.csv"
    rows = [
        f"{name},{scale * (n % 5)}" for name, scale in (("x", 1), ("y", 1000)) for n in range(90)
    ]
    path.write_text("id,a\n" + "\n".join(rows) + "\n")
    dataset = {"kind": "csv_series", "path": str(path), "targets": ("a",), "series": "id"}
    dataset |= {"window": 4, "horizon": 2}
    return untrained_run(folder, dataset, {"kind": "forecaster"})


@pytest.fixture(scope="session")
def covariates_run(tmp_path_factory):
    """A forecaster that also reads a category and a column known in advance."""
    folder = tmp_path_factory.mktemp("covariates")
    path = folder / "series.csv"
    path.write_text(covariates_csv(90))
    dataset = {"kind": "csv_series", "path": str(path), "targets": ("a",), "categories": ("kind",)}
    dataset |= {"known": ("offer",), "window": 4, "horizon": 2}
    return untrained_run(folder, dataset, {"kind": "forecaster"})
