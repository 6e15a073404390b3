"""Builders, one per task, and functions of models. Importing it does not import Keras."""

from importlib import import_module
from typing import Any

_MODULES = {
    "averaging": ("ensemble",),
    "beam_search": ("search_beams", "translate"),
    "budget": ("multiply_adds", "recurrent_parameters", "recurrent_units", "units_for"),
    "classification": ("classifier",),
    "forecasting": ("forecaster",),
    "from_config": ("build", "with_budget_of"),
    "language_modeling": ("language_model", "with_any_length"),
    "legacy": ("load_h5",),
    "losses": ("compile_options",),
    "music_generation": ("sample_notes",),
    "polyphonic_music": ("polyphony",),
    "step": ("state_names", "step_model"),
    "tagging": ("tagger",),
    "text_generation": ("sample",),
    "translation": ("attention_weights", "encoder_decoder"),
    "truncated": ("truncate",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll] (each name stands once)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
