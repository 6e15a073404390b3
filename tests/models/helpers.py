"""A small model of every kind, with inputs and targets."""

import keras
import numpy as np

from keras_gru import models
from keras_gru.datasets.sequence_dataset import TaskSpec

CELLS = ("gru", "gru_reset_after", "lstm", "simple_rnn")

# name: (builder, sizes, arguments of the TaskSpec)
KINDS = {
    "classifier": ("classifier", {"vocabulary": 12, "classes": 3, "embedding": 5}),
    "classifier_mean": (
        "classifier",
        {"vocabulary": 12, "classes": 3, "embedding": 5, "pooling": "mean"},
    ),
    "classifier_max": (
        "classifier",
        {"vocabulary": 12, "classes": 3, "embedding": 5, "pooling": "max"},
    ),
    "classifier_vectors": ("classifier", {"features": 4, "classes": 3}),
    "tagger": ("tagger", {"vocabulary": 12, "tags": 5, "embedding": 5}),
    "tagger_vectors": ("tagger", {"features": 4, "tags": 5}),
    "language_model": ("language_model", {"vocabulary": 12, "embedding": 5}),
    "forecaster": ("forecaster", {"features": 4, "variables": 2, "horizon": 3}),
    "forecaster_every_step": (
        "forecaster",
        {"features": 4, "variables": 2, "horizon": 3, "every_step": True},
    ),
    "polyphony": ("polyphony", {"notes": 4}),
    "encoder_decoder": (
        "encoder_decoder",
        {"source_vocabulary": 12, "target_vocabulary": 10, "embedding": 5},
    ),
    "encoder_decoder_attention": (
        "encoder_decoder",
        {"source_vocabulary": 12, "target_vocabulary": 10, "embedding": 5, "attention": True},
    ),
}
SHAPES = {  # shapes of the outputs for 6 sequences of 7 steps
    "classifier": (6, 3),
    "classifier_mean": (6, 3),
    "classifier_max": (6, 3),
    "classifier_vectors": (6, 3),
    "tagger": (6, 7, 5),
    "tagger_vectors": (6, 7, 5),
    "language_model": (6, 7, 12),
    "forecaster": (6, 3, 2),
    "forecaster_every_step": (6, 7, 3, 2),
    "polyphony": (6, 7, 4),
    "encoder_decoder": (6, 7, 10),
    "encoder_decoder_attention": (6, 7, 10),
}
TASKS = {
    "classifier": "classification",
    "tagger": "tagging",
    "language_model": "language_model",
    "forecaster": "forecasting",
    "polyphony": "polyphony",
    "encoder_decoder": "translation",
}
BIDIRECTIONAL = [kind for kind in KINDS if KINDS[kind][0] in ("classifier", "tagger")] + [
    "encoder_decoder",
    "encoder_decoder_attention",
]
LENGTHS = np.array([7, 3, 5, 1, 6, 4])


def make(kind, cell="gru", units=6, seed=0, **options):
    builder, sizes = KINDS[kind]
    return getattr(models, builder)(cell=cell, units=units, seed=seed, **sizes, **options)


def inputs(kind, steps=7, side="right", source_steps=None):
    """Return six sequences of 1 to 7 steps, padded to `steps`; padding does not change them."""
    random = np.random.default_rng(0)
    seen = np.arange(7) < LENGTHS[:, None]
    tokens = random.integers(3, 9, (6, 7)) * seen
    vectors = random.normal(size=(6, 7, 4)).astype("float32")
    second = random.integers(3, 9, (6, 7)) * seen[::-1]

    def pad(array, steps):
        extra = steps - 7
        before_after = (extra, 0) if side == "left" else (0, extra)
        return np.pad(array, [(0, 0), before_after] + [(0, 0)] * (array.ndim - 2))

    if kind.startswith("encoder_decoder"):
        source_steps = source_steps or steps
        return {
            "source": pad(second, source_steps).astype("int32"),
            "target": pad(tokens, steps).astype("int32"),
        }
    if "features" in KINDS[kind][1] or kind == "polyphony":
        if kind == "polyphony":
            vectors = (vectors > 0).astype("float32")
        # Masked features must not matter, so they are not zero.
        features = pad(vectors, steps)
        mask = pad(seen, steps)
        features[~mask] = 9.0
        return {"features": features, "mask": mask}
    return {"tokens": pad(tokens, steps).astype("int32")}


def seen_steps(kind, x):
    """Return `(B, T)`, true where the model has an output; `None` for one output per sequence."""
    if len(SHAPES[kind]) == 2 or kind == "forecaster":
        return None
    if "mask" in x:
        return x["mask"]
    return x["target" if "target" in x else "tokens"] != 0


def targets(kind, x):
    """Return targets and weights."""
    random = np.random.default_rng(1)
    shape = SHAPES[kind]
    steps = seen_steps(kind, x)
    if kind.startswith("forecaster"):
        y = random.normal(size=shape).astype("float32")
    elif kind == "polyphony":
        y = random.integers(0, 2, shape).astype("float32")
    else:
        y = random.integers(0, shape[-1], shape[:-1])
    return y, None if steps is None else steps.astype("float32")


def compile_options(kind):
    every_step = kind == "forecaster_every_step"
    spec = TaskSpec(TASKS[KINDS[kind][0]], outputs=SHAPES[kind][-1], every_step=every_step)
    return models.compile_options(spec, "mse")


def compiled(kind, model, **options):
    model.compile(keras.optimizers.Adam(0.02), **compile_options(kind), **options)
    return model


def predict(model, x):
    return keras.ops.convert_to_numpy(model(x, training=False))
