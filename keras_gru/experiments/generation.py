"""What trained networks write, play and translate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_gru import datasets, models
from keras_gru.datasets.polyphonic_music import COLLECTIONS
from keras_gru.datasets.text import UNKNOWN
from keras_gru.errors import UserError
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.networks import load_model
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import load_data, stored_data


def generate(
    folder: RunDirectory,
    record: RunRecord,
    prompts: Sequence[str],
    *,
    length: int = 400,
    temperature: float = 0.8,
    top_k: int | None = None,
    stop: str | None = None,
    seed: int | None = None,
) -> list[str]:
    """Continue texts with a language model.

    Args:
        folder: the run directory.
        record: which of its networks.
        prompts: the beginnings of the texts, each of one character or more.
        length: maximum number of characters to generate for each prompt.
        temperature: 0 takes the most probable character; higher values give more varied text.
        top_k: sample from the k most probable characters only; None from all.
        stop: a character that ends a text; None generates `length` characters.
        seed: of sampling, the same for each prompt; None gives other texts each time.

    Returns:
        For each prompt the prompt and what follows.

    Raises:
        UserError: if the network is no language model, or a prompt is empty.
    """
    _check_task(folder, "language_model", "write text")
    preprocessing = stored_data(folder).preprocessing
    if stop is not None and (len(stop) != 1 or stop not in preprocessing.vocabulary):
        raise UserError(
            f"stop: expected one character of the training text, got {stop!r}. Give another one."
        )
    for number, prompt in enumerate(prompts, 1):
        if not prompt:
            raise UserError(f"prompt {number}: expected one character or more, got none.")
    model = load_model(folder, record)
    generated = (
        models.sample(
            model,
            preprocessing.encode(prompt),
            length,
            temperature=temperature,
            top_k=top_k,
            stop=None if stop is None else preprocessing.encode(stop)[0],
            seed=seed,
        )
        for prompt in prompts
    )
    return [
        prompt + preprocessing.decode(tokens)
        for prompt, tokens in zip(prompts, generated, strict=True)
    ]


@dataclass(frozen=True)
class Music:
    """A piece, as a piano roll.

    Args:
        notes: (T, 88) zeros and ones: what sounds in each time step.
        prompt_steps: how many of the steps are the prompt, and not generated.
        steps_per_quarter: time steps of a quarter note.
        lowest: MIDI pitch of the first of the 88 notes.
    """

    notes: np.ndarray
    prompt_steps: int
    steps_per_quarter: int
    lowest: int


def generate_music(
    folder: RunDirectory,
    record: RunRecord,
    *,
    piece: int = 0,
    prompt_steps: int = 8,
    length: int = 64,
    temperature: float = 0.8,
    seed: int | None = None,
) -> Music:
    """Continue the beginning of a piece with a polyphony model.

    Args:
        folder: the run directory.
        record: which of its networks.
        piece: number of a piece of the test split, from 0.
        prompt_steps: number of its first time steps to continue; 0 begins with silence.
        length: time steps to generate.
        temperature: 0 takes the most probable notes; higher values give more varied music.
        seed: of sampling; None gives another piece each time.

    Returns:
        The prompt and what follows.

    Raises:
        UserError: the run is not of a collection of piano rolls, or the piece is not there or
            shorter than the prompt.
    """
    _check_task(folder, "polyphony", "play music")
    experiment = folder.experiment()
    kind = experiment.dataset.kind
    if kind not in COLLECTIONS:
        raise UserError(
            f"{folder.path}: the notes of '{kind}' have no known pitch; music is played by runs of "
            f"{', '.join(COLLECTIONS)}, and keras_gru.models.sample_notes gives frames of any run."
        )
    if prompt_steps:
        prompt = _beginning(load_data(folder).splits["test"], piece, prompt_steps)
    else:  # from silence: no piece is needed
        prompt = np.zeros((0, stored_data(folder).preprocessing.spec.features), np.uint8)
    played = models.sample_notes(
        load_model(folder, record), prompt, length, temperature=temperature, seed=seed
    )
    _, steps_per_quarter, lowest = COLLECTIONS[kind]
    return Music(np.concatenate([prompt, played]), prompt_steps, steps_per_quarter, lowest)


def _beginning(pieces: datasets.Split, piece: int, steps: int) -> np.ndarray:
    if not 0 <= piece < pieces.size:
        raise UserError(
            f"The pieces of test have the numbers 0 to {pieces.size - 1}: received {piece}."
        )
    longest = pieces.lengths["features"][piece]
    if not 0 <= steps <= longest:
        raise UserError(
            f"The prompt from piece {piece} can have 0 to {longest} steps: received {steps}."
        )
    return pieces.inputs["features"][piece, :steps]


def translate(
    folder: RunDirectory,
    record: RunRecord,
    sentences: Sequence[str],
    beams: int | None = None,
    *,
    without_unknown: bool = False,
) -> list[list[tuple[str, float]]]:
    """Translate sentences with an encoder–decoder.

    Args:
        folder: the run directory.
        record: which of its networks.
        sentences: in the source language.
        beams: 1 decodes greedily; None takes the experiment's.
        without_unknown: whether the token of unknown words is never written.

    Returns:
        For each sentence its translations and their scores, the best first: the mean
        log-probability of a token.

    Raises:
        UserError: the run is no encoder–decoder.
    """
    _check_task(folder, "translation", "translate")
    preprocessing = stored_data(folder).preprocessing
    config = folder.experiment_of(record)
    tokens = [preprocessing.encode(sentence) for sentence in sentences]
    for number, (sentence, words) in enumerate(zip(sentences, tokens, strict=True), 1):
        if not words:
            raise UserError(
                f"sentence {number}: expected one word or more, got {sentence[:60]!r}. "
                "Give a sentence with words; punctuation alone has none."
            )
    found = models.search_beams(
        load_model(folder, record),
        datasets.pad(tokens),
        start=preprocessing.spec.start,
        end=preprocessing.spec.end,
        max_length=config.dataset.max_length,
        beams=beams or config.model.beams,
        never=(UNKNOWN,) if without_unknown else (),
    )
    return [[(preprocessing.decode(tokens), score) for tokens, score in of] for of in found]


def _check_task(folder: RunDirectory, task: str, verb: str) -> None:
    experiment = folder.experiment()
    if experiment.dataset.task != task:
        raise UserError(
            f"{folder.path}: a model for {experiment.dataset.task} cannot {verb}; "
            f"give a run whose dataset is for {task}."
        )
