"""Temporary servers in folders that every account can read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsys.postgres import EmbeddedPostgres


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that every account can read; pytest's own folders are private."""
    folder = Path(tempfile.mkdtemp(prefix="agentsys-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "postgres"
    shutil.rmtree(folder)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    """A temporary server, not started yet."""
    embedded = EmbeddedPostgres(home, durable=False)
    yield embedded
    embedded.stop()
