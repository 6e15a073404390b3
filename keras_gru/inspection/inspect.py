"""Inspect the networks of a run directory."""

# Shapes: B batch, T time, D features, U units.

import keras
import numpy as np

from keras_gru.datasets import SequenceDataset
from keras_gru.errors import UserError
from keras_gru.experiments import fitting, networks
from keras_gru.experiments.comparison import RunRecord
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.experiments.training_data import load_data
from keras_gru.inspection import ablation, gradients, memory
from keras_gru.inspection.model_layers import find_layer, layer_inputs
from keras_gru.inspection.result import Inspection, NetworkInspection
from keras_gru.layers import RNN
from keras_gru.models.graph import to_numpy

SEQUENCES = 32  # evenly spaced validation sequences over which gradients and gates are averaged
SHOWN = 80  # steps of a sequence that fit into a figure


def inspect_networks(
    run_directory: RunDirectory,
    cell: str | None = None,
    seed: int | None = None,
    *,
    sequence: int = 0,
    layer: int = 1,
) -> Inspection:
    """Inspect the best run of each cell on validation.

    Args:
        cell: only runs of this cell; `None` inspects each cell.
        seed: only runs of this seed.
        sequence: number of the validation sequence whose gates are shown, from 0.
        layer: number of the recurrent layer, from 1; its forward layer if it is bidirectional.

    Raises:
        UserError: no such run has finished, there is no such sequence or layer, or a cell has no
            gates that can be read.
    """
    best = networks.choose_run(run_directory, cell, seed)  # raises if there is none
    records = networks.best_runs(run_directory, seed) if cell is None else [best]
    dataset = load_data(run_directory)
    size = dataset.size("validation")
    if not 0 <= sequence < size:
        raise UserError(
            f"sequence: expected a number from 0 to {size - 1} (of validation), got {sequence}."
        )
    inspected, opened, shown = [], None, None
    for record in records:
        model = networks.load_model(run_directory, record)
        try:
            opened = find_layer(model, layer)
            shown = _shown(model, opened, dataset, sequence)
            inspected.append(_inspect_network(run_directory, record, model, opened, dataset, shown))
        except UserError:
            raise
        except ValueError as error:  # the layers do not raise UserError
            raise UserError(
                f"Cell '{record.cell}' cannot be inspected (choose another one by --cell): {error}"
            ) from error
    assert opened is not None and shown is not None  # there is at least one record
    tokens, features = _input_of(dataset, sequence, shown[0], opened)
    return Inspection(
        layer=layer,
        sequence=sequence,
        length=shown[0].shape[1],
        tokens=tokens,
        features=features,
        last_step=dataset.splits["validation"].stepwise is not None or dataset.spec.every_step,
        networks=tuple(inspected),
    )


def _shown(model: keras.Model, layer: RNN, dataset: SequenceDataset, sequence: int) -> tuple:
    """Return the inputs of a layer for the shown sequence, without its padding."""
    x, *_ = dataset.batch_of("validation", [sequence])
    sequences, initial_state, mask = layer_inputs(model, layer, x)
    if mask is not None:
        real = np.flatnonzero(to_numpy(mask)[0])
        sequences = sequences[:, : real[-1] + 1 if real.size else 1]
    return sequences, initial_state


def _inspect_network(
    run_directory: RunDirectory,
    record: RunRecord,
    model: keras.Model,
    layer: RNN,
    dataset: SequenceDataset,
    shown: tuple,
) -> NetworkInspection:
    sequences, initial_state = shown
    gates, states = layer.gates(sequences, initial_state=initial_state)
    size = dataset.size("validation")
    rows = np.unique(np.linspace(0, size - 1, min(size, SEQUENCES)).astype(int))
    batch = dataset.batch_of("validation", rows)
    seen, first, mask = layer_inputs(model, layer, batch[0])
    keep = memory.mean_keep_gate(layer, seen, first, mask)
    norms = gradients.gradient_norms(model, layer, batch)
    return NetworkInspection(
        cell=record.cell,
        label=record.label,
        seed=record.seed,
        gates={name: _picture(gate) for name, gate in gates.items()},
        state=_picture(states[0]),
        keep=None if keep is None else keep.tolist(),
        gradient_decay=gradients.gradient_decay(gradients.align_at_end(norms)).tolist(),
        ablation=_ablation(run_directory, record, model, layer, dataset),
    )


def _ablation(run_directory, record, model, layer, dataset) -> dict[str, float]:
    metric = run_directory.comparison().metric.name
    experiment = run_directory.experiment_of(record)
    dataset = fitting.data_of_run(experiment, dataset, record.seed)
    found = {"as trained": record.validation[metric]}
    for name, gates in ablation.ablations(layer.cell).items():
        constant = ablation.with_constant_gates(model, gates)
        found[name] = fitting.evaluate(constant, experiment, dataset, "validation")[metric]
    return found


def _picture(tensor) -> list[list[float]]:
    """Return the shown steps of the single sequence, with three digits."""
    values = to_numpy(tensor)[0, :SHOWN].astype("float64")
    return values.round(3).tolist()


def _input_of(dataset, sequence, sequences, layer) -> tuple:
    """Return `(tokens, features)` of the shown steps, one of which is None."""
    x, *_ = dataset.batch_of("validation", [sequence])
    steps = min(sequences.shape[1], SHOWN)
    if "features" in x:
        return None, x["features"][0, :steps].astype("float64").round(4).tolist()
    name = "target" if layer.name.startswith("decoder") else "source"
    words = dataset.target_vocabulary if name == "target" and name in x else dataset.vocabulary
    tokens = x.get(name, x.get("tokens"))[0, :steps].tolist()
    return [str(token) if words is None else str(words[token]) for token in tokens], None
