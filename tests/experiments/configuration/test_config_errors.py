"""Mistakes in configs: the line, the path, the code and the advice of each problem."""

import pickle

import pytest

from keras_gru.errors import UserError
from keras_gru.experiments.configuration import rules
from keras_gru.experiments.configuration.problems import ConfigError
from keras_gru.experiments.configuration.yaml_files import load_experiment

HEAD = "name: mine\ndataset: {kind: adding}\n"
GOOD = HEAD + "model: {kind: forecaster, size: {units: 3}}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Each test works in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(content, *overrides, name="a.yaml"):
    """Return the problems of a file with this content."""
    with open(name, "w", encoding="utf-8") as file:
        file.write(content)
    with pytest.raises(ConfigError) as caught:
        load_experiment(name, overrides)
    assert len(str(caught.value).splitlines()) == len(caught.value.problems)
    return caught.value.problems


def places(content, *overrides):
    """Return line (0 for an override), path and code of every problem."""
    return [(p.place.line, p.path, p.code) for p in problems(content, *overrides)]


def only_problem(content, *overrides):
    (problem,) = problems(content, *overrides)
    return problem


@pytest.mark.parametrize(
    ("setting", "expected"),
    {
        "epochs: 0": "a whole number from 1 to 100000",
        "epochs: ten": "a whole number from 1 to 100000",
        "epochs: 2.5": "a whole number from 1 to 100000",
        "epochs: true": "a whole number from 1 to 100000",
        "epochs: '3'": "a whole number from 1 to 100000",
        "epochs:": "a whole number from 1 to 100000",
        "epochs: [3, 4]": "a whole number from 1 to 100000",
        "epochs: {a: 3}": "a whole number from 1 to 100000",
        "learning_rate: .nan": "a number above 0 and up to 10",
        "momentum: 1": "a number of at least 0 and below 1",
        "clip_norm: .inf": "a number above 0 and up to 1000000.0 or null",
        "schedule: linear": "one of 'constant', 'cosine', 'exponential', 'step', 'plateau'",
        "patience: 0": "a whole number of at least 1 or null",
        "tensorboard: no": "true or false",
        "jit_compile: maybe": "'auto' or true or false",
        "optimizer: 3": "one of 'adam', 'adamw', 'nadam', 'rmsprop', 'sgd'",
    }.items(),
)
def test_each_kind_of_value_has_one_wording(setting, expected):
    problem = only_problem(f"{GOOD}training:\n  {setting}\n")
    assert (problem.code, problem.expected, problem.place.line) == ("wrong_value", expected, 5)
    assert problem.path == f"training.{setting.partition(':')[0]}"
    assert str(problem).startswith(f"a.yaml:5: {problem.path}: expected {expected}, got ")


@pytest.mark.parametrize(
    ("line", "path", "code", "advice"),
    [
        ("cells: [grux]", "cells.0", "unknown_cell", "'gru'"),
        ("cells: gru", "cells", "wrong_value", "[gru]"),
        ("cells: [3]", "cells.0", "wrong_value", "quotes: '3'"),
        ("cells: [a: b]", "cells.0", "wrong_value", "quotes: 'a: b'"),
        ("cells: []", "cells", "wrong_value", ""),
        ("cells: [gru, gru]", "cells", "value_error", ""),
        ("seeds: [1, -2]", "seeds.1", "wrong_value", ""),
        ("epochs: 3", "epochs", "unknown_setting", "'training.epochs'"),
        ("unitz: 3", "unitz", "unknown_setting", "Known: "),
        ("training: 3", "training", "wrong_value", ""),
        ("training: {epoch: 3}", "training.epoch", "unknown_setting", "'epochs'"),
        ("training: {seeds: [1]}", "training.seeds", "unknown_setting", "'seeds'"),
        ("tuning: {training.epochs: [1]}", "tuning", "unknown_setting", "{grid: [0.001, 0.003]}"),
        ("seeds: {grid: [1, 2]}", "seeds", "not_tried", ""),
    ],
)
def test_problems_at_the_top_level(line, path, code, advice):
    problem = only_problem(f"{GOOD}{line}\n")
    assert (problem.place.line, problem.path, problem.code) == (4, path, code)
    assert advice in problem.suggestion


@pytest.mark.parametrize("name", ["a b", "ä", "_a", "x" * 101])
def test_an_invalid_name_is_explained(name):
    problem = only_problem(GOOD.replace("mine", name))
    assert problem.path == "name" and "^" not in str(problem)
    if problem.code == "wrong_value":
        assert "letters, digits" in problem.expected and "Write it as" in problem.suggestion


@pytest.mark.parametrize(
    ("model", "path", "code", "advice"),
    [
        ("{kind: forecastr}", "model.kind", "unknown_kind", "'forecaster'"),
        ("{kind: 3}", "model.kind", "unknown_kind", "Known: classifier"),
        ("{kind: [a]}", "model.kind", "unknown_kind", ""),
        ("{kind: {a: b}}", "model.kind", "unknown_kind", ""),
        ("{size: {units: 3}}", "model.kind", "missing", ""),
        ("gru", "model", "wrong_value", ""),
        ("{kind: forecaster}", "model.size", "missing", ""),
        ("{kind: forecaster, size: 3}", "model.size", "size", "size: {units: 32}"),
        ("{kind: forecaster, size: {}}", "model.size", "size", ""),
        ("{kind: forecaster, size: {unit: 3}}", "model.size", "size", ""),
        ("{kind: forecaster, size: {units: 3, parameters: 9}}", "model.size", "size", ""),
        ("{kind: forecaster, size: {units: 0}}", "model.size.units", "wrong_value", ""),
        ("{kind: forecaster, size: {grid: [1]}}", "model.size", "not_tried", ""),
        (
            "{kind: forecaster, size: {units: 3}, layerss: 3}",
            "model.layerss",
            "unknown_setting",
            "'layers'",
        ),
        ("{kind: forecaster, size: {units: 3}, zoneout: 1}", "model.zoneout", "wrong_value", ""),
    ],
)
def test_problems_of_the_model(model, path, code, advice):
    problem = only_problem(f"model: {model}\n{HEAD}")
    assert (problem.place.line, problem.path, problem.code) == (1, path, code)
    assert advice in problem.suggestion


def test_units_outside_of_size_are_rejected_with_advice():
    said = problems(f"{HEAD}model: {{kind: forecaster, units: 3}}\n")
    assert [(p.path, p.code) for p in said] == [
        ("model.size", "missing"),
        ("model.units", "unknown_setting"),
    ]
    assert said[1].suggestion == "Did you mean 'size: {units: …}'?"


TAGS = "dataset: {kind: copy_memory, curriculum: {shortest: 5, stages: 3, epochs: 5}}\n"
RIDERS = "name: x\ndataset: {kind: cta_ridership, every_step: true}\n"
TAGGER = "name: x\nmodel: {kind: tagger, size: {units: 3}}\n"
# rule: (settings that break it, the setting that the message names)
BROKEN = {
    "model_fits_data": (GOOD.replace("forecaster", "tagger"), "model.kind"),
    "one_initial_bias": (GOOD.replace("}}", "}, chrono: 9, gate_bias: 1}"), "model.chrono"),
    "units_to_match": (
        HEAD + "match: units\nmodel: {kind: forecaster, size: {parameters: 500}}\n",
        "match",
    ),
    "cells_to_match": (GOOD + "match: parameters\ncells: [gru]\n", "match"),
    "size_is_not_tried": (
        GOOD.replace("units: 3", "units: {grid: [3, 4]}") + "match: parameters\n",
        "model.size.units",
    ),
    "labels_to_smooth": (GOOD + "training: {label_smoothing: 0.1}\n", "training.label_smoothing"),
    "loss_of_forecasts": (TAGGER + TAGS + "training: {loss: mae}\n", "training.loss"),
    "curriculum_ends": (TAGGER + TAGS + "training: {epochs: 10}\n", "training.epochs"),
    "patience_outlasts_curriculum": (
        TAGGER + TAGS + "training: {patience: 9}\n",
        "training.patience",
    ),
    "curriculum_of_whole_sequences": (
        TAGGER + TAGS + "training: {truncate: 9}\n",
        "training.truncate",
    ),
    "truncation_needs_causal_outputs": (GOOD + "training: {truncate: 9}\n", "training.truncate"),
    "decay_fits_schedule": (GOOD + "training: {decay_factor: 0.5}\n", "training.decay_factor"),
    "momentum_is_used": (GOOD + "training: {momentum: 0.9}\n", "training.momentum"),
    "plateau_without_warmup": (
        GOOD + "training: {schedule: plateau, decay_factor: 0.5, decay_epochs: 2, warmup: 1}\n",
        "training.warmup",
    ),
    "plateau_before_patience": (
        GOOD + "training: {schedule: plateau, decay_factor: 0.5, decay_epochs: 2, patience: 2}\n",
        "training.decay_epochs",
    ),
    "front_keeps_every_step": (
        RIDERS + "model: {kind: forecaster, size: {units: 3}, front: {strides: 2}}\n",
        "model.front.strides",
    ),
    "forecast_from_the_past": (
        RIDERS + "model: {kind: forecaster, size: {units: 3}, bidirectional: true}\n",
        "model.bidirectional",
    ),
    "one_kind_of_difference": (
        GOOD.replace("}}", "}, residual: true, subtract_last: true}"),
        "model.residual",
    ),
    "categories_to_embed": (
        GOOD.replace("}}", "}, embed_categories: 3}"),
        "model.embed_categories",
    ),
    "recurrent_output_is_last": (GOOD.replace("}}", "}, head: none, dense: [3]}"), "model.dense"),
    "autoregressive_from_its_state": (
        RIDERS + "model: {kind: forecaster, size: {units: 3}, autoregressive: true}\n",
        "model.autoregressive",
    ),
    "warmup_ends": (GOOD + "training: {epochs: 3, warmup: 3}\n", "training.warmup"),
}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.check.__name__)
def test_every_rule_about_several_settings(rule):
    content, path = BROKEN[rule.check.__name__]
    problem = only_problem(content)
    assert (problem.code, problem.path) == (rule.check.__name__, path)
    assert problem.place.line and problem.suggestion


@pytest.mark.parametrize(
    ("curriculum", "expected"),
    [
        (
            "{shortestt: 5}",
            [
                (2, "dataset.curriculum.shortest", "missing"),
                (2, "dataset.curriculum.shortestt", "unknown_setting"),
            ],
        ),
        ("5", [(2, "dataset.curriculum", "wrong_value")]),
        ("{shortest: 5, stages: 1}", [(2, "dataset.curriculum.stages", "wrong_value")]),
    ],
)
def test_problems_of_a_curriculum(curriculum, expected):
    content = f"name: x\ndataset: {{kind: copy_memory, curriculum: {curriculum}}}\n"
    assert places(content + "model: {kind: tagger, size: {units: 3}}\n") == expected


@pytest.mark.parametrize(
    ("training", "path", "code"),
    [
        ("learning_rate: {grid: [1, 0]}", "training.learning_rate.grid.1", "wrong_value"),
        ("learning_rate: {grid: [0, 1]}", "training.learning_rate.grid.0", "wrong_value"),
        ("lr: {grid: [1]}", "training.lr", "unknown_setting"),
        ("epochs: {grid: 3}", "training.epochs", "bad_grid"),
        ("epochs: {grid: []}", "training.epochs", "bad_grid"),
        ("epochs: {grid: [1], and: 2}", "training.epochs", "bad_grid"),
        ("epochs: {grid: [[1]]}", "training.epochs", "bad_grid"),
        ("epochs: {grid: [2, 2]}", "training.epochs.grid", "repeated_value"),
        ("learning_rate: {grid: [1, 1.0]}", "training.learning_rate.grid", "repeated_value"),
        (f"epochs: {{grid: {list(range(1, 1003))}}}", "training.epochs", "too_many_combinations"),
        ("schedule: {grid: [constant, step]}", "training.schedule", "decay_fits_schedule"),
        ("patience: {grid: [9, 2]}, truncate: 3", "training.truncate", None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_problems_of_a_grid(training, path, code):
    problem = only_problem(f"{GOOD}training: {{{training}}}\n")
    assert (problem.place.line, problem.path) == (4, path)
    assert problem.code == (code or "truncation_needs_causal_outputs")


def test_every_combination_of_a_grid_must_follow_the_rules():
    fits = "training: {epochs: {grid: [5, 9]}, warmup: {grid: [1, %s]}}\n"
    with open("a.yaml", "w", encoding="utf-8") as file:
        file.write(GOOD + fits % 4)
    assert len(load_experiment("a.yaml").combinations()) == 4
    assert only_problem(GOOD + fits % 5).code == "warmup_ends"  # 5 epochs with 5 of warm-up


@pytest.mark.parametrize(
    ("sweep", "path", "code"),
    [
        ("{trials: 3}", "sweep", "nothing_to_draw"),
        ("{sampler: grid, model: {layers: {grid: [4]}}}", "sweep.sampler", "wrong_value"),
        ("{units: {grid: [1]}}", "sweep.units", "unknown_setting"),
        ("{training: {epoch: {low: 1, high: 3}}}", "sweep.training.epoch", "unknown_setting"),
        ("{training: {epochs: {low: 1}}}", "sweep.training.epochs.high", "missing"),
        ("{dataset: {length: {grid: [1]}}}", "sweep.dataset", "unknown_setting"),
        ("{model: {kind: {grid: [tagger]}}}", "sweep.model.kind", "not_tried"),
        ("{model: {size: {units: 3}}}", "sweep.model.size.units", "wrong_value"),
        ("{model: {layers: 3}}", "sweep.model.layers", "wrong_value"),
        ("{model: {layers: {low: 3}}}", "sweep.model.layers.high", "missing"),
        ("{model: {layers: {low: 3, high: 4, l: 1}}}", "sweep.model.layers.l", "unknown_setting"),
        ("{model: {layers: {low: 4, high: 4}}}", "sweep.model.layers", "value_error"),
        (
            "{model: {dropout: {low: 0, high: 0.5, log: true}}}",
            "sweep.model.dropout",
            "value_error",
        ),
        (
            "{model: {layers: {low: 4, high: 8, log: true, step: 2}}}",
            "sweep.model.layers",
            "value_error",
        ),
        ("{model: {layers: {low: 4, high: 8, step: 3}}}", "sweep.model.layers", "value_error"),
        ("{model: {layers: {low: 4, high: 8, step: 0.5}}}", "sweep.model.layers", "value_error"),
        # Both ends of a range must be valid values of the setting.
        ("{model: {layer: {grid: [1]}}}", "sweep.model.layer", "unknown_setting"),
        ("{model: {dropout: {low: 0.5, high: 1.5}}}", "sweep.model.dropout.high", "wrong_value"),
        ("{model: {layers: {low: 4, high: 8.5}}}", "sweep.model.layers.high", "wrong_value"),
        ("{model: {layers: {grid: [4, 0]}}}", "sweep.model.layers.grid.1", "wrong_value"),
        (
            "{model: {size: {units: {low: 0, high: 9}}}}",
            "sweep.model.size.units.low",
            "wrong_value",
        ),
        ("{training: {batch_size: {grid: [8, 8]}}}", "sweep.training.batch_size.grid", None),
        (
            f"{{training: {{epochs: {{grid: {list(range(1, 1003))}}}}}}}",
            "sweep",
            "too_many_combinations",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_problems_of_the_ranges_of_a_sweep(sweep, path, code):
    problem = only_problem(f"{GOOD}sweep: {sweep}\n")
    assert (problem.place.line, problem.path, problem.code) == (4, path, code or "repeated_value")


def test_settings_that_require_each_other_can_be_sampled_together(folder):
    text = GOOD + "sweep: {training: {schedule: {grid: [step]}, decay_factor: {grid: [0.5]}}}\n"
    assert only_problem(text).code == "decay_fits_schedule"
    (folder / "a.yaml").write_text(text)
    drawn = "sweep.training.decay_epochs={low: 2, high: 5}"
    assert "training.decay_epochs" in load_experiment(folder / "a.yaml", [drawn]).sweep.ranges


def test_a_sampled_size_replaces_the_configured_one():
    units = load_experiment("jsb_chorales", ["model.size.units=3"])
    changed = units.with_settings({"model.size.parameters": 500}).model.size
    assert changed.model_dump() == {"parameters": 500}
    assert "model.size.parameters" in units.sweep.ranges and units.model.size.units == 3


def test_all_problems_are_reported_at_once_in_the_order_of_lines():
    reported = places(
        "seeds:\n"
        "  - 0\n"
        "  - x\n"
        "name: a b\n"
        "cells: [gru, lstmm]\n"
        "model:\n"
        "  kind: classifier\n"
        "  size: {unitss: 3}\n"
        "dataset:\n"
        "  kind: csv_series\n"
        "  targets: []\n"
        "nam: x\n"
        "training:\n"
        "  patience:\n"
        "    grid:\n"
        "      - 1\n"
        "      - 0\n",
        "training.epochs=0",
        "training.clip=1",
        "seeds",
    )
    assert reported == [
        (3, "seeds.1", "wrong_value"),
        (4, "name", "wrong_value"),
        (5, "cells.1", "unknown_cell"),
        (8, "model.size", "size"),
        (9, "dataset.path", "missing"),
        (11, "dataset.targets", "wrong_value"),
        (12, "nam", "unknown_setting"),
        (17, "training.patience.grid.1", "wrong_value"),
        (0, "", "not_name_value"),
        (0, "training.clip", "unknown_setting"),
        (0, "training.epochs", "wrong_value"),
    ]


def test_a_config_error_can_be_pickled():
    with pytest.raises(ConfigError) as caught:
        load_experiment("quickstart", ["training.epochs=0"])
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.problems) == (str(caught.value), caught.value.problems)


def test_missing_groups_are_reported():
    assert [(p.path, p.code) for p in problems("description: x\n")] == [
        ("dataset", "missing"),
        ("model", "missing"),
        ("name", "missing"),
    ]


def test_a_problem_in_an_included_file_is_reported_there(folder):
    (folder / "base.yaml").write_text(GOOD + "sed: [1]\n")
    problem = only_problem("base: base.yaml\nname: other\n")
    assert (str(problem.place), problem.path) == ("base.yaml:4", "sed")


@pytest.mark.parametrize(
    ("content", "where", "part"),
    [
        ("", "", "an empty file"),
        ("# nothing\n", "", "an empty file"),
        ("- a\n", "", "a list or a single value"),
        ("hello\n", "", "a list or a single value"),
        ("name: x\nname: y\n", ":2", "first at a.yaml:1"),
        ("a: b: c\n", ":1", "mapping values"),
        ("a: b\nc: [1, 2\n", ":3", "not YAML"),
        ("a: *b\n", ":1", "undefined alias"),
        ("a: 1\nb: &b 2\n", ":2", "the anchor '&b'"),
        ("a: !!python/object/apply:os.getcwd []\n", ":1", "the tag"),
        ("1: a\n", ":1", "'1'"),
        ("no: a\nnull: b\n", ":2", "'null'"),
        ("? [a]\n: b\n", ":1", "a list or settings"),
        ("a: b\n---\nc: d\n", ":2", "another document"),
        ("a: \x00\n", ":1", "special characters"),
        ("[" * 5000, ":1", "20 levels"),
        ("a: " + "9" * 5000, ":1", "number"),
        (b"\xff\xfe\x00", "", "UTF-8"),
        (b"PK\x03\x04" * 300_000, "", "32,000 bytes"),
        ("targets: [Biomasse [MWh]]\n", ":1", "'Biomasse [MWh]'"),
        ("targets: [Biomass [MWh], b]\n", ":1", "'Biomass [MWh]'"),
        ("targets: [a, Wind {%}]\n", ":1", "'Wind {%}'"),
        ("label: price: high\n", ":1", "'price: high'"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_a_file_that_is_not_a_config_is_rejected(folder, content, where, part):
    (folder / "a.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as caught:
        load_experiment("a.yaml")
    assert str(caught.value).startswith(f"a.yaml{where}: ") and part in str(caught.value)


SERIES = (
    "name: x\nmodel: {kind: forecaster, size: {units: 3}}\ndataset: {kind: csv_series, path: a, %s}"
)


@pytest.mark.parametrize(
    ("columns", "path", "advice"),
    [
        ("targets: [Subways: Total]", "dataset.targets.0", "in quotes"),
        ("targets: [a, 1.5]", "dataset.targets.1", "quotes"),
        ("targets: [a], inputs: []", "dataset.inputs", "not empty"),
        ("targets: [a, a]", "dataset.targets", "once"),
    ],
)
def test_problems_of_column_names(columns, path, advice):
    problem = only_problem(SERIES % columns)
    assert problem.path == path and advice in str(problem)


@pytest.mark.parametrize(
    ("override", "path", "code"),
    [
        ("epochs", "", "not_name_value"),
        ("=3", "", "not_name_value"),
        ("a..b=3", "", "not_name_value"),
        ("cells=[gru", "", "value_error"),
        ("cells=!x [gru]", "", "value_error"),
        ("name.x=3", "name", "wrong_value"),
        ("cells.0=gru", "cells", "wrong_value"),
        ("training=", "training", "wrong_value"),
        ("model.layerss=3", "model.layerss", "unknown_setting"),
        ("base=b.yaml", "base", "unknown_setting"),
    ],
)
def test_problems_of_overrides(override, path, code):
    problem = only_problem(GOOD, override)
    assert (str(problem.place), problem.path, problem.code) == (
        f"override '{override}'",
        path,
        code,
    )


@pytest.mark.parametrize(
    ("source", "part"),
    {
        "quikstart": "Did you mean 'quickstart'?",
        "configs/quikstart.yaml": "Did you mean 'quickstart'?",
        ".": "expected a YAML file",
        "x" * 5000: "there is no file",
    }.items(),
    ids=lambda value: value[:20],
)
def test_a_missing_file_is_reported(source, part):
    with pytest.raises(UserError) as caught:
        load_experiment(source)
    assert part in str(caught.value)


def test_file_outside_the_working_folder_is_named_in_full(folder, monkeypatch):
    (folder / "there.yaml").write_text("name: [\n")
    (folder / "here").mkdir()
    monkeypatch.chdir(folder / "here")
    with pytest.raises(UserError) as caught:
        load_experiment("../there.yaml")
    assert str(caught.value).startswith(f"{folder / 'there.yaml'}:2: not YAML")
