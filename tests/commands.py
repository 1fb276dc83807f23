"""Runs `agentsys` commands in a separate process, as an operator does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.conftest import KEYS

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def runner(database_url: str, folder: Path) -> Run:
    """A function that runs a command on the database; its keywords are environment variables."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        base = {k: v for k, v in os.environ.items() if not k.startswith("AGENTSYS_")}
        base |= {f"AGENTSYS_{name.upper()}": value for name, value in KEYS.items()}
        base |= {
            "AGENTSYS_DATABASE_URL": database_url,
            "AGENTSYS_INSTANCE": str(folder),
            "AGENTSYS_LOG_LEVEL": "WARNING",
            "COLUMNS": "200",
        }
        return subprocess.run(
            [sys.executable, "-m", "agentsys", *map(str, arguments)],
            env=base | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
