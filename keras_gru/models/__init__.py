"""Builders, one per task, and functions of models. Importing it does not import Keras."""

from importlib import import_module
from typing import Any

_HOMES = {
    "attention_weights": "translation",
    "truncate": "truncated",
    "build": "from_config",
    "classifier": "classification",
    "compile_options": "losses",
    "encoder_decoder": "translation",
    "ensemble": "averaging",
    "forecaster": "forecasting",
    "language_model": "language_modeling",
    "load_h5": "legacy",
    "multiply_adds": "budget",
    "polyphony": "polyphonic_music",
    "recurrent_parameters": "budget",
    "recurrent_units": "budget",
    "sample": "text_generation",
    "sample_notes": "music_generation",
    "search_beams": "beam_search",
    "state_names": "step",
    "step_model": "step",
    "tagger": "tagging",
    "translate": "beam_search",
    "units_for": "budget",
    "with_any_length": "language_modeling",
    "with_budget_of": "from_config",
}

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll] (each name stands once)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
