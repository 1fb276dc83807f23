"""Reading a file as sheets of rows; its content decides the format, not its name."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Queue
from typing import IO, Any

from agentsys.sheets import refusals
from agentsys.sheets.archive import check_archive
from agentsys.sheets.refusals import FileRefused

# Text, a number, a truth value, or a date as a list of its ISO text.
Cell = str | float | int | bool | list[str] | None

_CHILD = Path(__file__).with_name("child.py")
_MB = 1024 * 1024
_OLE_LOCKED = ("EncryptedPackage", "EncryptionInfo")
_OLE_MACROS = ("_VBA_PROJECT_CUR",)
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


# A list of a million rows may take this; a small file gets less of it (`_for_size`).
LONG_LIST = Limits(unpacked=1200 * _MB, memory=3072 * _MB, seconds=300)
_LEAST_MEMORY, _MEMORY_OF_A_BYTE = 768 * _MB, 40
_LEAST_SECONDS, _SECONDS_OF_A_MB = 20, 10
SHORT_LIST = Limits(unpacked=40 * _MB, memory=512 * _MB, seconds=10)


@dataclass(frozen=True)
class Sheet:
    """A sheet's name, about how many rows it has, and the rows, to be read once and in order.

    Ranges are of first and last; rows count from 1, as people do, and columns from 0. In .xls
    files nobody can tell which rows are hidden, and in .ods files which cells are merged.
    """

    name: str
    size: int
    rows: Iterator[list[Cell]]
    hidden_rows: tuple[tuple[int, int], ...] = ()
    hidden_columns: tuple[tuple[int, int], ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()  # rows and columns, all from 0


def read_sheets(
    content: bytes,
    *,
    titles: Sequence[str] = (),
    limits: Limits = LONG_LIST,
    most_rows: int = 0,
) -> Generator[Sheet, None, None]:
    """The file's visible sheets; FileRefused, with advice, if it is not a table.

    `titles` are patterns; the line that matches all of them is the header, which shows the
    delimiter of CSV. `most_rows` limits the rows of each sheet; 0 stands for all.
    """
    _refuse_by_sight(content)
    limits = _for_size(limits, len(content))
    # The child starts while the archive is checked; its own limits protect it meanwhile.
    child = subprocess.Popen(
        [
            *(sys.executable, "-I", str(_CHILD), str(limits.memory), str(limits.seconds)),
            *(str(most_rows), *titles),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    hides: Queue[bool] = Queue()
    feeding = threading.Thread(target=_feed, args=(child.stdin, content, hides), daemon=True)
    try:
        feeding.start()
        hides.put(content.startswith(_ZIP) and check_archive(content, unpacked=limits.unpacked))
        del content  # the child has it
        yield from _sheets(_said(child, child.stdout))
    finally:
        hides.put(False)  # the feeding ends in any case
        child.kill()
        child.wait()
        child.stdout.close()


def _for_size(limits: Limits, size: int) -> Limits:
    """What a file of this size may take: no more than honest files need."""
    return replace(
        limits,
        memory=min(limits.memory, _LEAST_MEMORY + _MEMORY_OF_A_BYTE * size),
        seconds=min(limits.seconds, _LEAST_SECONDS + _SECONDS_OF_A_MB * size // _MB),
    )


def _refuse_by_sight(content: bytes) -> None:
    start = content[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if not content.strip():
        raise FileRefused(refusals.EMPTY)
    if content.startswith(_OLE):
        if any(mark.encode("utf-16-le") in content for mark in _OLE_LOCKED):
            raise FileRefused(refusals.LOCKED)
        if any(mark.encode("utf-16-le") in content for mark in _OLE_MACROS):
            raise FileRefused(refusals.MACROS)
    if start.startswith(_MARKUP):
        raise FileRefused(refusals.WEB_PAGE)


def _feed(stdin: IO[bytes], content: bytes, hides: Queue[bool]) -> None:
    # The child ended, or was killed because the archive check refused the file.
    with suppress(BrokenPipeError, ValueError), stdin:
        stdin.write(len(content).to_bytes(8, "big"))
        stdin.write(content)
        stdin.flush()
        stdin.write(b"1" if hides.get() else b"0")


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
        yield Sheet(
            heading["sheet"],
            heading["rows"],
            rows,
            *(
                tuple(map(tuple, heading.get(name, ())))
                for name in ("hidden_rows", "hidden_columns", "merged")
            ),
        )
        for _ in rows:
            pass  # skip the rows of this sheet that the caller did not read
        heading = following[0] if following else None


def _rows(said: Iterator[Any], following: list[dict[str, Any]]) -> Iterator[list[Cell]]:
    for some in said:
        if isinstance(some, dict):
            following.append(some)
            return
        yield from some
