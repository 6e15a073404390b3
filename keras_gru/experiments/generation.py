"""Text, music and translations from trained networks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_gru import datasets, models
from keras_gru.datasets.published.polyphonic_music import COLLECTIONS
from keras_gru.datasets.text.tokens import UNKNOWN
from keras_gru.errors import UserError
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.networks import load_model
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import load_data, stored_data
from keras_gru.models.config import EncoderDecoder
from keras_gru.settings import present


def generate(
    run_directory: RunDirectory,
    record: RunRecord,
    prompts: Sequence[str],
    *,
    length: int = 400,
    temperature: float = 0.8,
    top_k: int | None = None,
    stop: str | None = None,
    seed: int | None = None,
) -> list[str]:
    """Continue texts with a language model; of one of token ids, a text is such as "4 1 3".

    Args:
        length: maximum number of characters to generate for each prompt.
        temperature: 0 takes the most probable character; higher values produce more varied text.
        top_k: sample from the k most probable characters only; None samples from all.
        stop: a character that ends a text; None generates `length` characters.
        seed: seed of sampling, the same for each prompt; None is random.

    Raises:
        UserError: the network is not a language model, or a prompt is empty.
    """
    _check_task(run_directory, "language_model", "write text")
    preprocessing = stored_data(run_directory).preprocessing
    vocabulary = preprocessing.vocabulary or ()
    has_ids = preprocessing.tokenizer is None
    if stop is not None and not has_ids and (len(stop) != 1 or stop not in vocabulary):
        raise UserError(
            f"stop: expected one character of the training text, got {stop!r}. Give another one."
        )
    for number, prompt in enumerate(prompts, 1):
        if not prompt:
            raise UserError(f"prompt {number}: expected one character or more, got none.")
    model = load_model(run_directory, record)
    end = None if stop is None else preprocessing.encode(stop)[0]
    options = {"temperature": temperature, "top_k": top_k, "stop": end, "seed": seed}
    texts = []
    for prompt in prompts:
        tokens = models.sample(model, preprocessing.encode(prompt), length, **options)
        texts.append(prompt + " " * has_ids + preprocessing.decode(tokens))
    return texts


@dataclass(frozen=True)
class Music:
    """A piece, as a piano roll.

    Args:
        notes: (T, 88) zeros and ones: the notes that sound in each time step.
        prompt_steps: number of steps of the prompt, which are not generated.
        steps_per_quarter: number of time steps per quarter note.
        lowest: MIDI pitch of the first of the 88 notes.
    """

    notes: np.ndarray
    prompt_steps: int
    steps_per_quarter: int
    lowest: int


def generate_music(
    run_directory: RunDirectory,
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
        piece: number of a piece of the test split, from 0.
        prompt_steps: number of time steps of the prompt; 0 starts with silence.
        length: time steps to generate.
        temperature: 0 takes the most probable notes; higher values produce more varied music.
        seed: seed of sampling; None is random.

    Raises:
        UserError: the run was not trained on piano rolls, or the piece does not exist or is shorter
            than the prompt.
    """
    _check_task(run_directory, "polyphony", "play music")
    experiment = run_directory.experiment()
    kind = experiment.dataset.kind
    if kind not in COLLECTIONS:
        raise UserError(
            f"{run_directory.path}: the notes of '{kind}' have no known pitch; music is played by "
            f"runs of {', '.join(COLLECTIONS)}, and keras_gru.models.sample_notes gives frames of "
            "any run."
        )
    if prompt_steps:
        prompt = _beginning(load_data(run_directory).splits["test"], piece, prompt_steps)
    else:  # from silence: no piece is needed
        features = present(stored_data(run_directory).preprocessing.spec.features)
        prompt = np.zeros((0, features), np.uint8)
    played = models.sample_notes(
        load_model(run_directory, record), prompt, length, temperature=temperature, seed=seed
    )
    _, steps_per_quarter, lowest = COLLECTIONS[kind]
    return Music(np.concatenate([prompt, played]), prompt_steps, steps_per_quarter, lowest)


def _beginning(pieces: datasets.Split, piece: int, steps: int) -> np.ndarray:
    if not 0 <= piece < pieces.size:
        raise UserError(
            f"piece: expected a number from 0 to {pieces.size - 1} (of test), got {piece}."
        )
    longest = pieces.lengths["features"][piece]
    if not 0 <= steps <= longest:
        raise UserError(f"prompt of piece {piece}: expected 0 to {longest} steps, got {steps}.")
    return pieces.inputs["features"][piece, :steps]


def translate(
    run_directory: RunDirectory,
    record: RunRecord,
    sentences: Sequence[str],
    beams: int | None = None,
    *,
    without_unknown: bool = False,
) -> list[list[tuple[str, float]]]:
    """Translate sentences with an encoder–decoder; of one of token ids, a sentence is "4 1 3".

    Args:
        beams: 1 decodes greedily; None takes the experiment's.
        without_unknown: whether to exclude the token of unknown words.

    Returns:
        For each sentence its translations, best first, with their scores: the mean log-probability
        of a token.

    Raises:
        UserError: the network is not an encoder–decoder, or `beams` is below 1.
    """
    _check_task(run_directory, "translation", "translate")
    preprocessing = stored_data(run_directory).preprocessing
    config = run_directory.experiment_of(record)
    assert isinstance(config.model, EncoderDecoder)  # the task is translation
    tokens = [preprocessing.encode(sentence) for sentence in sentences]
    for number, (sentence, words) in enumerate(zip(sentences, tokens, strict=True), 1):
        if not words:
            raise UserError(
                f"sentence {number}: expected one word or more, got {sentence[:60]!r}. "
                "Give a sentence with words; punctuation alone has none."
            )
    found = models.search_beams(
        load_model(run_directory, record),
        datasets.pad(tokens),
        start=preprocessing.spec.start,
        end=preprocessing.spec.end,
        # Every dataset of pairs has a `max_length`, which does not count the end token.
        max_length=getattr(config.dataset, "max_length") + 1,  # noqa: B009
        beams=config.model.beams if beams is None else beams,
        never=(UNKNOWN,) if without_unknown else (),
    )
    return [
        [(preprocessing.decode(tokens), score) for tokens, score in hypotheses]
        for hypotheses in found
    ]


def _check_task(run_directory: RunDirectory, task: str, verb: str) -> None:
    experiment = run_directory.experiment()
    if experiment.dataset.task != task:
        raise UserError(
            f"{run_directory.path}: a model for {experiment.dataset.task} cannot {verb}; "
            f"give a run whose dataset is for {task}."
        )
