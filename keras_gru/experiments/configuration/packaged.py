"""Where the configs and recipes that come with the package are."""

from pathlib import Path

from keras_gru.errors import UserError, did_you_mean

_PACKAGE = Path(__file__).resolve().parents[2]


def packaged_files(folder: str, suffix: str) -> dict[str, Path]:
    """The files that come with the package, by name without suffix.

    An installed package carries these folders inside; in a checkout they are beside it.

    Args:
        folder: `"configs"`, `"recipes"` or `"results"`.
        suffix: such as `".yaml"`.

    Returns:
        Names and paths, sorted by name; empty where there is no such folder.
    """
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / folder).is_dir():
            return {path.stem: path for path in sorted((parent / folder).glob(f"*{suffix}"))}
    return {}


def packaged_configs() -> dict[str, Path]:
    """Names and paths of the configs that come with the package."""
    return packaged_files("configs", ".yaml")


def packaged_recipes() -> dict[str, Path]:
    """Names and paths of the recipes that come with the package."""
    return packaged_files("recipes", ".py")


def find_packaged(name: str) -> Path:
    """The config or recipe of that name; the ending, as in `compare.py`, may be left out.

    Raises:
        UserError: if there is none.
    """
    files = packaged_recipes() | packaged_configs()
    bare = name.removesuffix(".yaml").removesuffix(".py")
    if bare not in files:
        raise UserError(f"no config and no recipe is named {name!r}.{did_you_mean(bare, files)}")
    return files[bare]
