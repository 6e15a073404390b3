"""Origin of the numbers: versions, hardware and sizes of splits."""

from keras_gru.experiments.metadata import Metadata
from keras_gru.report.blocks import Definitions, Section


def section(metadata: Metadata) -> Section:
    """Return the section with the metadata of a comparison or a sweep."""
    sizes = {name: f"{size:,}" for name, size in metadata.sequences}
    blocks = [
        Definitions(metadata.environment, "Environment"),
        Definitions(sizes, "Sequences of each split"),
    ]
    return Section("origin", "Versions and hardware", blocks)
