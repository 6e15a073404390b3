"""Every way to get a config wrong, and the sentence that says so."""

import pytest

from keras_gru.errors import UserError
from keras_gru.experiments.configuration.training import Training
from keras_gru.experiments.configuration.yaml_files import load_experiment

GOOD = """\
name: mine
dataset: {kind: adding}
model: {kind: forecaster, units: 3}
"""
NAME = "text of at most 100 characters, ^[A-Za-z0-9][A-Za-z0-9_.-]*$"
DATASETS = (
    "'adding', 'arithmetic', 'copy_memory', 'csv_series', 'cta_ridership', 'embedded_reber', "
    "'en_atis', 'etth1', 'imdb_reviews', 'jsb_chorales', 'musedata', 'nottingham', 'npz', "
    "'piano_midi', 'sequential_mnist', 'spa_eng', 'spoken_digit', 'temporal_order', 'text_file', "
    "'texts', 'tfds_tags', 'tfds_texts', 'tiny_shakespeare', 'xml'"
)
MODELS = "'classifier', 'encoder_decoder', 'forecaster', 'language_model', 'polyphony', 'tagger'"
TOP = (
    "cells, dataset, description, match, model, name, runs, seeds, sweep, target, training, tuning"
)

TRAINING = ", ".join(sorted(Training.model_fields))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Every test works in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(content, *overrides, name="a.yaml"):
    """What is said of a file with this content."""
    with open(name, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    with pytest.raises(UserError) as caught:
        load_experiment(name, overrides)
    return str(caught.value)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    {
        "epochs: 0": "expected a whole number from 1 to 100000, received 0",
        "epochs: ten": "expected a whole number from 1 to 100000, received 'ten'",
        "epochs: 2.5": "expected a whole number from 1 to 100000, received 2.5",
        "epochs: true": "expected a whole number from 1 to 100000, received true",
        "epochs: '3'": "expected a whole number from 1 to 100000, received '3'",
        "epochs:": "expected a whole number from 1 to 100000, received null",
        "epochs: [3, 4]": "expected a whole number from 1 to 100000, received [3, 4]",
        "epochs: {a: 3}": "expected a whole number from 1 to 100000, received settings",
        "learning_rate: 0": "expected a number above 0 and up to 10, received 0",
        "learning_rate: .nan": "expected a number above 0 and up to 10, received nan",
        "momentum: 1": "expected a number of at least 0 and below 1, received 1",
        "clip_norm: -1": "expected a number above 0 and up to 1000000.0 or null, received -1",
        "clip_norm: .inf": "expected a number above 0 and up to 1000000.0 or null, received inf",
        "schedule: linear": "expected one of 'constant', 'cosine', 'exponential', 'step', "
        "'plateau', received 'linear'",
        "warmup: -1": "expected a number of at least 0, received -1",
        "decay_factor: 1": "expected a number above 0 and below 1 or null, received 1",
        "decay_epochs: 0": "expected a whole number from 1 to 100000 or null, received 0",
        "weight_noise: -0.1": "expected a number from 0 to 1, received -0.1",
        "average: 1": "expected a number above 0 and below 1 or null, received 1",
        "label_smoothing: 1": "expected a number of at least 0 and below 1, received 1",
        "truncate: 0": "expected a whole number from 1 to 1000000 or null, received 0",
        "patience: 0": "expected a whole number of at least 1 or null, received 0",
        "tensorboard: no": "expected true or false, received 'no'",
        "tensorboard: 1": "expected true or false, received 1",
        "jit_compile: maybe": "expected 'auto' or true or false, received 'maybe'",
        "loss: mea": "expected one of 'mse', 'mae', 'huber', received 'mea'",
        "optimizer: 3": "expected one of 'adam', 'adamw', 'nadam', 'rmsprop', 'sgd', received 3",
    }.items(),
)
def test_one_wording_for_each_kind_of_bad_value(setting, sentence):
    said = complaint(f"{GOOD}training:\n  {setting}\n")
    assert said == f"a.yaml:5: training.{setting.partition(':')[0]}: {sentence}"


@pytest.mark.parametrize(
    ("line", "sentence"),
    {
        "cells: [grux]": "cells.0: unknown cell 'grux'. Did you mean 'gru'?",
        "cells: gru": "cells: expected a list, not empty, every value text, received 'gru'. "
        "A list is written [gru]",
        "cells: []": "cells: expected a list, not empty, every value text, received []",
        "cells: [3]": "cells.0: expected text, received 3",
        "cells: [gru, gru]": "cells: every value once, received 'gru' more than once",
        "seeds: [1, -2]": "seeds.1: expected a whole number of at least 0 and below 2147483648, "
        "received -2",
        "runs: ''": "runs: expected text, not empty, received ''",
        "epochs: 3": "epochs: unknown setting. Did you mean 'training.epochs'?",
        "unitz: 3": f"unitz: unknown setting. Known: {TOP}.",
        "training: 3": "training: expected settings, received 3",
        "training: [a]": "training: expected settings, received ['a']",
        "training: {epoch: 3}": "training.epoch: unknown setting. Did you mean 'epochs'?",
        "training: {seeds: [1]}": "training.seeds: unknown setting. Did you mean 'seeds'?",
    }.items(),
)
def test_settings_at_the_top(line, sentence):
    assert complaint(f"{GOOD}{line}\n") == f"a.yaml:4: {sentence}"


@pytest.mark.parametrize(
    ("model", "sentence"),
    {
        "{kind: forecastr}": "model.kind: unknown kind 'forecastr'. Did you mean 'forecaster'?",
        "{kind: 3}": "model.kind: unknown kind 3. Known: " + MODELS.replace("'", "") + ".",
        "{kind: [a]}": "model.kind: unknown kind ['a']. Known: " + MODELS.replace("'", "") + ".",
        "{units: 3}": f"model.kind: missing setting; expected one of {MODELS}",
        "gru": f"model: expected settings with a 'kind', one of {MODELS}, received 'gru'",
        "{kind: forecaster}": "model: give either 'units' or 'parameters', received neither",
        "{kind: forecaster, unitss: 3, units: 3}": "model.unitss: unknown setting. "
        "Did you mean 'units'?",
        "{kind: forecaster, units: 3, bidirectional: true}": "model.bidirectional: unknown "
        "setting. Known: chrono, dropout, gate_bias, kind, layer_normalization, layers, "
        "parameters, recurrent_dropout, recurrent_initializer, subtract_last, units, zoneout.",
        "{kind: forecaster, units: 3, chrono: 20, gate_bias: 1}": "model: give 'gate_bias' or "
        "'chrono', received both",
        "{kind: forecaster, units: 3, zoneout: 1}": "model.zoneout: expected a number of at least "
        "0 and below 1 or a list, not empty, every value a number of at least 0 and below 1, "
        "received 1",
        "{kind: forecaster, units: 3, recurrent_initializer: ones}": "model.recurrent_initializer: "
        "expected one of 'orthogonal', 'glorot_uniform', 'identity' or null, received 'ones'",
        "{kind: tagger, units: 3}": "the model 'tagger' is for tagging and the dataset 'adding' "
        "for forecasting; choose a model for the latter",
    }.items(),
)
def test_the_model(model, sentence):
    said = complaint(f"model: {model}\nname: x\ndataset: {{kind: adding}}\n")
    assert said == f"a.yaml:1: {sentence}"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    {
        "match: weights\nmodel: {kind: forecaster, units: 3}": "match: expected one of "
        "'units', 'parameters' or null, received 'weights'",
        "match: units\nmodel: {kind: forecaster, parameters: 500}": "'match' is units, and "
        "'model.parameters' gives each cell units of its own; give 'model.units', or match "
        "parameters",
        "match: parameters\ncells: [gru]\nmodel: {kind: forecaster, units: 3}": "'match' is "
        "parameters, and there is no cell to match beside 'gru'; give 'model.parameters', or "
        "leave 'match' out",
        "match: parameters\nmodel: {kind: forecaster, units: 3}\ntuning: {model.units: [3, 4]}": ""
        "'match' keeps all cells at one size, and 'tuning' chooses 'model.units' for each; leave "
        "one of them out",
    }.items(),
)
def test_sizes_that_cannot_match(lines, sentence):
    said = complaint(f"name: x\ndataset: {{kind: adding}}\n{lines}\n")
    assert said.endswith(f": {sentence}") and "\n" not in said


@pytest.mark.parametrize(
    "curriculum, training, sentence",
    [
        (
            "{shortestt: 5}",
            "{}",
            "dataset.curriculum.shortest: missing setting; expected a whole number of at least 1\n"
            "a.yaml:2: dataset.curriculum.shortestt: unknown setting. Did you mean 'shortest'?",
        ),
        ("5", "{}", "dataset.curriculum: expected settings or null, received 5"),
        (
            "{shortest: 5, stages: 1}",
            "{}",
            "dataset.curriculum.stages: expected a whole number from 2 to 100, received 1",
        ),
        (
            "{shortest: 5, stages: 3, epochs: 10}",
            "{epochs: 20}",
            "training.epochs is 20, and the last stage of dataset.curriculum begins after 20; use "
            "more epochs or fewer stages",
        ),
        (
            "{shortest: 5, stages: 3, epochs: 5}",
            "{epochs: 20, patience: 9}",
            "training.patience is 9, so that a run may stop before the last stage of "
            "dataset.curriculum; use 10 or more",
        ),
        (
            "{shortest: 5}",
            "{truncate: 10}",
            "'training.truncate' and 'dataset.curriculum' are both given: an epoch of shorter "
            "sequences would have fewer updates; leave one of them out",
        ),
    ],
)
def test_a_curriculum(curriculum, training, sentence):
    said = complaint(
        "name: x\n"
        f"dataset: {{kind: copy_memory, curriculum: {curriculum}}}\n"
        "model: {kind: tagger, units: 3}\n"
        f"training: {training}\n"
    )
    assert said.partition(": ")[2] == sentence


VALUES = (
    "a list, not empty, every value true or false or a whole number or a number or text or null"
)


@pytest.mark.parametrize(
    ("tuning", "sentence"),
    {
        "{training.learning_rate: [1, 0]}": "training.learning_rate: expected a number above 0 "
        "and up to 10, received 0",
        "{training.speed: [1]}": "training.speed: unknown setting. Known: " + TRAINING + ".",
        "{training.learning_ratee: [1]}": "training.learning_ratee: unknown setting. "
        "Did you mean 'learning_rate'?",
        "{model.unit: [1]}": "model.unit: unknown setting. Did you mean 'units'?",
        "{training.epochs: 3}": f"tuning.training.epochs: expected {VALUES}, received 3. "
        "A list is written [3]",
        "{training.epochs: []}": f"tuning.training.epochs: expected {VALUES}, received []",
        "[a]": "tuning: expected settings or null, received ['a']",
        "{learning_rate: [1]}": "tuning: expected settings of training or of model, such as "
        "training.learning_rate, received 'learning_rate'",
        "{dataset.length: [5]}": "tuning: expected settings of training or of model, such as "
        "training.learning_rate, received 'dataset.length'",
        "{model.kind: [tagger]}": "tuning: expected settings of training or of model, such as "
        "training.learning_rate, received 'model.kind'",
        f"{{training.epochs: {list(range(1, 1003))}}}": "tuning: at most 1,000 combinations for a "
        "cell, received 1,002",
    }.items(),
    ids=lambda value: value[:40],
)
def test_values_to_try(tuning, sentence):
    assert complaint(f"{GOOD}tuning: {tuning}\n") == f"a.yaml:4: {sentence}"


LIST = f"settings or {VALUES}"
NAMES = "expected settings of training or of model, such as training.learning_rate, received"
UNITS = "model.units: expected a whole number from 1 to 65536 or null, received"


@pytest.mark.parametrize(
    ("sweep", "sentence"),
    {
        "{trials: 3}": "sweep.ranges: missing setting; expected settings",
        "{ranges: {}}": "sweep.ranges: expected ranges of one setting or more, received none",
        "{ranges: {units: [1]}}": f"sweep.ranges: {NAMES} 'units'",
        "{ranges: {dataset.length: [1]}}": f"sweep.ranges: {NAMES} 'dataset.length'",
        "{ranges: {model.units: 3}}": f"sweep.ranges.model.units: expected {LIST}, received 3",
        "{ranges: {model.units: []}}": f"sweep.ranges.model.units: expected {VALUES}, received []",
        "{ranges: {model.units: {low: 3}}}": "sweep.ranges.model.units.high: missing setting; "
        "expected a whole number or a number",
        "{ranges: {model.units: {low: 3, high: 4, logg: true}}}": "sweep.ranges.model.units.logg: "
        "unknown setting. Did you mean 'log'?",
        "{ranges: {model.units: {low: 4, high: 4}}}": "sweep.ranges.model.units: 'low' is below "
        "'high', received 4 and 4",
        "{ranges: {model.dropout: {low: 0, high: 0.5, log: true}}}": "sweep.ranges.model.dropout: "
        "with 'log', 'low' is above 0, received 0",
        "{ranges: {model.units: {low: 4, high: 8, log: true, step: 2}}}": "sweep.ranges.model.units"
        ": give 'log' or 'step', received both",
        "{ranges: {model.units: {low: 4, high: 8, step: 3}}}": "sweep.ranges.model.units: 'step' "
        "leads from 'low' to 'high', received 3 from 4 to 8",
        "{ranges: {model.units: {low: 4, high: 8, step: 0.5}}}": "sweep.ranges.model.units: whole "
        "numbers have a whole 'step', received 0.5",
        # What is drawn must fit the setting, at both ends of its range.
        "{ranges: {model.unit: [1]}}": "model.unit: unknown setting. Did you mean 'units'?",
        "{ranges: {model.dropout: {low: 0.5, high: 1.5}}}": "model.dropout: expected a number of "
        "at least 0 and below 1, received 1.5",
        "{ranges: {model.units: {low: 4, high: 8.5}}}": f"{UNITS} 8.5",
        "{ranges: {model.units: [4, 0]}}": f"{UNITS} 0",
        f"{{ranges: {{training.epochs: {list(range(1, 1003))}}}}}": "sweep.ranges: at most 1,000 "
        "combinations for a cell, received 1,002",
        "{sampler: grid, ranges: {model.units: [4]}}": "sweep.sampler: expected one of 'tpe', "
        "'random', received 'grid'",
    }.items(),
    ids=lambda value: value[:60],
)
def test_what_is_drawn(sweep, sentence):
    assert complaint(f"{GOOD}sweep: {sweep}\n") == f"a.yaml:4: {sentence}"


def test_settings_that_only_go_together_are_tried_together(tmp_path):
    text = f"{GOOD}sweep: {{ranges: {{training.schedule: [step], training.decay_factor: [0.5]}}}}\n"
    assert "'step' needs 'decay_epochs'" in complaint(text)
    (tmp_path / "a.yaml").write_text(text)
    drawn = "sweep.ranges.training.decay_epochs={low: 2, high: 5}"
    assert "training.decay_epochs" in load_experiment(tmp_path / "a.yaml", [drawn]).sweep.ranges


def test_a_size_to_try_takes_the_place_of_the_other():
    units = load_experiment("jsb_chorales", ["model.parameters=null", "model.units=3"])
    assert units.with_settings({"model.parameters": 500}).model.units is None
    assert "model.parameters" in units.sweep.ranges and units.model.units == 3


def test_every_value_to_try_is_checked_and_said_at_its_line():
    said = complaint(
        f"{GOOD}tuning:\n  training.epochs:\n    - 3\n    - 0\n  model.dropout: [0.5, 1.5]\n",
        "tuning.training.patience=[0]",
    )
    assert said.splitlines() == [
        "a.yaml:7: training.epochs: expected a whole number from 1 to 100000, received 0",
        "a.yaml:8: model.dropout: expected a number of at least 0 and below 1, received 1.5",
        "override 'tuning.training.patience=[0]': training.patience: expected a whole number of at "
        "least 1 or null, received 0",
    ]


def test_unknown_dataset_has_the_nearest_names():
    said = complaint(GOOD.replace("adding", "imdb_review"))
    assert (
        said == "a.yaml:2: dataset.kind: unknown kind 'imdb_review'. Did you mean 'imdb_reviews'?"
    )


def test_all_mistakes_at_once_in_the_order_of_lines():
    said = complaint(
        "seeds:\n"
        "  - 0\n"
        "  - x\n"
        "name: a b\n"
        "cells: [gru, lstmm]\n"
        "model:\n"
        "  kind: classifier\n"
        "  unitss: 3\n"
        "dataset:\n"
        "  kind: csv_series\n"
        "  targets: []\n"
        "nam: x\n",
        "training.epochs=0",
        "training.clip=1",
        "seeds",
    )
    assert said.splitlines() == [
        "a.yaml:3: seeds.1: expected a whole number of at least 0 and below 2147483648, "
        "received 'x'",
        f"a.yaml:4: name: expected {NAME}, received 'a b'",
        "a.yaml:5: cells.1: unknown cell 'lstmm'. Did you mean 'lstm' or 'min_lstm'?",
        "a.yaml:8: model.unitss: unknown setting. Did you mean 'units'?",
        "a.yaml:9: dataset.path: missing setting; expected text, not empty",
        "a.yaml:11: dataset.targets: expected a list, not empty, every value text, not empty, "
        "received []",
        "a.yaml:12: nam: unknown setting. Did you mean 'name'?",
        "override 'seeds': expected name=value, such as training.epochs=3",
        "override 'training.clip=1': training.clip: unknown setting. Did you mean 'clip_norm'?",
        "override 'training.epochs=0': training.epochs: expected a whole number from 1 to 100000, "
        "received 0",
    ]


def test_missing_groups():
    assert complaint("description: x\n").splitlines() == [
        f"a.yaml:1: dataset: missing setting; expected settings with a 'kind', one of {DATASETS}",
        f"a.yaml:1: model: missing setting; expected settings with a 'kind', one of {MODELS}",
        f"a.yaml:1: name: missing setting; expected {NAME}",
    ]


def test_mistake_in_an_included_file_is_said_there():
    complaint(GOOD + "sed: [1]\n", name="base.yaml")
    said = complaint("base: base.yaml\nname: other\n")
    assert said == "base.yaml:4: sed: unknown setting. Did you mean 'seeds'?"


@pytest.mark.parametrize(
    ("content", "sentence"),
    {
        "": ": expected settings, 'name: value' on each line, received an empty file",
        "# nothing\n": ": expected settings, 'name: value' on each line, received an empty file",
        "- a\n": ": expected settings, 'name: value' on each line, received a list or a single "
        "value",
        "hello\n": ": expected settings, 'name: value' on each line, received a list or a single "
        "value",
        "name: x\nname: y\n": ":2: 'name' is set twice, first at a.yaml:1; keep one",
        "model:\n  units: 1\n  units: 1\n": ":3: 'units' is set twice, first at a.yaml:2; keep one",
        "a: b: c\n": ":1: not YAML: mapping values are not allowed here",
        "a: b\nc: [1, 2\n": ":3: not YAML: expected ',' or ']', but got '<stream end>'",
        "a: *b\n": ":1: not YAML: found undefined alias 'b'",
        "a: 1\nb: &b 2\n": ":2: the anchor '&b' is not read; write the value out",
        "a: !!python/object/apply:os.getcwd []\n": ":1: the tag "
        "'tag:yaml.org,2002:python/object/apply:os.getcwd' is not read; write a plain value",
        "a: !include b.yaml\n": ":1: the tag '!include' is not read; write a plain value",
        "1: a\n": ":1: a setting's name is a word, received '1'",
        "no: a\nnull: b\n": ":2: a setting's name is a word, received 'null'",
        "? [a]\n: b\n": ":1: a setting's name is a word, received a list or settings",
        "a: b\n---\nc: d\n": ":2: not YAML: but found another document",
        "a: \x00\n": ":1: not YAML: special characters are not allowed",
        "[" * 5000: ":1: expected settings of at most 20 levels, got more",
        "a: " + "9" * 5000: f":1: '{'9' * 60}' is not a number that can be read",
        b"\xff\xfe\x00": ": not UTF-8 text, so not a file of settings",
        b"PK\x03\x04" * 300_000: ": expected a file of settings, at most 32,000 bytes, got more",
    }.items(),
    ids=lambda value: repr(value[:20]),
)
def test_what_is_no_file_of_settings(content, sentence):
    assert complaint(content) == f"a.yaml{sentence}"


@pytest.mark.parametrize(
    ("override", "sentence"),
    {
        "epochs": "expected name=value, such as training.epochs=3",
        "=3": "expected name=value, such as training.epochs=3",
        "a..b=3": "expected name=value, such as training.epochs=3",
        "a.=3": "expected name=value, such as training.epochs=3",
        "cells=[gru": "not YAML: expected ',' or ']', but got '<stream end>'",
        "cells=!x [gru]": "the tag '!x' is not read; write a plain value",
        "name.x=3": f"name: expected {NAME}, received settings",
        "cells.0=gru": "cells: expected a list, not empty, every value text, received settings",
        "training=": "training: expected settings, received null",
        "model.unitss=3": "model.unitss: unknown setting. Did you mean 'units'?",
        "base=b.yaml": f"base: unknown setting. Known: {TOP}.",
    }.items(),
)
def test_overrides(override, sentence):
    assert complaint(GOOD, override) == f"override '{override}': {sentence}"


@pytest.mark.parametrize(
    ("source", "sentence"),
    {
        "quikstart": "there is no file 'quikstart' and no packaged config with that name. "
        "Did you mean 'quickstart'?",
        "configs/quikstart.yaml": "there is no file 'configs/quikstart.yaml' and no packaged "
        "config with that name. Did you mean 'quickstart'?",
        ".": "'.' is a folder; expected a YAML file",
    }.items(),
)
def test_no_such_file(source, sentence):
    with pytest.raises(UserError) as caught:
        load_experiment(source)
    assert str(caught.value) == sentence


def test_what_cannot_be_a_file_name():
    with pytest.raises(UserError, match="there is no file"):
        load_experiment("x" * 5000)


def test_file_outside_the_working_folder_is_named_in_full(folder, monkeypatch):
    (folder / "there.yaml").write_text("name: [\n")
    (folder / "here").mkdir()
    monkeypatch.chdir(folder / "here")
    with pytest.raises(UserError) as caught:
        load_experiment("../there.yaml")
    assert str(caught.value).startswith(f"{folder / 'there.yaml'}:2: not YAML")


def test_kind_that_is_no_word_does_not_stop_the_other_mistakes_from_being_said():
    said = complaint("name: x\nmodel: {kind: {a: b}}\ndataset: {kind: adding}\nlengthh: 3\n")
    assert said.splitlines() == [
        "a.yaml:2: model.kind: unknown kind settings. Known: " + MODELS.replace("'", "") + ".",
        f"a.yaml:4: lengthh: unknown setting. Known: {TOP}.",
    ]
