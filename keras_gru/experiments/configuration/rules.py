"""Rules across several settings, checked when an experiment is created."""

import itertools
from collections.abc import Callable
from typing import NamedTuple

from pydantic_core import InitErrorDetails

from keras_gru.experiments.configuration.experiment_settings import ExperimentSettings
from keras_gru.experiments.configuration.grids import custom_error
from keras_gru.experiments.configuration.sweep import ends
from keras_gru.experiments.configuration.training import Training
from keras_gru.models.config import Forecaster, Parameters, Units

_OUTPUT_AT_EVERY_STEP = ("polyphony", "tagging", "language_model")


class Broken(NamedTuple):
    """A setting that breaks a rule: its dotted name, its value, and how to fix it."""

    setting: str
    value: object
    suggestion: str


class Rule(NamedTuple):
    """A rule. Its code is the name of its function; the expectation is the docstring."""

    settings: tuple[str, ...]
    check: Callable[[ExperimentSettings], Broken | None]

    def depends_on(self, name: str) -> bool:
        """Return whether the rule reads a setting or one inside a group."""
        return any(name == own or name.startswith(f"{own}.") for own in self.settings)


RULES: list[Rule] = []


def rule(*settings: str) -> Callable:
    """Register a rule that reads the settings with these dotted names."""

    def register(check: Callable) -> Callable:
        RULES.append(Rule(settings, check))
        return check

    return register


def rule_errors(experiment: ExperimentSettings) -> list[InitErrorDetails]:
    """Return each rule that an experiment, its grids or its sweep break.

    A rule is evaluated only for the combinations of the settings that it reads.
    """
    sweep = {} if experiment.sweep is None else experiment.sweep.ranges
    drawn = {name: ends(values) for name, values in sweep.items()}
    found = {}
    for tried in (experiment.tuning or {}, drawn):
        for each in RULES:
            names = [name for name in tried if each.depends_on(name)]
            if tried is drawn and not names:
                continue
            for values in itertools.product(*(tried[name] for name in names)):
                broken = each.check(experiment.with_values(dict(zip(names, values, strict=True))))
                if broken is not None:
                    found.setdefault((each.check.__name__, broken.setting), (each, broken))
                    break
    return [
        custom_error(code, broken.setting.split("."), broken.value, each.check.__doc__, broken[2])
        for (code, _), (each, broken) in found.items()
    ]


@rule("model", "dataset")
def model_fits_data(e: ExperimentSettings) -> Broken | None:
    """expected a model for the task of the data"""
    if e.model.task != e.dataset.task:
        value = f"'{e.model.kind}', which is for {e.model.task}"
        return Broken("model.kind", value, f"The data '{e.dataset.kind}' are for {e.dataset.task}.")
    return None


@rule("model.gate_bias", "model.chrono")
def one_initial_bias(e: ExperimentSettings) -> Broken | None:
    """expected 'gate_bias' or 'chrono'"""
    if e.model.gate_bias is not None and e.model.chrono is not None:
        return Broken("model.chrono", "both", "Leave one of them out.")
    return None


@rule("match", "model.size")
def units_to_match(e: ExperimentSettings) -> Broken | None:
    """expected model.size.units with 'match: units'"""
    if e.match == "units" and isinstance(e.model.size, Parameters):
        return Broken("match", "model.size.parameters", "Give the units, or match parameters.")
    return None


@rule("match", "model.size", "cells")
def cells_to_match(e: ExperimentSettings) -> Broken | None:
    """expected model.size.parameters or several cells with 'match: parameters'"""
    if e.match == "parameters" and isinstance(e.model.size, Units) and len(e.cells) == 1:
        return Broken("match", f"the cell '{e.cells[0]}' alone", "Leave 'match' out.")
    return None


@rule("match")
def size_is_not_tried(e: ExperimentSettings) -> Broken | None:
    """expected one size for all cells with 'match'"""
    names = [name for name in e.tuning or () if name.startswith("model.size.")]
    if e.match is not None and names:
        return Broken(names[0], "a grid", "Give one value, or leave 'match' out.")
    return None


@rule("training.label_smoothing", "dataset")
def labels_to_smooth(e: ExperimentSettings) -> Broken | None:
    """expected label smoothing only for classes, tags, tokens and words"""
    if e.training.label_smoothing and e.dataset.task in ("forecasting", "polyphony"):
        value = f"{e.training.label_smoothing:g} for {e.dataset.task}"
        return Broken("training.label_smoothing", value, "Leave it out.")
    return None


@rule("training.loss", "dataset")
def loss_of_forecasts(e: ExperimentSettings) -> Broken | None:
    """expected 'loss' only for forecasting"""
    is_default = e.training.loss == Training.model_fields["loss"].default
    if not is_default and e.dataset.task != "forecasting":
        value = f"'{e.training.loss}' for {e.dataset.task}"
        return Broken("training.loss", value, "Leave it out; other tasks have one loss.")
    return None


@rule("training.epochs", "dataset")
def curriculum_ends(e: ExperimentSettings) -> Broken | None:
    """expected epochs after the start of the last stage of dataset.curriculum"""
    before = e.dataset.curriculum_epochs
    if before >= e.training.epochs:
        return Broken("training.epochs", e.training.epochs, f"Give more than {before}.")
    return None


@rule("training.patience", "dataset")
def patience_outlasts_curriculum(e: ExperimentSettings) -> Broken | None:
    """expected patience that lasts until the last stage of dataset.curriculum"""
    before = e.dataset.curriculum_epochs
    if e.training.patience is not None and e.training.patience < before:
        return Broken("training.patience", e.training.patience, f"Give {before} or more.")
    return None


@rule("training.truncate", "dataset")
def curriculum_of_whole_sequences(e: ExperimentSettings) -> Broken | None:
    """expected whole sequences with dataset.curriculum"""
    if e.training.truncate is not None and e.dataset.curriculum_epochs:
        return Broken("training.truncate", e.training.truncate, "Leave one of the two out.")
    return None


@rule("training.truncate", "model")
def truncation_needs_causal_outputs(e: ExperimentSettings) -> Broken | None:
    """expected 'truncate' only for outputs at every step that depend on the past alone"""
    if e.training.truncate is None:
        return None
    if e.model.task not in _OUTPUT_AT_EVERY_STEP:
        return Broken("training.truncate", e.model.task, "Leave it out.")
    if getattr(e.model, "bidirectional", False):
        return Broken("training.truncate", "model.bidirectional", "Leave one of the two out.")
    return None


@rule("training.schedule", "training.decay_factor", "training.decay_epochs")
def decay_fits_schedule(e: ExperimentSettings) -> Broken | None:
    """expected 'decay_factor' and 'decay_epochs' with exponential, step and plateau alone"""
    schedule, decays = e.training.schedule, e.training.schedule not in ("constant", "cosine")
    for name in ("decay_factor", "decay_epochs"):
        is_given = getattr(e.training, name) is not None
        if decays and not is_given:
            return Broken("training.schedule", schedule, f"Give {name}.")
        if is_given and not decays:
            return Broken(f"training.{name}", f"the schedule '{schedule}'", "Leave it out.")
    return None


@rule("training.momentum", "training.optimizer")
def momentum_is_used(e: ExperimentSettings) -> Broken | None:
    """expected 'momentum' only with rmsprop and sgd"""
    if e.training.momentum and e.training.optimizer not in ("rmsprop", "sgd"):
        return Broken("training.momentum", f"'{e.training.optimizer}'", "Leave it out.")
    return None


@rule("training.schedule", "training.warmup")
def plateau_without_warmup(e: ExperimentSettings) -> Broken | None:
    """expected no 'warmup' with the schedule plateau"""
    if e.training.schedule == "plateau" and e.training.warmup:
        value = f"{e.training.warmup:g} epochs"
        return Broken("training.warmup", value, "Leave it out or choose another schedule.")
    return None


@rule("training.schedule", "training.decay_epochs", "training.patience")
def plateau_before_patience(e: ExperimentSettings) -> Broken | None:
    """expected fewer 'decay_epochs' than 'patience' with the schedule plateau"""
    own = e.training
    if own.schedule != "plateau" or own.patience is None or own.decay_epochs is None:
        return None
    if own.decay_epochs >= own.patience:
        return Broken("training.decay_epochs", own.decay_epochs, f"Give fewer than {own.patience}.")
    return None


@rule("training.warmup", "training.epochs")
def warmup_ends(e: ExperimentSettings) -> Broken | None:
    """expected a warm-up that ends before the training"""
    if e.training.warmup >= e.training.epochs:
        value = f"{e.training.warmup:g} epochs"
        return Broken("training.warmup", value, f"Give fewer than {e.training.epochs}.")
    return None


@rule("model", "dataset")
def front_keeps_every_step(e: ExperimentSettings) -> Broken | None:
    """expected a stride of 1 where there is a forecast after every step"""
    front = getattr(e.model, "front", None)
    if front is not None and front.strides > 1 and _answers_every_step(e):
        return Broken("model.front.strides", front.strides, "Give 1.")
    return None


@rule("model", "dataset")
def forecast_from_the_past(e: ExperimentSettings) -> Broken | None:
    """expected one direction where there is a forecast after every step"""
    if isinstance(e.model, Forecaster) and e.model.bidirectional and _answers_every_step(e):
        return Broken("model.bidirectional", True, "Leave it out, or dataset.every_step.")
    return None


@rule("model")
def one_kind_of_difference(e: ExperimentSettings) -> Broken | None:
    """expected 'residual' or 'subtract_last'"""
    if isinstance(e.model, Forecaster) and e.model.residual and e.model.subtract_last:
        return Broken("model.residual", "both", "Leave one of them out.")
    return None


@rule("model.embed_categories", "dataset")
def categories_to_embed(e: ExperimentSettings) -> Broken | None:
    """expected dataset.categories with 'embed_categories'"""
    width = getattr(e.model, "embed_categories", None)
    if width is not None and not getattr(e.dataset, "categories", ()):
        return Broken("model.embed_categories", width, "Leave it out, or name the columns.")
    return None


@rule("model")
def recurrent_output_is_last(e: ExperimentSettings) -> Broken | None:
    """expected units, one direction and no dense layers with 'head: none'"""
    if isinstance(e.model, Forecaster) and e.model.head == "none":
        for name in ("dense", "bidirectional"):
            if getattr(e.model, name):
                return Broken(f"model.{name}", getattr(e.model, name), "Leave it out.")
        if isinstance(e.model.size, Parameters) or e.match == "parameters":
            return Broken("model.size", "parameters", "Give size: {units: …}, and no match.")
    return None


@rule("model", "dataset")
def autoregressive_from_its_state(e: ExperimentSettings) -> Broken | None:
    """expected one forecast per window by layers of one direction with 'autoregressive'"""
    if not isinstance(e.model, Forecaster) or not e.model.autoregressive:
        return None
    for name in ("bidirectional", "front"):
        if getattr(e.model, name):
            return Broken(f"model.{name}", "both", "Leave one of them out.")
    if _answers_every_step(e):
        return Broken("model.autoregressive", "dataset.every_step", "Leave one of them out.")
    if getattr(e.dataset, "lead", 1) > 1:
        return Broken("model.autoregressive", "dataset.lead", "Leave one of them out.")
    return None


def _answers_every_step(e: ExperimentSettings) -> bool:
    return getattr(e.dataset, "every_step", False)
