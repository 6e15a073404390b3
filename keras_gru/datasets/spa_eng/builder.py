"""English and Spanish sentences as a TFDS dataset, one example per pair of the file."""

from pathlib import Path

import tensorflow_datasets as tfds

_URL = "http://storage.googleapis.com/download.tensorflow.org/data/spa-eng.zip"


class SpaEng(tfds.core.GeneratorBasedBuilder):
    """118,964 pairs of the Tatoeba project, ordered from short to long.

    Reference:

    - [manythings.org](http://www.manythings.org/anki/)
    - Aurélien Géron, Hands-On Machine Learning, 3rd edition, chapter 16
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="English sentences and their Spanish translations, from Tatoeba.",
            features=tfds.features.FeaturesDict(
                {"english": tfds.features.Text(), "spanish": tfds.features.Text()}
            ),
            homepage="http://www.manythings.org/anki/",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        folder = dl_manager.download_and_extract(_URL)
        return {"train": self._generate_examples(Path(folder) / "spa-eng" / "spa.txt")}

    def _generate_examples(self, path: Path):
        with open(path, encoding="utf-8") as file:
            for index, line in enumerate(file):
                english, spanish = line.rstrip("\n").split("\t")
                yield index, {"english": english, "spanish": spanish}
