import pytest

from .runs import untrained_run, words


@pytest.fixture(scope="session")
def texts_run(tmp_path_factory):
    """A classifier of three classes of texts, whose data file is deleted."""
    folder = tmp_path_factory.mktemp("texts")
    path = folder / "texts.csv"
    rows = [f"{text},{'xyz'[n % 3]}" for n, text in enumerate(words(30))]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    dataset = {"kind": "texts", "path": str(path), "max_length": 5}
    run = untrained_run(folder, dataset, {"kind": "classifier", "embedding": 4})
    path.unlink()
    return run
