"""The commands, run in this process: what they print and write, and their exit codes."""

import errno
import json
import re
import shlex

import pytest
from typer.testing import CliRunner

from keras_gru.cells import cell_names
from keras_gru.cli import app
from keras_gru.experiments import configuration
from keras_gru.experiments.configuration.packaged import packaged_configs, packaged_recipes
from keras_gru.experiments.configuration.yaml_files import load_experiment

TINY = [
    "dataset.length=4",
    "dataset.train=32",
    "dataset.validation=16",
    "dataset.test=16",
    "model.size.units=2",
    "training.epochs=1",
    "training.jit_compile=false",
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keras_gru(*arguments, code=0):
    """Run a command that must exit with `code`; return stdout, or stderr if it fails."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    if code:
        assert not result.stdout, "a mistake is printed on stderr only"
    return result.stderr if code else result.stdout


def test_list_names_every_config_recipe_cell_and_dataset():
    listed = keras_gru("list")
    words = {line.split()[0]: line.split()[1:] for line in listed.splitlines() if line}
    for name in [*packaged_configs(), *packaged_recipes(), *cell_names(), "csv_series", "tagger"]:
        assert words[name], f"{name} has a description"


def test_list_includes_configs_with_errors(folder, monkeypatch):
    (folder / "bad.yaml").write_text("name: [")
    monkeypatch.setattr(
        configuration.packaged, "packaged_configs", lambda: {"bad": folder / "bad.yaml"}
    )
    assert "bad               (has errors: keras-gru check bad)" in keras_gru("list")


def test_show_prints_the_file_unchanged():
    for name, path in {**packaged_configs(), **packaged_recipes()}.items():
        assert keras_gru("show", name) == path.read_text(encoding="utf-8")


def test_show_suggests_the_nearest_name():
    printed = keras_gru("show", "quikstart", code=2)
    assert printed == "no config or recipe is named 'quikstart'. Did you mean 'quickstart'?\n"


class TestCopy:
    def test_copies_a_config_into_the_working_folder(self, folder):
        assert keras_gru("copy", "quickstart") == "quickstart.yaml\n"
        assert load_experiment("quickstart.yaml") == load_experiment("quickstart")

    def test_copies_a_recipe_to_another_name(self, folder):
        keras_gru("copy", "compare", "mine.py")
        recipe = packaged_recipes()["compare"].read_text(encoding="utf-8")
        assert (folder / "mine.py").read_text(encoding="utf-8") == recipe

    def test_never_overwrites_without_force(self, folder):
        (folder / "quickstart.yaml").write_text("mine")
        printed = keras_gru("copy", "quickstart", code=2)
        assert printed.startswith("quickstart.yaml: exists already")
        assert (folder / "quickstart.yaml").read_text() == "mine"
        keras_gru("copy", "quickstart", "--force")
        assert load_experiment("quickstart.yaml").name == "quickstart"

    def test_copies_the_files_that_a_config_includes(self, folder, monkeypatch):
        source = folder / "packaged"
        (source / "parts").mkdir(parents=True)
        (source / "a.yaml").write_text("base: parts/b.yaml\nname: a\n")
        text = packaged_configs()["quickstart"].read_text(encoding="utf-8")
        (source / "parts" / "b.yaml").write_text(text)
        monkeypatch.setattr(
            configuration.packaged, "packaged_configs", lambda: {"a": source / "a.yaml"}
        )
        (folder / "to" / "parts").mkdir(parents=True)
        keras_gru("copy", "a", "to")
        assert load_experiment("to/a.yaml") == load_experiment(source / "a.yaml")

    def test_a_missing_folder_is_rejected(self):
        printed = keras_gru("copy", "quickstart", "no/x.yaml", code=2)
        assert printed == "no: expected a folder, found none. Create it first.\n"

    def test_a_full_disk_is_reported_in_one_sentence(self, folder, monkeypatch):
        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device", "quickstart.yaml")

        monkeypatch.setattr("keras_gru.files.write_text", full)
        printed = keras_gru("copy", "quickstart", code=2)
        assert printed == "quickstart.yaml: No space left on device\n"


class TestCheck:
    """`test_process` checks every packaged config."""

    def test_the_resolved_config_is_the_same_experiment(self, folder):
        overrides = ["training.epochs=3", "cells=[gru,lstm]"]
        text = keras_gru("check", "quickstart", overrides[0], "--resolved", overrides[1])
        (folder / "a.yaml").write_text(text)
        assert load_experiment("a.yaml") == load_experiment("quickstart", overrides)

    def test_reports_every_mistake_and_exits_with_2(self):
        printed = keras_gru("check", "quickstart", "model.layerss=3", "cells=[grux]", code=2)
        assert printed.splitlines() == [
            "override 'cells=[grux]': cells.0: unknown cell 'grux'. Did you mean 'gru'?",
            "override 'model.layerss=3': model.layerss: unknown setting. Did you mean 'layers'?",
        ]


class TestSchema:
    def test_the_schema_is_written_with_the_line_that_enables_it(self, folder):
        printed = keras_gru("schema", "s.json")
        assert printed.endswith("# yaml-language-server: $schema=s.json\n")
        assert json.loads((folder / "s.json").read_text()) == json.loads(keras_gru("schema"))

    def test_a_folder_is_rejected(self, folder):
        assert "Give the name of a file" in keras_gru("schema", ".", code=2)

    def test_agrees_with_check(self, folder):
        jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
        from ruamel.yaml import YAML

        schema = jsonschema.Draft202012Validator(json.loads(keras_gru("schema")))
        yaml = YAML(typ="safe", pure=True)
        for name, path in packaged_configs().items():
            schema.validate(yaml.load(path))
            schema.validate({"base": name, "model": {"size": {"units": 3}}})
            assert not schema.is_valid({"base": name, "model": {"size": {"unitss": 3}}})
            assert not schema.is_valid({"base": name, "training": {"epochs": 0}})
            schema.validate({"base": name, "training": {"epochs": {"grid": [1, 2]}}})
            assert not schema.is_valid({"base": name, "training": {"epochs": {"grid": [0]}}})
            assert not schema.is_valid({"name": name})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The run directory of a very small comparison."""
    runs = tmp_path_factory.mktemp("runs")
    small = [*TINY, "cells=[gru,simple_rnn]", "seeds=[3]", f"runs={runs}"]
    printed = keras_gru("compare", "quickstart", *small)
    (run,) = runs.glob("*/*")
    assert f"The page: {run / 'report.html'}" in printed.replace("\n", "")
    return run


class TestRuns:
    def test_compare_writes_the_page_and_the_resolved_config(self, run):
        assert (run / "report.html").stat().st_size > 1000
        resolved = load_experiment(run / "experiment.yaml")
        assert resolved.cells == ("gru", "simple_rnn")
        given = load_experiment(
            "quickstart",
            [*TINY, "cells=[gru,simple_rnn]", "seeds=[3]", f"runs={run.parent.parent}"],
        )
        assert resolved == given.with_shards(resolved.training.shards)
        assert resolved.training.shards is not None

    def test_resume_of_a_finished_comparison_trains_nothing(self, run):
        before = (run / "results.jsonl").read_bytes()
        keras_gru("compare", "--resume", run)
        assert (run / "results.jsonl").read_bytes() == before

    def test_resume_with_other_settings_is_rejected(self, run):
        printed = keras_gru("compare", "quickstart", "--resume", run, code=2)
        assert printed.startswith("cells: expected those of the run first, [gru, simple_rnn]")
        printed = keras_gru("compare", "training.epochs=9", "--resume", run, code=2)
        assert printed.startswith(f"{run}: expected the settings of the run")

    def test_learning_curve_uses_a_comparison_for_the_full_fraction(self, run):
        before = (run / "results.jsonl").read_bytes()
        printed = keras_gru("learning-curve", "--resume", run, "--fractions", "0.5", "--jobs", 1)
        assert (run / "results.jsonl").read_bytes() == before
        assert re.search(r"50% +16 ", printed) and re.search(r"100% +32 ", printed)
        words = " ".join(printed.split())
        assert "between GRU and SimpleRNN; to reach " in words
        assert "Training data needed" in (run / "report.html").read_text(encoding="utf-8")

    def test_learning_curve_explains_invalid_fractions(self, run):
        printed = keras_gru("learning-curve", "--resume", run, "--fractions", "half", code=2)
        assert printed.startswith("--fractions: expected numbers such as 0.05,0.2,0.5, got 'half'")

    def test_evaluate_equals_the_recorded_value(self, run):
        rows = [json.loads(line) for line in (run / "results.jsonl").read_text().splitlines()]
        for row in rows:
            printed = keras_gru("evaluate", run, "--cell", row["cell"])
            mse = f"{row['test']['mse']:.4f}"
            assert printed == (
                f"{row['label']}, seed 3, test: MSE {mse} (recorded on test: {mse})\n"
            )

    def test_report_writes_the_page_to_the_given_path(self, run, folder):
        assert "SimpleRNN" in keras_gru("report", run, "--page", "page.html")
        assert "<svg" in (folder / "page.html").read_text(encoding="utf-8")

    def test_report_counts_the_seconds_to_a_target(self, run):
        assert "0.0001" in keras_gru("report", run, "--target", "0.0001")
        assert "not reached" in keras_gru("report", run, "--target", "0.0001")
        assert "not reached" not in keras_gru("report", run, "--target", "1e6")
        printed = keras_gru("report", run, "--target", "nan", code=2)
        assert printed == "--target: expected a finite number, got nan\n"

    def test_generate_and_translate_reject_a_forecaster(self, run):
        assert "cannot write text" in keras_gru("generate", run, code=2)
        assert "cannot translate" in keras_gru("translate", run, "Hello.", code=2)

    def test_train_is_a_comparison_of_one_cell_and_one_seed(self, folder):
        keras_gru("train", "quickstart", *TINY, "--cell", "lstm", "--seed", 7, f"runs={folder}/r")
        (run,) = folder.glob("r/*/*")
        (row,) = (run / "results.jsonl").read_text().splitlines()
        assert (json.loads(row)["cell"], json.loads(row)["seed"]) == ("lstm", 7)


class TestSweep:
    @pytest.fixture(autouse=True)
    def packages(self):
        pytest.importorskip("optuna", reason="optuna is not installed")
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")

    def test_draws_trains_and_resumes(self, folder):
        drawn = "sweep.training.learning_rate={low: 1e-3, high: 1e-1, log: true}"
        command = ["sweep", "quickstart", *TINY, "cells=[simple_rnn]", drawn, "--jobs", 1]
        printed = keras_gru(*command, "--trials", 2)
        assert (
            "Trial 2 seed 0: finished" in printed and "cannot be estimated from 2 trials" in printed
        )
        page = folder / "runs" / "quickstart" / "sweep" / "report.html"
        assert "svg" in page.read_text(encoding="utf-8")
        printed = keras_gru(*command, "--trials", 3)
        assert "Trial 1 seed 0: finished" in printed and "Trial 2" not in printed
        assert "cannot be estimated from 3 trials" in printed
        assert "Trial" not in keras_gru(*command, "--trials", 3)
        # The command that it prints at the end runs.
        (line,) = (line for line in printed.splitlines() if line.startswith("  keras-gru compare"))
        keras_gru(*shlex.split(line)[1:], "seeds=[0]")
        assert list(folder.glob("runs/quickstart/*/simple_rnn-seed0/*.keras"))

    def test_other_settings_are_rejected(self, folder):
        units = "sweep.model.size.units={grid: [1,2]}"
        keras_gru("sweep", "quickstart", *TINY, units, "--trials", 1, "--jobs", 1)
        printed = keras_gru("sweep", "quickstart", *TINY, units, "training.epochs=2", code=2)
        assert "got others for training.epochs." in printed

    def test_a_config_without_ranges(self):
        assert "nothing to sweep over" in keras_gru("sweep", "embedded_reber", code=2)


def test_help_names_every_verb():
    printed = keras_gru("--help")
    verbs = "list new show copy check train compare learning-curve sweep claims evaluate inspect"
    for verb in [*verbs.split(), "generate", "translate", "export", "report", "schema"]:
        assert f" {verb} " in printed, verb


@pytest.mark.parametrize("verb", ["evaluate", "inspect", "generate", "report"])
def test_a_folder_that_is_no_run_directory_is_rejected(verb, folder):
    assert "expected a run directory" in keras_gru(verb, folder, code=2)


def test_compare_requires_a_config_or_a_run():
    assert keras_gru("compare", code=2).startswith("config: expected a config")


def test_train_suggests_the_nearest_cell():
    printed = keras_gru("train", "quickstart", "--cell", "grux", code=2)
    assert printed == "override 'cells=[grux]': cells.0: unknown cell 'grux'. Did you mean 'gru'?\n"


@pytest.mark.parametrize("arguments", [(), ("somewhere",)])
def test_ctrl_c_prints_how_to_resume(arguments, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt(*arguments)

    monkeypatch.setattr("keras_gru.experiments.configuration.yaml_files.load_experiment", stopped)
    printed = keras_gru("check", "quickstart", code=130)
    assert (arguments[0] if arguments else "--resume RUN") in printed
    assert len(printed.strip().splitlines()) == 1
