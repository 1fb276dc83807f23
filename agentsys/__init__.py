"""agentsys: what a BPJS Ketenagakerjaan agency network runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from agentsys.config import Settings


def create_app(settings: Settings | None = None, **options: Any) -> Flask:
    """The application, wired; see agentsys.app."""
    # Imported here, so that importing one package does not load all of Flask.
    from agentsys.app import create_app as build

    return build(settings, **options)
