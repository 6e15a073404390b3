"""Music generation: sampling from a polyphony model, time step by time step."""

# T time steps, N notes

import keras
import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from keras_gru.errors import UserError
from keras_gru.models.budget import recurrent_layers
from keras_gru.models.step import Stepper, check_generation


def sample_notes(
    model: keras.Model,
    prompt: np.ndarray,
    length: int,
    *,
    temperature: float = 1.0,
    seed: int | None = None,
) -> np.ndarray:
    """Sample a continuation of a prompt from a polyphony model, frame by frame.

    Each note of a frame is sampled independently, with probability σ((logit − c) / temperature),
    and the frame is the next input. The offset c preserves the expected number of notes: most notes
    have a probability below 0.5, so without c a low temperature would reduce their number. At
    temperature 1, c is 0. The prompt is read once; each frame then takes one time step.

    Args:
        model: a model from `keras_gru.models.polyphony`, or loaded from its file, with inputs as
            wide as its outputs.
        prompt: `(T, N)` zeros and ones, the frames to continue; with no frame, generation begins
            after one without notes.
        length: number of frames to generate.
        temperature: 0 takes the most probable notes, as many as are expected; 1 samples from the
            model's distribution; higher values produce more varied music.
        seed: seed of sampling; `None` is random.

    Returns:
        The new frames, `(length, N)` zeros and ones, without the prompt.

    Raises:
        UserError: an argument is out of range, the model is not a polyphony model or diverged, or a
            layer returns no state.

    Example:

    >>> from keras_gru import models
    >>> model = models.polyphony(units=8, notes=5, seed=0)
    >>> models.sample_notes(model, [[0, 1, 0, 0, 1]], 3, temperature=0).shape
    (3, 5)

    Reference:

    - [Boulanger-Lewandowski et al., 2012](https://arxiv.org/abs/1206.6392), piano rolls
      with a probability for each note
    """
    prompt = _check(model, np.asarray(prompt), length, temperature)
    stepper = Stepper(model)
    random = np.random.default_rng(seed)
    frames = np.zeros((length, prompt.shape[1]), "uint8")
    frame = prompt if len(prompt) else np.zeros((1, prompt.shape[1]))
    for step in range(length):
        logits = stepper({"features": frame[None]})[0, -1].astype("float64")
        frames[step] = _draw(logits, temperature, random)
        frame = frames[step : step + 1]
    return frames


def _draw(logits: np.ndarray, temperature: float, random: np.random.Generator):
    if temperature == 0:
        count = round(expit(logits).sum())
        return np.isin(np.arange(len(logits)), np.argsort(-logits, kind="stable")[:count])
    return random.random(len(logits)) < _probabilities(logits, temperature)


def _probabilities(logits: np.ndarray, temperature: float):
    """Return σ((logit − c) / temperature), with the c that preserves the sum."""
    voices = expit(logits).sum()
    far = 800 * temperature  # there the sum is exactly 0 or N
    shift = brentq(
        lambda c: expit((logits - c) / temperature).sum() - voices,
        logits.min() - far,
        logits.max() + far,
    )
    return expit((logits - shift) / temperature)


def _check(model: keras.Model, prompt: np.ndarray, length: int, temperature: float):
    """Check the arguments and return the prompt, `(T, N)`."""
    inputs = model.input if isinstance(model.input, dict) else {}
    if "features" not in inputs or model.name != "polyphony":
        raise UserError(f"'model': expected keras_gru.models.polyphony, got '{model.name}'.")
    width, notes = inputs["features"].shape[-1], model.output.shape[-1]
    if width != notes:
        raise UserError(
            f"'model': expected as many inputs as notes, got one that reads {width} numbers "
            f"and plays {notes} notes."
        )
    for layer in recurrent_layers(model):
        if not isinstance(layer, keras.layers.RNN):
            raise UserError(
                f"'model': expected keras.layers.RNN layers, whose state can be carried from "
                f"frame to frame, got {type(layer).__name__}."
            )
    if prompt.size == 0:
        prompt = np.zeros((0, notes))
    if prompt.ndim != 2 or prompt.shape[1] != notes or not np.isin(prompt, (0, 1)).all():
        raise UserError(
            f"'prompt': expected frames of {notes} zeros and ones, got an array of shape "
            f"{prompt.shape}."
        )
    check_generation(length, temperature)
    return prompt
