"""The page of a sweep: one HTML file that needs nothing else."""

from html import escape
from pathlib import Path

from keras_gru.experiments.configuration.yaml_files import dump_experiment
from keras_gru.experiments.sweeping.study import CELL, Tried
from keras_gru.experiments.sweeping.sweep import SweepResult, told
from keras_gru.files import write_text
from keras_gru.formatting import date, duration, plural, quantity
from keras_gru.report import sweep_plots
from keras_gru.report.page import LONG
from keras_gru.report.pictures import to_svg
from keras_gru.report.pieces import cells_of, definitions, document, key, origin, table
from keras_gru.report.sweep_words import (
    HEADERS,
    command,
    conclude_sweep,
    count,
    describe,
    importance_rows,
)

SHOWN = 10  # of the best trials


def write_sweep_page(result: SweepResult, path: str | Path) -> None:
    """Writes the page, whole or not at all.

    Args:
        result: with one trial or more.
        path: the HTML file.
    """
    write_text(path, render_sweep_page(result))


def render_sweep_page(result: SweepResult) -> str:
    """The page as HTML. It loads nothing, and every name in it is escaped."""
    body = f"""{_header(result)}
<main>
{_importances(result)}{_settings(result)}
{_best(result)}
{_again(result)}
{origin(result.metadata)}
</main>"""
    return document(f"{result.experiment.name}: a sweep", body)


def _header(result: SweepResult) -> str:
    experiment, conclusion = result.experiment, conclude_sweep(result)
    sampler = {"tpe": "TPE", "random": "random"}[experiment.sweep.sampler]
    setup = {
        "Cells": ", ".join(label for label, _ in sweep_plots.cells(result).values()),
        "Trials": count(result),
        "Sampler": sampler,
        "Seed": str(experiment.seeds[0]),
        "Training": f"up to {plural(experiment.training.epochs, 'epoch')}",
        "Trained for": duration(sum(trial.seconds for trial in result.trials)),
        "Started": date(result.metadata.started),
    }
    about = f'\n<p class="about">{escape(experiment.description)}</p>'
    return f"""<header>
<h1>{escape(experiment.name)}</h1>{about * bool(experiment.description)}
<p class="conclusion{" long" * (len(conclusion) > LONG)}">{escape(conclusion)}</p>
{definitions(setup, "setup")}
</header>"""


def _importances(result: SweepResult) -> str:
    if not result.importances:
        return ""
    rows = importance_rows(result)
    reading = ", ".join(f"{name} {share} ({interval})" for name, share, interval in rows)
    label = f"Shares of the variance: {reading}."
    height = 90 + 48 * len(rows)
    wide = to_svg(sweep_plots.shares, result, size=(830, height), label=label)
    narrow = to_svg(sweep_plots.shares, result, size=(370, height), label=label)
    lines = [
        f'<tr><th scope="row">{escape(name)}</th>{cells_of(values)}</tr>' for name, *values in rows
    ]
    numbers = table("importance", "Functional ANOVA", HEADERS, [lines])
    return f"""<section aria-labelledby="importance">
<h2 id="importance">What matters</h2>
<p>How much of the variance between trials each setting explains by itself, with its 95%
interval.</p>
<figure><div class="wide">{wide}</div><div class="narrow">{narrow}</div></figure>
<p>Over all that could have been drawn (Hutter et al. 2014); what is left, only combinations of
settings explain. A pruned trial counts with its best epoch, one that diverged as the worst.
Intervals are percentiles over resamples of the trials.</p>
{numbers}
</section>
"""


def _settings(result: SweepResult) -> str:
    names = [*([CELL] if len(result.experiment.cells) > 1 else []), *result.experiment.sweep.ranges]
    label = f"Validation {result.metric.label} of every trial against"
    figures = "\n".join(
        f"<figure>{to_svg(sweep_plots.against(name), result, size=(400, 310), label=text)}</figure>"
        for name, text in ((name, f"{label} {name}.") for name in names)
    )
    status = {trial.status for trial in result.trials}
    marks = " A hollow mark was pruned." * ("pruned" in status)
    marks += " A cross diverged." * ("diverged" in status)
    return f"""<section aria-labelledby="settings">
<h2 id="settings">Every trial</h2>
<p>Its best epoch on validation against each setting.{marks}</p>
{key(sweep_plots.cells(result).values())}
<div class="pair">
{figures}
</div>
</section>"""


def _best(result: SweepResult) -> str:
    metric = result.metric
    done = [trial for trial in result.trials if trial.status == "finished"]
    done.sort(key=lambda trial: metric.score(trial.value), reverse=True)
    names = list(result.experiment.sweep.ranges)

    def line(trial: Tried) -> str:
        values = [told(trial.settings[name]) for name in names]
        values += [quantity(trial.value, metric), str(trial.epochs), duration(trial.seconds)]
        return f'<tr><th scope="row">{escape(trial.label)}</th>{cells_of(values)}</tr>'

    headers = ("Cell", *names, "Validation", "Epochs", "Time")
    best = "<p>No trial was trained to its end.</p>"
    if done:
        best = f"""<p>The first of these, {escape(describe(done[0]))}, was best with one seed, and
some of that is luck. With all seeds, and measured on test:</p>
<pre tabindex="0"><code>{escape(command(result, done[0]))}</code></pre>"""
    return f"""<section aria-labelledby="best">
<h2 id="best">The best trials</h2>
{best}
{table("trials", metric.label, headers, [map(line, done[:SHOWN])])}
</section>"""


def _again(result: SweepResult) -> str:
    settings = escape(dump_experiment(result.experiment))
    return f"""<section aria-labelledby="again">
<h2 id="again">Run it again</h2>
<p>These are all settings, the defaults included. They are beside this page, too, as
experiment.yaml.</p>
<pre tabindex="0"><code>keras-gru sweep experiment.yaml</code></pre>
<details>
<summary>experiment.yaml</summary>
<pre tabindex="0"><code>{settings}</code></pre>
</details>
</section>"""
