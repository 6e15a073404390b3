"""Versions and hardware of a run."""

import platform
import sys
from importlib import metadata
from pathlib import Path

import keras

from keras_gru.formatting import plural
from keras_gru.layers.compiling import available_cores

PACKAGES = ("keras-gru", "keras", "tensorflow", "jax", "torch", "tensorflow-datasets", "numpy")
# Stored with published results.
VERSIONS = ("python", "backend", "keras-gru", "keras", "tensorflow", "jax", "torch")
HARDWARE = ("processor", "accelerators", "jobs")


def environment() -> dict[str, str]:
    """Return the versions and the hardware, which are needed to compare times."""
    facts = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for package in PACKAGES:
        try:
            facts[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    facts["system"] = platform.platform()
    facts["processor"] = f"{_processor()}, {plural(available_cores(), 'core')}"
    facts["accelerators"] = ", ".join(accelerators()) or "none"
    return facts


def peak_memory() -> int | None:
    """Return the peak memory of this process in bytes; None on Windows.

    It is the resident set: Python, the framework, the data and everything that the process trained
    before, without accelerator memory. It never decreases, so for several runs in one process only
    the first value is that of a single run.
    """
    status = Path("/proc/self/status")
    if status.is_file():  # on Linux getrusage starts from the memory of the parent process
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _processor() -> str:
    """Return the name of the processor on Linux, its architecture elsewhere."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def accelerators() -> list[str]:
    """Return the names of the GPUs and TPUs that the backend sees."""
    if keras.backend.backend() == "torch":  # Keras lists no devices there
        import torch

        return [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    return [str(device) for device in keras.distribution.list_devices() if "cpu" not in str(device)]
