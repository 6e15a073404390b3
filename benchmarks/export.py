"""Milliseconds per call of exported networks and of generation, compared with Keras.

    python benchmarks/export.py      # about a minute; writes benchmarks/results/export.md

All run in one process, also `predict_on_batch` of Keras. A time is the median of twenty calls.
Generation is a complete call of `keras_gru.models.sample` with a loaded network. In an earlier
version, each step was a call of `predict_on_batch`.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

import keras_gru
from keras_gru import models
from keras_gru.files import write_text
from keras_gru.formatting import significant
from keras_gru.models.language_modeling import read

RESULTS = Path(__file__).parent / "results"
SHAPES = ((1, 100, 32, 64), (32, 100, 64, 128))  # B, T, D, U
LENGTHS = {"400 characters, 64 units": (64, 400), "400 characters, 256 units": (256, 400)}
ROUNDS = 5


def main() -> None:
    lines = [
        "# Exported networks beside Keras",
        "",
        "Milliseconds, by `python benchmarks/export.py`; Keras is `predict_on_batch`.",
        "",
        "| | Keras | onnxruntime | OpenVINO | tract |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        step = keras_gru.export(language_model(64), path, step=True)
        lines.append(row("one step of one sequence, 64 units", step, "1"))
        for batch, steps, features, units in SHAPES:
            x = keras.Input((None, features), name="x")
            model = keras.Model(x, keras_gru.GRU(units, return_sequences=True)(x))
            rows = np.random.default_rng(0).normal(size=(batch, steps, features))
            found = keras_gru.export(model, path, inputs={"x": rows.astype("float32")})
            name = f"GRU, (B, T, D, U) = {(batch, steps, features, units)}"
            lines.append(row(name, found, str(batch)))
    lines += ["", "| Generation | before | now |", "| --- | ---: | ---: |"]
    for name, (units, length) in LENGTHS.items():
        model = language_model(units)
        before = median(lambda model=model, length=length: sample_with_keras(model, length))
        now = median(lambda model=model, length=length: models.sample(model, [1], length, seed=0))
        lines.append(f"| {name} | {significant(before)} | {significant(now)} |")
    write_text(RESULTS / "export.md", "\n".join(lines) + "\n")
    print("\n".join(lines))


def language_model(units: int) -> keras.Model:
    return models.language_model(units=units, vocabulary=65, seed=0)


def row(name: str, parity, batch: str) -> str:
    times = [parity.keras_milliseconds[batch]]
    times += [result.milliseconds.get(batch, float("nan")) for result in (parity, *parity.also)]
    return f"| {name} | {' | '.join(map(significant, times))} |"


def median(call) -> float:
    """Return the median milliseconds of a call, without the first one in this process."""
    call()
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return 1e3 * statistics.median(seconds)


def sample_with_keras(model: keras.Model, length: int) -> list[int]:
    """Sample as an earlier version of `keras_gru.models.sample` did."""
    parts = {layer.name: layer for layer in model.layers}
    tokens = keras.Input((None,), dtype="int32")
    logits, states = read(parts, tokens)
    begin = keras.Model(tokens, [logits[:, -1], *keras.tree.flatten(states)])
    old = keras.tree.map_structure(lambda state: keras.Input(state.shape[1:]), states)
    logits, states = read(parts, tokens, old)
    continued = keras.Model(
        [tokens, *keras.tree.flatten(old)], [logits[:, -1], *keras.tree.flatten(states)]
    )
    random, written = np.random.default_rng(0), [1]
    logits, *states = begin.predict_on_batch(np.array([written], "int32"))
    while len(written) < length:
        odds = np.exp(logits[0] - logits[0].max()).astype("float64")
        written.append(int(random.choice(len(odds), p=odds / odds.sum())))
        logits, *states = continued.predict_on_batch([np.array([written[-1:]], "int32"), *states])
    return written


if __name__ == "__main__":
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    main()
