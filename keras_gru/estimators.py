"""Recurrent networks as scikit-learn estimators."""

# N sequences, T time steps, D features, C classes, H steps ahead

from numbers import Integral

import numpy as np

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "RecurrentClassifier and RecurrentForecaster require scikit-learn 1.6 or later: "
        "pip install 'keras_gru[sklearn]'"
    ) from error

import keras
from scipy.special import softmax

from keras_gru import models
from keras_gru.datasets.task_spec import TaskSpec

_BATCH = 512  # sequences that are predicted at a time


class _Batches(keras.utils.PyDataset):
    """Batches of sequences, in a new random order in each epoch."""

    def __init__(self, x, y, batch_size, random):
        super().__init__()
        self.x, self.y, self.batch_size, self.random = x, y, batch_size, random
        self.order = random.permutation(len(x))

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, number):
        rows = self.order[number * self.batch_size : (number + 1) * self.batch_size]
        return {"features": self.x[rows]}, self.y[rows]

    def on_epoch_end(self):
        self.order = self.random.permutation(len(self.x))


class _RecurrentEstimator(BaseEstimator):
    """Base class of both estimators: validation, scaling, training, prediction."""

    def __init__(
        self,
        cell="gru",
        *,
        units=32,
        layers=1,
        dropout=0.0,
        epochs=50,
        batch_size=32,
        learning_rate=0.01,
        random_state=None,
        verbose=0,
    ):
        self.cell = cell
        self.units = units
        self.layers = layers
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _fit(self, x, y, task, outputs):
        """Scale the sequences, build the network and train it."""
        for name in ("units", "epochs", "batch_size"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name}: expected a positive integer, got {value!r}.")
        if x.ndim > 3 or 0 in x.shape:
            raise ValueError(
                "X: expected the shape (N, T) or (N, T, D) with at least one step and one channel, "
                f"got {x.shape}."
            )
        random = check_random_state(self.random_state)
        x = x[:, :, None] if x.ndim == 2 else x
        deviation = x.std(axis=(0, 1))
        self.mean_ = x.mean(axis=(0, 1))
        self.scale_ = np.where(deviation > 1e-12 * np.abs(self.mean_), deviation, 1.0)
        sizes = {"features": x.shape[2], "length": x.shape[1]}
        self.model_ = self._build(sizes | outputs, int(random.randint(2**31)))
        spec = TaskSpec(task=task, outputs=1)
        self.model_.compile(
            keras.optimizers.Adam(self.learning_rate, clipnorm=1.0),
            jit_compile=False,
            **models.compile_options(spec),
        )
        batches = _Batches(self._scaled(x), y, self.batch_size, random)
        # Keras would also shuffle the batches, with its own seed.
        history = self.model_.fit(batches, epochs=self.epochs, shuffle=False, verbose=self.verbose)
        self.loss_curve_ = history.history["loss"]
        if not np.isfinite(self.loss_curve_[-1]):
            raise ValueError(
                "The training diverged: the loss became NaN or Inf. Choose a learning_rate below "
                f"{self.learning_rate}."
            )
        return self

    def _settings(self, sizes, seed):
        return dict(
            units=self.units,
            cell=self.cell,
            layers=self.layers,
            dropout=self.dropout,
            masked=False,
            seed=seed,
            compile=False,
            **sizes,
        )

    def _scaled(self, x):
        x = x[:, :, None] if x.ndim == 2 else x
        return ((x - self.mean_) / self.scale_).astype("float32")

    def _outputs(self, x):
        """Return the network's outputs for sequences (N, T) or (N, T, D)."""
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, allow_nd=True, dtype="float64")
        channels = 1 if x.ndim == 2 else x.shape[2]
        if channels != len(self.mean_):
            raise ValueError(f"X: expected {len(self.mean_)} channels, got {channels}.")
        x = self._scaled(x)
        parts = [
            self.model_.predict_on_batch({"features": x[start : start + _BATCH]})
            for start in range(0, len(x), _BATCH)
        ]
        return np.concatenate(parts).astype("float64")


class RecurrentClassifier(ClassifierMixin, _RecurrentEstimator):
    """A classifier of sequences of one length: a GRU, an LSTM or any other cell.

    Args:
        cell: name in the registry of cells (`keras_gru.cell_names`).
        units: units of each recurrent layer, and of each direction.
        layers: number of recurrent layers.
        dropout: dropout of each recurrent layer's input.
        bidirectional: whether each layer also reads from the end.
        pooling: `"last"`, `"mean"` or `"max"` over the steps.
        epochs: passes over the data.
        batch_size: sequences of a batch.
        learning_rate: learning rate of Adam.
        random_state: seed of the initial weights, dropout and the order of the sequences.
        verbose: passed to `keras.Model.fit`.

    Attributes:
        classes_: (C,) the labels, sorted.
        model_: the trained `keras.Model`, which returns logits.
        loss_curve_: the training loss of each epoch.

    Example:

    >>> import numpy as np
    >>> from keras_gru import RecurrentClassifier
    >>> x = np.random.default_rng(0).normal(size=(64, 5, 2))  # (N, T, D), or (N, T)
    >>> y = np.where(x[:, -1, 0] > 0, "up", "down")
    >>> RecurrentClassifier(units=8, epochs=30, random_state=0).fit(x, y).score(x, y) > 0.9
    True
    """

    def __init__(
        self,
        cell="gru",
        *,
        units=32,
        layers=1,
        dropout=0.0,
        bidirectional=False,
        pooling="last",
        epochs=50,
        batch_size=32,
        learning_rate=0.01,
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            cell,
            units=units,
            layers=layers,
            dropout=dropout,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            random_state=random_state,
            verbose=verbose,
        )
        self.bidirectional, self.pooling = bidirectional, pooling

    def fit(self, X, y):
        """Train on sequences X (N, T) or (N, T, D) with labels y (N,)."""
        X, y = validate_data(self, X, y, allow_nd=True, dtype="float64")
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        classes = {"classes": len(self.classes_)}
        return self._fit(X, numbers.astype("int32"), "classification", classes)

    def _build(self, sizes, seed):
        settings = self._settings(sizes, seed)
        return models.classifier(bidirectional=self.bidirectional, pooling=self.pooling, **settings)

    def predict_proba(self, X):
        """Return the probability of each class, (N, C)."""
        return softmax(self._outputs(X), axis=1)

    def predict(self, X):
        """Return the most probable label of each sequence, (N,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]


class RecurrentForecaster(RegressorMixin, _RecurrentEstimator):
    """A forecaster of the steps after windows of one length: a GRU, an LSTM or any other cell.

    Args:
        cell: name in the registry of cells (`keras_gru.cell_names`).
        units: units of each recurrent layer.
        layers: number of recurrent layers.
        dropout: dropout of each recurrent layer's input.
        epochs: passes over the data.
        batch_size: windows of a batch.
        learning_rate: learning rate of Adam.
        random_state: seed of the initial weights, dropout and the order of the windows.
        verbose: passed to `keras.Model.fit`.

    Attributes:
        model_: the trained `keras.Model`, whose forecasts are standardized.
        loss_curve_: the training loss of each epoch.

    Example:

    >>> import numpy as np
    >>> from keras_gru import RecurrentForecaster
    >>> series = np.sin(np.arange(200) / 3)
    >>> windows = np.lib.stride_tricks.sliding_window_view(series, 13)
    >>> x, y = windows[:, :10], windows[:, 10:]  # (N, T) or (N, T, D), and (N, H) or (N,)
    >>> RecurrentForecaster(units=8, epochs=20, random_state=0).fit(x, y).score(x, y) > 0.9
    True
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags

    def fit(self, X, y):
        """Train on windows X (N, T) or (N, T, D) and the next steps, y (N,) or (N, H)."""
        X, y = validate_data(
            self, X, y, allow_nd=True, dtype="float64", multi_output=True, y_numeric=True
        )
        self.target_shape_ = y.shape[1:]
        y = y.reshape(len(y), -1).astype("float64")
        deviation = y.std(axis=0)
        self.target_mean_ = y.mean(axis=0)
        self.target_scale_ = np.where(deviation > 0, deviation, 1.0)
        y = ((y - self.target_mean_) / self.target_scale_).astype("float32")
        return self._fit(X, y, "forecasting", {"horizon": y.shape[1]})

    def _build(self, sizes, seed):
        return models.forecaster(**self._settings(sizes, seed))

    def predict(self, X):
        """Return forecasts after each window, (N,) or (N, H)."""
        outputs = self._outputs(X)
        forecast = outputs * self.target_scale_ + self.target_mean_
        return forecast.reshape(len(forecast), *self.target_shape_)
