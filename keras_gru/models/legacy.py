"""Load models of the builders from Keras' legacy format, `.h5`."""

from pathlib import Path

import keras


def load_h5(path: str | Path) -> keras.Model:
    """Load a model of a builder that was saved as `.h5`, compiled as it was.

    `keras.models.load_model` loads `.keras` files, but fails here with "Unknown layer: 'Copy'": the
    format supports only layers, and the builders also use operations of `keras.ops`.

    Args:
        path: a file written by `model.save("….h5")`.

    Example:

    >>> import os, tempfile
    >>> from keras_gru import models
    >>> path = os.path.join(tempfile.mkdtemp(), "model.h5")
    >>> models.classifier(units=4, classes=3, vocabulary=50).save(path)
    >>> models.load_h5(path).output_shape
    (None, 3)
    """
    with keras.saving.custom_object_scope(_operations()):
        return keras.models.load_model(path)


def _operations() -> dict[str, type]:
    """Return the operations of `keras.ops` by name; some share their name with a layer.

    Of these the builders use the layer `Reshape`, and the operations `Concatenate`, `Multiply`, …
    """
    found, classes = {}, [keras.Operation]
    while classes:
        for operation in classes.pop().__subclasses__():
            if not issubclass(operation, keras.Layer):
                classes.append(operation)
                found[operation.__name__] = operation
    del found["Reshape"]
    return found
