"""Let a trained language model write.

    python recipes/compare.py configs/tiny_shakespeare.yaml
    python recipes/generate.py runs/tiny_shakespeare/2026-01-31_12-00-00 "ROMEO:"

The same prompt at three temperatures: low ones repeat what is likely, high ones dare and misspell.
`keras-gru generate` does it for one, with top-k and a character to stop at.
"""

import argparse

from keras_gru.errors import one_sentence
from keras_gru.experiments import use
from keras_gru.experiments.results import RunFolder

TEMPERATURES = (0.3, 0.7, 1.0)


def main(run: str, prompt: str, length: int) -> None:
    folder = RunFolder(run)
    record = use.choose_run(folder)  # the best on validation
    for temperature in TEMPERATURES:
        print(f"--- {record.label}, seed {record.seed}, temperature {temperature}")
        print(use.generate(folder, record, prompt, length=length, temperature=temperature, seed=0))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", help="a run folder, such as runs/NAME/2026-01-31_12-00-00")
    parser.add_argument("prompt", nargs="?", default="ROMEO:\n", help="what the text begins with")
    parser.add_argument("--length", type=int, default=300, help="characters to write")
    with one_sentence():
        main(**vars(parser.parse_args()))
