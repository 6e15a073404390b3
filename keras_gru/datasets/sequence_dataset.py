"""A dataset of sequences in splits, and its batches."""

# N sequences, B batch, T time steps, D features, H steps ahead, V variables

import dataclasses
import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from keras_gru.datasets.batching import Batch, boundaries, gather, group_by_shape, plan
from keras_gru.datasets.fingerprint import Fingerprint, Source, fingerprint_of_split
from keras_gru.datasets.metric import Baseline, Metric
from keras_gru.datasets.preprocessing import Preprocessing, SeriesEnd
from keras_gru.datasets.split import Split, check_not_empty
from keras_gru.datasets.task_spec import TaskSpec
from keras_gru.settings import Settings

__all__ = ["Baseline", "Metric", "Preprocessing", "SequenceDataset", "Split", "TaskSpec"]


@dataclass(frozen=True, kw_only=True)
class SequenceDataset(Preprocessing):
    """Preprocessed sequences in splits.

    Args:
        splits: `"train"`, `"validation"` and `"test"`; only `"test"` for evaluating a network.
        baselines: the metrics of simple rules.
        notes: notes on the data, one sentence each.
        source: where the data come from; None for arrays that were made in Python.
        stages: a curriculum: datasets to train on before `splits["train"]`.
        stage_epochs: epochs of each of them.
        passes: number of passes through `splits["train"]` per training epoch.
        resolved: the settings of a user's file including guesses, or None.
        facts: summary of the data, one label and text each.
        ends: the last rows of each time series.
        other_metrics: further metrics, besides `metric`.

    Raises:
        UserError: if a split is empty.
    """

    splits: Mapping[str, Split]
    baselines: tuple[Baseline, ...] = ()
    notes: tuple[str, ...] = ()
    source: Source | None = None
    stages: tuple["SequenceDataset", ...] = ()
    stage_epochs: int = 1
    passes: int = 1
    resolved: Settings | None = None
    facts: tuple[tuple[str, str], ...] = ()
    ends: tuple[SeriesEnd, ...] = ()
    other_metrics: tuple[Metric, ...] = ()

    def __post_init__(self):
        check_not_empty(self.name, self.splits)

    @property
    def preprocessing(self) -> Preprocessing:
        """The preprocessing, which run directories store."""
        fields = dataclasses.fields(Preprocessing)
        return Preprocessing(**{field.name: getattr(self, field.name) for field in fields})

    @functools.cached_property
    def fingerprint(self) -> Fingerprint:
        """The source of the data and a checksum of each split."""
        every_input = self.source is None
        return Fingerprint(
            self.source,
            {name: fingerprint_of_split(split, every_input) for name, split in self.splits.items()},
        )

    @property
    def grouped(self) -> bool:
        """Whether some sequences, such as those of a speaker, must be in one split."""
        return any(split.groups is not None for split in self.splits.values())

    def size(self, split: str) -> int:
        """Number of sequences in a split."""
        return self.splits[split].size

    def steps(self, split: str, batch_size: int) -> int:
        """Number of batches per training epoch."""
        return math.ceil(self.size(split) / batch_size) * (self.passes if split == "train" else 1)

    def updates(self, batch_size: int, truncate: int | None) -> int:
        """Number of updates per training epoch: batches, or their chunks of `truncate` steps."""
        if truncate is None:
            return self.steps("train", batch_size)
        part = self.splits["train"]
        plan = self._plan("train", batch_size, seed=0, epoch=0)
        steps = (batch.steps.get(part.stepwise or "", part.targets.shape[1]) for batch in plan)
        return sum(math.ceil(count / truncate) for count in steps) * self.passes

    def padding(self, split: str, batch_size: int) -> float:
        """Return the fraction of padded time steps in one pass through a split."""
        lengths = self.splits[split].lengths
        if not lengths:
            return 0.0
        plan = self._plan(split, batch_size, 0 if split == "train" else None, epoch=0)
        steps = sum(len(batch.rows) * sum(batch.steps.values()) for batch in plan)
        return 1 - float(sum(counts.sum() for counts in lengths.values())) / steps

    def batches(
        self, split: str, batch_size: int, *, seed: int | None = None, first_epoch: int = 0
    ):
        """Return the batches of a split, for `model.fit` and `model.evaluate`.

        Args:
            split: `"train"`, `"validation"` or `"test"`.
            batch_size: sequences in a batch; one batch of an epoch may have fewer.
            seed: makes it a stream for training: epoch after epoch without end, the order of each
                a pure function of the seed and the number of the epoch. None: one pass in fixed
                order, for evaluation, where the last batch of each length bucket may have fewer.
            first_epoch: the epoch to start with, for resumed runs.

        Returns:
            A `tf.data.Dataset` of `(x, y)`, or `(x, y, sample_weight)` where targets are stepwise.
            `x` maps the names of the model's inputs to `(B, T)` or `(B, T, D)`.

        Example:

        >>> model.fit(dataset.batches("train", 32, seed=0),
        ...           steps_per_epoch=dataset.steps("train", 32), epochs=10)
        """
        import tensorflow as tf

        def generate():
            epochs = (0,) if seed is None else itertools.count(first_epoch)
            for epoch in epochs:
                stage = self
                if seed is not None and epoch // self.stage_epochs < len(self.stages):
                    stage = self.stages[epoch // self.stage_epochs]
                batches = itertools.chain.from_iterable(
                    stage._plan(split, batch_size, seed, epoch * stage.passes + number)
                    for number in range(1 if seed is None else stage.passes)
                )
                if stage is not self:  # a series has more of the shorter windows
                    batches = itertools.islice(batches, self.steps(split, batch_size))
                for group in group_by_shape(batches):
                    yield stage._assemble_group(split, group)

        steps = tf.data.INFINITE_CARDINALITY
        if seed is None:
            steps = len(self._plan(split, batch_size, seed, epoch=0))
        stream = tf.data.Dataset.from_generator(generate, output_signature=self._signature(split))
        stream = stream.flat_map(lambda *group: tf.data.Dataset.from_tensor_slices(group))
        return stream.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(8)

    def evaluation_order(self, split: str, batch_size: int) -> np.ndarray:
        """Return the numbers (N,) of sequences in the order of `batches` without a seed."""
        return np.concatenate([batch.rows for batch in self._plan(split, batch_size, None, 0)])

    def batch_of(self, split: str, rows: Sequence[int] | np.ndarray):
        """Return one batch of chosen sequences, padded to the longest of them, as NumPy arrays.

        Args:
            split: `"train"`, `"validation"` or `"test"`.
            rows: numbers of the sequences in the split.

        Returns:
            `(x, y)` or `(x, y, sample_weight)`, as `batches` returns them.
        """
        rows = np.asarray(rows)
        lengths = self.splits[split].lengths
        return self._assemble(
            split, Batch(rows, {name: int(steps[rows].max()) for name, steps in lengths.items()})
        )

    @functools.cached_property
    def _bounds(self) -> Mapping[str, np.ndarray]:
        """Return the boundaries of every input's length buckets, from the lengths in train."""
        train = self.splits["train" if "train" in self.splits else "test"].lengths
        count = 8 if len(train) == 1 else 7  # of two inputs, up to 7 x 7 shapes: 32 in spa_eng
        return {
            name: boundaries(
                lengths, max(s.lengths[name].max() for s in self.splits.values()), count
            )
            for name, lengths in train.items()
        }

    def _plan(self, split: str, batch_size: int, seed: int | None, epoch: int) -> Sequence[Batch]:
        part = self.splits[split]
        rng = None if seed is None else np.random.default_rng([seed, epoch])
        return plan(part.lengths, self._bounds, part.size, batch_size, rng)

    def _assemble_group(self, split: str, group: list[Batch]):
        """Return batches of the same shape, stacked along a first axis.

        Each call from TensorFlow to Python takes more time than assembling a small batch.
        """
        import tensorflow as tf

        rows = np.concatenate([batch.rows for batch in group])
        arrays = self._assemble(split, Batch(rows, group[0].steps))
        return tf.nest.map_structure(
            lambda array: array.reshape(len(group), -1, *array.shape[1:]), arrays
        )

    def _assemble(self, split: str, batch: Batch):
        """Return `(x, y)` or `(x, y, sample_weight)` of a batch, as NumPy arrays."""
        part = self.splits[split]
        x = {}
        for name, array in part.inputs.items():
            dtype = np.float32 if name == "features" else np.int32
            x[name] = gather(array, batch, name, dtype)
        if self.spec.masked:
            x["mask"] = self._real_steps(part, batch, "features", x["features"].shape[1])
        dtype = np.float32 if self.spec.task in ("forecasting", "polyphony") else np.int32
        y = gather(part.targets, batch, part.stepwise, dtype)
        if part.stepwise is None:
            return x, y
        counts = self._real_steps(part, batch, part.stepwise, y.shape[1])
        if part.weights is not None:
            counts &= gather(part.weights, batch, part.stepwise, bool)
        return x, y, counts.astype(np.float32)

    @staticmethod
    def _real_steps(part: Split, batch: Batch, name: str, steps: int) -> np.ndarray:
        """Return (B, T), True where a step is not padding."""
        if name not in part.lengths:
            return np.ones((len(batch.rows), steps), bool)
        return np.arange(steps) < part.lengths[name][batch.rows, None]

    def _signature(self, split: str):
        """Return the shapes and types of `_assemble`, open where batches of any stage differ."""
        import tensorflow as tf

        def either(one, other):
            shape = one.shape.most_specific_compatible_shape(other.shape)
            return tf.TensorSpec(shape, one.dtype)

        signature = self._own_signature(split)
        for stage in self.stages:
            signature = tf.nest.map_structure(either, signature, stage._own_signature(split))
        return signature

    def _own_signature(self, split: str):
        """Return the signature without stages; group, batch and padded time steps are open."""
        import tensorflow as tf

        part = self.splits[split]
        one = Batch(np.zeros(1, int), {name: 1 for name in part.lengths})
        x, y, *weight = self._assemble(split, one)

        def describe(array, padded):
            rest = (None, *array.shape[2:]) if padded else array.shape[1:]
            return tf.TensorSpec((None, None, *rest), tf.as_dtype(array.dtype))

        inputs = {
            name: describe(array, ("features" if name == "mask" else name) in part.lengths)
            for name, array in x.items()
        }
        return (inputs, *(describe(array, part.stepwise in part.lengths) for array in (y, *weight)))
