"""Datasets that are made by a function of their settings and a seed, anew each time."""

import hashlib
import string
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Self, TypeVar

import numpy as np
from pydantic import Field, ValidationError, model_validator

from keras_gru.datasets.common import Count
from keras_gru.datasets.fingerprint import Source
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.registry import DatasetSettings
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.split import SPLITS
from keras_gru.settings import Settings

Example = TypeVar("Example")


def random_letters(rng: np.random.Generator, count: int) -> str:
    """Return so many lower-case letters, all equally likely."""
    return "".join(string.ascii_lowercase[number] for number in rng.integers(26, size=count))


class Curriculum(Settings):
    """Training on shorter sequences first: stages that grow in equal steps to the full length.

    Reference:

    - [Bengio et al., 2009](https://doi.org/10.1145/1553374.1553380)
    - [Zaremba and Sutskever, 2014](https://arxiv.org/abs/1410.4615), section 3.3
    """

    shortest: Annotated[int, Field(ge=1, description="length of the first stage's sequences")]
    stages: Annotated[int, Field(ge=2, le=100, description="with the last, the full length")] = 4
    epochs: Annotated[
        int, Field(ge=1, description="of each stage but the last, which has the rest")
    ] = 1


class GeneratedDataset(DatasetSettings):
    """Settings of data that are generated: the number of sequences, the seed, a curriculum.

    A subclass has a method `generate`, and `length_setting`, the name of its field that says how
    long the sequences are, which a curriculum changes.
    """

    length_setting: ClassVar[str]
    train: Annotated[Count, Field(description="training sequences")] = 10_000
    validation: Annotated[Count, Field(description="validation sequences")] = 1_000
    test: Annotated[Count, Field(description="test sequences")] = 1_000
    seed: Annotated[int, Field(ge=0, description="of the generated sequences")] = 0
    curriculum: Annotated[
        Curriculum | None, Field(description="train on shorter ones first; validate on long ones")
    ] = None

    def generate(self) -> SequenceDataset:
        """Return the dataset of the full length."""
        raise NotImplementedError

    def load(self, preprocessing: Preprocessing | None = None) -> SequenceDataset:
        """Generate the dataset, with the shorter stages of the curriculum.

        Validation and test have the full length in every stage, and all stages have as many steps
        in an epoch. With a curriculum the model is built for any length, so that vectors have a
        mask, which is True everywhere; `training.jit_compile=true` compiles once for each stage.

        Args:
            preprocessing: not used: the same settings and seed give the same vocabulary.
        """
        dataset = self.generate()
        if self.curriculum is None:
            return dataset
        *shorter, full = (
            replace(one, spec=replace(one.spec, length=None))
            for one in (*(stage.generate() for stage in self.stages()), dataset)
        )
        epochs = self.curriculum.epochs
        lengths = " then ".join(str(stage.full_length) for stage in self.stages())
        note = (
            f"Curriculum: {self.length_setting} {lengths} for {epochs} "
            f"epoch{'s' if epochs > 1 else ''} each, then {self.full_length}."
        )
        return replace(full, stages=tuple(shorter), stage_epochs=epochs, notes=(*full.notes, note))

    def source(self) -> Source:
        """Return the settings and the seed, of which the data are a function."""
        settings = self.model_dump(exclude_defaults=True, exclude={"kind", "metric"}) | {
            "seed": self.seed
        }
        name = f"{self.kind} ({', '.join(f'{key}={value}' for key, value in settings.items())})"
        return Source(name, hashlib.sha256(name.encode()).hexdigest())

    def draw(
        self, example: Callable[[np.random.Generator, int], Example]
    ) -> Iterator[tuple[str, list[Example]]]:
        """Generate the examples of each split; every split has random numbers of its own.

        Args:
            example: maps a random generator and the number of the example to an example.

        Yields:
            Name of a split and its examples.
        """
        for number, split in enumerate(SPLITS):
            rng = np.random.default_rng([self.seed, number])
            yield split, [example(rng, row) for row in range(getattr(self, split))]

    @property
    def full_length(self) -> int:
        """The value of the setting that a curriculum changes."""
        return getattr(self, self.length_setting)

    def stages(self) -> tuple[Self, ...]:
        """Return the settings of each stage of the curriculum but the last."""
        if self.curriculum is None:
            return ()
        shortest, steps = self.curriculum.shortest, self.curriculum.stages - 1
        growth = self.full_length - shortest
        lengths = [shortest + growth * number // steps for number in range(steps)]
        settings: dict[str, Any] = {**self.model_dump(), "curriculum": None}
        return tuple(
            type(self).model_validate({**settings, self.length_setting: length})
            for length in lengths
        )

    @property
    def curriculum_epochs(self) -> int:
        """Number of epochs before the last stage of the curriculum."""
        return 0 if self.curriculum is None else self.curriculum.epochs * len(self.stages())

    @model_validator(mode="after")
    def _check_stages(self) -> Self:
        if self.curriculum is None:
            return self
        name, shortest = self.length_setting, self.curriculum.shortest
        least = shortest + self.curriculum.stages - 1
        if self.full_length < least:
            raise ValueError(
                f"expected a {name} of at least {least} for {self.curriculum.stages} stages of a "
                f"curriculum that begins at {name} {shortest}, got {self.full_length}"
            )
        try:
            self.stages()
        except ValidationError as error:
            problem = error.errors()[0]["msg"].replace("Input", f"the {name}")
            raise ValueError(f"curriculum.shortest is {shortest}, but {problem}") from None
        return self
