"""Where a result comes from: versions and hardware."""

import os
import platform
from importlib import metadata
from pathlib import Path

import keras

PACKAGES = ("keras-gru", "keras", "tensorflow", "jax", "torch", "tensorflow-datasets", "numpy")


def environment() -> dict[str, str]:
    """What a reader needs to judge a figure by: names and versions, in words."""
    facts = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for package in PACKAGES:
        try:
            facts[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    facts["system"] = platform.platform()
    facts["processor"] = f"{_processor()}, {len(os.sched_getaffinity(0))} cores"
    facts["accelerators"] = ", ".join(_accelerators()) or "none"
    return facts


def _processor() -> str:
    """The name that Linux gives; elsewhere the architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _accelerators() -> list[str]:
    return [str(device) for device in keras.distribution.list_devices() if "cpu" not in str(device)]
