"""A file store whose data survives kill -9."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

Record = tuple[str, str, dict[str, Any]]


class Store:
    """Records by kind and key in one SQLite file, or in memory when no file is named."""

    def __init__(self, path: Path | str | None = None) -> None:
        """Open the file, making it if it is new."""
        self._lock = Lock()
        self._connection = sqlite3.connect(str(path or ":memory:"), check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS records"
            " (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID"
        )
        self._connection.commit()

    def save(self, records: Iterable[Record]) -> None:
        """Store these records, all or none; records with the same key are replaced."""
        rows = [(kind, key, json.dumps(body)) for kind, key, body in records]
        with self._lock, self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", rows)

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Every record of a kind, in the order of their keys."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT body FROM records WHERE kind = ? ORDER BY key", (kind,)
            ).fetchall()
        return [json.loads(body) for (body,) in rows]

    def forget(self, kind: str, key: str) -> None:
        """Keep this record no longer."""
        with self._lock, self._connection:
            self._connection.execute("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
