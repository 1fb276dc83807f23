"""File locks that the kernel releases when their process ends in any way."""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentsys.console_texts import console_text as _
from agentsys.postgres.problem import PostgresProblem

_PAUSE_S = 0.02


def open_lock(path: Path) -> int:
    """Open a file to lock; if root creates it, it belongs to the owner of the folder."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock if it is free; return whether it was."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """True while a process holds this lock."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two processes that ask at once do not find each other's lock.
        return not try_lock(descriptor, shared=True)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, *, timeout_s: float) -> Iterator[None]:
    """Hold the lock for the length of the block."""
    descriptor = open_lock(path)
    try:
        deadline = time.monotonic() + timeout_s
        while not try_lock(descriptor):
            if time.monotonic() > deadline:
                raise PostgresProblem(
                    _(
                        "Proses agentsys lain masih menyiapkan basis data di {parent}. Tunggu "
                        "sampai selesai atau hentikan proses itu, lalu jalankan lagi.",
                        parent=path.parent,
                    )
                )
            time.sleep(_PAUSE_S)
        yield
    finally:
        os.close(descriptor)


class Participant:
    """One process that uses the server; its record counts only while that process runs."""

    def __init__(self, folder: Path) -> None:
        """Add the record; the caller holds `lock`."""
        self._pid = os.getpid()
        self._path = folder / f"{self._pid}-{uuid.uuid4().hex[:8]}"
        self._descriptor = open_lock(self._path)
        try_lock(self._descriptor)

    @property
    def is_mine(self) -> bool:
        """True in the process that added the record, false in processes that it forked."""
        return self._pid == os.getpid()

    def leave(self) -> None:
        """Remove the record; the caller holds `lock`."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def anybody_left(folder: Path) -> bool:
    """True if any participant is running; deletes the records of ended ones."""
    for path in folder.iterdir():
        if is_held(path):
            return True
        path.unlink(missing_ok=True)
    return False
