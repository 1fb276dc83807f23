"""agentsys runs a network of agents of BPJS Ketenagakerjaan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from agentsys.config import Settings


def create_app(settings: Settings | None = None, **options: Any) -> Flask:
    """Create the application; see agentsys.app."""
    # Imported here, so that importing one package does not load all of Flask.
    from agentsys.app import create_app as build

    return build(settings, **options)
