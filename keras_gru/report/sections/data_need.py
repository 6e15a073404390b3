"""How much data each cell needs: the metric over the amount of training data."""

from keras_gru.analysis.data_need import DataNeed, Estimate
from keras_gru.analysis.intervals import FEWEST_SEEDS
from keras_gru.experiments.comparison import LearningCurve
from keras_gru.formatting import percent, quantity


def need_text(need: DataNeed, curve: LearningCurve) -> str:
    """Return what the learning curves of two cells show."""
    parts = []
    for cell, label in ((need.one, need.label), (need.other, need.other_label)):
        shares = [percent(share) for share, better in need.better.items() if better == cell]
        if shares:
            parts.append(f"{label} is better at {', '.join(shares)} of train")
    if not parts:
        parts.append(
            f"Between {need.label} and {need.other_label} no share of train shows a difference"
        )
    if need.crossing is not None:
        place = percent(need.crossing.value)
        parts.append(f"they cross at {place}{_interval(need.crossing)}")
    parts.append(_who_needs_less(need, curve))
    return f"{'; '.join(parts)}."


def _who_needs_less(need: DataNeed, curve: LearningCurve) -> str:
    metric = curve.whole.metric
    less, more = (need.one, need.other)
    if need.needs[less] > need.needs[more]:
        less, more = more, less
    label = {need.one: need.label, need.other: need.other_label}
    share = {
        cell: f"{percent(value)}{' or less' * (value <= min(curve.comparisons))}"
        for cell, value in need.needs.items()
    }
    what = (
        f"to reach {quantity(need.target, metric)}, {label[less]} needs {share[less]} of train "
        f"and {label[more]} {share[more]}"
    )
    if need.ratio is None:
        return f"{what}, without an interval: {need.seeds} of {FEWEST_SEEDS} seeds"
    low, high = need.ratio.interval
    shown = low > 1 or high < 1
    return (
        f"{what}{'' if shown else ', which may be chance'}: a factor of {need.ratio.value:.2g}"
        + (f" [{low:.2g}, {high:.2g}] between {need.label} and {need.other_label}")
    )


def _interval(estimate: Estimate) -> str:
    if estimate.interval is None:
        return ""
    low, high = estimate.interval
    return f" [{percent(low)}, {percent(high)}]"
