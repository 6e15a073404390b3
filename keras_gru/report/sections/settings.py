"""The command and all settings to repeat a comparison or a sweep."""

import shlex
from pathlib import Path

from keras_gru.experiments.configuration.experiment import Experiment
from keras_gru.experiments.configuration.yaml_writer import dump_experiment
from keras_gru.report.blocks import Code, Section, Text


def section(experiment: Experiment, directory: Path | None, verb: str = "compare") -> Section:
    """Return the section with the command, which works in any directory, and the settings."""
    file, text = "experiment.yaml", "These are all settings, defaults included. Save them as "
    text += "experiment.yaml, and run:"
    if directory is not None:
        file = str(directory.resolve() / "experiment.yaml")
        text = "These are all settings, including defaults, as in the run directory."
    return Section(
        "again",
        "Run it again",
        (
            Text(text),
            Code(shlex.join(["keras-gru", verb, file])),
            Code(dump_experiment(experiment), title="experiment.yaml"),
        ),
    )
