"""Decide whether a time loop is compiled separately on TensorFlow."""

import os
from typing import Any, Literal

import keras

# From this size on, sharding the batch gains more than XLA gains in the rest of a model.
MANY_UNITS = 128
# The default number of shards is at most this: a matrix product of few rows is slow.
MOST_SHARDS = 4

_shards = None


def compiles_itself(length: int | None, training: bool, wish: bool | Literal["auto"]) -> bool:
    """Return whether a time loop is compiled separately. See `RNN.compiles_itself`.

    Args:
        length: T, or `None` where it is not known.
        training: whether dropout is on.
        wish: `True`, `False` or `"auto"`.
    """
    if wish is False or not _tensorflow_on_cpus():
        return False
    if _ops_are_checked():
        return False
    return wish is True or (training and length is not None)


def is_function_of_its_weights(cell: Any) -> bool:
    """Return whether a call of a cell changes no variable but those of its dropout seed."""
    seeds = len(cell.variables) - len(cell.weights)
    return seeds <= 1 and len(cell.trainable_weights) in (0, len(cell.weights))


def pays_off(units: int) -> bool:
    """Return whether compiling the time loops alone is faster than compiling the whole model.

    Args:
        units: units of its recurrent layers.
    """
    return units >= MANY_UNITS and _tensorflow_on_cpus() and shards() > 1


def in_graph() -> bool:
    """Return whether TensorFlow is tracing a graph: an eager call would compile every time."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.executing_eagerly()


def set_shards(count: int | None) -> None:
    """Set the number of shards of every layer that is traced from now on, in this process.

    The gradient of a weight is a sum over the shards, so their number changes its last bits. With a
    fixed number, the same settings produce the same bits for any number of cores.

    Args:
        count: positive integer, or `None` for the default, as many as there are visible cores, at
            most `MOST_SHARDS`.

    Raises:
        ValueError: the count is neither.
    """
    global _shards
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise ValueError(f"`count` must be a positive integer or None: received {count!r}.")
    _shards = count


def shards() -> int:
    """Return the number of shards of a layer that compiles itself."""
    return _shards or default_shards()


def default_shards() -> int:
    """Return the number of visible cores, at most `MOST_SHARDS`, ignoring `set_shards`."""
    threads = 0
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        threads = tf.config.threading.get_inter_op_parallelism_threads()
    return min(threads or available_cores(), MOST_SHARDS)


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ops_are_checked():
    """Return whether `tf.debugging.enable_check_numerics` or the like adds ops that XLA lacks."""
    import tensorflow as tf

    with tf.Graph().as_default() as graph:
        tf.exp(1.0)
    return not {op.type for op in graph.get_operations()} <= {"Const", "Exp"}


def _tensorflow_on_cpus():
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return all(device.device_type == "CPU" for device in tf.config.get_visible_devices())
