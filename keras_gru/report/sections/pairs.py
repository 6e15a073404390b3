"""Cell against cell: differences with their intervals."""

from keras_gru.analysis.intervals import FEWEST_SEEDS
from keras_gru.analysis.pairs import NoInterval, Outcome, Pair
from keras_gru.datasets.metric import Metric
from keras_gru.formatting import plural, plus_minus, quantity, rounded

OUT_OF_RANGE = "so few runs say nothing: the {} would leave the metric's range"


def describe_interval(difference: float, half: float | None, metric: Metric) -> str:
    """Return `0.30 ± 0.02`, or `≥ 0.28` where the upper end would leave the metric's range."""
    if half is not None and abs(difference) + half > metric.highest:
        end = difference - half if difference > 0 else difference + half
        return f"{'≥' if difference > 0 else '≤'} {quantity(end, metric)}"
    return plus_minus(difference, half, metric)


def outcome_text(pair: Pair) -> str:
    """The verdict on a pair without numbers."""
    if pair.better is not None:
        return f"{pair.better_label} better"
    return "not decided" if pair.outcome == Outcome.UNDECIDED else "not significant"


def verdict_text(pair: Pair, metric: Metric) -> str:
    """The verdict on a pair with its numbers."""
    if pair.half is None:
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
    words = "no significant difference"
    if pair.detectable is None:
        return f"{words}; {OUT_OF_RANGE.format('minimum detectable difference')}"
    smaller = rounded(pair.smaller)
    needed = f"the test split is too small to detect {smaller} with any number of seeds"
    if pair.needed is not None:
        needed = f"about {pair.needed:,} seeds are needed to detect {smaller}"
    return (
        f"{words}; minimum detectable difference at {plural(pair.seeds, 'seed')}: "
        f"{rounded(pair.detectable)}; {needed}"
    )
