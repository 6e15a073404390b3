"""One pass over test gives Keras' metrics and the metric of each block of sequences."""

import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.baselines import most_frequent_target
from keras_gru.datasets.split import Split, describe_evaluation
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.fitting import build, evaluate, evaluate_test
from keras_gru.models.metrics import BlockMeans


@pytest.fixture(params=["strings", "windows"])
def experiment(request, tmp_path):
    """An experiment with length buckets, and one with overlapping windows and a unit."""
    dataset = {"kind": "embedded_reber", "train": 40, "validation": 20, "test": 250}
    model = {"kind": "classifier", "size": {"units": 3}}
    if request.param == "windows":
        path = tmp_path / "series.csv"
        values = 1000 + 100 * np.sin(np.arange(400) / 3)
        path.write_text("y\n" + "\n".join(map(str, values)) + "\n")
        dataset = {"kind": "csv_series", "path": str(path), "targets": ["y"], "window": 6}
        model["kind"] = "forecaster"
    training = {"epochs": 1, "batch_size": 16, "jit_compile": False}
    return Experiment(name="x", cells=["gru"], dataset=dataset, model=model, training=training)


def test_one_pass_gives_the_metrics_and_their_blocks(experiment):
    dataset = datasets.load(experiment.dataset)
    model = build(experiment, dataset, "gru", 0)
    metrics, blocks = evaluate_test(model, experiment, dataset)
    assert metrics == evaluate(model, experiment, dataset, "test")
    facts, test = describe_evaluation(dataset.splits)["test"], dataset.splits["test"]
    assert facts["terms"] == sum(facts["weights"]) == test.size
    name = dataset.metric.name
    assert np.average(blocks, weights=facts["weights"]) == pytest.approx(metrics[name], rel=1e-4)
    assert len(set(blocks)) > 1
    for number in (0, len(blocks) // 2):
        x, y, *_ = dataset.batch_of("test", np.arange(test.size)[test.blocks()[number]])
        output = model.predict_on_batch(x)
        errors = np.abs(output - y) if name == "mae" else output.argmax(-1) == y
        expected = dataset.in_unit({name: errors.mean()})[name]
        assert blocks[number] == pytest.approx(expected, rel=1e-4)
    for baseline in dataset.baselines:
        assert np.average(baseline.test_blocks[name], weights=facts["weights"]) == pytest.approx(
            baseline.test[name]
        )


def test_independent_windows_are_counted_as_span_over_window():
    """Five overlapping windows of 56 days are about one independent sequence, not five."""

    def windows(count):
        return Split(
            {"features": np.zeros((count, 56, 1))}, np.zeros((count, 1, 1)), overlapping=True
        )

    assert [windows(count).independent for count in (1, 5, 57, 281)] == [1, 1, 2, 6]
    blocks = windows(281).blocks()
    assert len(blocks) == 6 and {len(rows) for rows in blocks} <= {46, 47}
    apart = Split({"features": np.zeros((5, 56, 1))}, np.zeros((5, 1, 1)))
    assert apart.independent == 5 and len(apart.blocks()) == 5


def test_a_group_is_in_one_block():
    """Recordings of two speakers are not evidence from as many speakers as recordings."""
    groups = np.array(["b", "a", "b", "c", "a", "b"])
    split = Split({"tokens": np.arange(6)[:, None]}, np.arange(6), groups=groups)
    assert split.independent == 3
    blocks = [split.part(rows).targets.tolist() for rows in split.blocks()]
    assert sorted(blocks) == [[0, 2, 5], [1, 4], [3]]
    found = describe_evaluation({"validation": split, "test": split})["test"]
    assert (found["independent"], sorted(found["weights"])) == (3, [1, 2, 3])
    many = Split({"tokens": np.zeros((900, 1))}, np.zeros(900), groups=np.arange(900) // 3)
    assert len(many.blocks()) == 200
    assert all(len(rows) % 3 == 0 and len(rows) for rows in many.blocks())


def test_targets_of_each_step_are_counted_in_steps():
    targets = np.zeros((3, 4), int)
    split = Split({"tokens": targets}, targets, {"tokens": np.array([4, 1, 2])}, stepwise="tokens")
    assert split.counted_steps().tolist() == [4, 1, 2]


def test_a_sequence_without_weighted_steps_is_a_block_of_weight_zero():
    targets = np.array([[1, 1], [1, 0], [0, 1]])
    counts = np.array([[True, True], [False, False], [True, False]])
    split = Split({"tokens": targets}, targets, stepwise="tokens", weights=counts)
    splits = dict.fromkeys(("train", "validation", "test"), split)
    baseline = most_frequent_target(splits, ("a", "b"))
    assert baseline.test_blocks == {"accuracy": [1.0, 0.0, 0.0]}
    assert describe_evaluation(splits)["test"]["weights"] == [2, 0, 1]
    blocks = BlockMeans("accuracy", False, np.arange(3))
    scores = np.eye(2, dtype="float32")[np.ones((3, 2), int)]
    blocks(targets, scores, counts.astype("float32"))
    assert blocks.block_means().tolist() == baseline.test_blocks["accuracy"]
