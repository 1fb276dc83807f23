"""A roster's bytes as sheets of rows, whatever the file's name claims that they are."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agentsys.workers.roster_archive import FileRefused, check_archive
from agentsys.workers.roster_text import csv_rows

# Text, a number, a truth value, or a date as a list of its ISO text.
Cell = str | float | int | bool | list[str] | None

_READER = Path(__file__).with_name("roster_sheet.py")
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<style", b"<head")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sheet:
    """A sheet's name, about how many rows it has, and the rows, to be read once and in order."""

    name: str
    size: int
    rows: Iterator[list[Cell]]


def read_sheets(content: bytes) -> Iterator[Sheet]:
    """The file's visible sheets; FileRefused, with what to do, if it is no roster."""
    start = content[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if not content.strip():
        raise FileRefused("Berkas ini kosong. Pilih berkas yang berisi daftar pekerja.")
    if content.startswith(_ZIP):
        yield from _workbook(content)
    elif content.startswith(_OLE):
        raise FileRefused(_about_ole(content))
    elif start.startswith(_MARKUP):
        raise FileRefused(
            "Berkas ini halaman web, bukan Excel. Buka di Excel, pilih Simpan Sebagai .xlsx,"
            " lalu unggah lagi."
        )
    else:
        rows: Iterator[list[Cell]] = csv_rows(content)  # type: ignore[assignment]
        yield Sheet("CSV", content.count(b"\n") + 1, rows)


def _about_ole(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "Berkas Excel ini dikunci kata sandi. Hapus kata sandinya, lalu unggah lagi."
    return (
        "Berkas ini Excel lama (.xls). Buka di Excel, pilih Simpan Sebagai .xlsx, lalu unggah lagi."
    )


def _workbook(content: bytes) -> Iterator[Sheet]:
    # The reader starts while the guard looks at the bytes: its own limits hold meanwhile.
    reader = subprocess.Popen(
        [sys.executable, "-I", str(_READER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    feeding = threading.Thread(target=_feed, args=(reader.stdin, content), daemon=True)
    try:
        feeding.start()
        check_archive(content)
        yield from _sheets(iter(reader.stdout))
        if code := reader.wait():
            log.warning("the workbook reader gave up with code %s", code)
            raise FileRefused(
                "Berkas Excel ini rusak atau terlalu besar. Simpan ulang sebagai .xlsx, atau"
                " simpan sebagai CSV, lalu unggah lagi."
            )
    finally:
        reader.kill()
        reader.wait()
        reader.stdout.close()


def _feed(stdin: IO[bytes], content: bytes) -> None:
    # A reader that died, or was killed because the guard refused the file, takes no more.
    with suppress(BrokenPipeError, ValueError), stdin:
        stdin.write(content)


def _sheets(lines: Iterator[bytes]) -> Iterator[Sheet]:
    heading = next(lines, None)
    while heading is not None:
        told = json.loads(heading)
        following: list[bytes] = []
        rows = _rows(lines, following)
        yield Sheet(told["sheet"], told["rows"], rows)
        for _ in rows:
            pass  # what the caller did not want of this sheet
        heading = following[0] if following else None


def _rows(lines: Iterator[bytes], following: list[bytes]) -> Iterator[list[Cell]]:
    for line in lines:
        if line.startswith(b"{"):
            following.append(line)
            return
        yield from json.loads(line)
