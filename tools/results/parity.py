"""Export the networks of packaged recipes and compare each file with Keras on test sequences.

    python tools/results/parity.py                              # ONNX, all recipes: an hour or less
    python tools/results/parity.py en_atis cta_ridership        # some of them
    python tools/results/parity.py en_atis spoken_digit --to litert --quantize int8 --updates 1000
    python tools/results/parity.py en_atis spoken_digit --to litert --quantize float16

The networks are those of the recipes, trained for a few updates: that decides what they predict,
not whether a file agrees. The table goes to benchmarks/results/parity.md and parity.json; a recipe
that is compared again takes the place of its earlier rows. Exit code 1 if a file differs.
"""

import argparse
import itertools
import json
import tempfile
from pathlib import Path

import keras
import onnx

from keras_gru import datasets
from keras_gru.errors import UserError, one_sentence
from keras_gru.experiments import fitting
from keras_gru.experiments.configuration.packaged import packaged_configs
from keras_gru.experiments.configuration.yaml_files import load_experiment
from keras_gru.experiments.exports import Parity
from keras_gru.exporting.export import DisagreementError, export, test_inputs
from keras_gru.exporting.operators import operator
from keras_gru.files import write_text

CELLS = ("gru", "lstm", "simple_rnn")
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
SEQUENCES = 1000


def main(names: list[str], to: str, quantize: str | None, cells: list[str], updates: int) -> int:
    """Compare the files of some recipes, or of all, and return the exit code."""
    differs = False
    for name in names or packaged_configs():
        try:
            experiment = load_experiment(packaged_configs()[name])
            dataset = datasets.load(experiment.dataset)
        except UserError as error:
            print(f"{name}: left out, its data are not here ({error}).", flush=True)
            continue
        rows = {}
        for cell in cells:
            model = trained(experiment, dataset, cell, updates)
            rows[f"{name} {cell} {to} {quantize or 'float32'}"] = row = compare(
                model, dataset, to, quantize
            )
            differs |= not row["agrees"]
            print(line(name, cell, row), flush=True)
        store(rows)
    return int(differs)


def trained(experiment, dataset, cell: str, updates: int) -> keras.Model:
    """Return the network of a recipe after some updates."""
    model = fitting.build(experiment, dataset, cell, seed=0)
    size = experiment.training.batch_size

    def batches():
        for epoch in itertools.count():
            yield from dataset.batches("train", size, seed=0, first_epoch=epoch)

    for batch in itertools.islice(batches(), updates):
        model.train_on_batch(*batch)
    return model


def compare(model: keras.Model, dataset, to: str, quantize: str | None) -> dict:
    """Export a network and return what was found, as it is stored."""
    x, truth, length = test_inputs(dataset, model, SEQUENCES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        options = {"quantize": quantize, "inputs": x, "truth": truth, "length": length}
        try:
            found = export(model, path, to, measure_time=False, **options)
        except DisagreementError as error:
            found = error.parity
        files = [file for file in Path(folder).rglob("*") if file.is_file()]
        nodes = None
        if to == "onnx":
            kinds = [node.op_type for file in files for node in onnx.load(file).graph.node]
            nodes = sum(kind in ("GRU", "LSTM", "RNN", "Scan", "Loop") for kind in kinds)
    return {
        "sequences": found.sequences,
        "nodes": nodes,
        "layers": len(layers(model)),
        "agreement": found.agreement,
        "accuracy": found.accuracy,
        "keras_accuracy": found.keras_accuracy,
        "bytes": found.bytes,
        "agrees": found.agrees and nodes in (None, len(layers(model))),
        "differences": {
            comparison.runtime: difference(comparison) for comparison in (found, *found.also)
        },
    }


def layers(model: keras.Model) -> list[keras.layers.RNN]:
    """Return the recurrent layers of a network, of a bidirectional one both."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Bidirectional):
            found += [layer.forward_layer, layer.backward_layer]
        elif isinstance(layer, keras.layers.RNN):
            found.append(layer)
    assert all(map(operator, found)), "the three cells have operators"
    return found


def difference(parity: Parity) -> float | str:
    return parity.unchecked or parity.difference


def store(rows: dict[str, dict]) -> None:
    """Add rows to the stored ones, and write the table."""
    path = RESULTS / "parity.json"
    stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    stored = dict(sorted((stored | rows).items()))
    write_text(path, json.dumps(stored, indent=1) + "\n")
    lines = [line(*key.split()[:2], row, key.split()[2:]) for key, row in stored.items()]
    head = [f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|"]
    write_text(RESULTS / "parity.md", TEXT + "\n".join([*head, *lines]) + "\n")


TEXT = """# Exported files beside Keras

`python tools/results/parity.py` writes this table. The largest difference is relative to the
largest output, or to 1 if that is larger; a dash is a runtime that cannot run the file. Predictions
are the largest output, or the sign of each note; forecasts have none. The networks were trained for
50 updates, those of LiteRT files for up to 1,000: accuracies of different rows are not comparable.

"""
COLUMNS = (
    "Recipe",
    "Cell",
    "File",
    "Sequences",
    "RNN nodes",
    "onnxruntime or LiteRT",
    "OpenVINO",
    "tract",
    "Equal predictions",
    "Accuracy (Keras)",
    "KiB",
)


def line(name: str, cell: str, row: dict, kind: list[str] = ()) -> str:
    """Return a row of the table."""
    first, *others = row["differences"].values()
    others = [*others, "", ""][:2]
    accuracy = "–"
    if row["accuracy"] is not None:
        accuracy = f"{percent(row['accuracy'])} ({percent(row['keras_accuracy'])})"
    cells = [
        name,
        cell,
        " ".join(kind),
        f"{row['sequences']:,}",
        "–" if row["nodes"] is None else f"{row['nodes']} of {row['layers']}",
        *(f"{value:.1e}" if isinstance(value, float) else "–" for value in (first, *others)),
        percent(row["agreement"]),
        accuracy,
        f"{row['bytes'] / 1024:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.2f} %"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="recipe", choices=[*packaged_configs(), []])
    parser.add_argument("--to", default="onnx", choices=["onnx", "litert"])
    parser.add_argument("--quantize", choices=["int8", "float16"])
    parser.add_argument("--cells", nargs="+", default=CELLS, choices=CELLS)
    parser.add_argument("--updates", type=int, default=50, help="of each network")
    given = parser.parse_args()
    with one_sentence():
        raise SystemExit(main(given.names, given.to, given.quantize, given.cells, given.updates))
