"""Run recipes of the table in full, and store their results.

    python tools/results/run.py                              # list the recipes
    python tools/results/run.py jsb_chorales en_atis         # run them, one after the other
    python tools/results/run.py atlas/adding                 # a row of the atlas
    python tools/results/run.py spa_eng 'seeds=[0,1,2]'      # with other settings
    python tools/results/run.py jsb_chorales --resume RUN    # resume a run, or store a finished one
    python tools/results/run.py jsb_chorales --jobs 1        # not one run per core at a time

Each comparison is an ordinary one, with its run directory and its page in runs/. Its results go to
results/<name>.json, and RESULTS.md and README.md are written again.
"""

import argparse

import page
from store import store
from table import Row, atlas, find, rows, stored

from keras_gru.errors import UserError, one_sentence
from keras_gru.report import run_and_show


def main(words: list[str], resume: str | None, jobs: int | None) -> None:
    names = [word for word in words if "=" not in word]
    overrides = [word for word in words if "=" in word]
    if not names:
        for row in (rows() | atlas()).values():
            print(f"{row.name:<26} {'stored' if stored(row.name) else 'not run yet'}")
        return
    if resume and len(names) > 1:
        raise UserError(f"--resume RUN resumes one recipe, got {', '.join(names)}.")
    for row in [find(name) for name in names]:
        run(row, overrides, resume, jobs)


def run(row: Row, overrides: list[str], resume: str | None = None, jobs: int | None = None) -> None:
    """Run a row in full, or resume it, and store its results."""
    by_name = {word.partition("=")[0]: word for word in (*row.changes, *overrides)}
    # The later wins, and the command that is stored has each once.
    changes = [
        word
        for name, word in by_name.items()
        if not any(name.startswith(f"{whole}.") for whole in by_name)
    ]
    comparison = run_and_show(row.config, changes, resume=resume, jobs=jobs)
    store(row, changes, comparison)
    page.write()


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What the command line asks for; an option may stand between names and settings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="*", metavar="name | setting=value")
    parser.add_argument("--resume", metavar="RUN", help="a run directory of the recipe")
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at a time")
    return parser.parse_intermixed_args(words)


if __name__ == "__main__":
    with one_sentence():
        main(**vars(arguments()))
