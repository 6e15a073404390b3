"""When a walk over time is compiled by itself, on TensorFlow. `loop_tensorflow` is how."""

import os

import keras

# From so many units on, walking in parts gains more than XLA gains in the rest of a model.
MANY_UNITS = 128
# Products want some height: a batch is not cut into more parts than this.
MOST_PARTS = 4


def compiles_itself(length, training, wish):
    """Whether a walk is compiled by itself. See `Recurrence.compiles_itself`.

    Args:
        length: T, or `None` where it is not known.
        training: whether dropout is on.
        wish: `True`, `False` or `"auto"`.
    """
    if wish is False or not _tensorflow_on_cpus():
        return False
    return wish is True or (training and length is not None)


def pays(units):
    """Whether a model is faster with its walks compiled by themselves than compiled as a whole.

    Args:
        units: of its recurrent layers.
    """
    return units >= MANY_UNITS and _tensorflow_on_cpus() and cores() > 1


def in_graph():
    """Whether TensorFlow is making a graph: an eager call would compile anew each time."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.executing_eagerly()


def cores():
    """How many walks are made side by side."""
    import tensorflow as tf

    threads = tf.config.threading.get_inter_op_parallelism_threads()
    return min(threads or available_cores(), MOST_PARTS)


def available_cores():
    """Those that this process may use, where the system tells; else all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _tensorflow_on_cpus():
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return all(device.device_type == "CPU" for device in tf.config.get_visible_devices())
