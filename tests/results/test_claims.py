"""The claims in results/: evidence stored from run directories, and the page made from it."""

import dataclasses
import importlib.util
from pathlib import Path

import page as recipes
import pytest

from keras_gru.analysis.across_datasets import analyse_across_datasets
from keras_gru.analysis.stored import read_measurements
from keras_gru.claims import plans
from keras_gru.claims.claim import probabilities
from keras_gru.claims.evidence import Evidence, read_evidence
from keras_gru.claims.plans import PLANNED
from keras_gru.claims.verdicts import evaluate_claims
from keras_gru.experiments.run_directory import RunDirectory
from tests.claims.samples import curve, estimate, sweep
from tests.experiments.helpers import comparison

# By its path: another module of the tests may be named claims.
SCRIPT = Path(recipes.__file__).with_name("claims.py")
spec = importlib.util.spec_from_file_location("results_claims", SCRIPT)
claims = importlib.util.module_from_spec(spec)
spec.loader.exec_module(claims)

JSB, ADDING, CTA, ATIS = PLANNED


def test_the_page_in_the_repository_is_what_the_command_writes():
    assert claims.PAGE.read_text(encoding="utf-8") == claims.render(read_evidence(claims.EVIDENCE))


def test_the_page_has_the_verdicts_the_rules_the_numbers_and_the_origin():
    evidence = {ADDING.name: Evidence(curve=curve(epoch_seconds=estimate(1.5, 0.1)))}
    text = claims.render(evidence)
    assert "- Adding problem (holds): an epoch of LSTM takes 1.5 times [1.4, 1.6]" in text
    assert f"- Bach's chorales (not run yet): {JSB.curve_command}" in text
    assert "| 10% | 10 | 4.00 | 4.00 |\n| 50% | 50 | – | – |" in text
    assert "2026-01-31, 1 h 02 min of training in all, seeds 0, 1, 2; processor: a slow" in text
    assert text.count("The rule: ") == 7 and text.count("](http") == 8
    row = next(line for line in text.splitlines() if line.startswith("| [… and thus"))
    assert row.endswith("| not decided | 1 | 0 | 0 | 3 | – |")


def test_the_packaged_evidence_of_the_atlas_is_that_of_its_results():
    """`keras-gru claims` prints without the repository what `keras-gru verdict` prints with it."""
    evidence, results = read_evidence(claims.EVIDENCE), claims.read_atlas()
    assert len(results) >= 12 and list(evidence)[-len(results) :] == list(results)
    winner, *_ = evaluate_claims(evidence, ())
    files = [str(claims.FOLDER / f"{name}.json") for name in sorted(results)]
    across = analyse_across_datasets(map(read_measurements, files))
    (pair,) = (pair for pair in across.pairs if {pair.one, pair.other} == {"gru", "lstm"})
    assert probabilities(list(winner.findings.values())) == (
        pytest.approx((pair.other_better, pair.equal, pair.one_better), abs=0.001)
    )


class TestKeep:
    @pytest.fixture(autouse=True)
    def file(self, tmp_path, monkeypatch):
        """Temporary paths of the file and the page."""
        monkeypatch.setattr(claims, "EVIDENCE", tmp_path / "claims.json")
        monkeypatch.setattr(claims, "PAGE", tmp_path / "CLAIMS.md")

    @pytest.fixture
    def folder(self, tmp_path):
        """A learning curve with the settings of the plan and made-up runs."""
        folder = RunDirectory.create(ADDING.curve(tmp_path / "runs"))
        made = comparison({cell: [1.0, 1.1, 1.2, 1.3, 1.4] for cell in ("gru", "lstm")})
        runs = [*made.runs, *(dataclasses.replace(run, cell="simple_rnn") for run in made.runs[:5])]
        runs = [dataclasses.replace(r, validation={"mae": 1.0}, epochs=0) for r in runs]
        for place in (*map(folder.create_fraction, ADDING.fractions), folder):
            for run in runs:
                place.add(run)
            place.write_metadata(
                made.metadata.model_copy(update={"environment": {"processor": "a slow one"}})
            )
        return folder

    def test_finished_runs_are_stored_and_other_evidence_is_unchanged(self, folder):
        made = Evidence(curve=curve(), sweep=sweep())
        claims.write_evidence({ADDING.name: made, ATIS.name: made}, claims.EVIDENCE)
        before = read_evidence(claims.EVIDENCE)[ATIS.name]
        assert claims.store_evidence([folder.path]) == []
        kept = read_evidence(claims.EVIDENCE)
        assert kept[ATIS.name] == before and kept[ADDING.name].sweep == before.sweep
        assert kept[ADDING.name].curve.cells["gru"].test[0].value == pytest.approx(1.2)
        assert kept[ADDING.name].curve.origin.hardware == {"processor": "a slow one"}
        claims.write()
        assert claims.PAGE.read_text(encoding="utf-8") == claims.render(kept)

    def test_an_unfinished_curve_is_named(self, folder):
        lines = (folder.path / "results.jsonl").read_text().splitlines(keepends=True)
        (folder.path / "results.jsonl").write_text("".join(lines[:-1]))
        (message,) = claims.store_evidence([folder.path])
        assert (
            message.startswith("left out: ")
            and "is not finished; resume with: keras-gru" in message
        )
        assert ADDING.name not in read_evidence(claims.EVIDENCE)

    def test_runs_of_other_settings_are_named(self, tmp_path):
        other = dataclasses.replace(ADDING, rates=(0.1,)).curve(tmp_path / "runs")
        (message,) = claims.store_evidence([RunDirectory.create(other).path])
        assert "other settings than those of the claims" in message

    def test_a_sweep_is_recognized_by_its_folder(self, tmp_path):
        pytest.importorskip("optuna", reason="optuna is not installed")
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")
        made = RunDirectory.create(ADDING.sweep(tmp_path / "runs"))
        folder = made.path.rename(made.path.parent / "sweep")
        (message,) = claims.store_evidence([folder])
        assert (
            "expected journal.log and metadata.json" in message and ADDING.sweep_command in message
        )


def test_every_dataset_is_a_recipe():
    assert {plan.name for plan in plans.PLANNED} <= set(recipes.rows())
