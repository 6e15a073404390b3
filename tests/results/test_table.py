"""The table of recipes, the stored results, and the page made from both."""

import json
import re

import page
import pytest
import run
import store
import table

from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.pairs import compare_pairs
from keras_gru.analysis.stored import StoredResult
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments.configuration.packaged import packaged_configs
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.report import run_and_show
from tests.experiments.helpers import tiny
from tests.report.samples import BASELINES, comparison, diverged, scattered, tuned
from tests.report.samples import run as sample

ROWS = table.rows()
ROW = table.Row(
    name="cta",
    config="cta_ridership",
    bound="≤ 1",
    split="validation",
    goal={"gru": "≤ 40000", "lstm": "≤ 1.5", "best": "≤ 40000"},
    published=(
        {
            "by": "Somebody | 2014",
            "source": "a paper",
            "input": "56 days",
            "size": "32 units",
            "split": "validation",
            "metric": "MAE",
            "task": {},
            "values": {"gru": "31,0", "mut1": "2"},
        },
    ),
)


@pytest.fixture
def result():
    runs = [sample(cell, seed) for cell in ("gru", "lstm") for seed in (0, 1)]
    runs.append(diverged("simple_rnn", 0))
    compared = comparison(runs=tuple(runs), baselines=BASELINES)
    return store.result(ROW, ["seeds=[0, 1]"], compared)


@pytest.mark.parametrize("name", packaged_configs())
def test_every_config_has_one_row_with_a_small_run(name):
    assert [row.config for row in ROWS.values() if row.bound].count(name) == 1


@pytest.mark.parametrize("name", table.atlas())
def test_a_row_of_the_atlas_is_tuned_with_trials_and_seeds(name):
    row = table.find(name)
    experiment = load_experiment(row.config, row.changes)
    assert len(experiment.seeds) >= 15 and len(experiment.combinations()) >= 10
    assert experiment.name == name.replace("/", "_")


@pytest.mark.parametrize("name", ROWS)
def test_every_row_gives_a_valid_full_and_small_experiment(name, tmp_path):
    row = ROWS[name]
    full = load_experiment(row.config, row.changes)
    assert full.name == name, "the run directory has the row's name"
    assert row.small(tmp_path).seeds == (0,) and row.small(tmp_path).tuning is None
    assert set(row.goal) <= {*full.cells, "best"}


def test_the_page_in_the_repository_is_what_the_command_writes():
    results = {name: table.stored(name) for name in ROWS}
    assert page.PAGE.read_text(encoding="utf-8") == page.render(ROWS, results)
    readme = page.README.read_text(encoding="utf-8")
    assert readme == page.with_results(readme, ROWS, results)


def test_the_readme_has_the_stored_results_and_is_otherwise_unchanged():
    result = store.result(ROW, [], tuned())
    readme = f"# Title\n{page.BEGIN}\nold\n{page.END}## More\n"
    text = page.with_results(readme, {"cta": ROW, "later": ROW}, {"cta": result, "later": None})
    assert text.startswith("# Title\n") and text.endswith("## More\n") and "old" not in text
    assert "(RESULTS.md#" in text and "not run yet" not in text


def test_the_readme_leaves_out_what_nobody_has_published():
    result = store.result(ROW, [], tuned())
    readme = f"{page.BEGIN}{page.END}"
    own = ROW.model_copy(update={"published": ()})
    assert "[cta](" in page.with_results(readme, {"cta": ROW}, {"cta": result})
    assert "[cta](" not in page.with_results(readme, {"cta": own}, {"cta": result})


def test_a_readme_without_a_marker_is_not_cut_off():
    with pytest.raises(UserError, match="is missing; put it back"):
        page.with_results(f"# Title\n{page.BEGIN}## More\n", {}, {})


def test_every_stored_result_belongs_to_a_row():
    names = {path.stem for path in table.FOLDER.glob("*.json")}
    assert names - {"claims"} <= set(ROWS)  # claims.json belongs to no row; see test_claims.py


@pytest.mark.parametrize(
    ("bound", "value", "expected"),
    [
        ("≤ 8.54", 8.54, True),
        ("≤ 8.54", 8.55, False),
        ("≥ 0.5", 0.5, True),
        ("≥ 0.5", 0.4, False),
        ("< 5.3e-5", 5.3e-5, False),
        ("≤ 8.54", float("nan"), False),
    ],
)
def test_whether_a_value_is_within_a_bound(bound, value, expected):
    assert table.holds(bound, value) is expected


@pytest.mark.parametrize("text", ["8.54", "≤8.54", "> 1", "≤ x"])
def test_an_invalid_bound_is_rejected(text):
    with pytest.raises(ValueError, match="expected a bound such as"):
        table.Row(name="x", config="x", bound=text)


def test_an_unknown_row_is_rejected_with_similar_names():
    with pytest.raises(UserError, match=r"no recipe .* 'jsb'.*Did you mean|Known"):
        table.find("jsb")


def test_a_stored_result_has_the_reported_unit_and_its_origin(result):
    gru = result["cells"]["gru"]
    values = list(gru["validation"]["values"].values())
    assert min(values) > 20_000 and gru["validation"]["mean"] == pytest.approx(
        sum(values) / 2, rel=1e-4
    )
    assert gru["validation"]["deviation"] > 0 and set(gru["test"]["values"]) == {"0", "1"}
    assert len(result["cells"]["simple_rnn"]["diverged"]) == 1
    assert result["cells"]["simple_rnn"]["test"] == {"values": {}, "mean": None, "deviation": None}
    assert result["date"] == "2026-01-31" and result["versions"]["keras"] == "3.15.1"
    assert result["command"] == "keras-gru compare cta_ridership 'seeds=[0, 1]'"
    assert result["baselines"][1] == {
        "label": "Linear model",
        "validation": 37866,
        "test": 37200,
    }
    assert gru["cost"]["reached_target"] == 2 and gru["cost"]["seconds_to_target"]["mean"] > 0
    assert result["target"] > 20_000
    assert json.loads(json.dumps(result)) == result


def test_a_stored_result_gives_the_same_verdicts_as_its_runs():
    compared = scattered()
    written = json.dumps(store.result(ROW, [], compared))
    findings = StoredResult.model_validate_json(written).measurements()
    for stored, pair in zip(
        compare_pairs(findings), compare_pairs(collect_measurements(compared)), strict=True
    ):
        assert (stored.better, stored.needed) == (pair.better, pair.needed)
        assert stored.half == pytest.approx(pair.half, rel=1e-4)


def test_tuning_is_stored():
    kept = store.result(ROW, [], tuned())["cells"]["gru"]["tuning"]
    assert kept["settings"] == {"training.learning_rate": 0.01} and kept["trials"] == [
        30966.9,
        None,
        30966.9,
    ]
    assert kept["edges"] == {"training.learning_rate": "highest"} and kept["seconds"] > 0
    text = page.render({"cta": ROW}, {"cta": store.result(ROW, [], tuned())})
    assert "learning_rate 0.01, the highest tried" in text


def test_the_page_compares_results_with_published_figures_and_goals(result):
    row = ROW.model_copy(update={"note": "Chosen with a GRU."})
    text = page.render({"cta": row}, {"cta": result})
    assert "\n\nChosen with a GRU.\n\n" in text
    assert "GRU ≤ 40000 reached; LSTM ≤ 1.5 not reached; the best cell ≤ 40000 reached" in text
    (line,) = (line for line in text.splitlines() if line.startswith("| GRU |"))
    cells = [cell.strip() for cell in line.split("|")]
    assert re.fullmatch(r"3\d,\d{3} ± \d+", cells[2]) and cells[4] == "31,0"
    assert "| SimpleRNN (1 diverged) | – | – |" in text
    assert "| Linear model | 37,866 | 37,200 |" in text
    assert "2026-01-31" in text and "keras 3.15.1" in text
    widths = {line.replace("\\|", "").count("|") for line in text.split("## cta")[1].splitlines()}
    assert len(widths - {0}) == 1


def test_a_published_value_of_another_task_is_not_called_reached(result):
    ours = ROW.model_copy(update={"goal": {"gru": "≤ 40000"}})
    (figure,) = ROW.published
    dataset = {"horizon": 1}
    for changes, reason in (
        ({"task": {"horizon": 14}}, "horizon 14 there, 1 here"),
        ({"split": "test"}, "test there, validation here"),
        ({"differs": "other windows there"}, "other windows there"),
    ):
        values = {"gru": "40,000"}
        other = figure.model_copy(update={"values": values} | changes)
        assert other.differences(dataset, "validation") == [reason]
        row = ours.model_copy(update={"published": (other,)})
        text = page.render({"cta": row}, {"cta": result | {"dataset": dataset}})
        assert "GRU ≤ 40000 not compared" in text and " reached" not in text.split("## cta")[1]
        assert text.count(f"Another task: {reason}.") == 1
        assert "; another task)" in text
        same = figure.model_copy(update={"values": values})
        assert row.model_copy(update={"published": (same, other)}).is_comparable("≤ 40000", dataset)


PRINTED_TASKS = {
    "cta_14_days": "cta_14_days_multivariate",
    "tiny_shakespeare": "tiny_shakespeare_lower_case",
    "imdb_reviews": "imdb_reviews_1000_words",
}


@pytest.mark.parametrize("name", PRINTED_TASKS)
def test_a_row_of_another_task_names_the_row_of_the_published_task(name):
    ours, theirs = ROWS[name], ROWS[PRINTED_TASKS[name]]
    assert [figure.task for figure in ours.published] == [f.task for f in theirs.published]
    assert not any(ours.is_comparable(bound, ours.dataset()) for bound in ours.goal.values())
    assert all(theirs.is_comparable(bound, theirs.dataset()) for bound in theirs.goal.values())


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.published])
def test_the_settings_of_a_task_are_those_of_its_row(name):
    for figure in ROWS[name].published:
        assert figure.task.keys() <= ROWS[name].dataset().keys()


def test_a_result_with_other_settings_than_the_row_is_marked(result):
    assert "The table has other settings: `keras-gru compare cta_ridership`" in page.render(
        {"cta": ROW}, {"cta": result}
    )
    same = result | {"command": ROW.command(ROW.changes)}
    assert "other settings" not in page.render({"cta": ROW}, {"cta": same})


def test_a_result_whose_first_seed_was_a_trial_is_marked():
    newer = store.result(ROW, [], tuned())
    older = {key: value for key, value in newer.items() if key != "tuning_seed"}
    untuned = store.result(ROW, [], comparison(runs=(sample("gru", 0),), baselines=BASELINES))
    for result, is_marked in ((newer, False), (older, True), (untuned, False)):
        text = page.render({"cta": ROW}, {"cta": result}).partition("## At a glance")[2]
        assert ("†" in text) is is_marked


def test_a_row_without_a_result_shows_its_command():
    text = page.render({"cta": ROW}, {"cta": None})
    assert "Not run yet: `python tools/results/run.py cta`" in text
    assert text.count("| not run yet") == 3 and "GRU ≤ 40000" in text


class TestRun:
    @pytest.fixture
    def row(self, tmp_path, monkeypatch):
        """A row that uses temporary folders."""
        monkeypatch.chdir(tmp_path)
        small = tiny(tmp_path, cells=("simple_rnn",), training={"epochs": 1})
        row = table.Row(name="tiny", config="tiny.yaml", bound="≤ 1", goal={"best": "≤ 10"})

        def run_small(config, changes, **options):
            return run_and_show(small, **options)

        monkeypatch.setattr(run, "run_and_show", run_small)
        monkeypatch.setattr(store, "FOLDER", tmp_path)
        monkeypatch.setattr(table, "FOLDER", tmp_path)
        monkeypatch.setattr(page, "PAGE", tmp_path / "RESULTS.md")
        monkeypatch.setattr(page, "README", tmp_path / "README.md")
        page.README.write_text(page.BEGIN + page.END)
        monkeypatch.setattr(page, "rows", lambda: {"tiny": row})
        return row

    def test_a_run_stores_the_result_and_writes_the_page(self, row, tmp_path, monkeypatch):
        overrides = ["seeds=[0]", "training.epochs=1", "seeds=[1]"]
        run.run(row, overrides)
        kept = json.loads((tmp_path / "tiny.json").read_text())
        assert kept["command"].endswith("compare tiny.yaml 'seeds=[1]' training.epochs=1")
        assert kept["cells"]["simple_rnn"]["test"]["mean"] > 0
        assert "the best cell ≤ 10 reached" in (tmp_path / "RESULTS.md").read_text()

        # Storing a finished run directory again trains and reads nothing.
        (folder,) = (tmp_path / "runs" / "tiny").iterdir()
        monkeypatch.setattr(SequenceDataset, "batches", None)
        run.run(row, overrides, str(folder))
        assert json.loads((tmp_path / "tiny.json").read_text()) == kept

    def test_a_folder_with_other_settings_is_rejected(self, row, tmp_path):
        other = RunDirectory.create(tiny(tmp_path, cells=("gru",)))
        with pytest.raises(UserError, match="expected those of the run first"):
            run.run(row, [], str(other.path))

    def test_without_arguments_the_rows_are_listed(self, capsys):
        run.main([], None, None)
        printed = capsys.readouterr().out
        assert all(name in printed for name in ROWS)


def test_an_option_may_stand_between_a_name_and_a_setting():
    parsed = {"words": ["cta", "seeds=[0]"], "resume": None, "jobs": 1}
    for words in (["cta", "--jobs", "1", "seeds=[0]"], ["--jobs", "1", "cta", "seeds=[0]"]):
        assert vars(run.arguments(words)) == parsed
