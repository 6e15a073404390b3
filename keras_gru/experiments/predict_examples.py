"""Predictions of the best network of each cell on the same test examples."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from pydantic import TypeAdapter

from keras_gru import models as builders
from keras_gru.datasets.published.polyphonic_music import COLLECTIONS
from keras_gru.datasets.sequence_dataset import SequenceDataset, Split
from keras_gru.datasets.series.linear_forecast import fit_linear_model
from keras_gru.datasets.text.tokens import UNKNOWN
from keras_gru.experiments.bands import find_band
from keras_gru.experiments.examples import (
    FILE,
    Attention,
    Classes,
    Examples,
    GeneratedText,
    PianoRolls,
    Series,
    TaggedSentence,
    Tags,
    Translations,
    WrongClass,
)
from keras_gru.experiments.forecasts import load_forecasts, spread_of
from keras_gru.experiments.generation import generate, translate
from keras_gru.experiments.networks import best_runs
from keras_gru.experiments.prediction.model import TrainedModel
from keras_gru.experiments.prediction.outputs import unscale
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import load_data
from keras_gru.files import write_text
from keras_gru.settings import present

TEMPERATURES = (0.3, 0.7, 1.0)
MOST_SEQUENCES = 2_000  # of a split, evenly spaced
_MOST_CLASSES, _ERRORS, _WINDOWS = 20, 5, 200
_SENTENCES, _TRANSLATED, _LETTERS = 3, 100, 300
_PROMPT_STEPS, _PLAYED_STEPS = 16, 48
Models = Mapping[str, TrainedModel]  # by cell


def save_examples(directory: RunDirectory, dataset: SequenceDataset | None = None) -> None:
    """Predict with the best network of each cell, and store the predictions.

    Args:
        directory: the run directory; without finished runs, nothing is stored.
        dataset: the data of the runs; None loads them.
    """
    models = {record.cell: TrainedModel(directory, [record]) for record in best_runs(directory)}
    if not models:
        return
    first = next(iter(models.values()))
    content = _CONTENT[first.task](models, dataset or load_data(directory))
    if content is not None:
        seeds = {cell: model.records[0].seed for cell, model in models.items()}
        text = TypeAdapter(Examples).dump_json(Examples(seeds, content), indent=1).decode()
        write_text(directory.path / FILE, text)


def _classes(models: Models, dataset: SequenceDataset) -> Classes | None:
    labels = next(iter(models.values())).labels
    if len(labels) > _MOST_CLASSES:
        return None
    split = dataset.splits["test"]
    rows = _evenly(split.size, MOST_SEQUENCES)
    truth = split.targets[rows].astype(int)
    confusion, errors = {}, {}
    for cell, model in models.items():
        probabilities = model.outputs(dataset, "test", rows)
        predicted, highest = probabilities.argmax(-1), probabilities.max(-1)
        counts = np.zeros((len(labels), len(labels)), int)
        np.add.at(counts, (truth, predicted), 1)
        confusion[cell] = counts.tolist()
        wrong = np.flatnonzero(predicted != truth)
        wrong = wrong[np.argsort(-highest[wrong], kind="stable")][:_ERRORS]
        errors[cell] = tuple(
            WrongClass(
                _sequence(dataset, split, int(rows[n])),
                labels[truth[n]],
                labels[predicted[n]],
                float(f"{highest[n]:.4g}"),
            )
            for n in wrong
        )
    return Classes(tuple(labels), len(rows), confusion, errors)


def _series(models: Models, dataset: SequenceDataset) -> Series | None:
    split, every_step = dataset.splits["test"], dataset.spec.every_step
    if not split.overlapping:  # no time series, such as the adding problem
        return None
    # Not the first ones of the last series, whose last value is before test.
    first_row = _first_window_of_last_series(split.inputs["features"]) + dataset.spec.lead
    rows = np.arange(max(first_row, split.size - _WINDOWS), split.size)
    if not len(rows):
        return None

    def first(values: np.ndarray) -> np.ndarray:
        """Return the forecast of the first variable, one step after the window."""
        return (values[:, -1] if every_step else values)[:, 0, 0].astype(float)

    truth = first(unscale(split.targets, dataset))
    spread = spread_of(split.inputs["features"][rows], dataset.spec.history, dataset.spec.outputs)
    forecasts, half_width = {}, {}
    for cell, model in models.items():
        forecasts[cell] = _numbers(first(model.outputs(dataset, "test", rows)))
        record = model.records[0]
        stored = load_forecasts([model.run_directory.run_path(record.cell, record.seed)])
        if stored is None:  # an earlier version trained it
            return None
        widths = find_band(stored, model.preprocessing).half_width(spread, rows)
        half_width[cell] = _numbers(widths[:, 0, 0])
    metric = dataset.metric
    best = max(dataset.baselines, key=lambda row: metric.score(row.test[metric.name]), default=None)
    label, baseline = "Last value", truth[rows - dataset.spec.lead]
    fitted = (
        fit_linear_model(dataset.splits["train"]) if best and best.label == "Linear model" else None
    )
    if best is not None and fitted is not None:
        label = best.label
        baseline = first(unscale(fitted[0](split.part(slice(rows[0], None))), dataset))
    names = dataset.target_scaling.columns if dataset.target_scaling else ("value",)
    shown = _numbers(truth[rows]), forecasts, half_width, label, _numbers(baseline)
    return Series(names[0], *shown, dataset.spec.lead)


def _first_window_of_last_series(windows: np.ndarray) -> int:
    """Return the number of the first of the windows (N, T, D) that continue to the last one."""
    if windows.shape[1] == 1:
        return 0
    is_next = (windows[1:, 0] == windows[:-1, 1]).all(-1)
    return int(np.append(0, np.flatnonzero(~is_next) + 1)[-1])


def _tags(models: Models, dataset: SequenceDataset) -> Tags:
    split, vocabulary = dataset.splits["test"], present(dataset.vocabulary)
    stepwise = present(split.stepwise)
    rows = np.arange(min(_SENTENCES, split.size))
    outputs = {cell: model.outputs(dataset, "test", rows) for cell, model in models.items()}
    labels = next(iter(models.values())).labels
    sentences = []
    for row in rows:
        length = int(split.lengths[stepwise][row]) if stepwise in split.lengths else None
        tokens = split.inputs[stepwise][row, :length]
        sentences.append(
            TaggedSentence(
                tuple(str(vocabulary[token]) for token in tokens),
                tuple(labels[tag] for tag in split.targets[row, :length]),
                {
                    cell: tuple(labels[tag] for tag in found[row].argmax(-1)[:length])
                    for cell, found in outputs.items()
                },
            )
        )
    return Tags(tuple(sentences))


def _text(models: Models, dataset: SequenceDataset) -> GeneratedText | None:
    if dataset.tokenizer is None:
        return None
    split, vocabulary = dataset.splits["test"], present(dataset.vocabulary)
    prompt = dataset.tokenizer.join([vocabulary[t] for t in split.inputs["tokens"][0, :40]])
    texts = {}
    for cell, model in models.items():
        texts[cell] = {}
        for temperature in TEMPERATURES:
            (text,) = generate(
                model.run_directory,
                model.records[0],
                [prompt],
                length=_LETTERS,
                temperature=temperature,
                seed=0,
            )
            texts[cell][f"{temperature:g}"] = text[len(prompt) :]
    return GeneratedText(prompt, texts)


def _music(models: Models, dataset: SequenceDataset) -> PianoRolls | None:
    split = dataset.splits["test"]
    collection = COLLECTIONS.get(next(iter(models.values())).experiment.dataset.kind)
    if collection is None or (length := split.lengths["features"][0]) <= _PROMPT_STEPS:
        return None
    _, _, lowest = collection
    piece = split.inputs["features"][0, : min(length, _PROMPT_STEPS + _PLAYED_STEPS)]
    prompt = piece[:_PROMPT_STEPS]
    played = {
        cell: _sounding(
            builders.sample_notes(model.network, prompt, _PLAYED_STEPS, temperature=0.7, seed=0)
        )
        for cell, model in models.items()
    }
    return PianoRolls(_PROMPT_STEPS, lowest, _sounding(piece), played)


def _translations(models: Models, dataset: SequenceDataset) -> Translations | None:
    if dataset.tokenizer is None:
        return None
    split = dataset.splits["test"]
    rows = _evenly(split.size, _TRANSLATED)
    vocabulary, join = present(dataset.vocabulary), present(dataset.tokenizer).join
    sources = [join([vocabulary[t] for t in split.inputs["source"][row] if t]) for row in rows]
    references = [dataset.decode(split.targets[row]) for row in rows]
    translated = {
        cell: [best for (best, _), *_ in translate(model.run_directory, model.records[0], sources)]
        for cell, model in models.items()
    }
    shown = slice(0, _SENTENCES + 2)
    longest = max(range(len(rows))[shown], key=lambda number: len(sources[number]))
    return Translations(
        tuple(sources[shown]),
        tuple(references[shown]),
        {cell: tuple(found[shown]) for cell, found in translated.items()},
        len(rows),
        {
            cell: scores
            for cell, found in translated.items()
            if (scores := _scores(found, references))
        },
        {
            cell: _attention(models[cell], sources[longest], found[longest])
            for cell, found in translated.items()
            if getattr(models[cell].experiment.model, "attention", False)
        },
    )


def _attention(model: TrainedModel, source: str, translation: str) -> Attention:
    preprocessing = model.preprocessing
    split = present(preprocessing.tokenizer).split
    known = enumerate(present(preprocessing.target_vocabulary))
    vocabulary = {word: token for token, word in known}
    words = split(translation)
    target = [preprocessing.spec.start, *(vocabulary.get(word, UNKNOWN) for word in words)]
    (weights,) = builders.attention_weights(model.network, [preprocessing.encode(source)], [target])
    return Attention(tuple(split(source)), (*words, "(end)"), [_numbers(row) for row in weights])


def _scores(translations: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Return BLEU and chrF, from 0 to 100; nothing if sacrebleu is not installed."""
    try:
        import sacrebleu
    except ImportError:
        return {}
    return {
        "BLEU": round(sacrebleu.corpus_bleu(translations, [references]).score, 2),
        "chrF": round(sacrebleu.corpus_chrf(translations, [references]).score, 2),
    }


def _sequence(dataset: SequenceDataset, split: Split, row: int) -> str:
    """Return the text or the number of a sequence."""
    tokens = split.inputs.get("tokens")
    if tokens is None or dataset.vocabulary is None or dataset.tokenizer is None:
        return f"sequence {row} of test"
    return dataset.tokenizer.join([dataset.vocabulary[t] for t in tokens[row] if t])[:300]


def _evenly(size: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, size - 1, min(size, most)).round().astype(int))


def _sounding(notes: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(step).tolist() for step in notes]


def _numbers(values: np.ndarray) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


_CONTENT: dict[str, Callable] = {
    "classification": _classes,
    "forecasting": _series,
    "tagging": _tags,
    "language_model": _text,
    "polyphony": _music,
    "translation": _translations,
}
