"""Datasets of TFDS's catalogue, by their names and the names of their features."""

import functools
import itertools
import re
from collections.abc import Callable, Collection, Sequence

from keras_gru.datasets import source
from keras_gru.datasets.config.named import TfdsNamed
from keras_gru.errors import UserError, did_you_mean

_PARTS = re.compile(r"(?P<dataset>\w+)(?:/(?P<config>[^:]+))?(?::(?P<version>.+))?")


def find(name: str) -> Callable:
    """A dataset that TFDS itself brings.

    `tfds.builder` would take more: community datasets, whose code comes from elsewhere, and folders
    whose description names Python modules to import. Here a name is looked up in TFDS's own list,
    and nothing is imported that is not in it.

    Args:
        name: `"dataset"`, `"dataset/config"` or `"dataset/config:1.0.0"`.

    Returns:
        What makes its builder, which may get a `data_dir`.

    Raises:
        UserError: if there is no such dataset, config or version.
    """
    import tensorflow_datasets as tfds

    parts = _PARTS.fullmatch(name).groupdict()
    dataset = parts.pop("dataset")
    known = tfds.list_builders(with_community_datasets=False)
    if dataset not in known:
        raise UserError(f"TFDS has no dataset {dataset!r}.{_near(dataset, known)}")
    cls = tfds.builder_cls(dataset)
    config = parts["config"]
    if config is not None and config not in cls.builder_configs:
        near = _near(config, cls.builder_configs)
        raise UserError(f"The dataset {dataset!r} of TFDS has no config {config!r}.{near}")
    make = functools.partial(cls, **{key: of for key, of in parts.items() if of is not None})
    try:
        make()
    except AssertionError as error:  # it names the versions that there are
        raise UserError(" ".join(str(error).split())) from None
    return make


def _near(name: str, known: Collection[str]) -> str:
    """The nearest names, or all of a few."""
    hint = did_you_mean(name, known)
    few = len(known) <= 20 or not hint.startswith(" Known")
    return hint if few else " tensorflow.org/datasets/catalog lists them."


def feature(builder, name: str, kind: type, sequence: bool = False):
    """A feature of a dataset, which must be of one kind.

    Args:
        builder: a TFDS builder; it need not be prepared.
        name: of the feature.
        kind: `tfds.features.Text` or `tfds.features.ClassLabel`.
        sequence: whether it must be a sequence of these.

    Returns:
        The feature; of a sequence that of its elements.

    Raises:
        UserError: if there is no such feature, naming those that would be right.
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
    what = f"{'sequence of ' if sequence else ''}{kind.__name__}"
    problem = f"is no {what}" if name in features else "does not exist"
    raise UserError(
        f"{builder.info.full_name}: the feature {name!r} {problem}; those of the kind {what} are: "
        f"{', '.join(right) or 'none'}."
    )


def read(make: Callable, config: TfdsNamed, features: Sequence[str]) -> dict[str, dict]:
    """Prepares a dataset where that is needed and reads features of its splits into memory.

    Args:
        make: from `find`.
        config: says which splits.
        features: names of features.

    Returns:
        `"train"`, `"validation"` and `"test"` -> name of a feature -> its values.

    Raises:
        UserError: if the dataset cannot be had, or has no such split.
    """
    try:
        builder = source.prepared(make, files=None)
    except (ImportError, AssertionError) as error:  # a package, or a file that has no address
        reason = " ".join(str(error).split())
        raise UserError(f"{config.name} cannot be prepared: {reason}") from None
    splits = {"train": config.train, "validation": config.validation, "test": config.test}
    share = config.validation if isinstance(config.validation, float) else None
    if share is not None:
        del splits["validation"]
    for split in splits.values():
        try:
            builder.info.splits[split]
        except (KeyError, ValueError):
            raise UserError(
                f"{builder.info.full_name} has no split {split!r}."
                f"{did_you_mean(split, map(str, builder.info.splits))}"
            ) from None
    _check_no_overlap(builder, splits)
    columns = {name: source.columns(builder, of, features) for name, of in splits.items()}
    if share is None:
        return columns
    return source.carved(columns, round(len(columns["train"][features[0]]) * share))


def _check_no_overlap(builder, splits: dict[str, str]) -> None:
    import tensorflow_datasets as tfds

    sizes = dict(builder.info.splits.items())
    rows = {
        name: [
            (part.splitname, range(sizes[part.splitname].num_examples)[part.from_ : part.to])
            for part in tfds.core.ReadInstruction.from_spec(of).to_absolute(sizes)
        ]
        for name, of in splits.items()
    }
    for one, other in itertools.combinations(splits, 2):
        for (a, first), (b, second) in itertools.product(rows[one], rows[other]):
            if a == b and max(first.start, second.start) < min(first.stop, second.stop):
                raise UserError(
                    f"dataset.{other}: expected examples that dataset.{one} has not, received "
                    f"{splits[other]!r} beside {splits[one]!r}."
                )
