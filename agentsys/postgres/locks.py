"""Locks that the kernel takes back when their holder dies, however it dies."""

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
    """Give an open file to lock; what root makes belongs to the owner of the folder."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock if it is free, and say whether it was."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """True while a living process holds this lock."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two who ask at once do not take each other for the holder.
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
    """One user of the server; its record counts only while the process that made it lives."""

    def __init__(self, folder: Path) -> None:
        """Sign in; the caller holds the lock of the whole."""
        self._pid = os.getpid()
        self._path = folder / f"{self._pid}-{uuid.uuid4().hex[:8]}"
        self._descriptor = open_lock(self._path)
        try_lock(self._descriptor)

    @property
    def is_mine(self) -> bool:
        """True in the process that signed in, false in what it forked."""
        return self._pid == os.getpid()

    def leave(self) -> None:
        """Sign out; the caller holds the lock of the whole."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def anybody_left(folder: Path) -> bool:
    """True if a living participant is signed in; records of dead ones are cleared away."""
    for path in folder.iterdir():
        if is_held(path):
            return True
        path.unlink(missing_ok=True)
    return False
