"""The JSON Schema with which editors complete, explain and check a YAML file."""

from typing import Any

from keras_gru.cells import cell_names
from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.training import Training
from keras_gru.models.config import MODELS, SIZES


def editor_schema() -> dict[str, Any]:
    """Return the JSON Schema of a single file.

    It requires less than `load_experiment`, as a `base:` file may define the missing settings.
    """
    schema: Any = _looser(Experiment.model_json_schema())
    for kind in (Training, *MODELS.values(), *SIZES.values()):
        settings = schema["$defs"][kind.__name__]["properties"]
        for name, setting in settings.items():
            if name not in ("kind", "size"):
                settings[name] = {"anyOf": [setting, _grid(setting)]}
    properties = schema["properties"]
    properties["cells"]["items"]["examples"] = list(cell_names())
    properties["base"] = {
        "description": "a file, or a list of them, that this one changes",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    schema["anyOf"] = [{"required": ["base"]}, {"required": ["name", "dataset", "model"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _grid(setting: dict[str, Any]) -> dict[str, Any]:
    values = {"type": "array", "minItems": 1, "items": setting}
    return {
        "type": "object",
        "properties": {"grid": values},
        "required": ["grid"],
        "additionalProperties": False,
    }


def _looser(part: Any) -> Any:
    """Return the schema with all settings optional, including the `kind` of a group."""
    if isinstance(part, list):
        return [_looser(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    # Without a kind several variants may fit, which `oneOf` would not allow.
    names = {"oneOf": "anyOf"}
    left_out = {"required", "discriminator"}
    return {
        names.get(key, key): _looser(inner) for key, inner in part.items() if key not in left_out
    }
