"""Loading the modules of a package of pages, so that a new page is a new file and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules


def load_views(package: str, path: Iterable[str]) -> None:
    """Import every module of the package: its views register themselves with their blueprint."""
    for module in iter_modules(path):
        import_module(f"{package}.{module.name}")
