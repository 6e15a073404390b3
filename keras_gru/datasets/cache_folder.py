"""Where prepared copies of people's files are: `KERAS_GRU_CACHE_DIR`, or the user's cache."""

import os
from pathlib import Path

from keras_gru.files import user_path

CACHE_DIR = "KERAS_GRU_CACHE_DIR"


def cache_folder() -> Path | None:
    """Return the folder of prepared copies, which is made; None where nothing can be written."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = user_path(os.environ.get(CACHE_DIR) or Path(home) / "keras_gru")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
