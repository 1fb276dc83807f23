"""What one running app consists of, besides Flask: settings, vault, plugins, embedded server."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from agentsys.config import Settings
from agentsys.crypto import Vault
from agentsys.extension.registry import Registry
from agentsys.postgres import EmbeddedPostgres

KEY = "agentsys"


@dataclass(frozen=True)
class Runtime:
    """The parts that entrypoints hand to services."""

    settings: Settings
    vault: Vault
    registry: Registry
    embedded: EmbeddedPostgres | None


def runtime() -> Runtime:
    """The running app's parts."""
    parts: Runtime = current_app.extensions[KEY]
    return parts
