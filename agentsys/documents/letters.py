"""Texts in Helvetica: which letters it has, how wide they are, and how a PDF writes them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from reportlab.pdfbase.pdfmetrics import stringWidth

REGULAR, BOLD = "Helvetica", "Helvetica-Bold"

_SPECIAL = re.compile(r"[()\\]")
_ALIKE = {"ʼ": "'", "ʻ": "'", "′": "'", "−": "-", "\N{NARROW NO-BREAK SPACE}": " ", "\t": " "}


def broken(text: str, font: str, size: float, width: float) -> list[str]:
    """The text in lines that fit into the width; a word that is too long is cut."""
    if width_of(text, font, size) <= width:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer, font, size) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while width_of(line, font, size) > width and len(line) > 1:
            most = _most(line, font, size, width)
            lines.append(line[:most])
            line = line[most:]
    return [*lines, line]


def width_of(text: str, font: str, size: float) -> float:
    """How wide a line is; from a table by letter, since a long table has a million of them."""
    of = _WIDTHS[font]
    return sum([of[letter] for letter in text]) * size


class _Widths(dict[str, float]):
    """The widths of a font's letters in font sizes, looked up once each."""

    def __init__(self, font: str) -> None:
        super().__init__()
        self.font = font

    def __missing__(self, letter: str) -> float:
        self[letter] = float(stringWidth(letter, self.font, 1))
        return self[letter]


_WIDTHS = {font: _Widths(font) for font in (REGULAR, BOLD)}


def _most(word: str, font: str, size: float, width: float) -> int:
    """How many letters of a word fit; at least one."""
    for most in range(len(word) - 1, 1, -1):
        if width_of(word[:most], font, size) <= width:
            return most
    return 1


def printable(text: str) -> str:
    """The text in letters that Helvetica has, in one line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_letter, text))


@cache
def _letter(letter: str) -> str:
    """The letter if Helvetica has it, or what stands for it."""
    if letter in _ALIKE:
        return _ALIKE[letter]
    if unicodedata.category(letter) in ("Cc", "Cf", "Mn"):
        return " " if letter in "\n\r" else ""
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKD", letter)[0]
        return plain if plain.isascii() and plain.isprintable() else "?"
    return letter


def escaped(line: str) -> str:
    """The line as it stands between brackets in a PDF, in the encoding of its standard fonts."""
    if line.isascii() and not _SPECIAL.search(line):
        return line
    return "".join(map(_escape, line))


@cache
def _escape(letter: str) -> str:
    """A letter within a text of a PDF, in the encoding of its standard fonts."""
    if letter in "()\\":
        return "\\" + letter
    return letter if letter.isascii() else f"\\{letter.encode('cp1252')[0]:03o}"
