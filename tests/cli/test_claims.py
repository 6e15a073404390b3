"""keras-gru claims: the packaged results, and a small study that is interrupted and resumed."""

import pytest
from typer.testing import CliRunner

from keras_gru.claims import evidence, plans
from keras_gru.claims.plans import Planned
from keras_gru.cli import app
from keras_gru.experiments.configuration.packaged import packaged_files
from keras_gru.report import claims as claims_report
from keras_gru.report.sections import claims as claims_sections
from keras_gru.report.sections import claims_over_all, claims_text

from .test_process import COMMAND, run
from .test_verbs import keras_gru

SMALL = """
name: small
cells: [gru, lstm]
dataset: {kind: adding, length: 4, train: 32, validation: 16, test: 16}
model: {kind: forecaster, size: {units: 2}}
training: {epochs: 1, batch_size: 16, jit_compile: false}
sweep:
  trials: 1
  sampler: random
  training: {learning_rate: {low: 1e-3, high: 1e-2, log: true}}
  model: {size: {units: {grid: [2, 3]}}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_packaged_claims_are_shown_without_tensorflow(folder):
    at_exit = (
        "import atexit, sys; atexit.register(lambda: print('heavy:', "
        "[name for name in ('tensorflow', 'keras', 'optuna') if name in sys.modules]));"
    )
    printed = run("-c", at_exit + COMMAND, "claims", cwd=folder).stdout
    assert "There isn't a clear winner." in printed and printed.endswith("heavy: []\n")
    assert "The page: claims.html" in printed
    assert "wildml.com" in (folder / "claims.html").read_text(encoding="utf-8")


def test_the_package_comes_with_results():
    assert packaged_files("results", ".json")["claims"].is_file()


def test_the_page_is_written_to_the_given_path(folder):
    assert "The page: x.html" in keras_gru("claims", "--page", "x.html")
    assert (folder / "x.html").is_file() and not (folder / "claims.html").exists()
    assert "no: expected a folder" in keras_gru("claims", "--page", "no/x.html", code=2)


class TestStudy:
    @pytest.fixture(autouse=True)
    def one_small_dataset(self, folder, monkeypatch):
        pytest.importorskip("optuna", reason="optuna is not installed")
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")
        (folder / "small.yaml").write_text(SMALL)
        small = (
            Planned("small.yaml", "Small", (0.01,), seeds=(0,), fractions=(0.5,)),
            Planned("not_there.yaml", "Not there", (0.01,)),
        )
        for module in (plans, claims_report, claims_over_all, claims_sections, claims_text):
            monkeypatch.setattr(module, "PLANNED", small)

    def test_a_study_is_interrupted_resumed_and_evaluated(self, folder, monkeypatch):
        from keras_gru.experiments.sweeping import sweep as sweeping

        def interrupt(*_):
            raise KeyboardInterrupt

        command = ("claims", "--run", "night", "--jobs", 1)
        assert "no: expected a folder" in run_both_streams(2, *command, "--page", "no/x.html")
        assert not (folder / "night").exists()
        with monkeypatch.context() as patch:
            patch.setattr(sweeping, "train_trial", interrupt)
            assert "Resume with: keras-gru claims --run night" in run_both_streams(130, *command)
        half = evidence.read_evidence(folder / "night" / evidence.FILE)["small.yaml"]
        assert half.curve is not None and half.sweep is None
        page = (folder / "night" / "claims.html").read_text(encoding="utf-8")
        assert "<b>Small (holds)</b>: GRU has" in page  # the claim that needs no training

        trained = list((folder / "night" / "runs").rglob("best.keras"))
        assert len(trained) == 2 * 2
        times = [path.stat().st_mtime_ns for path in trained]
        # Missing datasets are reported at the end and do not stop the others; an incomplete run
        # directory is ignored; an absolute path to the same folder resumes the study.
        (folder / "night" / "runs" / "small" / "2999-01-01_00-00-00").mkdir()
        printed = run_both_streams(2, "claims", "--run", folder / "night", "--jobs", 1)
        assert "Small (holds): GRU has" in printed and "The page: " in printed
        assert printed.count("Not there: ") == 2
        whole = evidence.read_evidence(folder / "night" / evidence.FILE)["small.yaml"]
        assert whole.curve == half.curve and whole.sweep.trials == 1
        assert [path.stat().st_mtime_ns for path in trained] == times

        # Nothing is trained, read or loaded again.
        monkeypatch.setattr("keras_gru.datasets.load", interrupt)
        run_both_streams(2, *command)
        assert evidence.read_evidence(folder / "night" / evidence.FILE)["small.yaml"] == whole


def run_both_streams(code, *arguments):
    """Run a command that must exit with `code`; return what it prints on both streams."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.output
