"""Generate text or music with a trained language model or polyphony model.

    python recipes/compare.py configs/tiny_shakespeare.yaml
    python recipes/generate.py runs/tiny_shakespeare/2026-01-31_12-00-00 "ROMEO:"
    python recipes/compare.py configs/jsb_chorales.yaml
    python recipes/generate.py runs/jsb_chorales/2026-01-31_12-00-00 --length 64

It uses the same prompt with three temperatures: low ones repeat probable text, high ones vary more.
Music continues the first steps of a piece, and is saved as a MIDI file and an image.
`keras-gru generate` uses one temperature, with options such as top-k or the tempo.
"""

import argparse

from keras_gru.errors import one_sentence
from keras_gru.experiments import generation, networks
from keras_gru.experiments.find_run import find_run

TEMPERATURES = (0.3, 0.7, 1.0)


def main(run: str, prompt: str, length: int) -> None:
    run_directory = find_run(run)
    record = networks.choose_run(run_directory)  # the best on validation
    for temperature in TEMPERATURES:
        print(f"--- {record.label}, seed {record.seed}, temperature {temperature}")
        options = {"length": length, "temperature": temperature, "seed": 0}
        if run_directory.experiment().dataset.task == "polyphony":
            play(
                generation.generate_music(run_directory, record, **options),
                f"temperature-{temperature}",
            )
        else:
            print(*generation.generate(run_directory, record, [prompt], **options))


def play(music: generation.Music, name: str) -> None:
    from keras_gru.report.music import save_midi, save_piano_roll

    save_midi(music, f"{name}.mid")
    save_piano_roll(music, f"{name}.png")
    print(f"{name}.mid and {name}.png: {music.notes.sum(axis=1).mean():.1f} notes at a time")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", help="a run directory, runs/NAME for its newest, or latest")
    parser.add_argument("prompt", nargs="?", default="ROMEO:\n", help="what a text begins with")
    parser.add_argument("--length", type=int, default=300, help="characters or time steps to write")
    with one_sentence():
        main(**vars(parser.parse_args()))
