"""Chicago's daily boardings as a TFDS dataset: the publisher's rows, duplicates included."""

import csv
import datetime
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

_URL = "https://github.com/ageron/data/raw/main/ridership.tgz"
_CSV = "ridership/CTA_-_Ridership_-_Daily_Boarding_Totals.csv"


class CtaRidershipBuilder(tfds.core.GeneratorBasedBuilder):
    """Daily boardings of the Chicago Transit Authority, 2001 to 2021.

    Reference:

    - [City of Chicago data portal](https://data.cityofchicago.org/d/6iiy-9s97)
    - Aurélien Géron, Hands-On Machine Learning, 3rd edition, chapter 15
    """

    name = "cta_ridership"  # of the folder of the prepared dataset
    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Daily boardings of the Chicago Transit Authority's buses and trains.",
            features=tfds.features.FeaturesDict(
                {
                    "date": tfds.features.Text(doc="ISO 8601"),
                    # weekday, Saturday, Sunday or holiday
                    "day_type": tfds.features.ClassLabel(names=["W", "A", "U"]),
                    "bus": np.int64,
                    "rail": np.int64,
                }
            ),
            homepage="https://data.cityofchicago.org/d/6iiy-9s97",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        folder = dl_manager.download_and_extract(_URL)
        return {"train": self._generate_examples(Path(folder) / _CSV)}

    def _generate_examples(self, path: Path):
        with open(path, newline="", encoding="utf-8") as file:
            for index, row in enumerate(csv.DictReader(file)):
                date = datetime.datetime.strptime(row["service_date"], "%m/%d/%Y").date()
                yield (
                    index,
                    {
                        "date": date.isoformat(),
                        "day_type": row["day_type"],
                        "bus": int(row["bus"]),
                        "rail": int(row["rail_boardings"]),
                    },
                )
