"""ETTh1 as a TFDS dataset: the publisher's rows."""

import csv

import numpy as np
import tensorflow_datasets as tfds

_URL = "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/ETTh1.csv"

# High, middle and low load, useful (UFL) and useless (ULL), and the oil's temperature.
COLUMNS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")


class Etth1Builder(tfds.core.GeneratorBasedBuilder):
    """Load and oil temperature of an electricity transformer, hourly, July 2016 to June 2018.

    Reference:

    - [Zhou et al., 2021](https://arxiv.org/abs/2012.07436)
    """

    name = "etth1"  # of the folder of the prepared dataset
    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Load and oil temperature of an electricity transformer, hourly.",
            features=tfds.features.FeaturesDict(
                {
                    "date": tfds.features.Text(doc="ISO 8601"),
                    **dict.fromkeys(COLUMNS, np.float32),
                }
            ),
            homepage="https://github.com/zhouhaoyi/ETDataset",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(dl_manager.download(_URL))}

    def _generate_examples(self, path):
        with open(path, newline="", encoding="utf-8") as file:
            for index, row in enumerate(csv.DictReader(file)):
                yield index, {"date": row["date"], **{name: float(row[name]) for name in COLUMNS}}
