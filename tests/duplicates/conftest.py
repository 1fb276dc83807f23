"""A fixed day for tests about months."""

from tests.changes.conftest import november

__all__ = ["november"]
