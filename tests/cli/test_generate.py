"""`keras-gru generate` for music, on very small pieces; the tests for text are in tests/recipes."""

import runpy
import sys

import mido
import numpy as np
import pytest
from typer.testing import CliRunner

from keras_gru.cli import app
from keras_gru.datasets.published import polyphonic_music
from keras_gru.errors import UserError
from keras_gru.experiments import generation, networks
from keras_gru.experiments.configuration.packaged import packaged_recipes
from keras_gru.experiments.run_directory import RunDirectory

from .test_verbs import keras_gru

PIECES = {"train": (9, 7, 8), "validation": (6,), "test": (12, 8)}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Pieces of a few steps instead of the published ones, which are rarely on the machine."""
    random = np.random.default_rng(0)
    columns = {
        split: {"notes": [random.integers(0, 2, (steps, 88), "uint8") for steps in lengths]}
        for split, lengths in PIECES.items()
    }
    monkeypatch.setattr(polyphonic_music.source, "read", lambda *_, **__: columns)
    return columns


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of two cells."""
    with pytest.MonkeyPatch.context() as patch:
        small_pieces.__wrapped__(patch)
        runs = tmp_path_factory.mktemp("runs")
        small = ["model.size.units=3", "training.epochs=1", "seeds=[2]"]
        # One job: another process would look for the published pieces.
        small += ["cells=[gru,min_gru]", f"runs={runs}", "--jobs", 1]
        keras_gru("compare", "jsb_chorales", *small)
        (run,) = runs.glob("*/*")
    return run


def pitches(path):
    return [m.note for m in mido.MidiFile(path).tracks[0] if m.type == "note_on"]


def test_the_files_in_the_run_directory_have_the_generated_notes(run, small_pieces):
    output = keras_gru(
        *("generate", run, "--cell", "gru", "--length", 6, "--sampling-seed", 3),
        *("--piece", 1, "--prompt-steps", 2, "--tempo", 60),
    )
    midi, picture = run / "gru-seed2.mid", run / "gru-seed2.png"
    assert output == f"The piano roll: {picture}\nThe music: {midi}\n"
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 1000
    assert mido.MidiFile(midi).length == pytest.approx(2 + 6)

    folder = RunDirectory(run)
    record = networks.choose_run(folder, "gru")
    music = generation.generate_music(folder, record, piece=1, prompt_steps=2, length=6, seed=3)
    assert (music.prompt_steps, music.steps_per_quarter, music.notes.shape) == (2, 1, (8, 88))
    np.testing.assert_array_equal(music.notes[:2], small_pieces["test"]["notes"][1][:2])
    began = np.diff(music.notes, axis=0, prepend=0).astype("int8") == 1
    assert sorted(pitches(midi)) == sorted((np.nonzero(began)[1] + 9).tolist())


def test_generate_from_silence_to_a_given_path(run, folder):
    output = keras_gru(
        *("generate", run, "--cell", "min_gru", "--length", 3),
        *("--prompt-steps", 0, "--midi", "mine.mid"),
    )
    assert output == "The piano roll: mine.png\nThe music: mine.mid\n"
    assert sorted(file.name for file in folder.iterdir()) == ["mine.mid", "mine.png"]


def test_without_mido_only_the_picture_is_written(run, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "mido", None)
    arguments = ["generate", run, "--length", 3, "--midi", "a.mid"]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 2 and "keras_gru[music]" in result.stderr
    assert [file.name for file in folder.iterdir()] == ["a.png"]


def test_a_sampling_seed_reproduces_the_file(run, folder):
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        keras_gru(
            *("generate", run, "--length", 4, "--prompt-steps", 1),
            *("--sampling-seed", seed, "--midi", f"{name}.mid"),
        )
    a, b, c = ((folder / f"{name}.mid").read_bytes() for name in "abc")
    assert a == b != c


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--prompt", "x"],
            "--prompt: expected a run that generates text, got music. Remove it.\n",
        ),
        (["--top-k", "3"], "--top-k: expected a run that generates text, got music. Remove it.\n"),
        (["--stop", "x"], "--stop: expected a run that generates text, got music. Remove it.\n"),
        (["--piece", "2"], "piece: expected a number from 0 to 1 (of test), got 2.\n"),
        (
            ["--prompt-steps", "12"],
            "prompt of piece 0: expected 0 to 11 steps, got 12.\n",
        ),
        (["--midi", "a.wav"], "a.wav: expected a name that ends in .mid.\n"),
        (["--midi", "no/a.mid"], "no: expected a folder, found none. Create it first.\n"),
    ],
)
def test_options_that_do_not_fit_are_rejected(run, folder, options, sentence):
    assert keras_gru("generate", run, *options, code=2) == sentence
    assert not list(folder.iterdir())


def create_run_directory(path, dataset, model):
    """Create a run directory of this dataset and model, without any run."""
    path.mkdir()
    (path / "experiment.yaml").write_text(f"name: x\ndataset: {dataset}\nmodel: {model}\n")
    return path


@pytest.mark.parametrize("option", ["--piece", "--prompt-steps", "--tempo", "--midi"])
def test_music_options_are_rejected_for_text(folder, option):
    run = create_run_directory(
        folder / "run", "{kind: tiny_shakespeare}", "{kind: language_model, size: {units: 2}}"
    )
    output = keras_gru("generate", run, option, 20, code=2)
    assert output == f"{option}: expected a run that generates music, got text. Remove it.\n"


def test_a_run_of_another_task_is_rejected_with_the_right_tasks(folder):
    run = create_run_directory(
        folder / "run", "{kind: imdb_reviews}", "{kind: classifier, size: {units: 2}}"
    )
    assert keras_gru("generate", run, code=2) == (
        f"{run}: a model for classification cannot write text or music; "
        "give a run whose dataset is for language_model or polyphony.\n"
    )


def test_a_dataset_without_pitches_is_rejected(run, monkeypatch, tmp_path):
    arrays = {
        f"{split}_{part}": np.ones((3, 4, 2), "uint8")
        for split in PIECES
        for part in ("inputs", "targets")
    }
    np.savez(tmp_path / "mine.npz", **arrays)
    dataset = f"{{kind: npz, path: {tmp_path / 'mine.npz'}, task: polyphony}}"
    own = create_run_directory(tmp_path / "run", dataset, "{kind: polyphony, size: {units: 2}}")
    with pytest.raises(UserError, match="the notes of 'npz' have no known pitch; music is"):
        generation.generate_music(RunDirectory(own), networks.choose_run(RunDirectory(run)))


def test_the_recipe_plays_at_three_temperatures(run, folder, capsys):
    recipe = runpy.run_path(str(packaged_recipes()["generate"]))
    recipe["main"](str(run), prompt="", length=3)
    files = [f"temperature-{t}{end}" for t in (0.3, 0.7, 1.0) for end in (".mid", ".png")]
    assert sorted(file.name for file in folder.iterdir()) == sorted(files)
    assert "temperature-0.3.mid" in capsys.readouterr().out
