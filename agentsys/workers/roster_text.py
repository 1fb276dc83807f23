"""Rosters as CSV: which encoding, which delimiter, and the rows one after the other."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from agentsys.workers.roster_archive import FileRefused

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 20
_HEADER = re.compile(r"\b(NIK|KTP)\b.*\bNAMA\b|\bNAMA\b.*\b(NIK|KTP)\b", re.IGNORECASE)
_LONGEST_CELL = 10_000


def csv_rows(content: bytes) -> Iterator[list[str]]:
    """The rows of a CSV file; FileRefused if the bytes are no text or no table."""
    encoding = encoding_of(content)
    lines = io.TextIOWrapper(io.BytesIO(content), encoding, errors="replace", newline="")
    sample = [line for line, _ in zip(lines, range(_SAMPLE_LINES), strict=False)]
    delimiter = delimiter_of(sample)
    lines.seek(0)
    if sample and sample[0].strip().lower() in {f"sep={sign}" for sign in _DELIMITERS}:
        # Kept as an empty line, so that row numbers stay those of the file.
        lines.readline()
        yield []
    csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except (csv.Error, UnicodeError) as error:
        raise FileRefused(
            "Berkas CSV ini tidak dapat dibaca: satu sel terlalu panjang atau tanda kutipnya tidak"
            " ditutup. Simpan ulang dari Excel sebagai CSV, lalu unggah lagi."
        ) from error


def encoding_of(content: bytes) -> str:
    """The encoding that the bytes are in; FileRefused if they are no text."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return name
    head = content[:4096]
    if b"\0" in head:
        odd, even = head[1::2].count(0), head[::2].count(0)
        if max(odd, even) > len(head) // 3 and min(odd, even) == 0:
            return "utf-16-le" if odd else "utf-16-be"
        raise FileRefused(
            "Berkas ini bukan daftar pekerja. Simpan daftar sebagai .xlsx atau .csv,"
            " lalu unggah lagi."
        )
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"  # Excel on Windows, "CSV (Comma delimited)"
    return "utf-8"


def delimiter_of(sample: list[str]) -> str:
    """The sign that splits the header, or else any line of the sample, into the most cells."""
    if sample and sample[0].strip().lower().startswith("sep="):
        return sample[0].strip()[4:] or ","
    # Addresses and titles are full of commas; the header is not.
    headers = [line for line in sample if _HEADER.search(line)]
    lines = headers or sample
    return max(_DELIMITERS, key=lambda sign: max((line.count(sign) for line in lines), default=0))
