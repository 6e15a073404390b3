"""Cell against cell, for the terminal and for the page."""

from html import escape

from rich import box
from rich.table import Table
from rich.text import Text

from keras_gru.analysis.intervals import CONFIDENCE, POWER
from keras_gru.analysis.measurements import collect_measurements
from keras_gru.analysis.pairs import Pair, compare_pairs
from keras_gru.experiments.comparison import Comparison
from keras_gru.formatting import rounded
from keras_gru.report import plots
from keras_gru.report.pictures import to_svg
from keras_gru.report.pieces import cells_of, table
from keras_gru.report.sections.pairs import describe_interval, outcome_text, verdict_text

HEADERS = ("Pair", "Difference", "Detectable", "Seeds needed", "Verdict")


def pairs_explanation(comparison: Comparison) -> str:
    """What the numbers of the pairs are."""
    better = "higher" if comparison.metric.mode == "max" else "lower"
    findings = collect_measurements(comparison)
    pairs = compare_pairs(findings)
    together = f", all {len(pairs)} together" if len(pairs) > 1 else ""
    known = all((pair.one, pair.other) in findings.sampling for pair in pairs)
    return (
        f"The first cell's test metric minus the second's, paired by seed; {better} is better. "
        f"The confidence intervals hold at {CONFIDENCE:.0%}{together}, and the sampling error of "
        f"test is {'' if known else 'not '}in them. Detectable is the minimum detectable "
        f"difference at this number of seeds with a power of {POWER:.0%}, as far as their spread "
        "is known. The seeds needed are for about half of it."
    )


def pairs_table(comparison: Comparison) -> Table | None:
    """The pairs for a terminal.

    Args:
        comparison: a `Comparison`.

    Returns:
        A `rich.table.Table`; None where no two cells share three seeds.
    """
    pairs = _told(comparison)
    if not pairs:
        return None
    drawn = Table(
        title=Text(f"Differences of test {comparison.metric.label}", style="bold"),
        caption=pairs_explanation(comparison),
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=0,
        pad_edge=False,
        show_edge=False,
    )
    for header in HEADERS:
        drawn.add_column(
            header.replace(" ", "\n"),
            justify="left" if header in ("Pair", "Verdict") else "right",
            no_wrap=header not in ("Pair", "Verdict"),
        )
    for pair in pairs:
        drawn.add_row(*map(Text, (_name(pair), *_numbers(pair, comparison), outcome_text(pair))))
    return drawn


def pairs_section(comparison: Comparison) -> str:
    """The pairs for the page, as HTML; nothing where no two cells share three seeds."""
    pairs = _told(comparison)
    if not pairs:
        return ""
    label = "; ".join(f"{_name(pair)}: {verdict_text(pair, comparison.metric)}" for pair in pairs)
    height = 130 + 46 * len(pairs)
    wide, narrow = (
        to_svg(plots.differences, comparison, size=(width, max(height, 220)), label=label)
        for width in (830, 370)
    )
    lines = [
        f'<tr><th scope="row">{escape(_name(pair))}</th>'
        f"{cells_of((*_numbers(pair, comparison), verdict_text(pair, comparison.metric)))}</tr>"
        for pair in pairs
    ]
    caption = f"Differences of test {comparison.metric.label}"
    return f"""<section aria-labelledby="pairs">
<h2 id="pairs">Cell against cell</h2>
<p>A significant difference has the colour of the better cell.</p>
<figure><div class="wide">{wide}</div><div class="narrow">{narrow}</div></figure>
<p>{escape(pairs_explanation(comparison))}</p>
{table("pairs", caption, HEADERS, [lines])}
</section>
"""


def _told(comparison: Comparison) -> list[Pair]:
    pairs = compare_pairs(collect_measurements(comparison))
    return [pair for pair in pairs if pair.difference is not None]


def _name(pair: Pair) -> str:
    return f"{pair.label} − {pair.other_label}"


def _numbers(pair: Pair, comparison: Comparison) -> tuple[str, str, str]:
    difference = describe_interval(pair.difference, pair.half, comparison.metric)
    if pair.detectable is None:
        return difference, "–", "–"
    needed = "–" if pair.needed is None else f"{pair.needed:,} for {rounded(pair.smaller)}"
    return difference, rounded(pair.detectable), needed
