"""The registry of datasets: classes of settings with a `load` method, by kind.

A module of this package registers its dataset with `register_dataset`; so may a script. Importing
any of these modules imports neither Keras nor TensorFlow, so that checking a configuration is fast.
"""

import functools
import importlib
import operator
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, create_model

from keras_gru.settings import Settings

if TYPE_CHECKING:
    from keras_gru.datasets.fingerprint import Source
    from keras_gru.datasets.preprocessing import Preprocessing
    from keras_gru.datasets.sequence_dataset import SequenceDataset


class DatasetSettings(Settings):
    """Settings of a dataset. A subclass has a `task`, fields with defaults, and a `load`."""

    model_config = ConfigDict(defer_build=True)  # a process uses few of the kinds

    task: ClassVar[str]
    kind: str
    metric: Annotated[
        str | None,
        Field(
            max_length=40,
            description="of tables, tuning and verdicts: another one than the dataset's own, such "
            "as bits or perplexity of a language model, balanced_accuracy or macro_f1 of classes, "
            "mse, mase or smape of series",
        ),
    ] = None

    def load(self, preprocessing: "Preprocessing | None" = None) -> "SequenceDataset":
        """Load the splits.

        Args:
            preprocessing: the preprocessing of a trained network; None fits one to train.
        """
        raise NotImplementedError

    def source(self) -> "Source | None":
        """Return the source of a user's file; None for all other data."""
        return None

    @property
    def curriculum_epochs(self) -> int:
        """Number of epochs on shorter sequences."""
        return 0


Class = TypeVar("Class", bound=type[DatasetSettings])
Model = TypeVar("Model", bound=type[BaseModel])

_REGISTERED: dict[str, type[DatasetSettings]] = {}
_DEPENDENT_MODELS: list[type[BaseModel]] = []


def register_dataset(*kinds: str) -> Callable[[Class], Class]:
    """Register a class of settings as a kind of dataset (decorator).

    The class gets a field `kind`, whose only values are the given names. The first line of
    its docstring is its description in `keras-gru list`.

    Args:
        *kinds: one name, or several for datasets that differ only in their names.

    Raises:
        ValueError: if a name is already registered by another module.

    Example:

    >>> @register_dataset("my_arrays")
    ... class MyArrays(DatasetSettings):
    ...     '''Arrays of mine.'''
    ...
    ...     task: ClassVar[str] = "classification"
    ...
    ...     def load(self, preprocessing=None):
    ...         ...
    >>> MyArrays().kind
    'my_arrays'
    """

    def register(cls: Class) -> Class:
        for kind in kinds:
            other = _REGISTERED.get(kind)
            if other is not None and other.__module__ != cls.__module__:
                raise ValueError(f"the dataset {kind!r} is already registered by {other!r}")
        default = kinds[0] if len(kinds) == 1 else ...
        fields: Any = {"kind": (Literal[kinds], default)}
        settings = create_model(
            cls.__name__,
            __base__=cls,
            __module__=cls.__module__,
            __doc__=cls.__doc__,
            **fields,
        )
        settings.__qualname__ = cls.__qualname__
        _REGISTERED.update({kind: settings for kind in kinds})
        for model in _DEPENDENT_MODELS:
            model.model_rebuild(force=True)
        return settings

    return register


@functools.cache
def _import_package() -> None:
    folder = str(Path(__file__).parent)
    for module in pkgutil.walk_packages([folder], f"{__package__}."):
        if not module.name.endswith(".builder"):  # imports TensorFlow
            importlib.import_module(module.name)


def dataset_kinds() -> dict[str, type[DatasetSettings]]:
    """Return the settings class of each registered kind, by its name."""
    _import_package()
    return dict(_REGISTERED)


def rebuild_on_registration(model: Model) -> Model:
    """Rebuild a model with a `DatasetConfig` field when datasets are registered (decorator)."""
    _DEPENDENT_MODELS.append(model)
    return model


class _AnyRegistered:
    """The union of all registered settings, discriminated by `kind`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler):
        union = functools.reduce(operator.or_, dict.fromkeys(dataset_kinds().values()))
        return handler.generate_schema(Annotated[union, Field(discriminator="kind")])


DatasetConfig = Annotated[DatasetSettings, _AnyRegistered()]
