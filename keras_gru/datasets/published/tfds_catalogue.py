"""Datasets of the TFDS catalogue, by name, with names of features."""

import functools
import itertools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from keras_gru.datasets.common import Fraction
from keras_gru.datasets.published import source
from keras_gru.datasets.registry import DatasetSettings
from keras_gru.datasets.tables.file_bytes import check_memory
from keras_gru.errors import UserError, did_you_mean
from keras_gru.settings import check_each_once, present

_NAME = re.compile(r"\w+(/[\w.+-]+)?(:\d+\.\d+\.\d+)?")
_PARTS = re.compile(r"(?P<dataset>\w+)(?:/(?P<config>[^:]+))?(?::(?P<version>.+))?")

SplitName = Annotated[str, Field(min_length=1)]


class CatalogueDataset(DatasetSettings):
    """A dataset of the TFDS catalogue with its splits.

    A split may be a slice, such as `train[:80%]`, where the publisher has one split only.
    """

    name: Annotated[
        str, Field(description="in TFDS's catalogue: dataset, dataset/config, dataset:1.0.0")
    ]
    train: Annotated[SplitName, Field(description="split to train on")] = "train"
    validation: Annotated[
        Fraction | SplitName, Field(description="a split, or a fraction of train, by a fixed seed")
    ] = 0.1
    test: Annotated[SplitName, Field(description="split to test on, once")] = "test"

    @model_validator(mode="after")
    def _check_splits_differ(self) -> Self:
        check_each_once((self.train, self.validation, self.test))
        return self

    @field_validator("train", "validation", "test")
    @classmethod
    def _check_split(cls, split: float | str) -> float | str:
        if isinstance(split, str) and not split[:1].isalpha():
            raise ValueError(
                "expected the name of a split, such as 'test' or 'train[:80%]', or for validation "
                f"a fraction of train without quotes, such as 0.1, got {split!r}"
            )
        return split

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(
                "expected a name in TFDS's catalogue, such as 'ag_news_subset', 'glue/sst2' or "
                f"'imdb_reviews/plain_text:1.0.0', got {name!r}; community datasets run code from "
                "elsewhere and are not supported"
            )
        return name


def find_builder(name: str) -> Callable:
    """Find a dataset of the TFDS catalogue.

    `tfds.builder` would take more: community datasets, whose code comes from elsewhere, and folders
    whose description names Python modules to import. Here a name is looked up in TFDS's own list,
    and nothing is imported that is not in it.

    Args:
        name: `"dataset"`, `"dataset/config"` or `"dataset/config:1.0.0"`.

    Returns:
        A callable that makes its builder, and takes a `data_dir`.

    Raises:
        UserError: if there is no such dataset, config or version.
    """
    import tensorflow_datasets as tfds

    parts = present(_PARTS.fullmatch(name)).groupdict()
    dataset = parts.pop("dataset")
    known = tfds.list_builders(with_community_datasets=False)
    if dataset not in known:
        raise UserError(f"TFDS has no dataset {dataset!r}.{_nearest_names(dataset, known)}")
    cls = tfds.builder_cls(dataset)
    config = parts["config"]
    if config is not None and config not in cls.builder_configs:
        near = _nearest_names(config, cls.builder_configs)
        raise UserError(f"The dataset {dataset!r} of TFDS has no config {config!r}.{near}")
    make = functools.partial(cls, **{key: part for key, part in parts.items() if part is not None})
    try:
        make()
    except AssertionError as error:  # it names the available versions
        raise UserError(" ".join(str(error).split())) from None
    return make


def _nearest_names(name: str, known: Collection[str]) -> str:
    """Return the nearest names, or all names if there are few."""
    hint = did_you_mean(name, known)
    few = len(known) <= 20 or not hint.startswith(" Known")
    return hint if few else " tensorflow.org/datasets/catalog lists them."


def find_feature(builder, name: str, kind: type, sequence: bool = False) -> Any:
    """Find a feature of a dataset with a given kind.

    Args:
        builder: a TFDS builder; it need not be prepared.
        name: name of the feature.
        kind: `tfds.features.Text` or `tfds.features.ClassLabel`.
        sequence: whether it must be a sequence of these.

    Returns:
        The feature; of a sequence the feature of its elements.

    Raises:
        UserError: if there is no such feature, with the names of those of that kind.
    """
    import tensorflow_datasets as tfds

    def element(one):
        if not sequence:
            return one
        return one.feature if isinstance(one, tfds.features.Sequence) else None

    features = {key: element(one) for key, one in builder.info.features.items()}
    if isinstance(features.get(name), kind):
        return features[name]
    right = sorted(key for key, one in features.items() if isinstance(one, kind))
    expected = f"{'sequence of ' if sequence else ''}{kind.__name__}"
    problem = f"is not a {expected}" if name in features else "does not exist"
    raise UserError(
        f"{builder.info.full_name}: the feature {name!r} {problem}; {expected} features: "
        f"{', '.join(right) or 'none'}."
    )


def read(
    make: Callable, config: CatalogueDataset, features: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """Prepare a dataset if necessary, and read features of its splits into memory.

    Args:
        make: returned by `find_builder`.
        config: names the splits.
        features: names of features.

    Returns:
        `"train"`, `"validation"` and `"test"` -> name of a feature -> its values.

    Raises:
        UserError: if the dataset cannot be prepared, or has no such split.
    """
    try:
        builder = source.prepare_builder(make, files=None)
    except (ImportError, AssertionError) as error:  # a package, or a file that has no address
        reason = " ".join(str(error).split())
        raise UserError(f"{config.name} cannot be prepared: {reason}") from None
    named = {"train": config.train, "validation": config.validation, "test": config.test}
    splits = {name: split for name, split in named.items() if isinstance(split, str)}
    fraction = config.validation if isinstance(config.validation, float) else None
    for split in splits.values():
        try:
            builder.info.splits[split]
        except (KeyError, ValueError):
            raise UserError(
                f"{builder.info.full_name} has no split {split!r}."
                f"{did_you_mean(split, map(str, builder.info.splits))}"
            ) from None
    rows = _rows_of_splits(builder, splits)
    _check_no_overlap(rows, splits)
    infos = builder.info.splits
    size = sum(
        infos[name].num_bytes * len(part) / max(1, infos[name].num_examples)
        for parts in rows.values()
        for name, part in parts
    )
    check_memory(Path(config.name), size, "dataset")
    columns: dict[str, Mapping[str, Any]] = {
        name: source.columns(builder, split, features) for name, split in splits.items()
    }
    if fraction is None:
        return columns
    return source.with_validation(columns, round(len(columns["train"][features[0]]) * fraction))


def _rows_of_splits(builder, splits: dict[str, str]) -> dict[str, list[tuple[str, range]]]:
    """Return the publisher's splits that each split is of, and their rows."""
    import tensorflow_datasets as tfds

    sizes = dict(builder.info.splits.items())
    return {
        name: [
            (part.splitname, range(sizes[part.splitname].num_examples)[part.from_ : part.to])
            for part in tfds.core.ReadInstruction.from_spec(split).to_absolute(sizes)
        ]
        for name, split in splits.items()
    }


def _check_no_overlap(rows: dict[str, list[tuple[str, range]]], splits: dict[str, str]) -> None:
    for one, other in itertools.combinations(splits, 2):
        for (a, first), (b, second) in itertools.product(rows[one], rows[other]):
            if a == b and max(first.start, second.start) < min(first.stop, second.stop):
                raise UserError(
                    f"dataset.{other}: expected examples that are not in dataset.{one} "
                    f"({splits[one]!r}), got {splits[other]!r}. Choose splits without overlap."
                )
