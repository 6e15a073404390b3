"""Mistakes on the command line and in data files, reported before Keras is imported."""

import pytest

from tests.cli.test_verbs import keras_gru


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments, written",
    [
        (["--epochs", "3"], "training.epochs=3"),
        (["--epochs=3"], "training.epochs=3"),
        (["--lr", "0.1"], "training.learning_rate=0.1"),
        (["--hidden-size", "64"], "model.size.units=64"),
        (["--units", "--jobs"], "model.size.units=VALUE"),
        (["--cells"], "cells=VALUE"),
    ],
)
def test_a_setting_given_as_an_option_is_explained(arguments, written):
    output = keras_gru("compare", "quickstart", *arguments, code=2)
    assert f"no such option. Write the setting as {written}\n" in output


class TestOwnFile:
    CONFIG = (
        "name: sales\ndataset: {kind: csv_series, path: sales.csv, targets: [sold], window: 4}\n"
        "model: {kind: forecaster, size: {units: 2}}\n"
    )

    @pytest.mark.parametrize(
        "content, part",
        [
            (None, "no such file"),
            ("day,solt\n1,2\n", "Did you mean 'solt'"),
            ("day,sold\n1,2\n2,many\n", "line 3"),
            ("day,sold\n1,2\n2,3\n", "in train"),
        ],
    )
    @pytest.mark.parametrize("verb", ["check", "compare"])
    def test_check_and_compare_report_the_same_mistake_without_importing_keras(
        self, folder, monkeypatch, verb, content, part
    ):
        monkeypatch.setattr("keras_gru.cli.start._import", lambda: pytest.fail("imported"))
        (folder / "sales.yaml").write_text(self.CONFIG)
        if content is not None:
            (folder / "sales.csv").write_text(content)
        assert part in keras_gru(verb, "sales.yaml", code=2)

    def test_check_summarizes_the_data(self, folder):
        (folder / "sales.yaml").write_text(self.CONFIG)
        (folder / "sales.csv").write_text("sold\n" + "1\n2\n" * 50)
        output = keras_gru("check", "sales.yaml")
        assert "66 train, 15 validation, 15 test" in output
        assert output.endswith("sales.yaml: ok\n")
