"""Reading a file as sheets of rows; its content decides the format, not its name."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from agentsys.sheets import refusals
from agentsys.sheets.archive import check_archive
from agentsys.sheets.refusals import FileRefused

# Text, a number, a truth value, or a date as a list of its ISO text.
Cell = str | float | int | bool | list[str] | None

_CHILD = Path(__file__).with_name("child.py")
_MB = 1024 * 1024
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<style", b"<head")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """The resource limits for reading one file."""

    unpacked: int  # bytes of all parts of a workbook
    memory: int  # bytes of address space
    seconds: int  # of processor time


LONG_LIST = Limits(unpacked=400 * _MB, memory=1024 * _MB, seconds=120)
SHORT_LIST = Limits(unpacked=40 * _MB, memory=512 * _MB, seconds=10)


@dataclass(frozen=True)
class Sheet:
    """A sheet's name, about how many rows it has, and the rows, to be read once and in order."""

    name: str
    size: int
    rows: Iterator[list[Cell]]


def read_sheets(
    content: bytes, *, titles: Sequence[str] = (), limits: Limits = LONG_LIST
) -> Generator[Sheet, None, None]:
    """The file's visible sheets; FileRefused, with advice, if it is not a table.

    `titles` are patterns; the line that matches all of them is the header, which shows the
    delimiter of CSV.
    """
    _refuse_by_sight(content)
    # The child starts while the archive is checked; its own limits protect it meanwhile.
    child = subprocess.Popen(
        [sys.executable, "-I", str(_CHILD), str(limits.memory), str(limits.seconds), *titles],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    feeding = threading.Thread(target=_feed, args=(child.stdin, content), daemon=True)
    try:
        feeding.start()
        if content.startswith(_ZIP):
            check_archive(content, unpacked=limits.unpacked)
        yield from _sheets(_said(child, child.stdout))
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def _refuse_by_sight(content: bytes) -> None:
    start = content[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if not content.strip():
        raise FileRefused(refusals.EMPTY)
    if content.startswith(_OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in content
        raise FileRefused(refusals.LOCKED if locked else refusals.OLD_EXCEL)
    if start.startswith(_MARKUP):
        raise FileRefused(refusals.WEB_PAGE)


def _feed(stdin: IO[bytes], content: bytes) -> None:
    # The child ended, or was killed because the archive check refused the file.
    with suppress(BrokenPipeError, ValueError), stdin:
        stdin.write(content)


def _said(child: subprocess.Popen[bytes], lines: IO[bytes]) -> Iterator[Any]:
    """The child's output, line by line; FileRefused if it refuses the file or ends early."""
    for line in lines:
        if not line.endswith(b"\n"):
            break
        said = json.loads(line)
        if isinstance(said, dict) and "end" in said:
            if said["end"]:
                raise FileRefused(refusals.BY_CHILD[said["end"]])
            return
        yield said
    log.warning("the reader of a file gave up with code %s", child.wait())
    raise FileRefused(refusals.BROKEN_OFF)


def _sheets(said: Iterator[Any]) -> Iterator[Sheet]:
    heading = next(said, None)
    while heading is not None:
        following: list[dict[str, Any]] = []
        rows = _rows(said, following)
        yield Sheet(heading["sheet"], heading["rows"], rows)
        for _ in rows:
            pass  # skip the rows of this sheet that the caller did not read
        heading = following[0] if following else None


def _rows(said: Iterator[Any], following: list[dict[str, Any]]) -> Iterator[list[Cell]]:
    for some in said:
        if isinstance(some, dict):
            following.append(some)
            return
        yield from some
