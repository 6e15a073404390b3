"""Predict from an exported ONNX file with onnxruntime and NumPy alone: copy this page anywhere.

    keras-gru export runs/imdb_reviews/2026-01-31_12-00-00 --to onnx --output served
    python recipes/serve.py served/model.onnx "A fine film."
    python recipes/serve.py served/model.onnx sales.csv

Everything that a prediction needs is in the file: vocabulary, class names, columns and scaling. A
text is read as words or characters; a table as the last rows of its columns, in their own units.
"""

import csv
import json
import string
import sys

import numpy as np
import onnxruntime

PADDING, UNKNOWN = 0, 1
_PUNCTUATION = str.maketrans(
    dict.fromkeys(string.punctuation + "¡¿«»“”—–…", " ") | dict.fromkeys("'‘’")
)


class Served:
    """A network of an ONNX file that `keras-gru export` has written."""

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        metadata = self.session.get_modelmeta().custom_metadata_map
        self.facts = json.loads(metadata["preprocessing"])
        self.spec = self.facts["spec"]
        self.names = [one.name for one in self.session.get_inputs()]

    def predict(self, raw):
        """Return what the network says of a text or of rows of numbers."""
        x = self.tokens(raw) if "tokens" in self.names else self.features(raw)
        if "mask" in self.names:
            x["mask"] = np.ones(x["features"].shape[:2], bool)
        (y,) = self.session.run(None, {name: x[name] for name in self.names})
        return self.meaning(y[0])

    def tokens(self, text):
        if self.facts["tokenizer"]["level"] == "word":
            text = text.lower().replace("<br />", " ").translate(_PUNCTUATION).split()
        ids = {word: i for i, word in enumerate(self.facts["vocabulary"])}
        tokens = [ids.get(unit, UNKNOWN) for unit in text][: self.facts["max_length"]]
        return {"tokens": np.array([tokens or [UNKNOWN]], "int32")}

    def features(self, rows):
        rows = np.array(rows, "float64")[-self.spec["length"] if self.spec["length"] else 0 :]
        scaling = self.facts["input_scaling"]
        if scaling:
            rows = (rows - scaling["mean"]) / scaling["deviation"]
        return {"features": rows.astype("float32")[None]}

    def meaning(self, y):
        task, names = self.spec["task"], self.facts["target_vocabulary"]
        if task == "forecasting":
            scaling = self.facts["target_scaling"]
            return (y * scaling["deviation"] + scaling["mean"]).tolist() if scaling else y.tolist()
        if task == "polyphony":
            return (1 / (1 + np.exp(-y))).round(3).tolist()
        odds = np.exp(y - y.max(axis=-1, keepdims=True))
        odds = odds / odds.sum(axis=-1, keepdims=True)
        best = odds.argmax(axis=-1)
        if task == "classification":
            return {"class": names[best] if names else int(best), "probability": float(odds.max())}
        return [names[i] if names else int(i) for i in best]


def read_table(path, columns):
    """Return the numbers of some columns of a CSV file, `(rows, columns)`."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        return [[float(row[column]) for column in columns] for row in csv.DictReader(file)]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    served = Served(sys.argv[1])
    given = sys.argv[2]
    if given.endswith(".csv"):
        given = read_table(given, served.facts["input_scaling"]["columns"])
    print(json.dumps(served.predict(given), ensure_ascii=False))
