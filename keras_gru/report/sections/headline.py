"""The headline: the best cell, the best baseline, and what is statistically significant."""

from keras_gru.analysis import Analysis
from keras_gru.analysis.intervals import CONFIDENCE, FEWEST_SEEDS
from keras_gru.analysis.pairs import NoInterval
from keras_gru.analysis.verdicts import FEWEST_SEQUENCES, Caution, Headline, Verdicts
from keras_gru.datasets.metric import Metric
from keras_gru.formatting import date, duration, join_words, plural
from keras_gru.models.config import Parameters
from keras_gru.report import plots
from keras_gru.report.metric_values import quantity, with_distinct_digits
from keras_gru.report.sections.pairs import NO_INTERVAL, describe_interval


def setup(analysis: Analysis) -> dict[str, str]:
    """Return the setup at a glance."""
    comparison = analysis.comparison
    experiment, series = comparison.experiment, plots.series(comparison)
    if isinstance(experiment.model.size, Parameters):
        size = f"{experiment.model.size.parameters:,} recurrent parameters"
    else:
        size = plural(experiment.model.size.units, "unit")
        if experiment.match == "parameters":
            first = experiment.cells[0]
            size = f"recurrent parameters of {series.get(first, (first,))[0]} with {size}"
    seeds = ", ".join(map(str, experiment.seeds))
    if experiment.vary != type(experiment).model_fields["vary"].default:
        seeds += f" (vary {', '.join(experiment.vary)})"
    return {
        "Cells": ", ".join([label for label, _ in series.values()] or experiment.cells),
        "Seeds": seeds,
        "Size": size,
        "Training": f"up to {plural(experiment.training.epochs, 'epoch')}",
        "Trained for": duration(analysis.seconds),
        "Started": date(comparison.metadata.started),
    }


def headline_text(verdicts: Verdicts) -> str:
    """Return a headline that claims no more than the statistics allow.

    It contains the best cell and its metric, the best baseline and the cells that beat it, the
    comparison of the best cell with each other cell, and diverged runs.
    """
    measured, headline = verdicts.measurements, verdicts.headline
    if headline is None:
        return "No run has finished, so there is nothing to compare."
    metric = _shown_metric(verdicts, headline)
    best = [cell for cell, mean in headline.means.items() if mean == headline.means[headline.best]]
    label = join_words([measured.labels[cell] for cell in best])
    reached, seeds = quantity(headline.means[headline.best], metric), headline.seeds
    if len(headline.means) == 1:
        first = f"{label} reached a test {metric.label} of {reached} ({plural(seeds, 'seed')})"
    else:
        verb = "has" if len(best) == 1 else "have"
        first = f"{label} {verb} the best test {metric.label}, {reached}"
    sentences = [f"{first}{_against_baseline(verdicts, headline)}."]
    if seeds < FEWEST_SEEDS and (len(headline.means) > 1 or measured.baselines):
        sentences.append(
            f"With {plural(seeds, 'seed')} no cell is called better: {FEWEST_SEEDS} are required."
        )
    elif len(headline.means) > 1:
        sentences.append(_against_cells(verdicts, headline))
    for cell, diverged in measured.diverged.items():
        runs = plural(len(diverged) + len(measured.values[cell]), "run")
        sentences.append(f"{measured.labels[cell]} diverged in {len(diverged)} of {runs}.")
    fewer = measured.values.keys() - headline.means.keys() - measured.diverged.keys()
    if fewer:
        labels = [label for cell, label in measured.labels.items() if cell in fewer]
        sentences.append(f"{join_words(labels)} with fewer results: not compared.")
    return " ".join(sentences)


def caution_texts(verdicts: Verdicts) -> tuple[str, ...]:
    """Return warnings about the use of the numbers, one sentence each."""
    return tuple(_caution_text(caution, verdicts) for caution in verdicts.cautions)


def _caution_text(caution: Caution, verdicts: Verdicts) -> str:
    measured = verdicts.measurements
    if caution in (Caution.FEW_VALIDATION_SEQUENCES, Caution.FEW_TEST_SEQUENCES):
        split = "test" if caution == Caution.FEW_TEST_SEQUENCES else "validation"
        return (
            f"The {split} split has {plural(measured.independent[split], 'independent sequence')} "
            "(overlapping windows count as span / window, sequences of a group as one): with fewer "
            f"than {FEWEST_SEQUENCES}, the metric strongly depends on the choice of sequences."
        )
    significantly = "significantly " * (caution == Caution.BASELINE_NOT_BEATEN_SIGNIFICANTLY)
    return (
        f"The best cell is not {significantly}better than the best baseline, "
        f"{measured.best_baseline}: train longer, tune, or use the baseline."
    )


def _against_baseline(verdicts: Verdicts, headline: Headline) -> str:
    """Return the best baseline and the cells that beat it, as the end of a sentence."""
    measured = verdicts.measurements
    if headline.baseline is None:
        return ""
    level = measured.baselines[headline.baseline]
    value = quantity(level, _shown_metric(verdicts, headline))
    text = f"; the best baseline, {headline.baseline}, has {value}"
    significant = headline.significantly_above
    others = [measured.labels[cell] for cell in headline.means if cell not in significant]
    if not headline.above_baseline:
        return f"{text}, which no cell beats"
    if headline.seeds < FEWEST_SEEDS:
        return text
    if not significant:
        return f"{text}, which no cell beats significantly"
    beat = "beats" if len(significant) == 1 else "beat"
    text += f", which {join_words([measured.labels[cell] for cell in significant])} {beat} "
    text += "significantly"
    if others:
        text += f" and {join_words(others)} {'does' if len(others) == 1 else 'do'} not"
    return text


def _shown_metric(verdicts: Verdicts, headline: Headline) -> Metric:
    """Return the metric with enough digits to distinguish the best cell and baseline."""
    measured, values = verdicts.measurements, [headline.means[headline.best]]
    if headline.baseline is not None:
        values.append(measured.baselines[headline.baseline])
    return with_distinct_digits(values, measured.metric)


def _against_cells(verdicts: Verdicts, headline: Headline) -> str:
    """Compare the best cell with each other cell."""
    metric, label = verdicts.measurements.metric, verdicts.measurements.labels[headline.best]
    better, alike, ahead, seeds = [], [], [], set()
    undecided: dict[NoInterval | None, list[str]] = {}
    for pair in verdicts.pairs:
        if headline.best not in (pair.one, pair.other):
            continue
        other = pair.other_label if pair.one == headline.best else pair.label
        if pair.half is None or pair.difference is None:
            undecided.setdefault(pair.reason, []).append(other)
            continue
        size = describe_interval(abs(pair.difference), pair.half, metric)
        seeds.add(pair.seeds)
        lead = metric.score(pair.difference) * (1 if pair.one == headline.best else -1)
        if pair.better == headline.best:
            better.append(f"{other} by {size}")
        elif lead >= 0:
            alike.append(f"{other} ({size})")
        else:  # with a better mean of all its runs
            ahead.append(f"{other} by {size}{', significantly' * (pair.better is not None)}")
    parts = []
    if better:
        parts.append(f"{label} is better than {join_words(better)}")
    if alike:
        parts.append(f"{label}'s lead over {join_words(alike)} is not significant")
    if ahead:
        parts.append(f"with the same seeds, {label} is behind {join_words(ahead)}")
    for reason, others in undecided.items():
        assert reason is not None  # a pair without an interval has one
        names = join_words(others, "or")
        parts.append(f"{label} and {names} cannot be compared: {NO_INTERVAL[reason]}")
    text = "; ".join(parts)
    if not seeds:
        return f"{text} ({plural(headline.seeds, 'seed')})."
    fewest = f"{min(seeds)} to " * (min(seeds) < max(seeds))
    evidence = fewest + plural(max(seeds), "seed")
    evidence += f", statistically significant at {100 * CONFIDENCE:.0f} %"
    if len(verdicts.pairs) > 1:
        evidence += f", corrected for {len(verdicts.pairs)} pairs"
    known = "with" if verdicts.has_sampling_error else "without"
    return f"{text[0].upper()}{text[1:]} ({evidence}, {known} the sampling error of test)."
