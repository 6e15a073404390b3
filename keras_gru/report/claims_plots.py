"""Drawings of the claims: an interval for each dataset, and learning curves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from keras_gru.claims.claim import EQUAL, FAILS, HOLDS, EvaluatedClaim, Finding
from keras_gru.claims.evidence import GRU, LSTM, CurveEvidence, Estimate
from keras_gru.report.plots import (
    DASHES,
    MUTED,
    color,
    finish_intervals,
    interval,
    marker,
    title,
)
from keras_gru.report.sections.claims_text import LABELS, dataset_label
from keras_gru.report.sections.data_need import draw_curve, set_fractions

# With their numbers in every comparison.
CELLS = {cell: (LABELS[cell], number) for number, cell in enumerate((GRU, LSTM))}
VERDICTS = {HOLDS: ("holds", 2), FAILS: ("does not hold", 1)}  # as a series; the rest is grey
_WIDE = 20  # an axis is logarithmic where its ends differ by more than this factor


@dataclass(frozen=True)
class Scale:
    """The scale of the intervals of a claim.

    Args:
        label: description of the axis, for a caption.
        neither: the value of no effect.
        factor: factor between a number and the axis.
        equal: half the width of the band that counts as no difference.
        ratio: whether the axis shows ratios.
    """

    label: str
    neither: float = 0.0
    factor: float = 1.0
    equal: float = 0.0
    ratio: bool = False


SCALES = {
    "no-clear-winner": Scale(
        "Advantage of GRU over LSTM on test, in % of the better cell's mean (or errors); within "
        "the band it counts as no difference",
        factor=100,
        equal=100 * EQUAL,
    ),
    "size-over-cell": Scale(
        "The layer size's share of the variance minus the cell's, in percentage points", factor=100
    ),
    "fewer-parameters": Scale(
        "LSTM's recurrent weights / GRU's; if sizes are matched by weights, GRU's units / LSTM's",
        1,
        ratio=True,
    ),
    "faster": Scale(
        "LSTM's seconds / GRU's: per epoch and (hollow) until the same metric", 1, ratio=True
    ),
    "less-data": Scale(
        "Fraction of train that GRU needs / fraction that LSTM needs", 1, ratio=True
    ),
    "learning-rate-first": Scale(
        "The learning rate's share of the variance minus the largest other, in percentage points",
        factor=100,
    ),
}


def draw_intervals(axes: Axes, evaluated: EvaluatedClaim) -> None:
    """Draw the number behind each verdict with its interval, one row per dataset.

    Args:
        axes: matplotlib axes.
        evaluated: a claim of `SCALES`.
    """
    scale = SCALES[evaluated.claim.name]
    rows = drawn(evaluated)
    axes.axvline(scale.neither, color=MUTED, lw=0.9, ls=DASHES, zorder=1)
    if scale.equal:
        axes.axvspan(-scale.equal, scale.equal, color=MUTED, alpha=0.18, lw=0)
    for row, (label, finding) in enumerate(rows.items()):
        paint, mark = MUTED, "D"
        if finding.verdict in VERDICTS:
            number = VERDICTS[finding.verdict][1]
            paint, mark = color(number), marker(number)
        assert finding.drawn is not None  # `drawn` returns only such findings
        main = finding.drawn.times(scale.factor)
        interval(axes, row, main.value, _ends(main), paint, label, mark)
        if finding.beside is not None:
            beside = finding.beside.times(scale.factor)
            ends = _ends(beside)
            interval(axes, row + 0.22, beside.value, ends, paint, mark=mark, is_hollow=True)
    finish_intervals(axes, len(rows))
    _across(axes, scale)


def _ends(estimate: Estimate) -> tuple[float, float] | None:
    if estimate.low is None or estimate.high is None:
        return None
    return estimate.low, estimate.high


def drawn(evaluated: EvaluatedClaim) -> dict[str, Finding]:
    """Return the findings that have a number, by the label of their dataset."""
    found = evaluated.findings.items()
    return {dataset_label(name): row for name, row in found if row and row.drawn is not None}


def draw_curves(figure: Figure, curves: Mapping[str, CurveEvidence], columns: int) -> None:
    """Draw the test metric of GRU and LSTM by fraction of train, one plot per dataset.

    Args:
        figure: an empty one of matplotlib.
        curves: curves by the label of the dataset, one or more.
        columns: number of columns of axes.
    """
    rows = -(-len(curves) // columns)
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (label, curve) in zip(places, curves.items(), strict=False):
        _curve(axes, label, curve)
    for axes in places[len(curves) :]:
        axes.set_visible(False)


def _curve(axes: Axes, label: str, curve: CurveEvidence) -> None:
    for place, (cell, (_, number)) in enumerate(CELLS.items()):
        test = zip(curve.fractions, curve.cells[cell].test, strict=True)
        known = [(fraction * 1.03**place, row) for fraction, row in test if row is not None]
        x = np.array([fraction for fraction, _ in known])
        draw_curve(axes, x, [(row.value, row.low, row.high) for _, row in known], number)
    low, high = axes.get_ylim()
    if low > 0 and high > _WIDE * low:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator())
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    set_fractions(axes, list(curve.fractions))
    title(axes, f"{label}: test {curve.metric.label}")


def _across(axes: Axes, scale: Scale) -> None:
    """Scale the axis: logarithmic for ratios, and for differences if some are far from the rest."""
    low, high = axes.get_xlim()
    if scale.ratio and low > 0:
        axes.set_xscale("log")
        _ratios(axes.xaxis, high / low)
    elif scale.equal and max(abs(low), abs(high)) > _WIDE * scale.equal:
        axes.set_xscale("symlog", linthresh=scale.equal, linscale=0.5)
        powers = [s * 10**n for n in range(5) for s in (-1, 1)]
        ticks = sorted([0, *(tick for tick in powers if low <= tick <= high)])
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(0.08)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))


def _ratios(axis: Axis, span: float) -> None:
    fine = (1, 1.5, 2, 3, 5, 7) if span < 10 else (1, 2, 5) if span < 100 else (1,)
    narrow = MaxNLocator(5, steps=[1, 2, 5, 10])
    axis.set_major_locator(narrow if span < 2 else LogLocator(subs=fine))
    axis.set_minor_locator(NullLocator())
