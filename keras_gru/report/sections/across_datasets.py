"""Cells over several datasets: probabilities, differences on each dataset, performance profiles."""

from keras_gru.analysis.across_datasets import AcrossDatasets, PairAcrossDatasets
from keras_gru.analysis.expected_best import FEWEST
from keras_gru.analysis.probabilities import DECIDED, FEWEST_TO_DECIDE
from keras_gru.analysis.profiles import PROFILE_FACTORS
from keras_gru.formatting import join_words, plural
from keras_gru.report import verdict_plots
from keras_gru.report.blocks import Block, Column, Figure, Key, Row, Section, Table, Text
from keras_gru.report.sections.budget import budget_blocks

BUDGETS = (1, 2, 5, 10)  # trials
EXPLANATION = (
    "The first three probabilities are those of a Bayesian signed-rank test (Benavoli et al. 2017) "
    "of the typical difference over datasets like these, the pseudomedian: that the first cell is "
    "better, that both are practically equal (within {rope:g} % of the lower error), and that the "
    "second is better. On a single new dataset, the three are the fractions of these datasets with "
    "such a difference (the prior adds half an equal one). A verdict requires "
    "{decided:g} % and {fewest} datasets: one of two equal cells is then called better in about "
    "5 % of all cases; several pairs are not corrected for. The probability of improvement is that "
    "of a single run, with a 95 % bootstrap interval over seeds (Agarwal et al. 2021). Datasets "
    "have equal weights; several variants of one task are fewer independent datasets than their "
    "number."
)
LEFT_OUT = (
    "Without {}: a probability requires two seeds or more of both cells on three datasets or more."
)
DIVERGED = "Diverged, which counts as the worst run or baseline of the dataset: {}."


def headline_text(across: AcrossDatasets) -> str:
    """Return one sentence with three probabilities per pair of cells."""
    return " ".join(_sentence(across, pair) for pair in across.pairs)


def probabilities(across: AcrossDatasets) -> Section:
    """Return the table of pairs."""
    columns = (
        Column("Pair"),
        Column("First better"),
        Column("Equal"),
        Column("Second better"),
        Column("Verdict", is_text=True),
        Column("New dataset"),
        Column("Datasets", is_detail=True),
        Column("Probability of improvement", is_detail=True),
    )
    rows = [
        Row(
            _name(across, pair),
            (
                *map(_probability, (pair.one_better, pair.equal, pair.other_better)),
                _verdict(across, pair),
                _on_new_dataset(pair),
                str(len(pair.differences)),
                "{:.2f} [{:.2f}, {:.2f}]".format(pair.improvement, *pair.improvement_interval),
            ),
        )
        for pair in across.pairs
    ]
    text = EXPLANATION.format(
        rope=100 * across.rope, decided=100 * DECIDED, fewest=FEWEST_TO_DECIDE
    )
    blocks: list[Block] = [Table("across", "Over all datasets", columns, rows), Text(text)]
    compared = set().union(*(pair.differences for pair in across.pairs))
    paired = {cell for pair in across.pairs for cell in (pair.one, pair.other)}
    left_out = [dataset.name for dataset in across.datasets if dataset.name not in compared]
    left_out += [label for cell, label in across.labels.items() if cell not in paired]
    if left_out:
        blocks.append(Text(LEFT_OUT.format(join_words(left_out))))
    diverged = [
        f"{across.labels[cell]} in {count} of {plural(len(dataset.errors[cell]), 'run')} on "
        f"{dataset.name}"
        for dataset in across.datasets
        for cell, count in dataset.diverged.items()
    ]
    if diverged:
        blocks.append(Text(DIVERGED.format("; ".join(diverged))))
    return Section("probabilities", "Probabilities", blocks, in_terminal=True)


def differences(across: AcrossDatasets) -> Section:
    """Return a table and a figure of the relative difference on each dataset."""
    names = [dataset.name for dataset in across.datasets]
    columns = [Column("Dataset"), *(Column(_name(across, pair)) for pair in across.pairs)]
    rows = [
        Row(name, [_relative(pair, name) for pair in across.pairs])
        for name in names
        if any(name in pair.differences for pair in across.pairs)
    ]
    height = 90 + 22 * len(rows)
    blocks: list[Block] = [
        Figure(
            f"differences-{number}",
            lambda canvas, pair=pair: verdict_plots.differences(canvas.add_subplot(), pair, across),
            _sentence(across, pair),
            heights=(height, height),
            caption=f"Right of 0 {across.labels[pair.one]} has the lower error, left of 0 "
            f"{across.labels[pair.other]}; gray: practically equal.",
        )
        for number, pair in enumerate(across.pairs)
    ]
    caption = "Relative difference of the error on test, ± standard error over seeds"
    blocks.append(Table("differences", caption, columns, rows))
    blocks.append(
        Text(
            "Relative to the lower of both errors: (second − first) / lower. Above 0 the first "
            "cell has the lower error. Where a metric counts what is right, the error is 1 minus "
            "the metric."
        )
    )
    return Section("differences", "On each dataset", blocks)


def profiles(across: AcrossDatasets) -> Section:
    """Return the performance profile of all cells."""
    fractions_within = {cell: profile.fractions for cell, profile in across.profiles.items()}
    reading = "; ".join(
        f"{across.labels[cell]}{_of_datasets(across, cell)}: {100 * fractions[0]:.0f} % of runs "
        "reach the best mean, "
        f"{100 * fractions[-1]:.0f} % within {PROFILE_FACTORS[-1]:g} times it"
        for cell, fractions in fractions_within.items()
    )
    cells = list(across.profiles)
    keys = [Key(across.labels[cell], number) for number, cell in enumerate(cells)]
    figure = Figure(
        "profiles",
        lambda canvas: verdict_plots.profiles(
            canvas.add_subplot(),
            fractions_within,
            cells,
            "Fraction of runs",
            "mean error",
            across.profiles,
        ),
        reading,
        keys=keys,
        caption="The fraction of runs whose error is within a factor of the best cell's mean, "
        "with 95 % bootstrap intervals over seeds.",
    )
    text = f"Over {plural(len(across.datasets), 'dataset')} (Dolan and Moré 2002). {reading}."
    return Section("profiles", "Performance profiles", [figure, Text(text)])


def ranks(across: AcrossDatasets) -> Section | None:
    """Return the mean ranks with Nemenyi's critical difference, or None."""
    found = across.ranks
    if found is None:
        return None
    order = sorted(found.means, key=found.means.__getitem__)
    reading = ", ".join(f"{across.labels[cell]} {found.means[cell]:.2f}" for cell in order)
    height = 90 + 40 * len(order)
    figure = Figure(
        "ranks",
        lambda canvas: verdict_plots.ranks(canvas.add_subplot(), across, order),
        f"Mean ranks: {reading}.",
        heights=(height, height),
        caption="Mean ranks ± half the critical difference: where two bars do not overlap, the "
        "cells differ significantly.",
    )
    text = (
        f"Mean ranks over {plural(found.datasets, 'dataset')}: {reading}. Friedman's test that "
        f"all are equal: p = {found.p_value:.3g}; critical difference of two mean ranks by "
        f"Nemenyi's test at 5 %: {found.critical_difference:.2f} (Demšar 2006)."
    )
    return Section("ranks", "Ranks", [figure, Text(text)])


def time_profiles(across: AcrossDatasets) -> Section | None:
    """Return the profile of seconds to the target; None without times."""
    if not across.time_profiles:
        return None
    reading = "; ".join(
        f"{across.labels[cell]}{_of_datasets(across, cell)} is the fastest on "
        f"{100 * fractions[0]:.0f} %, and within "
        f"{PROFILE_FACTORS[-1]:g} times the fastest on {100 * fractions[-1]:.0f} %"
        for cell, fractions in across.time_profiles.items()
    )
    cells = list(across.profiles)
    figure = Figure(
        "time-profiles",
        lambda canvas: verdict_plots.profiles(
            canvas.add_subplot(), across.time_profiles, cells, "Fraction of datasets", "seconds"
        ),
        reading,
        keys=[Key(across.labels[cell], cells.index(cell)) for cell in across.time_profiles],
        caption="The fraction of datasets on which a cell reaches the target within a factor of "
        "the fastest cell's seconds.",
    )
    text = (
        "Seconds of training and validation until the target on validation, which is by default "
        f"the best value that every run reaches. {reading}."
    )
    return Section("time-profiles", "Time to result", [figure, Text(text)])


def budgets(across: AcrossDatasets) -> Section | None:
    """Return the expected lowest error of n trials of tuning; None without trials."""
    if not across.budgets:
        return None
    blocks = budget_blocks(
        "budgets",
        "Expected lowest validation error",
        across.budgets,
        {cell: (across.labels[cell], number) for number, cell in enumerate(across.profiles)},
        BUDGETS,
        "{:.2f}".format,
        ", as a factor of the best",
    )
    note = Text(
        "The lowest validation error to expect of n trials, drawn at random from those of the cell "
        "(Dodge et al. 2019), as a factor of the lowest error of all cells' trials on that "
        f"dataset: geometric mean over the datasets with {FEWEST} trials or more of each cell, "
        "with its 95 % bootstrap interval over trials. A diverged trial counts as the highest of "
        "all that did not diverge. A cell that needs less tuning is near its lowest error after "
        "fewer trials."
    )
    return Section("budgets", "Expected best against budget", [*blocks, note])


def _of_datasets(across: AcrossDatasets, cell: str) -> str:
    """Return ` (3 datasets)` for a cell that has no runs on others, else nothing."""
    count = sum(bool(dataset.errors.get(cell)) for dataset in across.datasets)
    return f" ({plural(count, 'dataset')})" * (count < len(across.datasets))


def _name(across: AcrossDatasets, pair: PairAcrossDatasets) -> str:
    return f"{across.labels[pair.one]} and {across.labels[pair.other]}"


def _verdict(across: AcrossDatasets, pair: PairAcrossDatasets) -> str:
    if pair.decision is None:
        return "not decided"
    if pair.decision == "equal":
        return "practically equal"
    return f"{across.labels[pair.decision]} better"


def _sentence(across: AcrossDatasets, pair: PairAcrossDatasets) -> str:
    better, equal, worse = map(_probability, (pair.one_better, pair.equal, pair.other_better))
    over = f" on {plural(len(pair.differences), 'dataset')}"
    return (
        f"{_name(across, pair)}{over * (len(pair.differences) < len(across.datasets))}: "
        f"{_verdict(across, pair)} (probabilities: {across.labels[pair.one]} better {better}, "
        f"equal {equal}, {across.labels[pair.other]} better {worse}; on a new dataset "
        f"{_on_new_dataset(pair)})."
    )


def _on_new_dataset(pair: PairAcrossDatasets) -> str:
    return " / ".join(f"{probability:.2f}" for probability in pair.on_new_dataset)


def _relative(pair: PairAcrossDatasets, name: str) -> str:
    if name not in pair.differences:
        return "–"
    value, error = 100 * pair.differences[name], 100 * pair.standard_errors[name]
    digits = 1 if abs(value) < 100 else 0
    return f"{value:+,.{digits}f} % ± {error:,.{digits}f}"


def _probability(value: float) -> str:
    """Format a simulated probability, which is never 0 or 1, without a line break in it."""
    text = "< 0.001" if value < 0.001 else "> 0.999" if value > 0.999 else f"{value:.3f}"
    return text.replace(" ", "\N{NO-BREAK SPACE}")
