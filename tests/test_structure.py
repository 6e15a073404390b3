"""The structure: imports point downwards and have no cycles."""

import ast
from pathlib import Path

import keras_gru

PACKAGE = Path(keras_gru.__file__).parent
# From top to bottom: a part imports only parts below it.
PARTS = (
    "cli", "report", "claims", "exporting", "inspection", "analysis", "estimators", "experiments",
    "models", "datasets", "cells", "layers",
)  # fmt: skip


def modules():
    """Return dotted name -> file."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


def imports():
    """Return dotted name -> modules of the package that it imports, also for type checking."""
    files, found = modules(), {}
    for name, path in files.items():
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "") in files:
                members = {f"{node.module}.{alias.name}" for alias in node.names}
                found[name] |= members & files.keys() or {node.module}
    return found


def test_imports_have_no_cycle():
    remaining = imports()
    while True:  # a module that imports no remaining module is not part of a cycle
        leaves = {name for name, used in remaining.items() if not used & remaining.keys()}
        if not leaves:
            break
        remaining = {name: used for name, used in remaining.items() if name not in leaves}
    assert not remaining, "in or above a cycle: " + ", ".join(sorted(remaining))


def test_imports_point_down():
    order = {part: number for number, part in enumerate(PARTS)}

    def part(name):
        return order.get([*name.split("."), ""][1], len(PARTS))

    wrong = [
        f"{name} imports {other}"
        for name, used in imports().items()
        for other in used
        if name not in ("keras_gru", "keras_gru.__main__") and part(other) < part(name)
    ]
    assert not wrong
