"""Where the configs and recipes that come with the package are."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def packaged_files(folder: str, suffix: str) -> dict[str, Path]:
    """The files that come with the package, by name without suffix.

    An installed package carries `configs/` and `recipes/` inside; in a checkout they are beside it.

    Args:
        folder: `"configs"` or `"recipes"`.
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
