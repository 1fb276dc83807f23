"""Throw-away servers in folders that every account can reach."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsys.postgres import EmbeddedPostgres


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that every account can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="agentsys-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "postgres"
    shutil.rmtree(folder)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    """A throw-away server, not yet started."""
    embedded = EmbeddedPostgres(home, durable=False)
    yield embedded
    embedded.stop()
