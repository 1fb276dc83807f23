"""What commands print, in one language per run: the user's locale decides.

Texts are Indonesian in the code and English by the catalogue, as on the screens. Click and
Flask-Migrate print English; `libraries.po` has the Indonesian translations.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agentsys.messages import Message, fill

if TYPE_CHECKING:
    from babel.support import NullTranslations

CATALOGUES = Path(__file__).parent / "translations"
_INDONESIAN = re.compile(r"id([_.@].*)?")


def language() -> str:
    """`id` if LC_ALL, LC_MESSAGES or LANG (the first that is set) is Indonesian, `en` otherwise."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, named), "")
    return "id" if _INDONESIAN.fullmatch(locale) else "en"


def console_text(text: str, /, **values: object) -> str:
    """The text in the language of this run, with its values in its {places}."""
    return fill(_catalogue(language()).gettext(text), values, language())


def console_sentence(message: Message) -> str:
    """What a refusal says, in the language of this run."""
    return console_text(message.text, **message.values)


@cache
def _catalogue(name: str) -> NullTranslations:
    # Imported with the first text: the reader of a list starts in each import and says none.
    from babel.support import NullTranslations, Translations

    return NullTranslations() if name == "id" else Translations.load(CATALOGUES, [name])
