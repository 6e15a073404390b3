"""The claims, judged from run directories: writes results/claims.json and CLAIMS.md.

    python results/claims.py                        # only CLAIMS.md, from what is kept
    python results/claims.py RUN …                  # takes the evidence of these, keeps the rest

A RUN is the folder of a learning curve or of a sweep (runs/<name>/<time>, runs/<name>/sweep) that
the commands of `keras-gru claims` have made; one that is not finished is left out and named.
"""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

from page import table

from keras_gru.errors import UserError, one_sentence
from keras_gru.experiments.claims.evidence import (
    FILE,
    GRU,
    LSTM,
    Evidence,
    OfCurve,
    read_evidence,
    write_evidence,
)
from keras_gru.experiments.claims.judging import BRITZ, OVER_ALL, Judged, Source
from keras_gru.experiments.claims.planned import PLANNED, Planned
from keras_gru.experiments.claims.reading import SWEEP, planned_as, read_curve, read_sweep
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.files import write_text
from keras_gru.formatting import percent, quantity
from keras_gru.report.claims_words import (
    EXPLANATION,
    NOT_RUN,
    QUOTE,
    conclude_claims,
    judge,
    origin_of,
    verdict_on,
    words_on,
)

KEPT = Path(__file__).resolve().parent / FILE
PAGE = KEPT.parents[1] / "CLAIMS.md"
INTRODUCTION = """\
# The textbook's sentences, tested

Written by `python results/claims.py` from [results/claims.json](results/claims.json); no number is
filled in by hand. `keras-gru claims` shows the same with pictures, as a page; `keras-gru claims
--run FOLDER` runs all of it anew.
"""


def keep(folders: Iterable[Path]) -> list[str]:
    """Puts the evidence of run directories into the file, in place of what was there.

    Returns:
        Why some were left out, a sentence each.
    """
    evidence, problems = read_evidence(KEPT), []
    for path in folders:
        try:
            folder = RunDirectory(path)
            plan, is_sweep = planned_as(folder), folder.path.name == SWEEP
            found = (read_sweep if is_sweep else read_curve)(folder, plan)
        except UserError as error:
            problems.append(f"left out: {error}")
            continue
        of = evidence.get(plan.name, Evidence())
        evidence[plan.name] = of.model_copy(update={"sweep" if is_sweep else "curve": found})
    write_evidence({p.name: evidence[p.name] for p in PLANNED if p.name in evidence}, KEPT)
    return problems


def write() -> None:
    """Writes the page, whole or not at all."""
    write_text(PAGE, render(read_evidence(KEPT)))


def render(evidence: Mapping[str, Evidence]) -> str:
    """The page as Markdown."""
    judged = judge(evidence)
    overview = table(
        ("Sentence", *(plan.label for plan in PLANNED), "Over all"),
        (
            [
                f"[{of.claim.sentence}](#{of.claim.name})",
                *(verdict_on(of, plan.name) for plan in PLANNED),
                f"**{of.verdict}**",
            ]
            for of in judged
        ),
        words=None,
    )
    sections = [_section(of, evidence) for of in judged]
    experiments = [_experiments(plan, evidence.get(plan.name, Evidence())) for plan in PLANNED]
    return "\n".join(
        [
            INTRODUCTION,
            f"> {QUOTE}\n>\n> {_link(BRITZ)}\n",
            f"**{conclude_claims(evidence)}**\n",
            overview,
            f"{EXPLANATION} {OVER_ALL}\n",
            *sections,
            "## The experiments\n",
            *experiments,
        ]
    )


def _section(judged: Judged, evidence: Mapping[str, Evidence]) -> str:
    claim = judged.claim
    lines = []
    for plan in PLANNED:
        words = words_on(judged, plan, evidence)
        if judged.findings[plan.name] is None:
            words = f"`{words}`"
        lines.append(f"- {plan.label} (**{verdict_on(judged, plan.name)}**): {words}\n")
    return (
        f'<a id="{claim.name}"></a>\n\n## {claim.sentence}\n\n{_link(claim.source)}. Over all '
        f"datasets: **{judged.verdict}**.\n\n{''.join(lines)}\nThe rule: {claim.rule}\n"
    )


def _experiments(plan: Planned, of: Evidence) -> str:
    parts = [f"### {plan.label}\n"]
    for found, command in ((of.curve, plan.curve_command), (of.sweep, plan.sweep_command)):
        told = f"{origin_of(found)}." if found else f"{NOT_RUN.capitalize()}."
        parts.append(f"`{found.origin.command if found else command}`\n\n{told}\n")
    if of.curve:
        parts.insert(1, _curve(of.curve))
    return "\n".join(parts)


def _curve(curve: OfCurve) -> str:
    def mean(cell: str, place: int) -> str:
        of = curve.cells[cell].test[place]
        return "–" if of is None else quantity(of.value, curve.metric)

    lines = [
        [percent(share), f"{sequences:,}", mean(GRU, place), mean(LSTM, place)]
        for place, (share, sequences) in enumerate(zip(curve.shares, curve.sequences, strict=True))
    ]
    better = "higher" if curve.metric.mode == "max" else "lower"
    heads = ("Train", "Sequences", "GRU", "LSTM")
    what = f"Test {curve.metric.label}, means over seeds; {better} is better.\n"
    return f"{table(heads, lines)}\n{what}"


def _link(source: Source) -> str:
    return f"[{source.by}]({source.url})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    with one_sentence():
        for sentence in keep(parser.parse_args().runs):
            print(sentence)
        write()
        print(PAGE)
