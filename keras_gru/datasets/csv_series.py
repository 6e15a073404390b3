"""Your own time series: a CSV with one row per time step, oldest first."""

import itertools
import math

import numpy as np

from keras_gru.datasets import forecasting
from keras_gru.datasets.config import CsvSeries
from keras_gru.datasets.files import Table, existing, read_table
from keras_gru.datasets.preprocessing import Preprocessing, Scaling
from keras_gru.datasets.sequence_dataset import Metric, SequenceDataset, SequenceSpec
from keras_gru.errors import UserError

_LARGEST = float(np.finfo(np.float32).max)


def load(
    config: CsvSeries, stored: Preprocessing | None = None, all_as_test: bool = False
) -> SequenceDataset:
    """Read the columns, split them by position, and cut each split into windows.

    The first windows of validation and test begin in the rows before them.

    Every column is scaled to mean 0 and standard deviation 1 in train. With one target, the
    metric that a reader sees is in the target's own unit again.

    Args:
        config: the settings.
        stored: its means and deviations are used; None takes those of train.
        all_as_test: put all rows into test.

    Returns:
        A forecasting dataset.

    Raises:
        UserError: if a column is missing, a cell is no number, a split is too short, or the
            season is longer than train.
    """
    table = read_table(existing(config.path, config.expects))
    seen = config.inputs or config.targets
    inputs = _numbers(table, seen)
    targets = _numbers(table, config.targets)
    sizes = _sizes(len(targets), config.validation_share, config.test_share)
    if all_as_test:
        sizes = {"test": len(targets)}
    _check_sizes(config, sizes)
    if stored is not None:
        input_scaling, target_scaling = stored.input_scaling, stored.target_scaling
    else:
        input_scaling = Scaling.fit(seen, inputs[: sizes["train"]])
        target_scaling = Scaling.fit(config.targets, targets[: sizes["train"]])
    # Targets of different units have no common one: their errors stay in standard deviations.
    scale = target_scaling.deviation[0] if len(config.targets) == 1 else 1.0
    ends = itertools.accumulate(sizes.values())
    rows = {name: (end - sizes[name], end) for name, end in zip(sizes, ends, strict=True)}
    series = forecasting.SplitSeries(
        input_scaling.apply(inputs),
        target_scaling.apply(targets),
        rows,
        config.window,
        config.horizon,
        config.every_step,
    )
    splits = series.splits()
    spec = SequenceSpec(
        task="forecasting",
        outputs=targets.shape[1],
        features=inputs.shape[1],
        length=config.window,
        horizon=config.horizon,
        every_step=config.every_step,
        history=tuple(map(seen.index, config.targets)) if {*config.targets} <= {*seen} else None,
    )
    season = config.season or 1
    return SequenceDataset(
        name=table.path.name,
        spec=spec,
        metric=_metric(config.targets, scale),
        splits=splits,
        baselines=()
        if all_as_test
        else series.baselines(splits, season, f"Value {season} rows earlier", scale),
        scale=scale,
        input_scaling=input_scaling,
        target_scaling=target_scaling,
        season=season,
        notes=(f"Split {len(targets)} rows by position: {_in_words(sizes)}.",),
    )


def _numbers(table: Table, names) -> np.ndarray:
    """The columns as (rows, len(names))."""
    return np.stack([_column(table, name) for name in names], axis=1)


def _column(table: Table, name: str) -> np.ndarray:
    values = []
    for cell, line in zip(table.column(name), table.lines, strict=True):
        try:
            value = math.nan if "_" in cell else float(cell)  # Python reads 50_0 as 500
        except ValueError:
            value = math.nan
        if not abs(value) <= _LARGEST:
            raise UserError(
                f"{table.path}, line {line}: column {name!r} is {cell[:60]!r}, which is not a "
                "finite number such as 0.5, in the range of float32."
            )
        values.append(value)
    return np.array(values)


def _sizes(rows: int, validation_share: float, test_share: float) -> dict[str, int]:
    validation, test = round(rows * validation_share), round(rows * test_share)
    return {"train": rows - validation - test, "validation": validation, "test": test}


def _check_sizes(config: CsvSeries, sizes: dict[str, int]) -> None:
    for number, (name, size) in enumerate(sizes.items()):
        # The windows of the later splits begin in the rows before them.
        window = config.every_step * (config.window - 1) if number else config.window
        if size < window + config.horizon:
            needed = f"{window + config.horizon} rows (window {window}, horizon {config.horizon})"
            raise UserError(
                f"{config.path}: expected at least {needed} in {name}, got {size}. Use more rows, "
                f"another share of them for {name}, or a shorter dataset.window or dataset.horizon."
            )
    if config.season is not None and config.season > sizes.get("train", config.season):
        raise UserError(
            f"dataset.season: expected at most {sizes['train']}, the rows of train, got "
            f"{config.season}. Leave it out, or use more rows."
        )


def _metric(targets: tuple[str, ...], scale: float) -> Metric:
    if len(targets) > 1:
        return Metric("mae", "min", "MAE (standard deviations)", digits=4)
    # Three significant digits or so, whatever the unit.
    digits = min(8, max(0, 3 - math.floor(math.log10(scale))))
    return Metric("mae", "min", f"MAE ({targets[0]})", digits=digits)


def _in_words(sizes: dict[str, int]) -> str:
    return ", ".join(f"{size} {name}" for name, size in sizes.items())
