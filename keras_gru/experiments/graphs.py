"""Free the memory of networks that are no longer needed."""

import contextlib
import gc
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def free_graphs() -> Iterator[None]:
    """Free the TensorFlow graphs of the networks created in the block.

    `tf.custom_gradient` registers its gradient for the whole process, and the gradient references
    its graph: 13 MiB for each trained network. TensorFlow needs it only while tracing a training
    step, and no public function removes it.

    The garbage collector examines only objects created in the block.
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
        gc.collect()  # graphs are reference cycles
        gc.unfreeze()
