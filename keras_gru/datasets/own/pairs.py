"""Your own sentences and their translations: a table of two columns."""

import dataclasses
from typing import Annotated, ClassVar

from pydantic import Field

from keras_gru.datasets.common import Count, Fraction, Length, Tokens
from keras_gru.datasets.own.files import require_path
from keras_gru.datasets.own.own_file import WRITTEN, Column, OwnFile, TableFile
from keras_gru.datasets.preprocessing import Preprocessing
from keras_gru.datasets.registry import register_dataset
from keras_gru.datasets.sequence_dataset import SequenceDataset
from keras_gru.datasets.tables.read import read_table
from keras_gru.datasets.text.sentence_pairs import translation_dataset
from keras_gru.errors import UserError


@register_dataset("pairs")
class Pairs(OwnFile, TableFile):
    """Your own sentences and their translations: a table with two columns."""

    task: ClassVar[str] = "translation"
    expects: ClassVar[str] = "a table such as a tab-separated file"
    guessed: ClassVar[tuple[str, ...]] = (*WRITTEN, "from_column", "to_column")
    path: Annotated[str, Field(min_length=1, description="the table")]
    from_column: Annotated[
        Column | None, Field(description="column of sentences; null: the first")
    ] = None
    to_column: Annotated[
        Column | None, Field(description="column of their translations; null: the second")
    ] = None
    vocabulary: Tokens = 5_000
    max_length: Annotated[
        Length, Field(description="words of a sentence; longer pairs are left out")
    ] = 50
    limit: Annotated[Count | None, Field(description="maximum number of pairs")] = None
    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1

    def load(
        self, preprocessing: Preprocessing | None = None, all_as_test: bool = False
    ) -> SequenceDataset:
        """Load the pairs, split so that no sentence of `from_column` is in two splits.

        Args:
            preprocessing: its vocabularies are used; None builds them from train.
            all_as_test: put all pairs into test.

        Returns:
            A translation dataset of word tokens.

        Raises:
            UserError: if the table has only one column, a cell is empty, or a split is empty.
        """
        path = require_path(self.path, self.expects)
        named = [name for name in (self.from_column, self.to_column) if name is not None]
        table = read_table(self, path, named)
        names = [name for name in table.columns if name]
        if len(names) < 2:
            raise UserError(
                f"{path} ({table.form}): expected two columns, sentences and translations, got "
                f"{len(names)}. Set dataset.separator."
            )
        columns = {
            "from_column": self.from_column or names[0],
            "to_column": self.to_column or names[1],
        }
        first, second = (table.strings(name).to_pylist() for name in columns.values())
        for name, cells in zip(columns.values(), (first, second), strict=True):
            row = next((row for row, cell in enumerate(cells) if not (cell or "").strip()), None)
            if row is not None:
                raise UserError(
                    f"{table.locate(name, row)}: expected a sentence, got an empty cell. "
                    "Remove the row."
                )
        dataset = translation_dataset(
            path.name,
            first,
            second,
            vocabulary=self.vocabulary,
            max_length=self.max_length,
            fractions=None if all_as_test else (self.validation_fraction, self.test_fraction),
            limit=self.limit,
            preprocessing=preprocessing,
        )
        unused = [name for name in names if name not in columns.values()]
        facts = [
            ("File", table.form),
            ("Rows", f"{table.size:,}"),
            ("Columns", " to ".join(map(repr, columns.values()))
             + (f"; not used: {', '.join(unused)}" if unused else "")),
        ]  # fmt: skip
        resolved = self.model_copy(update={**table.settings, **columns})
        return dataclasses.replace(dataset, resolved=resolved, facts=tuple(facts))
