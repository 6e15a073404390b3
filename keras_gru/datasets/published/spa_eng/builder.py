"""English and Spanish sentences as a TFDS dataset, one example per pair of the file."""

import hashlib
from pathlib import Path

import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.download_manager import NonMatchingChecksumError

from keras_gru.datasets.published.source import check_reachable

_URL = "http://storage.googleapis.com/download.tensorflow.org/data/spa-eng.zip"
# The same text exists in several archives (of 2,767,131 and of 2,638,744 bytes). This address may
# serve another archive, so it has no registered checksum, and the text inside is compared instead.
_REPACKED_URL = _URL.replace("http:", "https:")
_TEXT_SHA256 = "6ec60e212f812ee3430f7568ea6f33b6fb080e32193c5952e8da0ee8ba45574c"


class SpaEngBuilder(tfds.core.GeneratorBasedBuilder):
    """118,964 pairs of the Tatoeba project, ordered from short to long.

    Reference:

    - [manythings.org](http://www.manythings.org/anki/)
    - Aurélien Géron, Hands-On Machine Learning, 3rd edition, chapter 16
    """

    name = "spa_eng"  # of the folder of the prepared dataset
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
        inside = Path("spa-eng") / "spa.txt"
        try:
            path = dl_manager.download_and_extract(_URL) / inside
        except NonMatchingChecksumError:
            check_reachable(self.name, "spa-eng.zip", _REPACKED_URL)
            path = dl_manager.download_and_extract(_REPACKED_URL) / inside
            if hashlib.sha256(path.read_bytes()).hexdigest() != _TEXT_SHA256:
                raise
        return {"train": self._generate_examples(Path(path))}

    def _generate_examples(self, path: Path):
        with open(path, encoding="utf-8") as file:
            for index, line in enumerate(file):
                english, spanish = line.rstrip("\n").split("\t")
                yield index, {"english": english, "spanish": spanish}
