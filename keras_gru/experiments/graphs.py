"""The memory of networks that were trained in this process and are no longer needed."""

import contextlib
import gc
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def free_graphs() -> Iterator[None]:
    """Free what TensorFlow stores of the networks of the block.

    `tf.custom_gradient` in a graph registers its gradient for the whole process, under a name of
    its own, and the gradient holds the graph: 13 MiB for each trained network. TensorFlow needs it
    while it traces a training step and not after. No public function removes it.

    The garbage collector looks at what the block creates, and not at the modules of TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        yield
        return
    from tensorflow.python.framework.ops import gradient_registry

    gradients = gradient_registry._registry
    before = set(gradients)
    gc.freeze()
    try:
        yield
    finally:
        for name in set(gradients) - before:
            if name.startswith("CustomGradient-"):
                del gradients[name]
        gc.collect()  # a graph is a cycle
        gc.unfreeze()
