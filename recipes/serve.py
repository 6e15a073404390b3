"""Predict from an exported ONNX file with onnxruntime and NumPy alone; you can copy this file.

    keras-gru export runs/imdb_reviews/2026-01-31_12-00-00 --to onnx --output served
    python recipes/serve.py served/model.onnx "A fine film."       its class, tags or next token
    python recipes/serve.py served/model.onnx sales.csv            the rows that follow a table
    python recipes/serve.py served/model.onnx piece.npy            vectors (T, D) of any network
    python recipes/serve.py served/step.onnx "Once upon"           200 more characters or words
    python recipes/serve.py served "Where is my hat?" --beams 3    encoder.onnx and decoder.onnx

Everything that a prediction needs is in the file: vocabulary, class names, columns and scaling. A
text is read as words or characters; a table as the last rows of its columns, in their own units.
"""

# Shapes: T time steps, D features, H steps ahead, K beams, V target tokens.

import argparse
import csv
import json
import re
import string
import sys
from pathlib import Path

import numpy as np
import onnxruntime

PADDING, UNKNOWN = 0, 1
WRITTEN = 200  # maximum of characters or words; a translation has at most a quarter of it
_SPACES = dict.fromkeys(string.punctuation + "¡¿«»“”—–…", " ")
_PUNCTUATION = str.maketrans(_SPACES | dict.fromkeys("'‘’"))


class File:
    """An ONNX file as a function from a dictionary of arrays to a dictionary of arrays."""

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.inputs = {one.name: one for one in self.session.get_inputs()}
        self.outputs = [one.name for one in self.session.get_outputs()]
        self.metadata = self.session.get_modelmeta().custom_metadata_map

    def __call__(self, x):
        found = self.session.run(None, {name: x[name] for name in self.inputs})
        return dict(zip(self.outputs, found, strict=True))


class Served:
    """An exported network: a file, or the folder of a translator."""

    def __init__(self, path, series=None):
        is_folder = Path(path).is_dir()
        self.file = File(Path(path) / "encoder.onnx" if is_folder else path)
        self.decoder = File(Path(path) / "decoder.onnx") if is_folder else None
        self.facts = json.loads(self.file.metadata["preprocessing"])
        self.spec = self.facts["spec"]
        self.targets = self.facts["target_vocabulary"]
        scaling, self.target_scaling = self.facts["input_scaling"], self.facts["target_scaling"]
        if self.facts["series_scalings"]:
            scaling, self.target_scaling = self.facts["series_scalings"][series]
        is_table = scaling and len(scaling["columns"]) == self.spec["features"]
        self.scaling = scaling if is_table and "inputs" not in self.file.metadata else None
        self.expected = f"expected an .npy file of vectors (T, {self.spec['features']})"

    def predict(self, raw, beams=1):
        """Return the prediction for a text, or for the rows (T, D) of a table or an array."""
        if self.decoder:
            return self.translate(raw, beams)
        if any("_state_" in name for name in self.file.inputs):
            return self.write(raw)
        is_text = "tokens" in self.file.inputs
        x = {"tokens": self.tokens(raw)} if is_text else {"features": self.features(raw)}
        if "mask" in self.file.inputs:
            x["mask"] = np.ones(x["features"].shape[:2], bool)
        (y,) = self.file(x)["output"]
        return getattr(self, self.spec["task"])(y, raw)

    # Raw data as inputs

    def units(self, text):
        """Return the words, subwords (by the package tokenizers) or characters of a text."""
        tokenizer = self.facts["tokenizer"]
        if tokenizer["level"] == "word":
            return text.lower().replace("<br />", " ").translate(_PUNCTUATION).split()
        text = text.lower() if tokenizer["lower_case"] else text
        if tokenizer["level"] == "character":
            return list(text)
        import tokenizers

        merges = tokenizers.Tokenizer.from_str(tokenizer["model"])
        pieces = re.findall("\n|▁?[^▁\n]+|▁", text.replace(" ", "▁"))
        return [unit for piece in pieces for unit in merges.encode(piece).tokens]

    def tokens(self, text):
        """Return the tokens of a text, (1, T)."""
        ids = {word: i for i, word in enumerate(self.facts["vocabulary"])}
        tokens = [ids.get(unit, UNKNOWN) for unit in self.units(text)][: self.facts["max_length"]]
        return np.array([tokens or [UNKNOWN]], "int32")

    def features(self, rows):
        """Return the last rows of a table or an array, scaled as in training, (1, T, D).

        A table has not all inputs of some networks, such as a calendar or columns known in
        advance; with them, the rows must be the scaled vectors.
        """
        rows = np.array(rows, "float64")[-(self.spec["length"] or 0) :]
        if rows.shape[1] != self.spec["features"]:
            sys.exit(f"{self.expected}, got (T, {rows.shape[1]}).")
        if self.scaling:
            rows = (rows - self.scaling["mean"]) / self.scaling["deviation"]
        return rows.astype("float32")[None]

    # Conversion of outputs, one function per task

    def classification(self, y, _):
        odds, best = np.exp(log_softmax(y)), int(y.argmax())
        name = self.targets[best] if self.targets else best
        return {"class": name, "probability": float(odds[best])}

    def tagging(self, y, text):
        tags = [self.targets[best] for best in y.argmax(axis=-1)]
        words = self.units(text) if self.facts["tokenizer"] else range(len(tags))
        return [list(pair) for pair in zip(words, tags, strict=False)]

    def language_model(self, y, _):
        odds = np.exp(log_softmax(y[-1], never=[PADDING]))
        return {"next": self.targets[odds.argmax()], "probability": float(odds.max())}

    def forecasting(self, y, _):
        y = y[-1] if self.spec["every_step"] else y  # (H, V)
        if not self.target_scaling:
            return y.tolist()
        y = y * self.target_scaling["deviation"] + self.target_scaling["mean"]
        return [dict(zip(self.target_scaling["columns"], row, strict=True)) for row in y.tolist()]

    def polyphony(self, y, _):
        odds = 1 / (1 + np.exp(-y[-1]))
        return {"notes": np.flatnonzero(odds >= 0.5).tolist(), "probabilities": odds.tolist()}

    # Loops over steps

    def write(self, text):
        """Continue a text with the most likely units, step by step."""
        x = {
            name: np.zeros((1, one.shape[-1]), "float32")
            for name, one in self.file.inputs.items()
            if "_state_" in name
        }
        written, (tokens,) = [], self.tokens(text)
        while len(written) < WRITTEN:
            for token in tokens:
                found = self.file({**x, "tokens": np.array([[token]], "int32")})
                x = {name: found[name.replace("_state_", "_new_state_")] for name in x}
            found["output"][..., PADDING] = -np.inf
            tokens = found["output"].argmax(axis=-1)[0].astype("int32")
            written.append(self.targets[tokens[0]])
        return self.join([text, *written])

    def translate(self, text, beams):
        """Return the translation with the highest mean log-probability of its tokens."""
        start, end = self.spec["start"], self.spec["end"]
        x = self.file({"source": self.tokens(text)})
        x = {name: np.repeat(array, beams, axis=0) for name, array in x.items()}
        found = np.full((beams, 1), start, "int32")
        sums, lengths = np.array([0.0] + [-np.inf] * (beams - 1)), np.zeros(beams)
        while found.shape[1] <= WRITTEN // 4 and not (ended := found[:, -1] == end).all():
            y = self.decoder({"token": found[:, -1:], **x})
            step = log_softmax(y["output"], never=[PADDING, start])  # (K, V)
            step[ended] = -np.inf
            step[ended, end] = 0  # ended hypotheses stay unchanged
            sums, lengths = sums[:, None] + step, lengths + ~ended
            best = np.argsort(-(sums / lengths[:, None]).ravel(), kind="stable")[:beams]
            beam, token = np.divmod(best, step.shape[1])
            sums, lengths = sums[beam, token], lengths[beam]
            found = np.concatenate([found[beam], token[:, None].astype("int32")], axis=1)
            x |= {name.removeprefix("new_"): y[name] for name in y if name != "output"}
            x = {name: array[beam] for name, array in x.items()}
        words = found[0, 1:].tolist()
        words = words[: words.index(end)] if end in words else words
        return self.join([self.targets[word] for word in words])

    def join(self, units):
        level = self.facts["tokenizer"]["level"]
        text = (" " if level == "word" else "").join(units)
        return text.replace("▁", " ") if level == "subword" else text


def log_softmax(y, never=()):
    """Return log-probabilities, -inf for the tokens in `never`."""
    y = y.astype("float64")
    y[..., list(never)] = -np.inf
    y -= y.max(axis=-1, keepdims=True)
    return y - np.log(np.exp(y).sum(axis=-1, keepdims=True))


def read(raw, served, series):
    """Return the rows of a CSV file, of one series if it has several, or an array."""
    if raw.endswith(".npy"):
        return np.load(raw)
    if not raw.endswith(".csv"):
        return raw
    if served.scaling is None:
        sys.exit(f"{served.expected}, got {raw}.")
    with open(raw, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    rows = [row for row in rows if series in row.values()] or rows
    return [[float(row[column]) for column in served.scaling["columns"]] for row in rows]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", help="an ONNX file, or the folder of a translator")
    parser.add_argument("raw", help="a text, a CSV file or an .npy file")
    parser.add_argument("--beams", type=int, default=1, help="of a translation; 1 is greedy")
    parser.add_argument("--series", help="which of several series the rows are of")
    given = parser.parse_args()
    served = Served(given.file, given.series)
    found = served.predict(read(given.raw, served, given.series), given.beams)
    print(json.dumps(found, ensure_ascii=False))
