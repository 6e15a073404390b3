"""One network trained by several processes: each learns from its rows of every batch."""

# B batch, W workers

import functools
import json
import os

import keras
import numpy as np

from keras_gru.errors import UserError
from keras_gru.experiments.configuration.experiment import Experiment

_EXAMPLE = json.dumps(
    {
        "cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]},
        "task": {"type": "worker", "index": 0},
    }
)


def refuse(experiment: Experiment, job: str) -> None:
    """Refuses an experiment of several workers where one trains alone.

    Raises:
        UserError: it is one.
    """
    if experiment.training.distribute is not None:
        raise UserError(
            f"training.distribute is of train and compare, received it for {job}; leave it out."
        )


def workers() -> tuple[int, int]:
    """What `TF_CONFIG` says: how many workers there are, and which of them this process is.

    Returns:
        Their number and this one's, counted from 0. The chief, who writes the results, is 0: the
        task `"chief"` where the cluster has one, and else the first of `"worker"`.

    Raises:
        UserError: it is not set, is not as TensorFlow wants it, or names fewer than two workers.
    """
    given = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(given)
        cluster = {kind: len(config["cluster"][kind]) for kind in config["cluster"]}
        task, index = config["task"]["type"], config["task"]["index"]
        first = {"chief": 0, "worker": cluster.get("chief", 0)}
        right = (
            set(cluster) <= set(first)
            and cluster.get("chief", 0) <= 1
            and sum(cluster.values()) > 1
            and type(index) is int
            and 0 <= index < cluster[task]
        )
    except (ValueError, KeyError, TypeError):
        right = False
    if not right:
        raise UserError(
            "training.distribute: the environment variable TF_CONFIG names the addresses of at "
            f"least two workers, and which of them this process is, such as {_EXAMPLE}: received "
            f"{given or 'none'}."
        )
    return sum(cluster.values()), first[task] + index


@functools.cache
def join() -> "MultiWorker":
    """Waits for the workers that `TF_CONFIG` names. A process does so once, and before all else."""
    return MultiWorker()


class MultiWorker:
    """This process among those that train one network together.

    `tf.distribute.MultiWorkerMirroredStrategy` brings them together and sums up what they found.
    The network is a plain one in each: Keras would clip a worker's gradient before it is summed,
    so that the clipped norm were not that of the whole batch; here a step begins with the sum, and
    whatever the optimizer does (clipping, averages, weight noise) is what it does in one process.

    Attributes:
        count: the number of workers W.
        number: this one's, from 0.
        is_chief: whether it is the one who writes the results.

    Raises:
        UserError: another backend than TensorFlow, a `TF_CONFIG` that does not fit, TensorFlow has
            computed already, or a worker has several devices.

    Reference: [Distributed training with TensorFlow](https://www.tensorflow.org/guide/distributed_training).
    """

    def __init__(self):
        if keras.backend.backend() != "tensorflow":
            raise UserError(
                "training.distribute is there on the backend tensorflow: received "
                f"'{keras.backend.backend()}'; choose another KERAS_BACKEND or leave it out."
            )
        import tensorflow as tf

        self.count, self.number = workers()
        self.is_chief = self.number == 0
        try:
            self._strategy = tf.distribute.MultiWorkerMirroredStrategy()
        except RuntimeError as error:
            raise UserError(
                "training.distribute: the workers come together before TensorFlow has computed "
                f"anything: call {__name__}.join() first ({error})."
            ) from None
        replicas = self._strategy.num_replicas_in_sync
        if replicas != self.count:
            raise UserError(
                f"training.distribute: {self.count} workers have {replicas} GPUs; start a worker "
                "for each of them, with CUDA_VISIBLE_DEVICES."
            )

    @functools.cached_property
    def sum(self):
        """A function: the sum over all workers, of a tensor or of each in a structure of them.

        A number would be a part of its graph, and not be summed with that of another worker.
        """
        import tensorflow as tf

        def add(values):
            # They come from outside the strategy, and only a tensor that is made inside it has the
            # device that is to be asked.
            own = tf.nest.map_structure(tf.identity, values)
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, own)

        @tf.function  # several times as fast as without, outside of a graph
        def summed(values):
            with self._strategy.scope():
                return self._strategy.run(add, args=(values,))

        return summed

    def of_chief(self, content: bytes) -> bytes:
        """What the chief gives; what the others give is left aside."""
        size = int(self.sum(np.array(self.is_chief * len(content), np.int32)))
        padded = np.zeros(-(-size // 4), np.int32)
        if self.is_chief:
            padded.view(np.uint8)[:size] = np.frombuffer(content, np.uint8)
        return np.asarray(self.sum(padded)).tobytes()[:size]

    def share(self, model: keras.Model) -> None:
        """Has `model.fit` and `model.evaluate` of all workers work on the same batches together.

        All give the same batches in the same order, and each takes every W-th row. The gradient,
        the loss and the metrics are those of the whole batches. All begin with the weights of the
        chief, and each has a dropout of its own.

        Args:
            model: compiled, the same in all workers.
        """
        weights = [self.is_chief * weight for weight in model.get_weights()]
        model.set_weights([np.asarray(weight) for weight in self.sum(weights)])
        for variable in model.non_trainable_variables:
            if variable.name == "seed_generator_state":  # its seed, and how often it was asked
                variable.assign(variable + np.array([self.number, 0]))
        model.train_step = _Step(self, model, learns=True)
        model.test_step = _Step(self, model, learns=False)
        model.get_metrics_result = functools.partial(_metrics, self, model)


class _Step:
    """A step of training or of measuring, in the place of a compiled model's own."""

    def __init__(self, team: MultiWorker, model: keras.Model, learns: bool):
        self.team, self.model, self.learns = team, model, learns

    def __call__(self, data):
        import tensorflow as tf

        team, model = self.team, self.model
        mine = keras.tree.map_structure(lambda of: of[team.number :: team.count], data)
        x, y, weight = keras.utils.unpack_x_y_sample_weight(mine)
        # The loss is a mean over what counts, of which the workers have unequal shares.
        share = tf.math.divide_no_nan(_counted(mine), _counted(data))
        with tf.GradientTape() as tape:
            outputs = model(x, training=self.learns)
            loss = share * model.compute_loss(x, y, outputs, weight, training=self.learns)
            scaled = model.optimizer.scale_loss(loss)
        variables = model.trainable_variables
        gradients = tape.gradient(scaled, variables) if self.learns else []
        loss, *gradients = self._sum(loss, *gradients)
        if self.learns:
            model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        for metric in model.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=tf.shape(data[1])[0])
        return model.compute_metrics(x, y, outputs, weight)

    def _sum(self, *values):
        """A weight that has no part in the outputs has no gradient, and so nothing to sum."""
        summed = iter(self.team.sum([value for value in values if value is not None]))
        return [None if value is None else next(summed) for value in values]


def _counted(data):
    """What a loss divides by: the weights of a batch, or its rows."""
    import tensorflow as tf

    _, y, weight = keras.utils.unpack_x_y_sample_weight(data)
    return tf.cast(tf.shape(y)[0], "float32") if weight is None else tf.reduce_sum(weight)


def _metrics(team: MultiWorker, model: keras.Model) -> dict:
    """The metrics by name: over the rows of all workers, once an epoch or an evaluation is over."""
    import tensorflow as tf

    found = {}
    for metric in model.metrics:
        state = [variable.value for variable in metric.variables]
        if not tf.inside_function():  # asked for in every step, where nobody looks
            state = team.sum(state)
        result = metric.stateless_result(state)
        found.update(result if isinstance(result, dict) else {metric.name: result})
    return found
