"""The `model:` part of an experiment: one class per task. Does not import Keras."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from pydantic import Discriminator, Field, Tag

from keras_gru.settings import Settings

Width = Annotated[int, Field(ge=1, le=65_536)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Bidirectional = Annotated[
    bool, Field(description="whether each recurrent layer also runs backwards")
]


class Units(Settings):
    """The same number of units for every cell."""

    units: Annotated[Width, Field(description="units of each recurrent layer")]


class Parameters(Settings):
    """About the same number of recurrent weights for every cell."""

    parameters: Annotated[
        int,
        Field(
            ge=1,
            le=10**12,
            description="recurrent weights of all layers, which determine the units",
        ),
    ]


SIZES = {"units": Units, "parameters": Parameters}


def _size_tag(value: Any) -> str | None:
    keys = value.keys() if isinstance(value, dict) else type(value).model_fields.keys()
    return next((key for key in ("units", "parameters") if {key} == set(keys)), None)


Size = Annotated[
    Annotated[Units, Tag("units")] | Annotated[Parameters, Tag("parameters")],
    Discriminator(
        lambda value: _size_tag(value) if isinstance(value, dict | Settings) else None,
        custom_error_type="size",
        custom_error_message="expected 'units: NUMBER' or 'parameters: NUMBER'",
    ),
    Field(description="size of the recurrent layers"),
]


class Front(Settings):
    """A convolution over time before the recurrent layers, which also shortens the sequence."""

    filters: Annotated[Width, Field(description="output channels")] = 32
    kernel_size: Annotated[int, Field(ge=1, le=1_000, description="time steps of a filter")] = 4
    strides: Annotated[
        int, Field(ge=1, le=1_000, description="time steps from one output to the next")
    ] = 2


class Model(Settings):
    """Settings of all models."""

    size: Size
    layers: Annotated[int, Field(ge=1, le=32, description="recurrent layers")] = 1
    dropout: Annotated[Rate, Field(description="dropout of each recurrent layer's input")] = 0.0
    recurrent_dropout: Annotated[
        Rate, Field(description="dropout of each recurrent layer's state")
    ] = 0.0
    zoneout: Annotated[
        Rate | Annotated[tuple[Rate, ...], Field(min_length=1, max_length=2)],
        Field(
            description="fraction of each state's units that do not change in a training step "
            "(Krueger et al. 2017); [0.05, 0.5] is for h and an LSTM's c"
        ),
    ] = 0.0
    layer_normalization: Annotated[
        bool,
        Field(
            description="normalize the pre-activations (Ba et al. 2016); for gru, "
            "gru_reset_after, lstm, simple_rnn and irnn"
        ),
    ] = False
    independent_recurrence: Annotated[
        bool,
        Field(
            description="each unit sees only its own state (Li et al. 2018): a vector in the "
            "place of the weights of the state; of the cells whose equations allow it"
        ),
    ] = False
    multiplicative_integration: Annotated[
        bool,
        Field(
            description="the input's and the state's products are multiplied as well as added "
            "(Wu et al. 2016); of the cells whose equations allow it, not of gru_reset_after"
        ),
    ] = False
    gate_bias: Annotated[
        float | None,
        Field(
            ge=-20,
            le=20,
            description="initial bias of an LSTM's forget gate or a GRU's update gate: from 1 on "
            "the state lasts longer; no effect on cells without such a gate",
        ),
    ] = None
    chrono: Annotated[
        int | None,
        Field(
            ge=3,
            le=1_000_000,
            description="steps of the longest dependency: the same gates' biases are initialized "
            "for memories of all lengths up to it (Tallec and Ollivier 2018)",
        ),
    ] = None
    recurrent_initializer: Annotated[
        Literal["orthogonal", "glorot_uniform", "identity"] | None,
        Field(
            description="initializer of the recurrent kernel, identity for each equation (Le et "
            "al. 2015: for a SimpleRNN); null: the cell's default, orthogonal except for irnn"
        ),
    ] = None


class WithFront(Model):
    """Settings of models that compute one output from a window or sequence."""

    front: Annotated[
        Front | None,
        Field(description="convolution over time before the recurrent layers; null: none"),
    ] = None
    dense: Annotated[
        tuple[Width, ...],
        Field(max_length=16, description="units of dense layers before the output, such as [64]"),
    ] = ()
    bidirectional: Bidirectional = False


class Classifier(WithFront):
    """Token or vector sequences in, one class out."""

    task: ClassVar[str] = "classification"
    kind: Literal["classifier"]
    embedding: Annotated[Width, Field(description="width of a word's vector")] = 64
    pooling: Annotated[
        Literal["last", "mean", "max"], Field(description="how the steps become one vector")
    ] = "last"


class Tagger(Model):
    """A label per step."""

    task: ClassVar[str] = "tagging"
    kind: Literal["tagger"]
    embedding: Annotated[Width, Field(description="width of a word's vector")] = 64
    bidirectional: Bidirectional = False


class LanguageModel(Model):
    """The next token, after every token."""

    task: ClassVar[str] = "language_model"
    kind: Literal["language_model"]
    embedding: Annotated[Width, Field(description="width of a token's vector")] = 16


class Forecaster(WithFront):
    """One or many steps ahead of one or many variables."""

    task: ClassVar[str] = "forecasting"
    kind: Literal["forecaster"]
    subtract_last: Annotated[
        bool,
        Field(
            description="see and forecast differences to the window's last value: for a series "
            "whose level in test differs from train (Zeng et al. 2023)"
        ),
    ] = False
    residual: Annotated[
        bool,
        Field(description="forecast the change from the last value, which is added to the output"),
    ] = False
    autoregressive: Annotated[
        bool,
        Field(
            description="forecast one step at a time, each from the forecast before; for data "
            "whose inputs are the variables to forecast"
        ),
    ] = False
    embed_categories: Annotated[
        Width | None,
        Field(
            description="width of a learned vector for each word of a category column, in place "
            "of its one-hot columns; null: one-hot"
        ),
    ] = None
    head: Annotated[
        Literal["dense", "none"],
        Field(
            description="the output layer; none: the last recurrent layer is the output, with "
            "one unit for each value"
        ),
    ] = "dense"


class Polyphony(Model):
    """Many independent notes per step: which of them sound next."""

    task: ClassVar[str] = "polyphony"
    kind: Literal["polyphony"]


class EncoderDecoder(Model):
    """One sequence in, another one out (Cho et al. 2014)."""

    task: ClassVar[str] = "translation"
    kind: Literal["encoder_decoder"]
    embedding: Annotated[Width, Field(description="width of a word's vector")] = 128
    bidirectional: Annotated[bool, Field(description="whether the encoder is bidirectional")] = (
        False
    )
    attention: Annotated[bool, Field(description="Bahdanau et al. 2015")] = False
    beams: Annotated[int, Field(ge=1, le=64, description="1 decodes greedily")] = 1


AnyModel = Classifier | Tagger | LanguageModel | Forecaster | Polyphony | EncoderDecoder
ModelConfig = Annotated[AnyModel, Field(discriminator="kind")]
Built = TypeVar("Built")  # what a builder returns
MODELS = {get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(AnyModel)}


def defaults_of(config: type[Model]) -> Callable[[Callable[..., Built]], Callable[..., Built]]:
    """Decorate a builder to take default values from the settings with the same names."""

    def decorate(builder: Any) -> Any:
        names = builder.__code__.co_varnames[: builder.__code__.co_kwonlyargcount]
        fields = {name: config.model_fields.get(name) for name in names}
        own = {name: field.default for name, field in fields.items() if field is not None}
        builder.__kwdefaults__ = {**(builder.__kwdefaults__ or {}), **own}
        return builder

    return decorate
