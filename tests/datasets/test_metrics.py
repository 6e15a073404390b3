"""Selectable metrics, and the baselines measured with them."""

import math

import keras
import numpy as np
import pytest

from keras_gru import datasets
from keras_gru.datasets.baselines import class_scores
from keras_gru.datasets.metric import ErrorUnits
from keras_gru.datasets.own.csv_series import CsvSeries
from keras_gru.datasets.split import Split
from keras_gru.datasets.synthetic.adding import Adding
from keras_gru.datasets.synthetic.temporal_order import TemporalOrder
from keras_gru.datasets.synthetic.xml import Xml
from keras_gru.datasets.text.ngram import n_gram
from keras_gru.errors import UserError
from keras_gru.models.metrics import ClassScore, Perplexity, SequenceMean, StepMean

RNG = np.random.default_rng(0)


def windows(text, length=10):
    count = (len(text) - 1) // length
    now, after = text[: count * length], text[1 : count * length + 1]
    return Split(
        {"tokens": now.reshape(count, length)}, after.reshape(count, length), stepwise="tokens"
    )


def markov(size, seed):
    """Return tokens that follow from the previous two; one in four is random instead."""
    rng, text = np.random.default_rng(seed), [1, 2]
    for _ in range(size):
        text.append(
            int(rng.integers(1, 5)) if rng.random() < 0.25 else (text[-1] + text[-2]) % 4 + 1
        )
    return np.array(text)


def test_the_n_gram_model_chooses_the_order_and_reaches_the_entropy():
    sizes = {"train": 20_000, "validation": 2_001, "test": 3_001}
    tokens = {name: markov(size, size) for name, size in sizes.items()}
    baseline = n_gram(tokens, {name: windows(text) for name, text in tokens.items()}, size=5)
    assert baseline.label == "3-gram model"
    likely, rest = 0.75 + 0.25 / 4, 0.25 / 4
    entropy = -likely * math.log2(likely) - 3 * rest * math.log2(rest)
    assert baseline.test["bits"] == pytest.approx(entropy, abs=0.06)
    assert baseline.test["accuracy"] == pytest.approx(likely, abs=0.02)
    blocks = baseline.test_blocks["bits"]
    assert len(blocks) == 200 and np.mean(blocks) == pytest.approx(baseline.test["bits"], rel=0.01)


def test_the_probabilities_of_the_n_gram_model_sum_to_1():
    """Summed over all tokens that may follow the same context."""
    train = markov(300, 0)
    total = 0
    for token in range(5):
        text = np.array([1, 2, 3, token])
        tokens = {"train": train, "validation": markov(300, 1), "test": text}
        splits = {"validation": windows(tokens["validation"]), "test": windows(text, 3)}
        bits = n_gram(tokens, splits, size=5).test["bits"] * 3
        total += 2**-bits
    tokens["test"], splits["test"] = text[:3], windows(text[:3], 2)
    first = 2 ** -(n_gram(tokens, splits, size=5).test["bits"] * 2)
    assert total == pytest.approx(first)


@pytest.mark.parametrize("measure", ["balanced_accuracy", "macro_f1"])
def test_class_scores_equal_scikit_learn(measure):
    sklearn = pytest.importorskip("sklearn.metrics")
    targets, logits = RNG.integers(0, 3, 40), RNG.normal(size=(40, 5)).astype("float32")
    predicted = logits.argmax(-1)

    def expected(**weights):
        if measure == "macro_f1":
            return sklearn.f1_score(targets, predicted, average="macro", **weights)
        seen = np.unique(targets)
        return sklearn.recall_score(targets, predicted, labels=seen, average="macro", **weights)

    assert class_scores(targets, predicted)[measure] == pytest.approx(expected())
    weights = RNG.random(40).astype("float32")
    for sample_weight in (None, weights):
        metric = ClassScore(measure, 5)
        for rows in (slice(0, 15), slice(15, 40)):
            given = None if sample_weight is None else sample_weight[rows]
            metric.update_state(targets[rows], logits[rows], given)
        assert float(metric.result()) == pytest.approx(
            expected(sample_weight=sample_weight), rel=1e-5
        )
    again = ClassScore.from_config(metric.get_config())
    again.update_state(targets, logits, weights)
    assert float(again.result()) == pytest.approx(float(metric.result()))


def test_bits_are_the_cross_entropy_to_base_2():
    targets, logits = RNG.integers(0, 5, (4, 7)), RNG.normal(size=(4, 7, 5)).astype("float32")
    weights = (RNG.random((4, 7)) < 0.5).astype("float32")
    metric = StepMean("bits")
    metric.update_state(targets, logits, weights)
    nats = keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)
    expected = (np.array(nats) * weights).sum() / weights.sum() / math.log(2)
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


def test_top_5_accuracy():
    targets, logits = RNG.integers(0, 20, (4, 7)), RNG.normal(size=(4, 7, 20)).astype("float32")
    metric = StepMean("top_5_accuracy")
    metric.update_state(targets, logits)
    top = np.argsort(-logits, axis=-1)[..., :5]
    assert float(metric.result()) == pytest.approx((top == targets[..., None]).any(-1).mean())


def test_a_mean_over_sequences_weights_all_lengths_equally():
    notes, logits = RNG.integers(0, 2, (3, 6, 4)), RNG.normal(size=(3, 6, 4)).astype("float32")
    real = np.arange(6) < np.array([6, 2, 0])[:, None]
    nll = (np.logaddexp(0, logits) - notes * logits).sum(-1)
    metric = SequenceMean("nll")
    metric.update_state(notes, logits, real.astype("float32"))
    assert float(metric.result()) == pytest.approx((nll[0].mean() + nll[1, :2].mean()) / 2)


@pytest.mark.parametrize("horizon, every_step", [(1, False), (3, False), (2, True)])
def test_relative_errors_of_forecasts_equal_their_definitions(tmp_path, horizon, every_step):
    """In the units of the file; MASE divides by the error of the seasonal forecast on train."""
    values = np.abs(RNG.normal(size=(120, 2)) * [1, 30] + [4, 100])
    rows = "\n".join(f"{a},{b}" for a, b in values)
    (tmp_path / "a.csv").write_text(f"a,b\n{rows}\n")
    settings = {"targets": ("a", "b"), "window": 5, "horizon": horizon, "every_step": every_step}
    config = CsvSeries(path=str(tmp_path / "a.csv"), season=4, metric="mase", **settings)
    dataset = datasets.load(config)
    assert dataset.metric.label == "MASE"
    assert [metric.name for metric in dataset.other_metrics] == ["mae", "mse", "smape"]
    targets = dataset.splits["test"].targets
    forecast = targets + RNG.normal(size=targets.shape).astype("float32")
    y, f = (values * dataset.target_scaling.deviation + dataset.target_scaling.mean
            for values in (targets, forecast))  # fmt: skip
    last = (slice(None), -1) if every_step else ()  # only the forecasts after the last step count
    y, f = y[last], f[last]
    train = values[:84]
    naive = np.abs(train[4:] - train[:-4]).mean(axis=0)
    expected = {
        "mase": (np.abs(y - f) / naive).mean(),
        "smape": (200 * np.abs(y - f) / (np.abs(y) + np.abs(f))).mean(),
    }
    units = ErrorUnits(1.0, dataset.naive_errors, dataset.target_scaling.zero)
    for name, per_variable in dataset.per_variable.items():
        metric = StepMean(name, every_step, per_variable)
        metric.update_state(targets, forecast)
        again = StepMean.from_config(metric.get_config())
        again.update_state(targets, forecast)
        assert float(metric.result()) == float(again.result())
        assert float(metric.result()) == pytest.approx(expected[name], rel=1e-4)
        assert units.errors(forecast[last], targets[last])[name] == pytest.approx(
            expected[name], rel=1e-4
        )
        assert all(rule.test[name] > 0 for rule in dataset.baselines)


def test_perplexity_is_two_to_the_power_of_the_bits():
    targets, logits = RNG.integers(0, 5, (4, 7)), RNG.normal(size=(4, 7, 5)).astype("float32")
    bits, perplexity = StepMean("bits"), Perplexity()
    for metric in (bits, perplexity):
        metric.update_state(targets, logits)
    again = Perplexity.from_config(perplexity.get_config())
    again.update_state(targets, logits)
    for metric in (perplexity, again):
        assert float(metric.result()) == pytest.approx(2 ** float(bits.result()), rel=1e-5)


def test_the_settings_choose_the_metric():
    sizes = {"train": 40, "validation": 9, "test": 8}
    own = datasets.load(Xml(window=20, **sizes))
    assert own.metric.name == "accuracy"
    bits = datasets.load(Xml(window=20, **sizes, metric="bits"))
    assert (bits.metric.mode, bits.metric.label) == ("min", "bits per character")
    assert bits.fingerprint == own.fingerprint
    (baseline,) = [baseline for baseline in bits.baselines if "bits" in baseline.test]
    assert 0 < baseline.test["bits"] < math.log2(len(bits.vocabulary))
    labels = datasets.load(TemporalOrder(length=20, **sizes, metric="macro_f1"))
    assert labels.baselines[0].test["macro_f1"] == pytest.approx(0.1)
    assert datasets.load(Adding(length=5, **sizes, metric="mae")).metric.label == "MAE"
    with pytest.raises(UserError, match=r"dataset\.metric: .*'mse', 'mae', got 'bits'"):
        datasets.load(Adding(length=5, **sizes, metric="bits"))
