"""Translate with a trained encoder–decoder, greedily and with beams.

    python recipes/compare.py configs/spa_eng.yaml
    python recipes/translate.py runs/spa_eng/2026-01-31_12-00-00 "I like soccer" "Where is Tom?"

`keras-gru translate` does it with one number of beams.
"""

import argparse

from keras_gru.errors import one_sentence
from keras_gru.experiments import generation, networks
from keras_gru.experiments.find_run import find_run

BEAMS = (1, 4)  # 1 is greedy: at each step the likeliest word


def main(run: str, sentences: list[str]) -> None:
    run_directory = find_run(run)
    record = networks.choose_run(run_directory)  # the best on validation
    print(f"{record.label}, seed {record.seed}")
    by_beams = [generation.translate(run_directory, record, sentences, beams) for beams in BEAMS]
    for sentence, *found in zip(sentences, *by_beams, strict=True):
        print(f"\n{sentence}")
        for beams, hypotheses in zip(BEAMS, found, strict=True):
            for translation, score in hypotheses:
                print(f"  {beams} beam{'s' if beams > 1 else ' '} {score:6.2f}  {translation}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", help="a run directory, runs/NAME for its newest, or latest")
    parser.add_argument("sentences", nargs="+", help="what to translate, in quotes each")
    with one_sentence():
        main(**vars(parser.parse_args()))
