"""Cell against cell, for the terminal and for the page."""

from html import escape

from rich import box
from rich.table import Table
from rich.text import Text

from keras_gru.experiments.results import Comparison
from keras_gru.experiments.statistics.verdicts import CONFIDENCE, POWER, Pair, compare_pairs
from keras_gru.formatting import plus_minus, rounded
from keras_gru.report import plots
from keras_gru.report.pictures import to_svg
from keras_gru.report.pieces import cells_of, table

HEADERS = ("Pair", "Difference", "Detectable", "Seeds needed", "Verdict")


def pairs_explanation(comparison: Comparison) -> str:
    """What the numbers of the pairs are."""
    better = "higher" if comparison.metric.mode == "max" else "lower"
    pairs = len(compare_pairs(comparison))
    together = f", all {pairs} together" if pairs > 1 else ""
    return (
        f"The first cell's test metric minus the second's, paired by seed; {better} is better. "
        f"The intervals hold at {CONFIDENCE:.0%}{together}. Detectable is the smallest true "
        f"difference that these seeds show with a power of {POWER:.0%}, as far as their spread is "
        "known. The seeds needed are for about half of it."
    )


def pairs_table(comparison: Comparison) -> Table | None:
    """The pairs for a terminal.

    Args:
        comparison: a `Comparison`.

    Returns:
        A `rich.table.Table`; None where no two cells share two seeds.
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
        drawn.add_row(*map(Text, (_name(pair), *_numbers(pair, comparison), pair.outcome)))
    return drawn


def pairs_section(comparison: Comparison) -> str:
    """The pairs for the page, as HTML; nothing where no two cells share two seeds."""
    pairs = _told(comparison)
    if not pairs:
        return ""
    label = "; ".join(f"{_name(pair)}: {pair.verdict}" for pair in pairs)
    height = 130 + 46 * len(pairs)
    wide, narrow = (
        to_svg(plots.differences, comparison, size=(width, max(height, 220)), label=label)
        for width in (830, 370)
    )
    lines = [
        f'<tr><th scope="row">{escape(_name(pair))}</th>'
        f"{cells_of((*_numbers(pair, comparison), pair.verdict))}</tr>"
        for pair in pairs
    ]
    caption = f"Differences of test {comparison.metric.label}"
    return f"""<section aria-labelledby="pairs">
<h2 id="pairs">Cell against cell</h2>
<p>What has a colour is beyond doubt: it is that of the better cell.</p>
<figure><div class="wide">{wide}</div><div class="narrow">{narrow}</div></figure>
<p>{escape(pairs_explanation(comparison))}</p>
{table("pairs", caption, HEADERS, [lines])}
</section>
"""


def _told(comparison: Comparison) -> list[Pair]:
    return [pair for pair in compare_pairs(comparison) if pair.half is not None]


def _name(pair: Pair) -> str:
    return f"{pair.label} − {pair.other_label}"


def _numbers(pair: Pair, comparison: Comparison) -> tuple[str, str, str]:
    difference = plus_minus(pair.difference, pair.half, comparison.metric)
    if pair.needed is None:
        return difference, "–", "–"
    return difference, rounded(pair.detectable), f"{pair.needed:,} for {rounded(pair.smaller)}"
