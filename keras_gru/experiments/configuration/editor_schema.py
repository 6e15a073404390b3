"""The JSON Schema of a YAML file, by which editors complete, explain and mark mistakes."""

from keras_gru.cells import cell_names
from keras_gru.experiments.configuration.experiment import Experiment


def editor_schema() -> dict:
    """The JSON Schema of what may stand in one file.

    It asks for less than `load_experiment` does: what a file leaves out, the one that it includes
    by `base:` may set. What a file does set is held to the same rules.

    Returns:
        A JSON Schema, draft 2020-12.
    """
    schema = _looser(Experiment.model_json_schema())
    properties = schema["properties"]
    properties["cells"]["items"]["examples"] = list(cell_names())
    properties["base"] = {
        "description": "a file, or a list of them, that this one changes",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    schema["anyOf"] = [{"required": ["base"]}, {"required": ["name", "dataset", "model"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _looser(part):
    """The schema with nothing required, and with groups that need not say their kind."""
    if isinstance(part, list):
        return [_looser(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    # Without a kind several variants may fit, which `oneOf` would refuse.
    names = {"oneOf": "anyOf"}
    left_out = {"required", "discriminator"}
    return {
        names.get(key, key): _looser(inner) for key, inner in part.items() if key not in left_out
    }
