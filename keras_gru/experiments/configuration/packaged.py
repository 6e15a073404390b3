"""Configs and recipes that come with the package."""

from pathlib import Path

from keras_gru.errors import UserError, did_you_mean

_PACKAGE = Path(__file__).resolve().parents[2]


def packaged_files(folder: str, suffix: str) -> dict[str, Path]:
    """Return the files of a package folder by name without suffix.

    An installed package contains these folders; in a checkout they are beside it.

    Args:
        folder: `"configs"`, `"recipes"`, `"results"` or `"results/atlas"`.
        suffix: such as `".yaml"`.
    """
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / folder).is_dir():
            return {path.stem: path for path in sorted((parent / folder).glob(f"*{suffix}"))}
    return {}


def packaged_configs() -> dict[str, Path]:
    """Return the names and paths of the packaged configs."""
    return packaged_files("configs", ".yaml")


def packaged_recipes() -> dict[str, Path]:
    """Return the names and paths of the packaged recipes."""
    return packaged_files("recipes", ".py")


def find_packaged(name: str) -> Path:
    """Return the path of a config or recipe; the suffix is optional."""
    files = packaged_recipes() | packaged_configs()
    bare = name.removesuffix(".yaml").removesuffix(".py")
    if bare not in files:
        raise UserError(f"no config or recipe is named {name!r}.{did_you_mean(bare, files)}")
    return files[bare]
