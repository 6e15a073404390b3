"""The claims, evaluated from run directories: writes results/claims.json and CLAIMS.md.

    python tools/results/claims.py          # only CLAIMS.md, from the stored evidence
    python tools/results/claims.py RUN …    # replaces the evidence of these runs

A RUN is the folder of a learning curve or of a sweep (runs/<name>/<time>, runs/<name>/sweep) that
the commands of `keras-gru claims` have made; one that is not finished is left out and named.
"""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

from keras_gru.claims.collect import SWEEP, find_plan, read_curve, read_sweep
from keras_gru.claims.evidence import (
    FILE,
    Evidence,
    read_evidence,
    write_evidence,
)
from keras_gru.claims.plans import PLANNED
from keras_gru.errors import UserError, one_sentence
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.files import write_text
from keras_gru.report.claims import claims_report
from keras_gru.report.markdown import render_report

KEPT = Path(__file__).resolve().parents[2] / "results" / FILE
PAGE = KEPT.parents[1] / "CLAIMS.md"
INTRODUCTION = """\
Written by `python tools/results/claims.py` from [results/claims.json](results/claims.json); no
number is entered by hand. `keras-gru claims` writes an HTML report with figures, and
`keras-gru claims --run FOLDER` repeats all experiments.
"""


def keep(folders: Iterable[Path]) -> list[str]:
    """Store the evidence of run directories in the file, replacing earlier evidence.

    Returns:
        Reasons for omitted run directories, one sentence each.
    """
    evidence, problems = read_evidence(KEPT), []
    for path in folders:
        try:
            run_directory = RunDirectory(path)
            plan, is_sweep = find_plan(run_directory), run_directory.path.name == SWEEP
            found = (read_sweep if is_sweep else read_curve)(run_directory, plan)
        except UserError as error:
            problems.append(f"left out: {error}")
            continue
        entry = evidence.get(plan.name, Evidence())
        evidence[plan.name] = entry.model_copy(update={"sweep" if is_sweep else "curve": found})
    write_evidence({p.name: evidence[p.name] for p in PLANNED if p.name in evidence}, KEPT)
    return problems


def write() -> None:
    """Write the page, atomically."""
    write_text(PAGE, render(read_evidence(KEPT)))


def render(evidence: Mapping[str, Evidence]) -> str:
    """Return the claims as Markdown."""
    return render_report(claims_report(evidence), INTRODUCTION)


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
