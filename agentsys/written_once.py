"""A file that is written once, by one of several processes: the generated keys."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path


def write_once(path: Path, values: Mapping[str, str]) -> None:
    """Write values as JSON unless the file exists, atomically and synced to disk before use."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if path.exists():
            return
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(values, file)
            file.flush()
            os.fsync(descriptor)
        partial.rename(path)
        os.fsync(folder)
    finally:
        os.close(folder)
