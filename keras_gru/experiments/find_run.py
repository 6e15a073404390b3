"""Find the run directory that a user names."""

import re
from collections.abc import Iterable
from pathlib import Path

from keras_gru.errors import UserError
from keras_gru.experiments.run_directory import RunDirectory
from keras_gru.files import user_path

_TIME = r"(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)(?:_(\d+))?$"


def find_run(run: str | Path) -> RunDirectory:
    """Find the run directory that a user names.

    Args:
        run: a run directory; the directory of its name, such as `"runs/quickstart"`, or that name,
            for the newest in it; or `"latest"`, for the newest of all below `runs`.

    Raises:
        UserError: there is none.

    Example:

    >>> find_run("latest").comparison()
    """
    if str(run) == "latest" and not Path(run).exists():
        return RunDirectory(_newest("latest", Path("runs").glob("*/*/experiment.yaml")))
    for path in (user_path(run), Path("runs") / run):
        if (path / "experiment.yaml").is_file():
            return RunDirectory(path)
        if path.is_dir():
            return RunDirectory(_newest(run, path.glob("*/experiment.yaml")))
    return RunDirectory(user_path(run))


def _newest(run: str | Path, files: Iterable[Path]) -> Path:
    """Return the latest directory; names are times of creation."""
    directories = [file.parent for file in files if re.match(_TIME, file.parent.name)]
    if not directories:
        raise UserError(
            f"{run}: expected a run directory, found none. Give one such as "
            "runs/quickstart/2026-01-31_12-00-00, runs/quickstart for its newest, or latest."
        )
    # 2026-01-31_12-00-00 and, after another _, the number of a further directory of that time.
    return max(directories, key=lambda path: (path.name[:19], int(path.name[20:] or 1)))
