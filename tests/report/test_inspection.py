"""The report of an inspection: its figures, its table and its section of the page."""

import dataclasses
import io
import re
import struct
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console

from keras_gru.analysis import analyse
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.inspection.memory import half_lives
from keras_gru.inspection.result import Inspection, NetworkInspection, save_inspection
from keras_gru.report import inspection_plots, plots
from keras_gru.report.blocks import Items
from keras_gru.report.sections.inspection import (
    inspection_section,
    print_inspection,
    save_pictures,
    section,
)

from .samples import comparison
from .test_html import EVIL, Outline, render

STEPS = 12
KEEP = [0.2, 0.9, 0.5]


def network(cell="gru", label="GRU", gates=("update", "reset"), keep=KEEP, **changes):
    random = np.random.default_rng(0)
    settings = {
        "cell": cell,
        "label": label,
        "seed": 0,
        "gates": {name: random.random((STEPS, 3)).tolist() for name in gates},
        "state": random.uniform(-0.5, 0.5, (STEPS, 3)).tolist(),
        "keep": keep,
        "gradient_decay": [0.5**k for k in range(STEPS)],
        "ablation": {"as trained": 30_000, **{f"{name} gate constant 1": 40_000 for name in gates}},
    }
    return NetworkInspection(**settings | changes)


def inspection(*networks, tokens=None, features=None, **changes):
    if tokens is None and features is None:
        features = np.random.default_rng(0).random((STEPS, 2)).tolist()
    settings = {"layer": 1, "sequence": 3, "length": STEPS, "last_step": False}
    networks = networks or (network(), network("simple_rnn", "SimpleRNN", (), None))
    return Inspection(tokens=tokens, features=features, networks=networks, **settings | changes)


def inspected(path, *networks, **changes):
    """Return a comparison whose run directory has an inspection."""
    save_inspection(path, inspection(*networks, **changes))
    return in_directory(path)


def in_directory(path):
    """Return a comparison with a run directory."""
    compared = dataclasses.replace(comparison(seeds=(0,)), path=path)
    (path / "experiment.yaml").write_text(dump_experiment(compared.experiment))
    return compared


def sentences(compared):
    (items,) = [
        block
        for block in inspection_section(compared, comparison()).blocks
        if isinstance(block, Items)
    ]
    return items.texts


def filled(compared, one):
    figure = Figure(figsize=(8, 6))
    inspection_plots.fill_with_gates(figure, compared, one)
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def test_each_gate_and_the_state_have_a_map_sorted_by_memory():
    one = network()
    *maps, read = filled(inspection(one), one)
    assert [axes.get_title("left") for axes in maps] == ["Update gate", "Reset gate", "State"]
    for axes, values in zip(maps, [*one.gates.values(), one.state], strict=True):
        (image,) = axes.images
        np.testing.assert_allclose(image.get_array(), np.array(values).T[[1, 2, 0]])
    assert [axes.images[0].get_clim() for axes in maps] == [(0, 1), (0, 1), (-0.5, 0.5)]
    assert len(read.lines) == 2 and read.get_xlabel() == "Time step"
    cells = {plots.color(number) for number in range(3)}
    assert not cells & {line.get_color() for line in read.lines}


def test_a_network_without_gates_shows_its_state():
    one = network("simple_rnn", "SimpleRNN", (), None)
    state, _ = filled(inspection(one), one)
    np.testing.assert_allclose(state.images[0].get_array(), np.array(one.state).T)


def test_the_input_of_the_network_is_shown_below_the_maps():
    one = network()
    words = ["a", "much_longer_word", "\n", *"bcdefghij"][:STEPS]
    last = filled(inspection(one, tokens=words), one)[-1]
    shown = [label.get_text() for label in last.get_xticklabels()]
    assert last.images and shown[:3] == ["a", "much_longer…", "↵"] and len(shown) == STEPS
    notes = np.zeros((STEPS, 88))
    notes[2, 30], notes[3, 40] = 1, 1
    roll = filled(inspection(one, features=notes.tolist()), one)[-1]
    np.testing.assert_array_equal(roll.images[0].get_array(), notes[:, 30:41].T)
    silence = np.zeros((STEPS, 88)).tolist()
    assert filled(inspection(one, features=silence), one)[-1].images[0].get_array().shape == (
        *(1, STEPS),
    )


def test_with_little_space_some_tokens_are_not_labelled():
    one = network()
    figure = Figure(figsize=(370 / 96, 6))
    inspection_plots.fill_with_gates(figure, inspection(one, tokens=["w"] * 80), one)
    assert len(figure.axes[2].get_xticks()) == 27


@pytest.mark.parametrize("word, rotation", [("a", 0), ("word", 0), ("longer_words", 90)])
def test_labels_are_horizontal_if_there_is_space(word, rotation):
    one = network()
    axes = filled(inspection(one, tokens=[word] * STEPS), one)[-1]
    assert {label.get_rotation() for label in axes.get_xticklabels()} == {rotation}


def test_gradients_and_half_lives_are_drawn_in_the_cells_colours():
    compared, found = comparison(seeds=(0,)), inspection()
    reach, memory = Figure().add_subplot(), Figure().add_subplot()
    inspection_plots.gradient_decay(reach, found, compared)
    inspection_plots.memory(memory, found, compared)
    gru, simple = reach.lines
    assert [line.get_label() for line in reach.lines] == ["GRU", "SimpleRNN"]
    assert gru.get_color() != simple.get_color() and reach.get_yscale() == "log"
    np.testing.assert_allclose(gru.get_ydata(), found.networks[0].gradient_decay)
    units, _ = memory.lines
    np.testing.assert_allclose(units.get_ydata(), np.sort(half_lives(np.array(KEEP)))[::-1])
    assert units.get_color() == gru.get_color()


def test_zero_gradients_and_infinite_half_lives_can_be_drawn():
    one = network(gradient_decay=[1.0, 0.0, 1e-30], keep=[0.0, 1.0, 0.5])
    found, compared = inspection(one), comparison(seeds=(0,))
    reach, memory = Figure().add_subplot(), Figure().add_subplot()
    inspection_plots.gradient_decay(reach, found, compared)
    inspection_plots.memory(memory, found, compared)
    assert np.isnan(reach.lines[0].get_ydata()[1:]).all()
    assert np.isfinite(memory.lines[0].get_ydata()).all()
    assert "for ever by the longest" in sentences(found)[0]
    assert sentences(inspection(network(gradient_decay=[], keep=None))) == [
        "GRU, seed 0: no gradient."
    ]


def test_the_figures_are_written_as_files(tmp_path):
    files = save_pictures(inspection(), comparison(seeds=(0,)), tmp_path)
    names = ["gates-gru-seed0", "gates-simple_rnn-seed0", "gradient-decay", "half-lives"]
    assert [file.name for file in files] == [f"{name}.png" for name in names]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    for file in files:
        header = file.read_bytes()[:24]
        assert header.startswith(b"\x89PNG") and struct.unpack(">I", header[16:20])[0] >= 1400
    alone = inspection(network("simple_rnn", "SimpleRNN", (), None))
    assert len(save_pictures(alone, comparison(seeds=(0,)), tmp_path)) == 2


def test_the_table_and_the_sentences_are_printed():
    console = Console(file=io.StringIO(), width=80)
    print_inspection(inspection(), comparison(seeds=(0,)), console)
    printed = console.file.getvalue()
    assert "MAE (passengers) with constant gates" in printed
    assert re.search(r"GRU, as trained +30,000\n", printed)
    assert re.search(r"GRU, update gate constant 1 +40,000\n", printed)
    assert sentences(inspection()) == [
        "GRU, seed 0: half of a state is kept for 1.0 steps by the median unit and for 6.6 steps "
        "by the longest; 0.049% of the gradient is left 11 steps back.",
        "SimpleRNN, seed 0: 0.049% of the gradient is left 11 steps back.",
    ]


def test_the_page_has_the_section_of_an_inspection(tmp_path):
    compared = inspected(tmp_path)
    page = render(compared)
    assert Outline(page).open == [] and 'id="inspection"' in page
    pictures = re.findall(r"<image[^>]*>", page)
    assert len(pictures) == 2 * (3 + 1) * 2  # two widths; each map has a color scale
    assert all('href="data:image/png;base64,' in picture for picture in pictures)
    assert not re.search(r'(src|href)="(?!#|data:)', page) and page.count("<script") == 1
    assert render(compared) == page


@pytest.mark.parametrize("changes", [{"tokens": [EVIL] * STEPS}, {"last_step": True}])
def test_names_and_words_are_escaped(tmp_path, changes):
    page = render(inspected(tmp_path, network(label=EVIL), **changes))
    assert EVIL not in page and Outline(page).open == []
    assert ("its last step&#39;s loss" in page) == ("last_step" in changes)


def test_without_an_inspection_there_is_no_section(tmp_path):
    assert section(analyse(comparison(seeds=(0,)))) is None
    assert section(analyse(in_directory(tmp_path))) is None
    assert (
        section(analyse(inspected(tmp_path, network("mut1")))) is None
    )  # its run is not in the comparison


def test_a_page_with_an_inspection_does_not_import_keras():
    code = "import sys, keras_gru.report.comparison; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"keras", "tensorflow"} & set(done.stdout.split())
