"""Reading configs: includes, overrides, paths, and the round trip through a written file."""

import os
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_gru.datasets.registry import dataset_kinds
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.packaged import find_packaged, packaged_configs
from keras_gru.experiments.configuration.training import Training
from keras_gru.experiments.configuration.yaml_files import (
    config_files,
    load_experiment,
    load_stored_experiment,
)
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.models.config import ModelConfig

GOOD = """\
name: mine
dataset: {kind: adding, length: 20}
model:
  kind: forecaster
  size: {parameters: 1000}
training:
  learning_rate: 1e-3
"""
SERIES = """\
name: series
dataset: {kind: csv_series, path: data/a.csv, targets: [rail]}
model: {kind: forecaster, size: {units: 4}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, text):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    return name


def load(text, *overrides):
    return load_experiment(write("a.yaml", text), overrides)


def test_numbers_and_words_are_read_as_yaml_1_2():
    experiment = load(GOOD + "description: no\n")
    assert experiment.training.learning_rate == 0.001
    assert experiment.description == "no"


def test_missing_settings_have_the_defaults_of_the_schema():
    experiment = load(GOOD)
    assert experiment.training == Training(learning_rate=1e-3)
    assert experiment.cells == ("gru", "lstm", "simple_rnn")


def test_a_byte_order_mark_is_ignored():
    assert load("\ufeff" + GOOD).name == "mine"


@pytest.mark.parametrize("name", packaged_configs())
def test_packaged_config_loads_by_name_and_by_path(name):
    experiment = load_experiment(name)
    assert experiment.name == name
    assert experiment == load_experiment(packaged_configs()[name])
    assert experiment.description, "keras-gru list prints the description"


def test_a_packaged_config_is_found_even_if_a_folder_has_its_name():
    os.mkdir("quickstart")
    assert load_experiment("quickstart").name == "quickstart"


def test_find_packaged_takes_a_name_with_and_without_its_ending():
    assert find_packaged("quickstart") == find_packaged("quickstart.yaml")
    with pytest.raises(UserError, match="Did you mean 'quickstart'"):
        find_packaged("quikstart")


class TestBase:
    def test_groups_are_merged_and_the_including_file_wins(self):
        write("base.yaml", GOOD)
        experiment = load("base: base.yaml\nname: other\ndataset: {train: 7}\n")
        assert experiment.name == "other"
        assert (experiment.dataset.length, experiment.dataset.train) == (20, 7)
        assert experiment.model.size.parameters == 1000

    def test_a_base_is_relative_to_the_including_file(self):
        write("deep/base.yaml", GOOD)
        write("deep/er/b.yaml", "base: ../base.yaml\n")
        assert load("base: deep/er/b.yaml\n").name == "mine"

    @pytest.mark.parametrize(
        ("dataset", "expected"),
        [
            ("{length: 30}", "Sums."),
            ("{kind: adding}", "Sums."),
            ("{kind: imdb_reviews}\nmodel: {kind: classifier}", ""),
            ("{kind: csv_series, path: a.csv, targets: [a]}", ""),
        ],
    )
    def test_a_description_is_not_inherited_with_other_data(self, dataset, expected):
        write("base.yaml", GOOD + "description: Sums.\n")
        assert load(f"base: base.yaml\ndataset: {dataset}\n").description == expected

    def test_the_last_of_several_bases_wins(self):
        write("one.yaml", GOOD)
        write("two.yaml", "name: two\nseeds: [7]\n")
        experiment = load("base: [one.yaml, two.yaml]\nseeds: [8]\n")
        assert (experiment.name, experiment.seeds) == ("two", (8,))

    def test_a_packaged_config_can_be_a_base(self):
        assert load("base: quickstart\nseeds: [5]\n").seeds == (5,)

    def test_a_group_is_replaced_if_its_kind_changes(self):
        write("base.yaml", GOOD)
        text = "base: base.yaml\ndataset: {kind: imdb_reviews}\n"
        experiment = load(text + "model: {kind: classifier, size: {units: 3}}")
        assert experiment.dataset.kind == "imdb_reviews"
        assert experiment.model.size.model_dump() == {"units": 3}

    def test_a_group_with_the_same_kind_is_merged(self):
        write("base.yaml", GOOD)
        assert load("base: base.yaml\ndataset: {kind: adding, train: 7}").dataset.length == 20

    def test_including_a_file_twice_is_not_a_cycle(self):
        write("root.yaml", GOOD)
        write("left.yaml", "base: root.yaml\nseeds: [1]\n")
        write("right.yaml", "base: root.yaml\ncells: [lstm]\n")
        assert load("base: [left.yaml, right.yaml]\nseeds: [3]\n").cells == ("lstm",)

    def test_a_cycle_is_rejected_and_its_files_are_named(self):
        write("b.yaml", "base: c.yaml\n")
        write("c.yaml", "name: c\nbase: b.yaml\n")
        with pytest.raises(UserError) as caught:
            load("base: b.yaml\n")
        assert str(caught.value) == (
            "c.yaml:2: base: a file cannot include itself: a.yaml → b.yaml → c.yaml → b.yaml"
        )

    def test_missing_file_is_reported_at_its_line(self):
        with pytest.raises(UserError, match=r"^a\.yaml:2: base: there is no file 'no\.yaml'"):
            load("name: x\nbase: [no.yaml]\n")

    def test_a_base_must_be_a_file_name(self):
        with pytest.raises(UserError, match=r"^a\.yaml:1: base: expected a file or a list"):
            load("base: 3\n")

    def test_config_files_lists_every_included_file_once(self, folder):
        write("root.yaml", GOOD)
        write("left.yaml", "base: root.yaml\n")
        write("a.yaml", "base: [left.yaml, root.yaml]\n")
        assert [path.name for path in config_files("a.yaml")] == [
            "a.yaml",
            "left.yaml",
            "root.yaml",
        ]


class TestOverrides:
    def test_override_values_are_yaml_and_replace_the_file(self):
        experiment = load(
            GOOD,
            "training.epochs=3",
            "cells=[gru,lstm]",
            "training.clip_norm=null",
            "description=b=c.d",
        )
        assert experiment.training.epochs == 3
        assert experiment.cells == ("gru", "lstm")
        assert experiment.training.clip_norm is None
        assert experiment.description == "b=c.d", "split at the first = only"
        assert experiment.training.learning_rate == 1e-3, "the group is merged"

    def test_a_grid_replaces_a_value(self):
        assert load(GOOD).tuning is None
        both = load(GOOD, "training.learning_rate={grid: [1, 2]}", "model.dropout={grid: [0.1]}")
        assert both.tuning == {"model.dropout": (0.1,), "training.learning_rate": (1, 2)}
        assert (both.training.learning_rate, both.model.dropout) == (1, 0.1)
        again = load(dump_experiment(both), "training.learning_rate={grid: [3]}")
        assert again.tuning == both.tuning | {"training.learning_rate": (3,)}
        assert (
            load(dump_experiment(both), "training.learning_rate=3", "model.dropout=0").tuning
            is None
        )

    def test_a_grid_of_units(self):
        tuned = load(GOOD, "model.size.units={grid: [3, 4]}")
        assert tuned.tuning == {"model.size.units": (3, 4)}
        sizes = [tuned.with_settings(each).model.size.units for each in tuned.combinations()]
        assert sizes == [3, 4]

    def test_ranges_of_a_sweep_can_be_overridden(self):
        text = GOOD + "sweep: {model: {layers: {low: 2, high: 8}, dropout: {grid: [0.1]}}}\n"
        sweep = load(text, "sweep.model.layers.high=4", "sweep.trials=7").sweep
        assert (sweep.trials, sweep.ranges["model.layers"].high) == (7, 4)
        listed = load(text, "sweep.model.layers={grid: [3]}").sweep.ranges
        assert (listed["model.layers"], listed["model.dropout"]) == ((3,), (0.1,))

    def test_the_last_override_wins(self):
        assert load(GOOD, "seeds=[1]", "seeds=[2]").seeds == (2,)

    def test_units_replace_parameters_and_vice_versa(self):
        assert load(GOOD, "model.size.units=3").model.size.model_dump() == {"units": 3}
        write("b.yaml", GOOD.replace("parameters: 1000", "units: 3"))
        parameters = load_experiment("b.yaml", ["model.size.parameters=50"]).model
        assert parameters.size.model_dump() == {"parameters": 50}

    def test_an_override_of_kind_replaces_the_group_in_any_order(self):
        overrides = ["dataset.targets=[a]", "dataset.kind=csv_series", "dataset.path=/x.csv"]
        assert load(GOOD, *overrides) == load(GOOD, *overrides[::-1])

    def test_a_missing_setting_is_reported_at_the_line_of_its_group(self):
        with pytest.raises(UserError, match=r"^a\.yaml:2: dataset\.kind: missing setting"):
            load(
                "name: x\ndataset: {length: 3}\nmodel: {kind: forecaster, size: {units: 1}}",
                "dataset.train=3",
            )


class TestPath:
    def test_a_path_is_relative_to_the_file_that_sets_it(self, folder):
        write("there/base.yaml", SERIES)
        expected = str(folder / "there" / "data" / "a.csv")
        assert load_experiment("there/base.yaml").dataset.path == expected
        assert load("base: there/base.yaml\nname: b\n").dataset.path == expected

    def test_a_path_in_an_override_is_relative_to_the_working_folder(self, folder):
        write("there/base.yaml", SERIES)
        experiment = load_experiment("there/base.yaml", ["dataset.path=b.csv"])
        assert experiment.dataset.path == str(folder / "b.csv")

    def test_a_tilde_is_the_home_folder(self, monkeypatch):
        monkeypatch.setenv("HOME", "/home/somebody")
        experiment = load(SERIES, "dataset.path=~/b.csv")
        assert experiment.dataset.path == "/home/somebody/b.csv"

    def test_a_resolved_file_gives_the_same_run_from_any_folder(self, folder, monkeypatch):
        experiment = load(SERIES)
        os.makedirs("runs/x")
        write("runs/x/experiment.yaml", dump_experiment(experiment))
        monkeypatch.chdir("/")
        assert load_experiment(folder / "runs/x/experiment.yaml") == experiment

    def test_a_path_set_in_python_is_written_as_an_absolute_path(self, folder):
        experiment = Experiment.model_validate(
            {
                "name": "x",
                "dataset": {"kind": "text_file", "path": "a.txt"},
                "model": {"kind": "language_model", "size": {"units": 3}},
            }
        )
        write("deep/b.yaml", dump_experiment(experiment))
        assert load_experiment("deep/b.yaml").dataset.path == str(folder / "a.txt")


def test_a_run_directory_can_be_read_without_its_custom_cells():
    write("a.yaml", GOOD + "cells: [somebodys_cell]\n")
    with pytest.raises(UserError, match="unknown cell 'somebodys_cell'"):
        load_experiment("a.yaml")
    assert load_stored_experiment(Path("a.yaml")).cells == ("somebodys_cell",)


def test_a_run_of_another_version_is_rejected():
    write("experiment.yaml", GOOD.replace("size: {parameters: 1000}", "units: 3"))
    with pytest.raises(UserError, match=r"^experiment\.yaml: .* this version of keras-gru"):
        load_stored_experiment(Path("experiment.yaml"))


def test_a_written_config_starts_with_the_command_that_runs_it():
    assert dump_experiment(load(GOOD)).startswith("# keras-gru compare ")


# Strings that YAML could read as another type, and characters that it must escape.
TRICKY = [
    "no",
    "null",
    "~",
    "1e-3",
    "0x1F",
    "3",
    "true",
    "2020-01-01",
    "a: b",
    "#a",
    "- a",
    "a\nb",
    " a ",
    "&a",
    "?a",
    "*a",
    "!a",
    "{a}",
    "[a",
    "'",
    '"',
    "\x85",
    "\u2028",
    "\ufeff",
    "\x07",
    "%a",
    "",
]
words = st.one_of(st.sampled_from(TRICKY), st.text(st.characters(codec="utf-8"), max_size=120))
columns = words.filter(bool)
floats = st.floats(min_value=1e-300, max_value=0.499, allow_subnormal=False)
grids = st.lists(floats, min_size=1, max_size=2, unique=True).map(lambda tried: {"grid": tried})


def group(classes, fixed):
    """Return a strategy for groups of any kind; `fixed` has strategies by field name."""

    def subclasses(cls):
        fields = {"kind": st.sampled_from(get_args(cls.model_fields["kind"].annotation))}
        for name, field in cls.model_fields.items():
            if name in fixed:
                needed = st.just(fixed[name]) if isinstance(fixed[name], str) else fixed[name]
                fields[name] = needed
            elif field.annotation is bool:
                fields[name] = st.booleans()
        return st.fixed_dictionaries(fields)

    return {cls: subclasses(cls) for cls in classes}


datasets = group(
    dict.fromkeys(dataset_kinds().values()),
    {
        "path": st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).map(
            lambda text: os.path.abspath(f"/data/{text}")
        ),
        "targets": st.lists(columns, min_size=1, max_size=3, unique=True).map(tuple),
        "inputs": st.none() | st.lists(columns, min_size=1, max_size=3, unique=True).map(tuple),
        "text": columns.filter(lambda name: name != "label"),
        "name": st.just("glue/sst2:2.0.0"),
        "tags": words,
        "task": "classification",
        "validation_fraction": floats,
        "test_fraction": floats,
        "season": st.none() | st.integers(1, 1000),
        "fill_gaps": st.just(False),  # its rule with `missing` is tested elsewhere
    },
)
models = group(
    get_args(get_args(ModelConfig)[0]),
    {
        "size": st.fixed_dictionaries({"parameters": st.integers(1, 10**9)}),
        "dropout": floats,
        "zoneout": floats | st.tuples(floats, floats),
        "gate_bias": st.none() | floats,
        "layers": st.integers(1, 32),
        "bidirectional": st.just(False),  # its rules are tested elsewhere
        "residual": st.just(False),
        "autoregressive": st.just(False),
        "embed_categories": st.none(),
    },
)
pairs = st.sampled_from(
    [
        (data, model)
        for data in datasets
        for model in models
        if model.task == getattr(data, "task", "classification")
    ]
)


@st.composite
def experiments(draw):
    data, model = draw(pairs)
    return Experiment(
        name=draw(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")),
        description=draw(words),
        seeds=tuple(draw(st.lists(st.integers(0, 2**31 - 1), min_size=1, unique=True))),
        cells=tuple(draw(st.permutations(["gru", "lstm", "simple_rnn"]))),
        dataset=draw(datasets[data]),
        model=draw(models[model]),
        match=draw(st.sampled_from([None, "parameters"])),
        training=dict(
            learning_rate=draw(floats | grids),
            clip_norm=draw(st.none() | floats | st.just({"grid": [None, 1]})),
            average=draw(st.none() | floats),
            weight_noise=draw(floats),
            jit_compile=draw(st.sampled_from(["auto", True, False, {"grid": ["auto", False]}])),
        ),
        sweep=draw(
            st.none()
            | st.fixed_dictionaries(
                {
                    "sampler": st.sampled_from(["tpe", "random"]),
                    "model": st.fixed_dictionaries({"size": st.just({"units": {"grid": [3, 4]}})}),
                    "training": st.fixed_dictionaries(
                        {
                            "learning_rate": st.just({"low": 1e-5, "high": 1, "log": True}) | grids,
                            "batch_size": st.just({"low": 8, "high": 32, "step": 8}),
                        }
                    ),
                }
            )
        ),
        runs=draw(words.filter(lambda text: text and "\0" not in text)),
    )


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(experiment=experiments())
def test_every_experiment_survives_writing_and_reading(experiment):
    text = dump_experiment(experiment)
    again = load(text)
    assert again == experiment
    assert dump_experiment(again) == text
