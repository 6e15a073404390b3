"""The figures of a comparison."""

import dataclasses
import struct
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from keras_gru.analysis import analyse
from keras_gru.datasets.sequence_dataset import Baseline
from keras_gru.report import comparison_plots, plots
from keras_gru.report.pictures import figure_to_png, figure_to_svg

from .samples import ACCURACY, BASELINES, MAE, comparison, diverged, run, scattered

DRAWINGS = (
    comparison_plots.learning_curves,
    comparison_plots.metric_by_parameters,
    comparison_plots.metric_by_time,
)


def drawn(draw, data):
    axes = Figure().add_subplot()
    draw(axes, data)
    return axes


def to_svg(draw, data, size=(400, 300), label="x"):
    return figure_to_svg(
        lambda canvas: draw(canvas.add_subplot(), data), name=draw.__name__, size=size, label=label
    )


def lines(axes, **style):
    return [
        line
        for line in axes.lines
        if all(getattr(line, f"get_{name}")() == value for name, value in style.items())
    ]


def test_the_line_is_the_mean_and_the_band_the_range_of_the_seeds():
    data = comparison(cells=("gru",), seeds=(0, 1, 2))
    axes = drawn(comparison_plots.learning_curves, data)
    curves = np.array([[row["val_mae"] for row in r.history] for r in data.runs])
    (mean,) = lines(axes, linewidth=1.9)
    np.testing.assert_allclose(mean.get_ydata(), curves.mean(0))
    np.testing.assert_array_equal(mean.get_xdata(), np.arange(1, 13))
    corners = axes.collections[0].get_paths()[0].vertices
    for epoch in (1, 7, 12):
        of_epoch = corners[corners[:, 0] == epoch, 1]
        assert of_epoch.min() == pytest.approx(curves[:, epoch - 1].min())
        assert of_epoch.max() == pytest.approx(curves[:, epoch - 1].max())


def test_epochs_that_only_some_seeds_reached_are_thin_lines():
    runs = (run("gru", 0, epochs=5), run("gru", 1, epochs=9))
    axes = drawn(comparison_plots.learning_curves, comparison(("gru",), (0, 1), runs=runs))
    (mean,) = lines(axes, linewidth=1.9)
    (rest,) = lines(axes, linewidth=0.9, marker="None", linestyle="-")
    assert mean.get_xdata()[-1] == 5
    assert list(rest.get_xdata()) == [5, 6, 7, 8, 9]


def test_a_diverged_run_ends_in_a_cross_and_does_not_affect_the_axis():
    data = comparison(("gru",), (0, 1), runs=(run("gru", 0), diverged("gru", 1)))
    axes = drawn(comparison_plots.learning_curves, data)
    (cross,) = lines(axes, marker="x")
    _, high = axes.get_ylim()
    assert high < 100_000
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (2, high)
    assert len(lines(axes, linewidth=1.9)[0].get_xdata()) == 12


def test_the_axis_may_cut_off_the_first_epochs_but_not_the_last():
    data = comparison(("gru",), (0,), runs=(run("gru", 0, epochs=60),))
    history = [dict(row) for row in data.runs[0].history]
    history[0]["val_mae"] = 9e6
    data = dataclasses.replace(
        data, runs=(dataclasses.replace(data.runs[0], history=tuple(history)),)
    )
    low, high = drawn(comparison_plots.learning_curves, data).get_ylim()
    assert high < 100_000
    assert low < min(row["val_mae"] for row in history)
    assert high > history[-1]["val_mae"]


def test_a_triangle_marks_values_beyond_the_axis():
    data = comparison(("gru",), (0,), runs=(run("gru", 0, epochs=60),))
    history = [dict(row) for row in data.runs[0].history]
    history[0]["val_mae"] = 9e6
    data = dataclasses.replace(
        data, runs=(dataclasses.replace(data.runs[0], history=tuple(history)),)
    )
    axes = drawn(comparison_plots.learning_curves, data)
    (marks,) = [line for line in lines(axes, marker="^") if len(line.get_xdata())]
    assert 1 in marks.get_xdata() and set(marks.get_ydata()) == {axes.get_ylim()[1]}
    beyond = [row["val_mae"] > axes.get_ylim()[1] for row in history]
    assert len(marks.get_xdata()) == sum(beyond)


def test_a_far_baseline_is_an_arrow_and_does_not_stretch_the_axis():
    """Otherwise the cells would be squeezed together at the end of the axis."""
    far = (*BASELINES, Baseline("Far", {"mae": 2e6}, {"mae": 2e6}))
    for draw in DRAWINGS:
        axes = drawn(draw, comparison(baselines=far))
        assert axes.get_ylim()[1] < 80_000 and axes.get_yscale() == "linear"
        assert {text.get_text() for text in axes.texts} == {"a", "b", "c↑"}
        dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
        assert len(dashed) == 2


def test_labels_of_baselines_are_beside_the_axes_and_do_not_overlap():
    near = tuple(Baseline(f"B{n}", {"mae": 4e4 + n}, {"mae": 4e4 + n}) for n in range(3))
    axes = drawn(comparison_plots.learning_curves, comparison(baselines=near))
    places = sorted(text.xy[1] for text in axes.texts)
    assert [text.xy[0] for text in axes.texts] == [1, 1, 1]
    assert min(np.diff(places)) > 0.03


def test_a_metric_over_orders_of_magnitude_is_drawn_on_a_log_scale():
    runs = tuple(
        dataclasses.replace(run(cell, 0), test={"mae": value})
        for cell, value in (("gru", 10.0), ("lstm", 90_000.0))
    )
    axes = drawn(
        comparison_plots.metric_by_parameters, comparison(("gru", "lstm"), (0,), MAE, runs)
    )
    assert axes.get_yscale() == "log"


def test_the_line_connects_the_pareto_front():
    data = comparison(seeds=(0,))
    (front,) = lines(drawn(comparison_plots.metric_by_parameters, data), color=plots.MUTED)
    by_cell = {r.cell: (r.parameters, r.test["mae"]) for r in data.runs}
    # The LSTM is larger and worse than the GRU; the SimpleRNN is the smallest and the worst.
    assert [tuple(point) for point in front.get_xydata()] == [by_cell["simple_rnn"], by_cell["gru"]]
    alone = comparison(("gru", "lstm"), (0,))
    assert not lines(drawn(comparison_plots.metric_by_parameters, alone), color=plots.MUTED)


def test_differences_are_drawn_with_their_intervals_and_significant_ones_in_color():
    analysis = analyse(scattered())
    axes = drawn(comparison_plots.differences, analysis)
    bars = lines(axes, marker="|")
    marks = [line for line in axes.lines[1:] if line.get_marker() != "|"]
    for pair, bar, mark in zip(analysis.verdicts.pairs, bars, marks, strict=True):
        ends = [pair.difference - pair.half, pair.difference + pair.half]
        np.testing.assert_allclose(bar.get_xdata(), ends)
        np.testing.assert_allclose(mark.get_xdata(), pair.difference)
        color = plots.INK
        if pair.better is not None:
            color = plots.color({"gru": 0, "lstm": 1}[pair.better])
        assert mark.get_color() == bar.get_color() == color
    assert axes.get_xlabel() == "← first better · second better →"


def test_each_finished_run_has_a_mark():
    runs = (run("gru", 0), run("gru", 1), run("lstm", 0), diverged("lstm", 1))
    axes = drawn(
        comparison_plots.metric_by_parameters, comparison(("gru", "lstm"), (0, 1), runs=runs)
    )
    drawn_runs = [line for line in axes.lines if line.get_linestyle() == "None"]
    marks = {(x, round(y)) for line in drawn_runs for x, y in line.get_xydata()}
    assert marks == {(r.parameters, round(r.test["mae"])) for r in runs[:3]}


def test_the_time_axis_shows_the_time_until_the_best_epoch():
    record = run("gru", 1)
    assert comparison_plots.seconds_to_best(record) == pytest.approx(record.best_epoch * 1.0)
    slow = tuple(row | {"seconds": 600.0} for row in record.history)
    data = comparison(("gru",), (1,), runs=(dataclasses.replace(record, history=slow),))
    axes = drawn(comparison_plots.metric_by_time, data)
    assert "minutes" in axes.get_xlabel()
    assert axes.lines[0].get_xdata()[0] == pytest.approx(record.best_epoch * 10)


def test_a_small_difference_does_not_fill_the_axis():
    runs = tuple(
        dataclasses.replace(run(cell, 0, ACCURACY), test={"accuracy": value})
        for cell, value in (("gru", 0.8701), ("lstm", 0.8702))
    )
    axes = drawn(
        comparison_plots.metric_by_parameters, comparison(("gru", "lstm"), (0,), ACCURACY, runs)
    )
    low, high = axes.get_ylim()
    assert high - low > 0.02


def test_a_cell_keeps_its_color_when_another_one_has_no_run():
    data = comparison(runs=(run("lstm", 0),))
    assert plots.series(data) == {"lstm": ("LSTM", 1)}
    looks = {(plots.color(n), plots.line(n)) for n in range(12)}
    assert len(looks) == len({(plots.color(n), plots.marker(n)) for n in range(12)}) == 12


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize(
    "data",
    [
        comparison(runs=()),
        comparison(seeds=(0,)),
        comparison(("gru",), (0,), runs=(diverged("gru", 0),)),
        comparison(("gru",), (0,), runs=(run("gru", 0, epochs=1),)),
    ],
    ids=["no run", "one seed", "all diverged", "one epoch"],
)
def test_little_data_can_be_drawn(draw, data):
    root = ElementTree.fromstring(to_svg(draw, data, size=(400, 300), label="x"))
    assert root.tag == "svg"


def test_an_svg_is_small_and_uses_text_and_the_colors_of_the_page():
    data = comparison(baselines=(Baseline("<b> & $x$", {"mae": 4e4}, {"mae": 4e4}),))
    svg = to_svg(
        comparison_plots.learning_curves, data, size=(830, 400), label='a "quoted" & <label>'
    )
    root = ElementTree.fromstring(svg)
    assert root.attrib["aria-label"] == 'a "quoted" & <label>'
    texts = [element.text for element in root.iter("text")]
    assert "Epoch" in texts
    for word in ("currentColor", "var(--series-1,", "var(--series-3,", "var(--muted,"):
        assert word in svg
    assert plots.INK not in svg
    assert len(svg) < 15_000


def test_characters_missing_from_the_font_cause_no_warning(recwarn):
    metric = dataclasses.replace(MAE, label="MAE (人)")
    labelled = comparison(metric=metric)
    assert "人" in to_svg(comparison_plots.learning_curves, labelled)
    assert not [warning for warning in recwarn if "Glyph" in str(warning.message)]


def test_the_ids_of_two_pictures_differ():
    ids = [
        {e.attrib["id"] for e in ElementTree.fromstring(svg).iter() if "id" in e.attrib}
        for svg in (
            to_svg(draw, comparison(), size=size, label="x")
            for draw in DRAWINGS
            for size in ((830, 400), (370, 330))
        )
    ]
    assert sum(map(len, ids)) == len(set().union(*ids)) > 0


def test_a_png_is_written_at_double_resolution(tmp_path):
    path = tmp_path / "curves.png"
    figure_to_png(lambda canvas: canvas.add_subplot(), path, size=(600, 300))
    header = path.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", header[16:]) == (1200, 600)
    assert [p.name for p in tmp_path.iterdir()] == ["curves.png"]
