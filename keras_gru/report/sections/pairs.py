"""Pairs of cells: differences with their intervals."""

from keras_gru.analysis import Analysis
from keras_gru.analysis.intervals import CONFIDENCE, FEWEST_SEEDS, POWER
from keras_gru.analysis.pairs import NoInterval, Pair
from keras_gru.datasets.metric import Metric
from keras_gru.formatting import join_words, plural, rounded
from keras_gru.report import comparison_plots
from keras_gru.report.blocks import Block, Column, Figure, Row, Section, Table, Text
from keras_gru.report.metric_values import plus_minus, quantity

OUT_OF_RANGE = "too few runs: the {} would exceed the metric's range"
NO_INTERVAL = {
    NoInterval.FEW_SEEDS: f"fewer than {FEWEST_SEEDS} seeds in common",
    NoInterval.NO_SPREAD: "the same difference with every seed",
    NoInterval.OUT_OF_RANGE: "too few runs",
}
COLUMNS = (
    Column("Pair"),
    Column("Verdict", is_text=True),
    Column("Difference"),
    Column("Detectable"),
    Column("Seeds needed"),
)


def section(analysis: Analysis) -> Section | None:
    """Return the section, or None if no two cells share three seeds."""
    metric = analysis.comparison.metric
    pairs = [pair for pair in analysis.verdicts.pairs if pair.difference is not None]
    if not pairs:
        return None
    blocks: list[Block] = []
    drawn = sum(pair.half is not None for pair in pairs)
    if drawn:
        height = max(130 + 46 * drawn, 220)
        figure = Figure(
            "differences",
            lambda canvas: comparison_plots.differences(canvas.add_subplot(), analysis),
            "; ".join(f"{_name(pair)}: {verdict_text(pair, metric)}" for pair in pairs),
            heights=(height, height),
            caption="A significant difference has the color of the better cell.",
        )
        blocks.append(figure)
    rows = [Row(_name(pair), (outcome_text(pair), *_numbers(pair, metric))) for pair in pairs]
    blocks.append(Table("pairs", f"Differences of test {metric.label}", COLUMNS, rows))
    blocks.append(Text(_explanation(analysis)))
    return Section("pairs", "Cell against cell", blocks, in_terminal=True)


def describe_interval(difference: float, half: float | None, metric: Metric) -> str:
    """Return `0.30 ± 0.02`, or `≥ 0.28` if the upper end is outside of the metric's range."""
    if half is not None and abs(difference) + half > metric.highest:
        end = difference - half if difference > 0 else difference + half
        return f"{'≥' if difference > 0 else '≤'} {quantity(end, metric)}"
    return plus_minus(difference, half, metric)


def outcome_text(pair: Pair) -> str:
    """Return the verdict on a pair without numbers."""
    if pair.better is not None:
        return f"{pair.better_label} better"
    return "not decided" if pair.half is None else "not significant"


def verdict_text(pair: Pair, metric: Metric) -> str:
    """Return the verdict on a pair with its numbers."""
    if pair.half is None or pair.difference is None:
        assert pair.reason is not None  # a pair without an interval has one
        reason = {
            NoInterval.FEW_SEEDS: f"{plural(pair.seeds, 'seed')} in common, and an interval "
            f"requires {FEWEST_SEEDS}",
            NoInterval.NO_SPREAD: f"the difference is the same with all {pair.seeds} seeds, which "
            "has no interval",
            NoInterval.OUT_OF_RANGE: OUT_OF_RANGE.format("interval"),
        }[pair.reason]
        return f"{outcome_text(pair)}: {reason}"
    if pair.better is not None:
        size = describe_interval(abs(pair.difference), pair.half, metric)
        return f"{outcome_text(pair)} by {size}"
    first = (pair.difference > 0) == (metric.mode == "max")
    size = describe_interval(abs(pair.difference), pair.half, metric)
    words = f"{pair.label if first else pair.other_label} ahead by {size}, not significant"
    if pair.detectable is None or pair.smaller is None:
        return f"{words}; {OUT_OF_RANGE.format('minimum detectable difference')}"
    least, smaller = rounded(pair.detectable), rounded(pair.smaller)
    words += (
        f"; minimum detectable difference: {least} with {plural(pair.seeds, 'seed')}, {smaller}"
    )
    if pair.needed is None:
        return f"{words} with no number of seeds, as the test split is too small"
    return f"{words} with {pair.needed:,}"


def _explanation(analysis: Analysis) -> str:
    verdicts = analysis.verdicts
    better = "higher" if analysis.comparison.metric.mode == "max" else "lower"
    count = len(verdicts.pairs)
    together = f" for all {count} together" if count > 1 else ""
    dashes = [NO_INTERVAL[pair.reason] for pair in verdicts.pairs if pair.reason]
    if any(pair.smaller is not None and pair.needed is None for pair in verdicts.pairs):
        dashes.append("test is too small for any number of seeds")
    dash = f"; –: {join_words([*dict.fromkeys(dashes)], 'or')}" if dashes else ""
    included = "included" if verdicts.has_sampling_error else "not included"
    return (
        f"The first cell's test metric minus the second's, paired by seed; {better} is better. "
        f"Confidence intervals at {CONFIDENCE:.0%}{together}, the sampling error of test "
        f"{included}. Detectable is the minimum detectable difference at this number of seeds with "
        f"a power of {POWER:.0%}; the seeds needed are for about half of it{dash}."
    )


def _name(pair: Pair) -> str:
    return f"{pair.label} − {pair.other_label}"


def _numbers(pair: Pair, metric: Metric) -> tuple[str, str, str]:
    assert pair.difference is not None  # `section` leaves out pairs without one
    difference = describe_interval(pair.difference, pair.half, metric)
    if pair.detectable is None or pair.smaller is None:
        return difference, "–", "–"
    needed = "–" if pair.needed is None else f"{pair.needed:,} for {rounded(pair.smaller)}"
    return difference, rounded(pair.detectable), needed
