"""Write an experiment as YAML that loads as the same experiment."""

import io
import os
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from keras_gru.experiments.configuration.experiment import Experiment

_HEADER = "# keras-gru compare FILE (all settings of an experiment, including defaults)\n"


def dump_experiment(experiment: Experiment) -> str:
    """Return all settings as YAML that `load_experiment` loads as the same experiment."""
    settings = experiment.model_dump(mode="json")
    for group in ("dataset", "model"):
        settings[group] = {"kind": None} | settings[group]  # first, for a reader
    path = settings["dataset"].get("path")
    if path:
        settings["dataset"]["path"] = os.path.abspath(path)
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.width = 1_000_000  # a long value stays on its line
    text = io.StringIO()
    yaml.dump(_lists_in_one_line(settings), text)
    return _HEADER + text.getvalue()


class _Representer(RoundTripRepresenter):
    """Writes `null` explicitly, and quotes strings that ruamel.yaml would not round-trip."""

    def represent_str(self, data: str) -> ScalarNode:
        # A line separator such as U+0085 would come back as a blank, and '?a' in a list as a name.
        style = None if data.isprintable() and not data.startswith("?") else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    def represent_none(self, data: None) -> ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(type(None), _Representer.represent_none)
_Representer.add_representer(str, _Representer.represent_str)


def _lists_in_one_line(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists_in_one_line(inner) for key, inner in value.items()}
    if isinstance(value, list):
        sequence = CommentedSeq(value)
        sequence.fa.set_flow_style()
        return sequence
    return value
