"""The page of a comparison: one HTML file that needs nothing else."""

from html import escape
from pathlib import Path

from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.summary import seconds
from keras_gru.analysis.verdicts import reach_verdicts
from keras_gru.datasets.sequence_dataset import Metric
from keras_gru.experiments.comparison import Comparison, RunRecord
from keras_gru.experiments.configuration.yaml_files import dump_experiment
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.files import write_text
from keras_gru.formatting import date, duration, plural, quantity
from keras_gru.report import inside, plots
from keras_gru.report.costs import cost_piece
from keras_gru.report.data_need import data_need_section
from keras_gru.report.pairs import pairs_section
from keras_gru.report.pictures import to_svg
from keras_gru.report.pieces import cells_of, definitions, document, key, origin, swatch
from keras_gru.report.pieces import table as in_a_table
from keras_gru.report.sections.headline import caution_texts, headline_text
from keras_gru.report.table import HEADERS, Row, explanation, rows, tuning_sentences

LONG = 220  # letters of a conclusion that is set smaller


def write_page(comparison: Comparison, path: str | Path) -> None:
    """Writes the page, whole or not at all.

    Args:
        comparison: with any number of runs.
        path: the HTML file.

    Example:

    >>> folder = RunDirectory("runs/quickstart/2026-01-31_12-00-00")
    >>> write_page(folder.comparison(), folder.path / "report.html")
    """
    write_text(path, render_page(comparison))


def render_page(comparison: Comparison) -> str:
    """The page as HTML. It loads nothing, and every name in it is escaped."""
    title = f"{comparison.experiment.name}: {_cells(comparison)}"
    curve = comparison.folder and RunDirectory(comparison.folder).learning_curve()
    body = f"""{_header(comparison)}
<main>
{_curves(comparison)}
{pairs_section(comparison)}{data_need_section(curve)}{_size_and_time(comparison)}
{_results(comparison)}
{inside.section(comparison)}{_tuning(comparison)}{_runs(comparison)}
{_settings(comparison)}
{origin(comparison.metadata)}
</main>"""
    return document(title, body)


def _header(comparison: Comparison) -> str:
    experiment = comparison.experiment
    if experiment.model.units is None:
        size = f"{experiment.model.parameters:,} recurrent parameters"
    else:
        size = plural(experiment.model.units, "unit")
        if experiment.match == "parameters":
            first = experiment.cells[0]
            first = plots.series(comparison).get(first, (first,))[0]
            size = f"recurrent parameters of {first} with {size}"
    setup = {
        "Cells": _cells(comparison),
        "Seeds": ", ".join(map(str, experiment.seeds)),
        "Size": size,
        "Training": f"up to {plural(experiment.training.epochs, 'epoch')}",
        "Trained for": duration(seconds(comparison)),
        "Started": date(comparison.metadata.started),
    }
    about = f'\n<p class="about">{escape(experiment.description)}</p>'
    verdicts = reach_verdicts(collect_measurements(comparison))
    conclusion = headline_text(verdicts)
    warnings = "".join(
        f'\n<p class="remark">{escape(text)}</p>' for text in caution_texts(verdicts)
    )
    return f"""<header>
<h1>{escape(experiment.name)}</h1>{about * bool(experiment.description)}
<p class="conclusion{" long" * (len(conclusion) > LONG)}">{escape(conclusion)}</p>{warnings}
{definitions(setup, "setup")}
</header>"""


def _curves(comparison: Comparison) -> str:
    label = f"Learning curves: {_reading(comparison, 'validation')}"
    wide = to_svg(plots.learning_curves, comparison, size=(830, 400), label=label)
    narrow = to_svg(plots.learning_curves, comparison, size=(370, 330), label=label)
    lines = "single runs."
    if len(comparison.experiment.seeds) > 1:
        lines = "the mean over seeds, with a band from the lowest seed to the highest."
    lengths = {(run.cell, run.epochs) for run in comparison.runs if run.status == "finished"}
    if len(lengths) > len({cell for cell, _ in lengths}):
        lines += " Where some seeds stopped early, the others go on as thin lines."
    crosses = " A cross ends a run that did not finish." * bool(_unfinished(comparison))
    return f"""<section aria-labelledby="curves">
<h2 id="curves">Learning curves</h2>
<p>After each epoch: {lines}{crosses}</p>
{_key(comparison)}
<figure><div class="wide">{wide}</div><div class="narrow">{narrow}</div></figure>
</section>"""


def _size_and_time(comparison: Comparison) -> str:
    reading = _reading(comparison, "test")
    pictures = [
        to_svg(draw, comparison, size=(400, 310), label=f"Test metric against {of}: {reading}")
        for draw, of in (
            (plots.metric_by_parameters, "parameters"),
            (plots.metric_by_time, "training time"),
        )
    ]
    figures = "\n".join(f"<figure>{picture}</figure>" for picture in pictures)
    return f"""<section aria-labelledby="cost">
<h2 id="cost">What it costs</h2>
<p>The test split, read once with the weights that were best on validation; a mark for each run.
A line connects, by their means, the cells that no other one beats in both.</p>
{_key(comparison)}
<div class="pair">
{figures}
</div>
{cost_piece(comparison)}
</section>"""


def _results(comparison: Comparison) -> str:
    results = rows(comparison)
    numbers = {cell: number for cell, (_, number) in plots.series(comparison).items()}

    def line(row: Row) -> str:
        name = escape(row.label)
        if row.cell:
            name = f'<span class="name">{swatch(numbers[row.cell])}<span>{name}</span></span>'
        remark = f'<span class="remark">{escape(row.remark)}</span>' * bool(row.remark)
        head = f'<th scope="row">{name}{remark}</th>'
        return f"<tr>{head}{cells_of(row.values)}</tr>"

    bodies = [[row for row in results if row.cell], [row for row in results if not row.cell]]
    label = comparison.metric.label
    table = in_a_table("results", label, HEADERS, [map(line, body) for body in bodies if body])
    return f"""<section aria-labelledby="results">
<h2 id="results">Results</h2>
<p>{escape(explanation(comparison))}</p>
{table}
</section>"""


def _tuning(comparison: Comparison) -> str:
    if not comparison.trials:
        return ""
    names = list(comparison.experiment.tuning)

    def line(record: RunRecord) -> str:
        values = [str(record.settings[name]) for name in names]
        values += [_value(record.validation, comparison.metric), duration(record.seconds)]
        return f'<tr><th scope="row">{escape(record.label)}</th>{cells_of(values)}</tr>'

    headers = ("Cell", *names, "Validation", "Time")
    table = in_a_table("tuning", comparison.metric.label, headers, [map(line, comparison.trials)])
    items = "".join(f"<li>{escape(text)}</li>" for text in tuning_sentences(comparison))
    return f"""<section aria-labelledby="tuning">
<h2 id="tuning">Tuning</h2>
<p>Every cell had the same trials, with seed {comparison.experiment.tuning_seed} alone, so without
intervals; test was not read. No trial is among the runs: each of them was trained anew with the
chosen settings.</p>
<ul class="notes">{items}</ul>
{table}
</section>
"""


def _value(metrics: dict[str, float], metric: Metric) -> str:
    return quantity(metrics[metric.name], metric) if metric.name in metrics else "–"


def _runs(comparison: Comparison) -> str:
    metric = comparison.metric

    def line(run: RunRecord) -> str:
        best = f"{run.best_epoch} of {run.epochs}"
        if run.status != "finished":
            best = f"– of {run.epochs}"
        values = [str(run.seed), _value(run.validation, metric), _value(run.test, metric), best]
        values += [duration(run.seconds)]
        outcome = escape(run.status)
        if run.status != "finished":
            outcome = f'<span class="remark">{outcome}. {escape(run.message)}</span>'
        head = f'<th scope="row">{escape(run.label)}</th>'
        return f"<tr>{head}{cells_of(values)}<td>{outcome}</td></tr>"

    order = {cell: number for number, cell in enumerate(comparison.experiment.cells)}
    runs = sorted(comparison.runs, key=lambda run: (order[run.cell], run.seed))
    headers = ("Cell", "Seed", "Validation", "Test", "Best epoch", "Time", "Outcome")
    table = in_a_table("runs", metric.label, headers, [map(line, runs)])
    return f"""<section aria-labelledby="runs">
<h2 id="runs">Every run</h2>
<p>One row for each network, so without intervals.</p>
{table}
</section>"""


def _settings(comparison: Comparison) -> str:
    settings = escape(dump_experiment(comparison.experiment))
    return f"""<section aria-labelledby="again">
<h2 id="again">Run it again</h2>
<p>These are all settings, the defaults included. They are in the run directory, too, as
experiment.yaml; a setting is changed in the file or behind the command.</p>
<pre tabindex="0"><code>keras-gru compare experiment.yaml</code></pre>
<details>
<summary>experiment.yaml</summary>
<pre tabindex="0"><code>{settings}</code></pre>
</details>
</section>"""


def _key(comparison: Comparison) -> str:
    return key(plots.series(comparison).values())


def _reading(comparison: Comparison, split: str) -> str:
    """What a picture shows, for those who hear it."""
    values = (f"{row.label} {getattr(row, split)}" for row in rows(comparison) if not row.remark)
    return f"{split} {comparison.metric.label}: {', '.join(values)}."


def _cells(comparison: Comparison) -> str:
    labels = [label for label, _ in plots.series(comparison).values()]
    return ", ".join(labels or comparison.experiment.cells)


def _unfinished(comparison: Comparison) -> list[RunRecord]:
    return [run for run in comparison.runs if run.status != "finished"]
