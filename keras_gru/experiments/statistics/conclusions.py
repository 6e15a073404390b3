"""A comparison in a few sentences: the best cell, the best baseline, and what is significant."""

from collections.abc import Collection

import numpy as np

from keras_gru.experiments.statistics.findings import Findings
from keras_gru.experiments.statistics.intervals import (
    CONFIDENCE,
    FEWEST_SEEDS,
    paired_interval,
)
from keras_gru.experiments.statistics.verdicts import (
    compare_pairs,
    describe_interval,
    measure_interval,
)
from keras_gru.formatting import plural, quantity

FEWEST_SEQUENCES = 30  # independent ones, below which a split's metric is hardly known


def conclude(findings: Findings) -> str:
    """Return a few sentences that claim no more than the seeds and the test split allow.

    They name the best cell and its metric, the best baseline and which cells are better than it,
    how the best cell compares with each other cell, and what diverged. A cell with fewer finished
    runs than another one is neither the best nor compared.

    Args:
        findings: of any number of finished runs.
    """
    complete, metric = findings.complete, findings.metric
    if not complete:
        return "No run has finished, so there is nothing to compare."
    means = _means(findings)
    best = max(means, key=lambda cell: metric.score(means[cell]))
    label, reached = findings.labels[best], quantity(means[best], metric)
    seeds = len(complete[best])
    if len(complete) == 1:
        first = f"{label} reached a test {metric.label} of {reached} ({plural(seeds, 'seed')})"
    else:
        first = f"{label} has the best test {metric.label}, {reached}"
    sentences = [f"{first}{_against_baseline(findings)}."]
    if seeds < FEWEST_SEEDS and (len(complete) > 1 or findings.baselines):
        sentences.append(
            f"With {plural(seeds, 'seed')} no cell is called better: {FEWEST_SEEDS} are required."
        )
    elif len(complete) > 1:
        sentences.append(_against_cells(findings, best, seeds))
    for cell, count in findings.diverged.items():
        runs = plural(count + len(findings.values[cell]), "run")
        sentences.append(f"{findings.labels[cell]} diverged in {count} of {runs}.")
    return " ".join(sentences)


def warn(findings: Findings) -> tuple[str, ...]:
    """Return what a reader must know before the numbers are used, a sentence each."""
    sentences = []
    for split, count in findings.independent.items():
        if count < FEWEST_SEQUENCES:
            sentences.append(
                f"The {split} split has {plural(count, 'independent sequence')} (overlapping "
                f"windows count as span / window): with fewer than {FEWEST_SEQUENCES}, the metric "
                "depends much on which sequences they are."
            )
    baseline = findings.best_baseline
    if findings.complete and baseline is not None:
        better, significant = cells_above_baseline(findings)
        enough = max(map(len, findings.complete.values())) >= FEWEST_SEEDS
        if not better or (enough and not significant):
            sentences.append(
                f"The best cell is not {'significantly ' * bool(better)}better than the baseline "
                f"'{baseline}': train longer, tune, or use the baseline."
            )
    return tuple(sentences)


def cells_above_baseline(findings: Findings) -> tuple[list[str], list[str]]:
    """Return the cells whose mean is better than the best baseline, and the significant of them.

    Intervals are corrected for the number of cells. A metric that is the same with every seed is
    significantly better where it is so by more than the sampling error of test and one right
    answer.
    """
    metric, means = findings.metric, _means(findings)
    level = findings.baselines[findings.best_baseline]
    better = [cell for cell in means if metric.score(means[cell]) > metric.score(level)]
    significant = []
    for cell in better:
        differences = np.array(list(findings.values[cell].values())) - level
        sampling = findings.sampling.get((cell, findings.best_baseline))
        half, _ = measure_interval(
            differences, max(means[cell], level), metric, len(means), sampling, findings.resolution
        )
        same = len(differences) >= FEWEST_SEEDS and np.ptp(differences) == 0
        if same and findings.resolution is not None:
            half = findings.resolution
            if sampling is not None and sampling.error > 0:
                half = max(half, float(paired_interval(differences, len(means), sampling)[1]))
        if half is not None and abs(differences.mean()) > half:
            significant.append(cell)
    return better, significant


def _against_baseline(findings: Findings) -> str:
    """The best baseline and which cells are better, as the end of a sentence."""
    name = findings.best_baseline
    if name is None:
        return ""
    value = quantity(findings.baselines[name], findings.metric)
    text = f"; the best baseline, {name}, has {value}"
    better, significant = cells_above_baseline(findings)
    others = [findings.labels[cell] for cell in findings.complete if cell not in significant]
    if not better:
        return f"{text}, which no cell beats"
    if max(map(len, findings.complete.values())) < FEWEST_SEEDS:
        return text
    if not significant:
        return f"{text}, which no cell beats significantly"
    beat = "beats" if len(significant) == 1 else "beat"
    text += f", which {_list([findings.labels[cell] for cell in significant])} {beat} "
    text += "significantly"
    if others:
        text += f" and {_list(others)} {'does' if len(others) == 1 else 'do'} not"
    return text


def _against_cells(findings: Findings, best: str, seeds: int) -> str:
    """The best cell against each of the others."""
    metric, label = findings.metric, findings.labels[best]
    pairs = compare_pairs(findings)
    better, alike, open_ = [], [], []
    for pair in pairs:
        if best not in (pair.one, pair.other):
            continue
        other = pair.other_label if pair.one == best else pair.label
        if pair.half is None:
            open_.append(other)
        elif pair.better == best:
            size = describe_interval(abs(pair.difference), pair.half, metric)
            better.append(f"{other} by {size}")
        else:
            alike.append(other)
    parts = []
    if better:
        parts.append(f"{label} is better than {_list(better)}")
    if alike:
        parts.append(f"there is no significant difference between {label} and {_list(alike, 'or')}")
    if open_:
        parts.append(f"{label} and {_list(open_, 'or')} cannot be compared: no interval")
    text = "; ".join(parts)
    evidence = f"{plural(seeds, 'seed')}, statistically significant at {100 * CONFIDENCE:.0f} %"
    if len(pairs) > 1:
        evidence += f", corrected for {len(pairs)} pairs"
    known = all((pair.one, pair.other) in findings.sampling for pair in pairs)
    evidence += f", {'with' if known else 'without'} the sampling error of test"
    return f"{text[0].upper()}{text[1:]} ({evidence})."


def _means(findings: Findings) -> dict[str, float]:
    return {cell: float(np.mean(list(of.values()))) for cell, of in findings.complete.items()}


def _list(words: Collection[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    words = list(words)
    return f" {last} ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])
