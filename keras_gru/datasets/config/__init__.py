"""The `dataset:` part of an experiment: one class per kind, one field per setting.

Only the schema: nothing here imports TensorFlow, so that a configuration is checked at once.
Every class says which task its data is for; `keras_gru.models.config` has a model for each task.
"""

from typing import Annotated

from pydantic import Field

from keras_gru.datasets.config.generated import (
    Adding,
    Arithmetic,
    CopyMemory,
    EmbeddedReber,
    TemporalOrder,
    Xml,
)
from keras_gru.datasets.config.named import TfdsTags, TfdsTexts
from keras_gru.datasets.config.own import CsvSeries, Npz, TextFile, Texts
from keras_gru.datasets.config.published import (
    Atis,
    Etth1,
    Imdb,
    PolyphonicMusic,
    Ridership,
    SequentialMnist,
    Shakespeare,
    SpaEng,
    SpokenDigit,
)

DatasetConfig = Annotated[
    Adding
    | Arithmetic
    | CopyMemory
    | EmbeddedReber
    | TemporalOrder
    | Xml
    | Imdb
    | Atis
    | Shakespeare
    | Ridership
    | Etth1
    | PolyphonicMusic
    | SequentialMnist
    | SpokenDigit
    | SpaEng
    | TfdsTexts
    | TfdsTags
    | CsvSeries
    | Texts
    | TextFile
    | Npz,
    Field(discriminator="kind"),
]
