"""Build, fit, evaluate and save one network."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from keras_gru import cells, models
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.subsets import check_resampling, resample
from keras_gru.errors import UserError
from keras_gru.experiments.checkpoint import Checkpoint, Progress
from keras_gru.experiments.comparison import RunRecord, epoch_numbers
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.training import Training
from keras_gru.experiments.environment import peak_memory
from keras_gru.experiments.listener import SILENT, Listener, StopRun
from keras_gru.experiments.optimizer import between_epochs, make_optimizer
from keras_gru.files import replacing
from keras_gru.layers import RNN, compiling
from keras_gru.models.averaging import mean_outputs
from keras_gru.models.budget import layers_by_direction
from keras_gru.models.config import Units
from keras_gru.models.measures import MEASURES
from keras_gru.models.metrics import BlockMeans, StepMean, other_metrics

_EVALUATED = 512  # sequences of an ensemble at a time
_MESSAGES = {
    "finished": "",
    "diverged": "the loss became NaN or infinite",
    "pruned": "pruned: worse than other trials",
}


def check_against_data(experiment: Experiment, dataset: SequenceDataset) -> None:
    """Check the settings that only the loaded data can refuse, before anything is written.

    Raises:
        UserError: a split that cannot vary, or label smoothing although runs are compared by the
            loss.
    """
    if "split" in experiment.vary:
        check_resampling(dataset)
    if experiment.training.label_smoothing and dataset.metric.name == "loss":
        raise UserError(
            f"training.label_smoothing: {dataset.name}: runs are compared by the loss, which label "
            f"smoothing changes ({dataset.metric.label}). Remove the setting."
        )


def data_of_run(experiment: Experiment, dataset: SequenceDataset, seed: int) -> SequenceDataset:
    """Return the data with the train and validation sequences of a run (`experiment.vary`)."""
    return resample(dataset, seed) if "split" in experiment.vary else dataset


def build(experiment: Experiment, dataset: SequenceDataset, cell: str, seed: int) -> keras.Model:
    """Return the experiment's model with one cell, compiled.

    Args:
        seed: seed of the run; `experiment.seed_of` says what it decides.
    """
    training, seed = experiment.training, experiment.seed_of("initialization", seed)
    compiling.set_shards(training.shards)
    keras.utils.set_random_seed(seed)  # for the layers of a user's cell that take no seed
    outside = keras.config.dtype_policy()
    keras.config.set_dtype_policy(training.precision)
    try:
        settings = experiment.model
        if experiment.match == "parameters" and isinstance(settings.size, Units):
            settings = models.with_budget_of(settings, dataset.spec, experiment.cells[0])
        model = models.build(settings, dataset.spec, cell, seed)
    finally:
        keras.config.set_dtype_policy(outside)
    if training.truncate is not None:
        model = models.truncate(model, training.truncate)
    layers, units = _rnn_layers(model), models.recurrent_units(model)
    jit_compile = _jit_compile(training, dataset.spec.length, units, layers)
    if jit_compile or training.jit_compile is False:
        for layer in layers:
            layer.jit_compile = False
    updates = dataset.updates(training.batch_size, training.truncate)
    model.compile(
        optimizer=make_optimizer(training, updates, seed),
        jit_compile=jit_compile,
        **_compile_options(training, dataset),
    )
    return model


def fit(
    model: keras.Model,
    experiment: Experiment,
    dataset: SequenceDataset,
    cell: str,
    seed: int,
    path: Path | None = None,
    listener: Listener = SILENT,
) -> Progress:
    """Train a model to its last epoch or early stopping, and restore the best weights.

    Args:
        seed: seed of the run; `experiment.seed_of` says what it decides.
        path: directory of the checkpoint; training resumes from it if there is one, and ends with
            the same weights as without an interruption.
        listener: receives each epoch; it ends the training by raising `StopRun`.
    """
    training, order = experiment.training, experiment.seed_of("order", seed)
    progress = Progress(dataset.metric, training.patience)

    def report_epoch(progress: Progress) -> None:
        best = progress.best_row[f"val_{dataset.metric.name}"]
        try:
            numbers = epoch_numbers(progress.history[-1])
            listener.epoch(cell, seed, len(progress.history), numbers, best)
        except StopRun:
            progress.pruned = not progress.is_over(training.epochs)

    # TensorFlow would trace the first training step twice if that created variables. A second
    # `build` of the optimizer of mixed_float16 would create them again.
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    checkpoint = Checkpoint(progress, dataset, training.epochs, path, report_epoch)
    checkpoint.resume(model)
    first = len(progress.history)
    listener.started(cell, seed, first)
    if not progress.is_over(training.epochs):
        callbacks = [*between_epochs(training, progress), checkpoint]
        if training.tensorboard and path is not None:
            callbacks.append(keras.callbacks.TensorBoard(str(path / "tensorboard")))
        model.fit(
            dataset.batches("train", training.batch_size, seed=order, first_epoch=first),
            steps_per_epoch=dataset.steps("train", training.batch_size),
            initial_epoch=first,
            epochs=training.epochs,
            validation_data=dataset.batches("validation", training.batch_size),
            callbacks=callbacks,
            shuffle=False,  # the batches are already shuffled
            verbose=0,
        )
    model.set_weights(checkpoint.best_weights)
    return progress


def evaluate(
    model: keras.Model, experiment: Experiment, dataset: SequenceDataset, split: str
) -> dict[str, float]:
    """Return all metrics of a task on one split; errors are in the metric's unit."""
    options = _compile_options(experiment.training, dataset, every=True)
    return _evaluate(model, experiment, dataset, split, options)


def evaluate_ensemble(
    networks: Sequence[keras.Model], experiment: Experiment, dataset: SequenceDataset, split: str
) -> dict[str, float]:
    """Return all metrics of the mean prediction of several networks (`models.ensemble`)."""
    options = _compile_options(experiment.training, dataset, every=True)
    loss = options["loss"]
    metrics = [StepMean(loss.measure, loss.every_step, name="loss"), *options["weighted_metrics"]]
    for x, y, *weights in dataset.batches(split, _EVALUATED).as_numpy_iterator():
        outputs = [network.predict_on_batch(x) for network in networks]
        mean = mean_outputs(keras.ops.stack(outputs), dataset.spec.task)
        for metric in metrics:
            metric.update_state(y, mean, *weights)
    return dataset.in_unit({metric.name: float(metric.result()) for metric in metrics})


def evaluate_test(
    model: keras.Model, experiment: Experiment, dataset: SequenceDataset
) -> tuple[dict[str, float], tuple[float, ...]]:
    """Return the test metrics of a compiled model, and the dataset's metric by block of test.

    Both come from one pass. Macro-averaged scores have no blocks: a block lacks many classes.
    """
    training, name = experiment.training, dataset.metric.name
    measure = "crossentropy" if name == "loss" else name
    if measure not in MEASURES:  # the others are no means over steps or sequences
        return evaluate(model, experiment, dataset, "test"), ()
    test = dataset.splits["test"]
    block_of = np.zeros(test.size, int)
    for number, rows in enumerate(test.blocks()):
        block_of[rows] = number
    order = dataset.evaluation_order("test", training.batch_size)
    per_variable = dataset.per_variable.get(name)
    blocks = BlockMeans(measure, dataset.spec.every_step, block_of[order], per_variable)
    options = _compile_options(training, dataset, every=True)
    options["weighted_metrics"].append(blocks)
    metrics = _evaluate(model, experiment, dataset, "test", options)
    del metrics[blocks.name]
    means = (dataset.in_unit({name: mean})[name] for mean in blocks.block_means())
    return metrics, tuple(float(f"{mean:.6g}") for mean in means)


def _evaluate(model, experiment, dataset, split: str, options: dict) -> dict[str, float]:
    """Return the metrics of a model of the same layers, compiled with `options`."""
    measured = keras.Model(model.input, model.output)
    measured.compile(jit_compile=model.jit_compile, **options)
    batches = dataset.batches(split, experiment.training.batch_size)
    logs = measured.evaluate(batches, verbose=0, return_dict=True)
    return dataset.in_unit(logs)


def _compile_options(training: Training, dataset: SequenceDataset, every: bool = False) -> dict:
    """Return compile options with the dataset's metric, or with every metric of the task."""
    options = models.compile_options(dataset.spec, training.loss, training.label_smoothing)
    options["weighted_metrics"] += [
        metric
        for metric in other_metrics(dataset.spec, dataset.per_variable)
        if every or metric.name == dataset.metric.name
    ]
    return options


def save(model: keras.Model, path: str | Path) -> None:
    """Save a model as one `.keras` file, atomically."""
    with replacing(path) as draft:
        model.save(draft)


def fit_and_record(
    experiment: Experiment,
    dataset: SequenceDataset,
    cell: str,
    seed: int,
    path: Path,
    listener: Listener = SILENT,
) -> tuple[keras.Model, RunRecord]:
    """Build and fit a model, or resume its checkpoint in `path`, without reading test.

    Returns:
        The model with its best weights, and the record of the run with an empty `test`.
    """
    path.mkdir(parents=True, exist_ok=True)
    dataset = data_of_run(experiment, dataset, seed)
    model = build(experiment, dataset, cell, seed)
    progress = fit(model, experiment, dataset, cell, seed, path, listener)
    row = {} if progress.diverged else progress.best_row
    status = "diverged" if progress.diverged else "pruned" if progress.pruned else "finished"
    # The first epoch compiles.
    rows = [epoch_numbers(row) for row in progress.history]
    seconds_per_epoch = float(np.median([row["train_seconds"] for row in rows[1:] or rows]))
    return model, RunRecord(
        cell=cell,
        label=cells.cell_label(cell),
        seed=seed,
        status=status,
        message=_MESSAGES[status],
        units=models.recurrent_units(model),
        parameters=model.count_params(),
        recurrent_parameters=models.recurrent_parameters(model),
        epochs=len(progress.history),
        best_epoch=progress.best_epoch,
        metric=dataset.metric.label,
        validation={k.removeprefix("val_"): v for k, v in row.items() if k.startswith("val_")},
        test={},
        seconds=sum(row["seconds"] for row in rows),
        seconds_per_epoch=seconds_per_epoch,
        steps_per_second=dataset.steps("train", experiment.training.batch_size) / seconds_per_epoch,
        path=_path(model, dataset.spec.length),
        history=tuple(progress.history),
        multiply_adds=models.multiply_adds(model),
        peak_memory=peak_memory(),
    )


def _jit_compile(training: Training, length: int | None, units: int, layers: list[RNN]) -> bool:
    """Return whether XLA compiles the model, which it does for each shape; always on JAX."""
    if training.jit_compile == "auto":
        always = {"jax": True, "torch": False}
        alone = bool(layers) and all(layer.compiles_itself(length, True) for layer in layers)
        compiles_model = length is not None and not (alone and compiling.pays_off(units))
        return always.get(keras.backend.backend(), compiles_model)
    return training.jit_compile


def _rnn_layers(model: keras.Model) -> list[RNN]:
    """Return the recurrent layers of this package, which have a `path`."""
    return [layer for layer in layers_by_direction(model) if isinstance(layer, RNN)]


def _path(model: keras.Model, length: int | None) -> str:
    """Return how a model was trained: compiled or not, and the path of its layers."""
    compiled, plain = {"torch": ("compiled", "eager")}.get(
        keras.backend.backend(), ("XLA", "graph")
    )
    path = compiled if model.jit_compile else plain
    for layer in _rnn_layers(model)[:1]:
        path += f" {layer.path(length).partition(':')[0]}"
    return path
