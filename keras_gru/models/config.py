"""The `model:` part of an experiment: one class per task. Nothing here imports Keras."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from keras_gru.settings import Settings

Width = Annotated[int, Field(ge=1, le=65_536)]
Rate = Annotated[float, Field(ge=0, lt=1)]


class Model(Settings):
    """What every model has. Either `units` or `parameters` says how large it is."""

    units: Annotated[Width | None, Field(description="units of each recurrent layer")] = None
    parameters: Annotated[
        int | None,
        Field(
            ge=1,
            le=10**12,
            description="weights of all recurrent layers together; units are solved for each cell",
        ),
    ] = None
    layers: Annotated[int, Field(ge=1, le=32, description="recurrent layers")] = 1
    dropout: Annotated[Rate, Field(description="of each recurrent layer's input")] = 0.0
    recurrent_dropout: Annotated[Rate, Field(description="of each recurrent layer's state")] = 0.0
    zoneout: Annotated[
        Rate | Annotated[tuple[Rate, ...], Field(min_length=1, max_length=2)],
        Field(
            description="share of each state's units that keep it over a step, in training "
            "(Krueger et al. 2017); [0.05, 0.5] is of h and of an LSTM's c, of h alone without one"
        ),
    ] = 0.0
    layer_normalization: Annotated[
        bool,
        Field(
            description="of the pre-activations (Ba et al. 2016), which steadies the training; of "
            "gru, gru_reset_after, lstm, simple_rnn and irnn"
        ),
    ] = False
    gate_bias: Annotated[
        float | None,
        Field(
            ge=-20,
            le=20,
            description="first bias of the gate that keeps the state (an LSTM's forget gate, a "
            "GRU's update gate): from 1 on it remembers longer; cells without one begin as ever",
        ),
    ] = None
    chrono: Annotated[
        int | None,
        Field(
            ge=3,
            le=1_000_000,
            description="steps of the longest dependency: the same gates' biases begin with "
            "memories of all lengths up to it (Tallec and Ollivier 2018)",
        ),
    ] = None
    recurrent_initializer: Annotated[
        Literal["orthogonal", "glorot_uniform", "identity"] | None,
        Field(
            description="of the weights of the state; identity: one for each equation (Le et al. "
            "2015: of a SimpleRNN); null: the cell's own, which is orthogonal but for irnn"
        ),
    ] = None

    @model_validator(mode="after")
    def _one_size(self):
        if (self.units is None) == (self.parameters is None):
            received = "neither" if self.units is None else "both"
            raise ValueError(f"give either 'units' or 'parameters', received {received}")
        return self

    @model_validator(mode="after")
    def _one_first_bias(self):
        if self.gate_bias is not None and self.chrono is not None:
            raise ValueError("give 'gate_bias' or 'chrono', received both")
        return self


class Classifier(Model):
    """Text or vectors in, one class out."""

    task: ClassVar[str] = "classification"
    kind: Literal["classifier"]
    embedding: Annotated[Width, Field(description="width of a word's vector")] = 64
    bidirectional: bool = False
    pooling: Annotated[
        Literal["last", "mean", "max"], Field(description="how the steps become one vector")
    ] = "last"


class Tagger(Model):
    """A label per step."""

    task: ClassVar[str] = "tagging"
    kind: Literal["tagger"]
    embedding: Annotated[Width, Field(description="width of a word's vector")] = 64
    bidirectional: bool = False


class LanguageModel(Model):
    """The next token, after every token."""

    task: ClassVar[str] = "language_model"
    kind: Literal["language_model"]
    embedding: Annotated[Width, Field(description="width of a token's vector")] = 16


class Forecaster(Model):
    """One or many steps ahead of one or many variables."""

    task: ClassVar[str] = "forecasting"
    kind: Literal["forecaster"]
    subtract_last: Annotated[
        bool,
        Field(
            description="see and forecast differences to the window's last value: for a series "
            "whose level in test is another than in train (Zeng et al. 2023)"
        ),
    ] = False


class Polyphony(Model):
    """Many independent notes per step: which of them sound next."""

    task: ClassVar[str] = "polyphony"
    kind: Literal["polyphony"]


class EncoderDecoder(Model):
    """One sequence in, another one out (Cho et al. 2014)."""

    task: ClassVar[str] = "translation"
    kind: Literal["encoder_decoder"]
    embedding: Annotated[Width, Field(description="width of a word's vector")] = 128
    bidirectional: Annotated[bool, Field(description="of the encoder")] = False
    attention: Annotated[bool, Field(description="Bahdanau et al. 2015")] = False
    beams: Annotated[int, Field(ge=1, le=64, description="1 decodes greedily")] = 1


ModelConfig = Annotated[
    Classifier | Tagger | LanguageModel | Forecaster | Polyphony | EncoderDecoder,
    Field(discriminator="kind"),
]
