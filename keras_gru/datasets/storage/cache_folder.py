"""The folder of the cache: `KERAS_GRU_CACHE_DIR`, or the user's cache folder."""

import os
from pathlib import Path

from keras_gru.files import user_path

CACHE_DIR = "KERAS_GRU_CACHE_DIR"


def cache_folder() -> Path | None:
    """Create and return the folder of the cache; None if it cannot be written."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = user_path(os.environ.get(CACHE_DIR) or Path(home) / "keras_gru")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
