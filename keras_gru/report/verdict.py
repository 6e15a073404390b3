"""The report across datasets."""

from keras_gru.analysis.across_datasets import AcrossDatasets
from keras_gru.formatting import plural
from keras_gru.report.blocks import Report
from keras_gru.report.sections import across_datasets

SECTIONS = (
    across_datasets.probabilities,
    across_datasets.differences,
    across_datasets.ranks,
    across_datasets.profiles,
    across_datasets.time_profiles,
    across_datasets.budgets,
)


def verdict_report(across: AcrossDatasets) -> Report:
    """Return the report of one or more datasets."""
    name = f"Verdict over {plural(len(across.datasets), 'dataset')}"
    return Report(
        title=name,
        name=name,
        headline=across_datasets.headline_text(across),
        sections=[found for section in SECTIONS if (found := section(across)) is not None],
        setup={
            "Cells": ", ".join(across.labels.values()),
            "Datasets": ", ".join(dataset.name for dataset in across.datasets),
        },
    )
