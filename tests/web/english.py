"""The last step of `./dev translate`: asks for the English that is missing, or lists it.

At a terminal it asks for each text that has no English or whose Indonesian changed; an empty answer
keeps the English that is there. Anywhere else it only lists them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

PATH = Path("agentsys/translations/en/LC_MESSAGES/messages.po")


def to_do(catalogue: Catalog) -> list[Message]:
    """The texts without English, and those whose Indonesian changed (fuzzy)."""
    return [text for text in catalogue if text.id and (text.fuzzy or not _is_complete(text))]


def answer(text: Message, ask: Callable[[str], str]) -> None:
    """Fill the English of one text; an empty answer keeps and accepts what is there."""
    plural = isinstance(text.id, tuple)
    forms = text.id if isinstance(text.id, tuple) else (text.id,)
    known = text.string if isinstance(text.string, tuple) else (text.string,) * len(forms)
    given = tuple(
        ask(f"\n{form}\n[{old}] " if old else f"\n{form}\n> ").strip() or old
        for form, old in zip(forms, known, strict=True)
    )
    text.string = given if plural else given[0]
    if all(given):
        text.flags.discard("fuzzy")


def read(path: Path = PATH) -> Catalog:
    """The catalogue as people edit it."""
    with path.open("rb") as file:
        return read_po(file, locale="en")


def write(catalogue: Catalog, path: Path = PATH) -> None:
    """Write it as `pybabel update` does."""
    with path.open("wb") as file:
        write_po(file, catalogue, width=0, ignore_obsolete=True, include_lineno=False)


def main() -> None:
    """Ask or list, and say how much is left."""
    catalogue = read()
    if sys.stdin.isatty():
        for text in to_do(catalogue):
            answer(text, input)
        write(catalogue)
    left = to_do(catalogue)
    for text in left:
        print(f"{PATH}:{text.lineno}: {text.id}")
    print(f"{sum(bool(text.id) for text in catalogue)} texts, {len(left)} to translate (fuzzy too)")


def _is_complete(text: Message) -> bool:
    return all(text.string) if isinstance(text.string, tuple) else bool(text.string)


if __name__ == "__main__":
    main()
