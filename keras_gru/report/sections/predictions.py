"""Predictions of every cell on the same test examples."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from keras_gru.analysis import Analysis
from keras_gru.experiments.examples import (
    Attention,
    Classes,
    GeneratedText,
    PianoRolls,
    Series,
    Tags,
    Translations,
    read_examples,
)
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.formatting import plural, significant
from keras_gru.report import plots
from keras_gru.report.blocks import (
    Block,
    Code,
    Column,
    Definitions,
    Figure,
    Key,
    Row,
    Section,
    Table,
    Text,
)

CellSeries = Mapping[str, tuple[str, int]]  # cell -> its label and its number


def section(analysis: Analysis) -> Section | None:
    """Return the section, or None if a run directory stores no examples."""
    comparison = analysis.comparison
    if comparison.path is None:
        return None
    examples = read_examples(RunDirectory(comparison.path))
    cells = plots.series(comparison)
    best = {cell: run.seed for cell in cells if (run := comparison.best_run(cell))}
    if examples is None or examples.seeds != best:  # runs were added, and they are not renewed yet
        return None
    note = Text("The run with the best validation metric of each cell, on the same examples.")
    content = _CONTENT[type(examples.content)](examples.content, cells)
    return Section("predictions", "Predictions", [note, *content])


def _classes(content: Classes, cells: CellSeries) -> list[Block]:
    blocks: list[Block] = []
    size = min(28 * len(content.labels) + 110, 400)
    longest = max(map(len, content.labels))
    for cell, counts in content.confusion.items():
        label, _ = cells[cell]
        matrix = np.array(counts)
        right = np.trace(matrix) / max(matrix.sum(), 1)
        text = f"{label}: {right:.1%} of {content.sequences:,} test sequences are correct"
        blocks.append(
            Figure(
                f"confusion-{cell}",
                _drawing(_draw_confusion, matrix, content.labels, label),
                f"Confusion matrix. {text}",
                heights=(max(size, 220) + 5 * longest, max(size, 220) + 5 * longest),
                caption=text,
                is_half=True,
            )
        )
    columns = [
        Column("Class"),
        Column("Sequences"),
        *(Column(cells[c][0]) for c in content.confusion),
    ]
    rows = []
    for number, name in enumerate(content.labels):
        matrices = [np.array(counts) for counts in content.confusion.values()]
        scores = [_f1(matrix, number) for matrix in matrices]
        rows.append(Row(name, (f"{matrices[0][number].sum():,}", *scores)))
    blocks.append(Table("scores", "F1 of each class", columns, rows))
    wrong = [
        Row(
            cells[cell][0],
            (error.truth, error.predicted, f"{error.probability:.3f}", error.sequence),
        )
        for cell, errors in content.errors.items()
        for error in errors
    ]
    if wrong:
        columns = [
            Column("Cell"),
            Column("Truth", is_text=True),
            Column("Predicted", is_text=True),
            Column("Probability"),
            Column("Sequence", is_text=True),
        ]
        blocks.append(Table("errors", "The most confident errors", columns, wrong))
    return blocks


def _f1(matrix: np.ndarray, number: int) -> str:
    """F1 = 2 TP / (2 TP + FP + FN)."""
    total = matrix[number].sum() + matrix[:, number].sum()
    return f"{2 * matrix[number, number] / total:.3f}" if total else "–"


def _draw_confusion(axes: Axes, matrix: np.ndarray, labels: tuple[str, ...], label: str) -> None:
    names = [plots.shorten(name, 14) for name in labels]
    _draw_matrix(axes, matrix / np.maximum(matrix.sum(1, keepdims=True), 1), names, names, label)
    axes.set(xlabel="Predicted", ylabel="Truth")
    if len(names) <= 10:
        for row, column in np.ndindex(*matrix.shape):
            axes.text(
                column, row, f"{matrix[row, column]:,}", ha="center", va="center", fontsize=8.5
            )


def _series(content: Series, cells: CellSeries) -> list[Block]:
    def fill(canvas: Canvas) -> None:
        count = len(content.forecasts)
        every = np.atleast_1d(canvas.subplots(count, 1, sharex=True, sharey=True))
        for axes, (cell, forecast) in zip(every, content.forecasts.items(), strict=True):
            half = np.array(content.half_width[cell])
            _draw_forecast(axes, content, cells[cell], np.array(forecast), half)
        every[-1].set_xlabel("Windows before the end of test")

    truth = np.array(content.truth)
    parts = []
    for cell, forecast in content.forecasts.items():
        inside = np.abs(np.array(forecast) - truth) <= np.array(content.half_width[cell])
        parts.append(f"{inside.mean():.0%} of the truth within the band of {cells[cell][0]}")
    reading = "; ".join(parts)
    height = 60 + 170 * len(content.forecasts)
    keys = [Key(label, number) for label, number in (cells[cell] for cell in content.forecasts)]
    keys += [Key("truth", letter="—"), Key(content.baseline, letter="··")]
    caption = (
        f"{content.variable}, {plural(content.lead, 'step')} ahead, over the last {len(truth):,} "
        f"windows of test. The band, from the errors known before each, should hold 90%: {reading}."
    )
    return [Figure("forecasts", fill, caption, (height, height), keys, caption)]


def _draw_forecast(
    axes: Axes, content: Series, cell: tuple[str, int], forecast: np.ndarray, half: np.ndarray
) -> None:
    label, number = cell
    x = np.arange(len(forecast)) - len(forecast)
    axes.fill_between(
        x, forecast - half, forecast + half, color=plots.color(number), alpha=0.18, lw=0
    )
    axes.plot(x, content.baseline_forecast, ":", color=plots.MUTED, lw=1.1)
    axes.plot(x, content.truth, "-", color=plots.INK, lw=1.2)
    axes.plot(x, forecast, plots.line(number), color=plots.color(number), lw=1.6)
    plots.set_ticks(axes.yaxis, count=4)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.margins(x=0.01)
    plots.title(axes, f"{label}: {content.variable}", pad=4)


def _tags(content: Tags, cells: CellSeries) -> list[Block]:
    blocks: list[Block] = []
    for number, sentence in enumerate(content.sentences):
        columns = [Column("Word"), Column("Truth", is_text=True)]
        columns += [Column(cells[cell][0], is_text=True) for cell in sentence.tags]
        rows = [
            Row(word, (truth, *(tag if tag != truth else "·" for tag in tags)))
            for word, truth, *tags in zip(
                sentence.words, sentence.truth, *sentence.tags.values(), strict=True
            )
        ]
        caption = f"Sentence {number} of test; a dot is the true tag"
        blocks.append(Table(f"tags-{number}", caption, columns, rows))
    return blocks


def _text(content: GeneratedText, cells: CellSeries) -> list[Block]:
    blocks: list[Block] = [Text("After this beginning:"), Code(content.prompt)]
    for cell, texts in content.texts.items():
        blocks += [
            Definitions(
                {f"Temperature {temperature}": text for temperature, text in texts.items()},
                cells[cell][0],
            )
        ]
    return blocks


def _music(content: PianoRolls, cells: CellSeries) -> list[Block]:
    rolls = {"as composed": (content.truth, len(cells))}
    prompt = content.truth[: content.prompt_steps]
    rolls |= {
        cells[cell][0]: (prompt + played, cells[cell][1]) for cell, played in content.played.items()
    }

    def fill(canvas: Canvas) -> None:
        every = canvas.subplots(len(rolls), 1, sharex=True, sharey=True)
        for axes, (label, (notes, number)) in zip(every, rolls.items(), strict=True):
            for step, pitches in enumerate(notes):
                spans = [content.lowest + pitch for pitch in pitches]
                axes.barh(spans, 1, 0.8, left=step, color=plots.color(number), lw=0)
            axes.axvline(content.prompt_steps, color=plots.INK, lw=0.9, ls=plots.DASHES)
            plots.title(axes, label, pad=4)
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        every[-1].set_xlabel("Time step")

    caption = (
        f"The first {content.prompt_steps} steps of a test piece, and how each network continues "
        "it. Pitches are MIDI numbers."
    )
    height = 60 + 130 * len(rolls)
    return [Figure("piano-rolls", fill, caption, (height, height), caption=caption)]


def _translations(content: Translations, cells: CellSeries) -> list[Block]:
    columns = [Column("Source"), Column("Reference", is_text=True)]
    columns += [Column(cells[cell][0], is_text=True) for cell in content.translations]
    rows = [
        Row(source, found)
        for source, *found in zip(
            content.sources, content.references, *content.translations.values(), strict=True
        )
    ]
    blocks: list[Block] = [Table("translations", "Sentences of test", columns, rows)]
    if content.scores:
        names = list(next(iter(content.scores.values())))
        scores = [
            Row(cells[cell][0], [significant(values[name]) for name in names])
            for cell, values in content.scores.items()
        ]
        caption = f"Scores of {content.sentences:,} sentences, from 0 to 100 (sacrebleu)"
        blocks.insert(0, Table("bleu", caption, [Column("Cell"), *map(Column, names)], scores))
    for cell, attention in content.attention.items():
        blocks.append(_attention_figure(cell, attention, cells[cell][0]))
    return blocks


def _attention_figure(cell: str, attention: Attention, label: str) -> Figure:
    weights = np.array(attention.weights)
    pairs = [
        f"{word} attends to {attention.source[best]} ({row[best]:.2f})"
        for word, row, best in zip(attention.target, weights, weights.argmax(1), strict=True)
    ]
    width = max(map(len, attention.source))
    height = min(24 * len(attention.target), 600) + 90 + 5 * width
    return Figure(
        f"attention-{cell}",
        _drawing(_draw_matrix, weights, attention.target, attention.source, label),
        f"Attention of {label}: {', '.join(pairs)}.",
        (height, height),
        caption=f"{label}: attention of each output word (a row) to the words of the source.",
        is_half=True,
    )


def _draw_matrix(
    axes: Axes, fractions: np.ndarray, rows: Sequence[str], columns: Sequence[str], label: str
) -> None:
    """Draw fractions from 0 to 1 as an image with named rows and columns."""
    axes.imshow(fractions, cmap=plots.shades(), vmin=0, vmax=1, aspect="auto", interpolation="none")
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=8.5)
    axes.set_yticks(range(len(rows)), rows, fontsize=8.5)
    axes.grid(False)
    axes.tick_params(length=0)
    plots.title(axes, label)


def _drawing(draw: Callable, *arguments: object) -> Callable[[Canvas], None]:
    return lambda canvas: draw(canvas.add_subplot(), *arguments)


_CONTENT: dict[type, Callable] = {
    Classes: _classes,
    Series: _series,
    Tags: _tags,
    GeneratedText: _text,
    PianoRolls: _music,
    Translations: _translations,
}
