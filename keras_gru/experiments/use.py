"""A finished run put to use: its saved network evaluated, or made to write or to translate."""

from collections.abc import Sequence

import keras

from keras_gru import datasets, models
from keras_gru.errors import UserError
from keras_gru.experiments import run
from keras_gru.experiments.results import RunFolder, RunRecord


def choose_run(folder: RunFolder, cell: str | None = None, seed: int | None = None) -> RunRecord:
    """The finished run that is best on validation, among those of a cell or a seed.

    Raises:
        UserError: no such run has finished.
    """
    comparison = folder.comparison()
    finished = [record for record in comparison.runs if record.status == "finished"]
    chosen = [
        record for record in finished if cell in (None, record.cell) and seed in (None, record.seed)
    ]
    if not chosen:
        asked = " ".join(
            [f"of cell '{cell}'"] * (cell is not None) + [f"with seed {seed}"] * (seed is not None)
        )
        have = [f"{record.cell} {record.seed}" for record in finished]
        raise UserError(
            f"{folder.path}: no finished run {asked}.".replace(" .", ".")
            + (f" Finished (cell seed): {', '.join(have)}." if have else "")
        )
    sign = 1 if comparison.metric.mode == "max" else -1
    return max(chosen, key=lambda record: sign * record.validation[comparison.metric.name])


def load_model(folder: RunFolder, record: RunRecord) -> keras.Model:
    """The network that a run has saved, compiled as it was trained."""
    path = folder.run_path(record.cell, record.seed) / "best.keras"
    if not path.is_file():
        raise UserError(f"{path}: the saved network is not there; train it again.")
    try:
        return keras.models.load_model(path)
    except (ValueError, TypeError, OSError) as error:
        raise UserError(
            f"{path}: the saved network cannot be loaded; it is damaged, or its cell "
            f"'{record.cell}' is one of your own and must be defined and registered first, in a "
            f"script ({str(error).splitlines()[0][:100]})."
        ) from error


def evaluate(folder: RunFolder, record: RunRecord, split: str) -> dict[str, float]:
    """The metrics of a saved network on one split, as Keras logs them.

    Args:
        folder: where the run is.
        record: which run.
        split: `"train"`, `"validation"` or `"test"`.
    """
    experiment = folder.experiment_of(record)
    dataset = datasets.load(experiment.dataset)
    return run.evaluate(load_model(folder, record), experiment, dataset, split)


def generate(
    folder: RunFolder,
    record: RunRecord,
    prompt: str,
    *,
    length: int = 400,
    temperature: float = 0.8,
    top_k: int | None = None,
    stop: str | None = None,
    seed: int | None = None,
) -> str:
    """Text that a language model writes after a prompt.

    Args:
        folder: where the run is.
        record: which run.
        prompt: what the text begins with; at least one character.
        length: characters to write.
        temperature: 0 takes the likeliest character each time; higher is more daring.
        top_k: draw from the k likeliest characters alone; None from all.
        stop: a character at which to stop; None goes on to `length`.
        seed: the same seed writes the same text; None differs each time.

    Returns:
        The prompt and what follows.

    Raises:
        UserError: the run is no language model, or the prompt is empty.
    """
    dataset = _dataset_for(folder, "language_model", "write text")
    if stop is not None and (len(stop) != 1 or stop not in dataset.vocabulary):
        raise UserError(f"stop: one character that occurs in the training text; received {stop!r}.")
    if not prompt:
        raise UserError("The prompt is empty; give at least one character to go on from.")
    written = models.sample(
        load_model(folder, record),
        dataset.encode(prompt),
        length,
        temperature=temperature,
        top_k=top_k,
        stop=None if stop is None else dataset.encode(stop)[0],
        seed=seed,
    )
    return prompt + dataset.decode(written)


def translate(
    folder: RunFolder, record: RunRecord, sentences: Sequence[str], beams: int | None = None
) -> list[str]:
    """Translations by an encoder–decoder.

    Args:
        folder: where the run is.
        record: which run.
        sentences: in the source language.
        beams: 1 decodes greedily; None takes the experiment's.

    Raises:
        UserError: the run is no encoder–decoder.
    """
    dataset = _dataset_for(folder, "translation", "translate")
    config = folder.experiment_of(record)
    if not all(sentence.strip() for sentence in sentences):
        raise UserError("A sentence to translate is empty; give at least one word.")
    sources = datasets.pad([dataset.encode(sentence) for sentence in sentences])
    outputs = models.translate(
        load_model(folder, record),
        sources,
        start=dataset.spec.start,
        end=dataset.spec.end,
        max_length=config.dataset.max_length,
        beams=beams or config.model.beams,
    )
    return [dataset.decode(tokens) for tokens in outputs]


def _dataset_for(folder: RunFolder, task: str, verb: str) -> datasets.SequenceDataset:
    experiment = folder.experiment()
    if experiment.dataset.task != task:
        raise UserError(
            f"{folder.path}: a model for {experiment.dataset.task} cannot {verb}; "
            f"give a run whose dataset is for {task}."
        )
    return datasets.load(experiment.dataset)
