"""The page of the claims: one HTML file that needs nothing else."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

from keras_gru.experiments.claims.evidence import Evidence
from keras_gru.experiments.claims.judging import BRITZ, OVER_ALL, Judged, Source
from keras_gru.experiments.claims.planned import PLANNED
from keras_gru.files import write_text
from keras_gru.formatting import duration
from keras_gru.report import claims_plots
from keras_gru.report.claims_words import (
    EXPLANATION,
    QUOTE,
    command_of,
    conclude_claims,
    judge,
    origin_of,
    verdict_on,
    words_on,
)
from keras_gru.report.page import LONG
from keras_gru.report.pictures import figure_to_svg
from keras_gru.report.pieces import cells_of, definitions, document, key, table


def write_claims_page(evidence: Mapping[str, Evidence], path: str | Path) -> None:
    """Writes the page, whole or not at all.

    Args:
        evidence: by dataset; of what is missing the page says how to get it.
        path: the HTML file.
    """
    write_text(path, render_claims_page(evidence))


def render_claims_page(evidence: Mapping[str, Evidence]) -> str:
    """The page as HTML. It loads nothing, and every name in it is escaped."""
    judged = judge(evidence)
    sections = "\n".join(_section(of, evidence) for of in judged)
    body = f"""{_header(evidence)}
<main>
{_overview(judged)}
{sections}
{_origins(evidence)}
</main>"""
    return document("GRU or LSTM: the textbook's sentences, tested", body)


def _header(evidence: Mapping[str, Evidence]) -> str:
    found = [part for of in evidence.values() for part in (of.curve, of.sweep) if part]
    setup = {
        "Datasets": ", ".join(plan.label for plan in PLANNED),
        "Experiments": f"{len(found)} of {2 * len(PLANNED)} run",
        "Trained for": duration(sum(of.origin.seconds for of in found)),
        "Run it again": "keras-gru claims --run FOLDER",
    }
    conclusion = conclude_claims(evidence)
    return f"""<header>
<h1>GRU or LSTM: the textbook's sentences, tested</h1>
<p class="about">{escape(QUOTE)} {_link(BRITZ)}</p>
<p class="conclusion{" long" * (len(conclusion) > LONG)}">{escape(conclusion)}</p>
{definitions(setup, "setup")}
</header>"""


def _overview(judged: tuple[Judged, ...]) -> str:
    def line(of: Judged) -> str:
        sentence = f'<a href="#{of.claim.name}">{escape(of.claim.sentence)}</a>'
        verdicts = [verdict_on(of, plan.name) for plan in PLANNED]
        return f'<tr><th scope="row">{sentence}</th>{cells_of([*verdicts, of.verdict])}</tr>'

    headers = ("Sentence", *(plan.label for plan in PLANNED), "Over all")
    return f"""<section aria-labelledby="verdicts">
<h2 id="verdicts">The verdicts</h2>
{table("verdicts", "What each dataset says", headers, [map(line, judged)])}
<p>{escape(EXPLANATION)} {escape(OVER_ALL)}</p>
</section>"""


def _section(judged: Judged, evidence: Mapping[str, Evidence]) -> str:
    claim = judged.claim
    said = {plan.label: words_on(judged, plan, evidence) for plan in PLANNED}
    items = "".join(
        f"<li>{escape(plan.label)} (<strong>{verdict_on(judged, plan.name)}</strong>): "
        f"{escape(said[plan.label])}</li>"
        for plan in PLANNED
    )
    commands = escape("\n".join(command_of(claim, plan) for plan in PLANNED))
    return f"""<section aria-labelledby="{claim.name}">
<h2 id="{claim.name}">{escape(claim.sentence)}</h2>
<p>{_link(claim.source)}. Over all datasets: <strong>{judged.verdict}</strong>.</p>
{_figure(judged, evidence, said)}
<ul class="notes">{items}</ul>
<details>
<summary>The rule, and the commands</summary>
<p>{escape(claim.rule)}</p>
<pre tabindex="0"><code>{commands}</code></pre>
</details>
</section>"""


def _figure(judged: Judged, evidence: Mapping[str, Evidence], said: Mapping[str, str]) -> str:
    name, label = judged.claim.name, "; ".join(f"{of}: {words}" for of, words in said.items())
    if name not in claims_plots.SCALES:
        return _curves(name, evidence, label)
    rows = claims_plots.drawn(judged)
    if not rows:
        return ""

    def fill(figure):
        claims_plots.draw_intervals(figure.add_subplot(), judged)

    height = 90 + 52 * len(rows)
    wide, narrow = (
        figure_to_svg(fill, name=name, size=(width, height), label=label) for width in (830, 370)
    )
    series = claims_plots.VERDICTS.values()
    return f"""{key(series)}
<figure><div class="wide">{wide}</div><div class="narrow">{narrow}</div>
<figcaption>{escape(claims_plots.SCALES[name].label)}; grey is not decided.</figcaption></figure>"""


def _curves(name: str, evidence: Mapping[str, Evidence], label: str) -> str:
    known = {
        plan.label: evidence[plan.name].curve
        for plan in PLANNED
        if plan.name in evidence and evidence[plan.name].curve
    }
    if not known:
        return ""

    def picture(width: int, columns: int) -> str:
        height = 250 * -(-len(known) // columns)
        return figure_to_svg(
            lambda figure: claims_plots.draw_curves(figure, known, columns),
            name=name,
            size=(width, height),
            label=label,
        )

    wide, narrow = picture(830, 2), picture(370, 1)
    return f"""{key(claims_plots.CELLS.values())}
<figure><div class="wide">{wide}</div><div class="narrow">{narrow}</div>
<figcaption>Test by the share of train: the mean over seeds, with bars from the lowest to the
highest.</figcaption></figure>"""


def _origins(evidence: Mapping[str, Evidence]) -> str:
    items = "".join(
        f"<div><h3>{escape(plan.label)}</h3>{_origin(evidence.get(plan.name, Evidence()))}</div>"
        for plan in PLANNED
        if plan.name in evidence
    )
    return f"""<section aria-labelledby="facts">
<h2 id="facts">Where it comes from</h2>
<div class="origin">{items or "Nothing was run yet."}</div>
</section>"""


def _origin(of: Evidence) -> str:
    parts = [part for part in (of.curve, of.sweep) if part]
    return definitions({part.origin.command: origin_of(part) for part in parts}, "facts")


def _link(source: Source) -> str:
    return f'<a href="{escape(source.url)}">{escape(source.by)}</a>'
