"""Let a trained language model write.

    python recipes/compare.py configs/tiny_shakespeare.yaml
    python recipes/generate.py runs/tiny_shakespeare/2026-01-31_12-00-00 "ROMEO:"

The same prompt at three temperatures: low ones repeat what is likely, high ones dare and misspell.
`keras-gru generate` does it for one, with top-k and a character to stop at.
"""

import sys

from keras_gru.errors import one_sentence
from keras_gru.experiments import use
from keras_gru.experiments.results import RunFolder

TEMPERATURES = (0.3, 0.7, 1.0)


def main(run: str, prompt: str = "ROMEO:\n", length: str = "300") -> None:
    folder = RunFolder(run)
    record = use.choose_run(folder)  # the best on validation
    for temperature in TEMPERATURES:
        print(f"--- {record.label}, seed {record.seed}, temperature {temperature}")
        print(
            use.generate(
                folder, record, prompt, length=int(length), temperature=temperature, seed=0
            )
        )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with one_sentence():
        main(*sys.argv[1:])
