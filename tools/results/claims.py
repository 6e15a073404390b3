"""The claims, evaluated from run directories: writes results/claims.json and CLAIMS.md.

    python tools/results/claims.py          # from the stored evidence, and the results of the atlas
    python tools/results/claims.py RUN …    # replaces the evidence of these runs

A RUN is the folder of a learning curve or of a sweep (runs/<name>/<time>, runs/<name>/sweep) that
the commands of `keras-gru claims` have made; one that is not finished is left out and named.
"""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

from table import FOLDER, atlas, stored

from keras_gru.analysis.stored import read_measurements
from keras_gru.claims.collect import (
    SWEEP,
    comparison_evidence,
    find_plan,
    read_curve,
    read_sweep,
)
from keras_gru.claims.evidence import FILE, Evidence, Origin, read_evidence, write_evidence
from keras_gru.claims.plans import PLANNED
from keras_gru.errors import UserError, one_sentence
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.files import write_text
from keras_gru.report.claims import claims_report
from keras_gru.report.markdown import render_report

EVIDENCE = FOLDER / FILE
PAGE = FOLDER.parent / "CLAIMS.md"
INTRODUCTION = """\
Written by `python tools/results/claims.py` from [results/claims.json](results/claims.json); no
number is entered by hand. `keras-gru claims` writes an HTML report with figures, and
`keras-gru claims --run FOLDER` repeats the learning curves and the sweeps.

What changed on 2026-11-27: the atlas has six more datasets, which the claim on a clear winner
needed by its own computation. They were named before they were run; with such a second look, one of
two equal cells would be called better in 7 % of all cases (simulated) instead of 5 %.

What changed on 2026-11-26: whether there is a clear winner is tested on
[the atlas](results/atlas.yaml), which has more datasets and more seeds than the four learning
curves. They are left out there, as their datasets are in the atlas, too, in smaller versions. All
rules are the same as before. The claims about data, time and settings need learning curves, times
by seed and sweeps, which the atlas does not have. For each undecided claim, the number of runs that
would decide it is now computed over all datasets.
"""


def store_evidence(folders: Iterable[Path]) -> list[str]:
    """Store the evidence of run directories and of the atlas, replacing earlier evidence.

    Returns:
        Reasons for omitted run directories, one sentence each.
    """
    evidence, problems = read_evidence(EVIDENCE) | read_atlas(), []
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
    names = [name for name in (*(plan.name for plan in PLANNED), *atlas()) if name in evidence]
    write_evidence({name: evidence[name] for name in names}, EVIDENCE)
    return problems


def read_atlas() -> dict[str, Evidence]:
    """Return the evidence of the stored results of the atlas, by `atlas/NAME`."""
    evidence = {}
    for name in atlas():
        result = stored(name)
        if result is not None:
            _, measured = read_measurements(str(FOLDER / f"{name}.json"))
            origin = Origin(
                seeds=tuple(sorted(set().union(*measured.values.values()))),
                **{key: result[key] for key in Origin.model_fields if key in result},
            )
            evidence[name] = Evidence(comparison=comparison_evidence(measured, origin))
    return evidence


def write() -> None:
    """Write the page, atomically."""
    write_text(PAGE, render(read_evidence(EVIDENCE)))


def render(evidence: Mapping[str, Evidence]) -> str:
    """Return the claims as Markdown."""
    return render_report(claims_report(evidence), INTRODUCTION + _newer_runs(evidence))


def _newer_runs(evidence: Mapping[str, Evidence]) -> str:
    """Return which learning curves are older than the runs in RESULTS.md."""
    older = []
    for plan in PLANNED:
        curve, result = evidence.get(plan.name, Evidence()).curve, stored(plan.name)
        if curve and result and result["date"] > curve.origin.date:
            older.append(f"{plan.name} ({curve.origin.date}; there {result['date']})")
    if not older:
        return ""
    page = "[RESULTS.md](RESULTS.md)"
    return f"\n{page} has newer runs than the learning curve of {', '.join(older)}.\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    with one_sentence():
        for sentence in store_evidence(parser.parse_args().runs):
            print(sentence)
        write()
        print(PAGE)
