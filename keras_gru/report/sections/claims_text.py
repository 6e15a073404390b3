"""Claims and evidence in words."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from keras_gru.claims.claim import EQUAL, OPEN, EvaluatedClaim, Finding
from keras_gru.claims.deciding import MOST, runs_to_decide
from keras_gru.claims.evidence import (
    GRU,
    LSTM,
    ComparisonEvidence,
    CurveEvidence,
    Estimate,
    Evidence,
    Part,
    SweepEvidence,
)
from keras_gru.claims.plans import PLANNED
from keras_gru.claims.verdicts import (
    advantage_of_gru,
    better_on_test,
    counts_as_equal,
    evaluate_claims,
    has_enough,
)
from keras_gru.formatting import duration, percent, plural, significant
from keras_gru.report.metric_values import quantity

NOT_RUN = "not run yet"
LABELS = {GRU: "GRU", LSTM: "LSTM"}
QUOTE = (
    "“… there isn't a clear winner. In many tasks both architectures yield comparable performance "
    "and tuning hyperparameters like layer size is probably more important than picking the ideal "
    "architecture. GRUs have fewer parameters (U and W are smaller) and thus may train a bit "
    "faster or need less data to generalize. On the other hand, if you have enough data, the "
    "greater expressive power of LSTMs may lead to better results.”"
)
EXPLANATION = (
    "On each dataset, the cells are compared on nested fractions of the training sequences with "
    "the same trials of learning rates, and in a sweep with random settings. The claims are about "
    "GRU and LSTM, so only their runs count. Test is used once per run, with the weights of the "
    "best validation epoch, and never in sweeps. Intervals are 95% intervals. The numbers of runs "
    "that would decide an undecided claim assume that all estimates stay the same; with so many "
    "further runs, about half of all repetitions would decide it."
)
ATLAS = (
    "Whether there is a clear winner is tested on the atlas instead: smaller tasks of every kind, "
    "each cell with the same random learning rates and with more seeds."
)


def evaluate(evidence: Mapping[str, Evidence]) -> tuple[EvaluatedClaim, ...]:
    """Return all claims with their verdicts on all planned datasets."""
    return evaluate_claims(evidence, [plan.name for plan in PLANNED])


def dataset_label(name: str) -> str:
    """Return the name of a dataset for a reader; those of the atlas are `atlas/NAME`."""
    labels = {plan.name: plan.label for plan in PLANNED}
    return labels.get(name, Path(name).name)


def verdict_on(evaluated: EvaluatedClaim, name: str) -> str:
    """Return the verdict on one dataset."""
    finding = evaluated.findings[name]
    return finding.verdict if finding else NOT_RUN


def command_of(evaluated: EvaluatedClaim, name: str) -> str:
    """Return the command that computes the evidence for a claim on a dataset."""
    for plan in PLANNED:
        if plan.name == name:
            is_sweep = evaluated.claim.rests_on == "sweep"
            return plan.sweep_command if is_sweep else plan.curve_command
    part = evaluated.evidence[name]
    assert part is not None  # what was not planned has been run
    return part.origin.command


def evidence_text(evaluated: EvaluatedClaim, name: str) -> str:
    """Return the numbers behind a verdict on a dataset, or the command that computes them."""
    part, finding = evaluated.evidence[name], evaluated.findings[name]
    if part is None:
        return command_of(evaluated, name)
    if finding is None or (finding.drawn is None and evaluated.claim.name != "fewer-parameters"):
        return "too few runs have finished, or more of one cell than of the other"
    words = _TEXTS[evaluated.claim.name](part)
    if finding.verdict != OPEN or not has_interval(finding):
        return words
    kind, runs = kind_of_runs(part), runs_to_decide(evaluated.claim, [part]).runs
    if runs is None:
        return f"{words}; not even {plural(MOST, kind)} would decide it"
    return f"{words}; about {about(runs)} {kind}s would decide it if the estimate stays the same"


def about(count: int) -> str:
    """Format a predicted number, which is no more certain than two digits."""
    return f"{int(float(f'{count:.2g}')):,}"


def has_interval(finding: Finding) -> bool:
    """Return whether more runs would narrow the interval of a finding; counts have none."""
    drawn = finding.drawn
    return drawn is not None and drawn.low is not None and drawn.low != drawn.high


def kind_of_runs(part: Part) -> str:
    """Return what the runs of a part are called."""
    return "trial" if isinstance(part, SweepEvidence) else "seed"


def origin_text(found: Part) -> str:
    """Return the origin of the evidence: date, duration, hardware, versions, seeds."""
    origin = found.origin
    hardware = ", ".join(f"{name}: {value}" for name, value in origin.hardware.items())
    versions = ", ".join(f"{name} {version}" for name, version in origin.versions.items())
    seeds = f"seed{'s' * (len(origin.seeds) > 1)} {', '.join(map(str, origin.seeds))}"
    spent = f"{duration(origin.seconds)} of training in all"
    return f"{origin.date}, {spent}, {seeds}; {hardware}; {versions}"


def interval_text(estimate: Estimate, unit: str = "") -> str:
    """Format an estimate with its interval, such as `1.3 times [1.2, 1.4]`."""
    value = f"{significant(estimate.value, 2)}{unit}"
    if estimate.low is None or estimate.high is None:
        return f"{value}, without an interval"
    return f"{value} [{significant(estimate.low, 2)}, {significant(estimate.high, 2)}]"


def _share(estimate: Estimate) -> str:
    assert estimate.low is not None and estimate.high is not None  # every fraction has an interval
    return f"{100 * estimate.value:.0f}% [{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]"


def _on_test(whole: ComparisonEvidence) -> str:
    assert whole.difference is not None  # the finding has a number
    gru, lstm = (quantity(whole.test[cell], whole.metric) for cell in (GRU, LSTM))
    words = f"GRU {gru}, LSTM {lstm} {whole.metric.label}: a difference of "
    words += interval_text(whole.difference)
    better, advantage = better_on_test(whole), advantage_of_gru(whole)
    base = "errors" if whole.metric.mode == "max" else "mean"
    if better:
        size = significant(100 * abs(advantage.value), 2)
        return f"{words}, {LABELS[better]} better by {size}% of its {base}"
    if counts_as_equal(advantage):
        return f"{words}, within ±{EQUAL:.0%} of the better cell's {base}"
    if whole.detectable is None:
        return words
    seeds, least = plural(whole.runs, "seed"), significant(whole.detectable, 2)
    return f"{words}; minimum detectable difference: {least} with {seeds}"


def _with_enough_data(curve: CurveEvidence) -> str:
    words, crossing = _on_test(curve.whole) + _better_at(curve), curve.crossing
    if better_on_test(curve.whole) != LSTM and not has_enough(curve):
        words += "; more data still help LSTM"
    if crossing is None:
        return words
    return f"{words}; the curves cross at {interval_text(crossing.times(100), '%')} of train"


def _parameters(curve: CurveEvidence) -> str:
    gru, lstm = (curve.cells[cell] for cell in (GRU, LSTM))
    words = (
        f"GRU has {gru.recurrent_parameters:,} recurrent weights with {gru.units:,} units, LSTM "
        f"{lstm.recurrent_parameters:,} with {lstm.units:,}"
    )
    return words + "; sizes are matched by weights" * (curve.matched == "parameters")


def _speed(curve: CurveEvidence) -> str:
    assert curve.epoch_seconds is not None  # the finding has a number
    words = f"an epoch of LSTM takes {interval_text(curve.epoch_seconds, ' times')} as long"
    if curve.target_seconds is not None and curve.target is not None:
        aim = f"{quantity(curve.target, curve.metric)} {curve.metric.label}"
        words += f", until {aim} on validation {interval_text(curve.target_seconds, ' times')}"
    return words + "; both have as many weights" * (curve.matched == "parameters")


def _need(curve: CurveEvidence) -> str:
    need, least = curve.need, min(curve.fractions)
    assert need is not None  # the finding has a number
    words = f"GRU needs {interval_text(need, ' times')} as much of train as LSTM"
    if need.low is not None and need.high is not None:
        beyond = need.low <= least or need.high >= 1 / least
        words += f", and less than {percent(least)} was not tried" * beyond
    return words + _better_at(curve)


def _better_at(curve: CurveEvidence) -> str:
    """Return the fractions of train with a significant difference."""
    words = ""
    for cell, label in LABELS.items():
        better = zip(curve.fractions, curve.better, strict=True)
        fractions = [percent(fraction) for fraction, best in better if best == cell]
        if fractions:
            words += f"; {label} is better at {', '.join(fractions)} of train"
    return words


def _size(sweep: SweepEvidence) -> str:
    assert sweep.size_over_cell is not None  # the finding has a number
    size, cell = (_share(sweep.importances[name]) for name in (sweep.size, "cell"))
    lead = interval_text(sweep.size_over_cell.times(100), " points")
    return (
        f"{sweep.size} explains {size} of the variance, the cell {cell}: beyond chance a "
        f"difference of {lead}; "
        f"{_trials(sweep)}"
    )


def _rate(sweep: SweepEvidence) -> str:
    assert sweep.rate_over_rest is not None  # the finding has a number
    shares = ", ".join(f"{name} {_share(row)}" for name, row in sweep.importances.items())
    lead = interval_text(sweep.rate_over_rest.times(100), " points")
    return f"{shares}: the learning rate before the largest other by {lead}; {_trials(sweep)}"


def _trials(sweep: SweepEvidence) -> str:
    parts = [plural(sweep.trials, "trial")]
    for name in ("pruned", "diverged"):
        count = getattr(sweep, name)
        parts += [f"{count} {name}"] * bool(count)
    return ", ".join(parts)


_TEXTS: dict[str, Callable[[Any], str]] = {
    "no-clear-winner": _on_test,
    "size-over-cell": _size,
    "fewer-parameters": _parameters,
    "faster": _speed,
    "less-data": _need,
    "lstm-with-enough-data": _with_enough_data,
    "learning-rate-first": _rate,
}
