"""`training.truncate` in complete runs."""

import numpy as np
import pytest
from pydantic import ValidationError

from keras_gru import datasets
from keras_gru.experiments import networks
from keras_gru.experiments.compare import compare
from keras_gru.experiments.fitting import build, evaluate, fit
from keras_gru.experiments.run_directory import RunDirectory
from tests.experiments.helpers import Recorder, timeless, tiny

COPY = {"kind": "copy_memory", "delay": 5, "train": 64, "validation": 32, "test": 32}
TAGGER = {"kind": "tagger", "size": {"units": 4}, "embedding": 3, "dropout": 0.2}


def experiment(tmp_path, *, model=TAGGER, **training):
    return tiny(tmp_path, cells=("gru",), dataset=COPY, model=model, training=training)


def test_a_stopped_run_resumes_with_equal_results(tmp_path):
    # With everything that the optimizer stores besides the weights.
    one = experiment(
        tmp_path, truncate=10, schedule="cosine", warmup=1.5, weight_noise=0.01, average=0.9
    )
    whole = compare(one)
    with pytest.raises(KeyboardInterrupt):
        compare(one, listener=Recorder(stop_at=("gru", 1)))
    folder = next(p for p in (tmp_path / "runs").glob("*/*") if p != whole.path)
    resumed = compare(one, run_directory=RunDirectory(folder))
    assert timeless(resumed.runs[0]) == timeless(whole.runs[0])
    models = [networks.load_model(RunDirectory(c.path), c.runs[0]) for c in (resumed, whole)]
    for ours, theirs in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_every_chunk_is_an_update_and_evaluation_uses_full_sequences(tmp_path):
    one = experiment(tmp_path, truncate=10, epochs=1)
    dataset = datasets.load(one.dataset)
    model = build(one, dataset, "gru", 0)
    fit(model, one, dataset, "gru", 0)
    # 25 steps make 3 chunks.
    assert int(model.optimizer.iterations) == dataset.updates(16, 10) == 3 * 4
    ordinary = build(experiment(tmp_path), dataset, "gru", 0)
    ordinary.set_weights(model.get_weights())
    assert evaluate(model, one, dataset, "test") == evaluate(ordinary, one, dataset, "test")


@pytest.mark.parametrize(
    "changes", [{"dataset": COPY, "model": {**TAGGER, "bidirectional": True}}, {}]
)
def test_models_without_stepwise_outputs_are_rejected(tmp_path, changes):
    with pytest.raises(ValidationError, match="type=truncation_needs_causal_outputs"):
        tiny(tmp_path, training={"truncate": 5}, **changes)
