"""A fixed day for tests about months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    """It is 22 November 2026 in Bontang, whatever day the tests run on."""
    with time_machine.travel(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)):
        yield
