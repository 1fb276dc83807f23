"""Languages, and the formats of money, months and times; Indonesian is the default."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, has_request_context, request, session
from flask_babel import (
    Babel,
    get_locale,
    get_translations,
    gettext,
    lazy_gettext,
    ngettext,
)
from flask_security import current_user
from lucide.jinja import lucide

from agentsys import clock
from agentsys.messages import (
    Message,
    date_words,
    fill,
    format_day,
    format_month,
    format_number,
    format_time,
)
from agentsys.money import format_idr

__all__ = ["gettext", "lazy", "ngettext"]

LANGUAGES = ("id", "en")
DEFAULT_ZONE = "Asia/Makassar"

lazy = lazy_gettext
_SWAPPED = str.maketrans(",.", ".,")
_versions: dict[str, str] = {}


def init_app(app: Flask) -> None:
    """Set up the languages and the filters that templates use."""
    app.config.update(
        BABEL_DEFAULT_LOCALE="id",
        BABEL_DEFAULT_TIMEZONE="UTC",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).parent.parent / "translations"),
    )
    Babel(app, locale_selector=_language)
    # Flask-Babel looks the translations up for each text, and a page has some two hundred.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _translations().ugettext(text),
        ngettext=lambda one, many, number: _translations().ungettext(one, many, number),
        pgettext=lambda context, text: _translations().upgettext(context, text),
        npgettext=lambda context, one, many, number: _translations().unpgettext(
            context, one, many, number
        ),
        newstyle=True,
    )
    app.jinja_env.filters.update(
        rp=rp,
        num=num,
        decimal=decimal,
        translated=translated,
        month=month,
        month_short=month_short,
        day=day,
        time=time,
        ago=ago,
        sentence=sentence,
        person=person,
    )
    app.jinja_env.globals.update(icon=icon, get_locale=get_locale)
    app.url_defaults(_version_static)


def rp(amount_idr: int) -> str:
    """Rupiah as people write them in the language of the page."""
    return format_idr(amount_idr, _code())


def translated(text: str) -> str:
    """A service's text in the language of the page; empty stays empty."""
    return gettext(text) if text else ""  # an empty text would return the catalogue's header


def sentence(reason: Message) -> str:
    """A Message in the language of the page, with formatted values."""
    return fill(translated(reason.text), reason.values, _code(), _zone())


def num(number: int) -> str:
    """A whole number with the separators of the page's language."""
    return format_number(number, _code())


def decimal(number: float) -> str:
    """A number with one decimal, as the page's language writes it; a whole one without it."""
    text = f"{number:,.1f}".removesuffix(".0")
    return text if _code() == "en" else text.translate(_SWAPPED)


def month(value: date) -> str:
    """`November 2026`."""
    return format_month(value, _code())


def month_short(value: date) -> str:
    """`Nov 2026`."""
    return date_words(value, "MMM y", _code())


def day(value: date | datetime) -> str:
    """`22 Nov 2026`, on the office's clock."""
    return format_day(value, _code(), _zone())


def time(value: datetime) -> str:
    """`14.05 WITA`, on the office's clock."""
    return format_time(value, _code(), _zone())


def day_and_time(value: datetime) -> str:
    """`22 Nov 2026, 14.05 WITA`, on the office's clock."""
    return f"{day(value)}, {time(value)}"


def ago(value: datetime) -> str:
    """The age as one number and unit."""
    seconds = max(0, int((clock.now() - value).total_seconds()))
    if seconds < 60:
        return gettext("baru saja")
    if seconds < 3600:
        return ngettext("%(num)d menit lalu", "%(num)d menit lalu", seconds // 60)
    if seconds < 86400:
        return ngettext("%(num)d jam lalu", "%(num)d jam lalu", seconds // 3600)
    return ngettext("%(num)d hari lalu", "%(num)d hari lalu", seconds // 86400)


def person(name: str) -> str:
    """A name for display: imported names in capitals are hard to read."""
    return name.title() if name.isupper() and len(name) > 3 else name


def icon(name: str, size: int = 20, **attributes: Any) -> Any:
    """A lucide icon as inline SVG that screen readers skip."""
    return _drawn(name, size, tuple(sorted(attributes.items())))


@lru_cache(maxsize=1_000)
def _drawn(name: str, size: int, attributes: tuple[tuple[str, Any], ...]) -> Any:
    """The same, cached: it parses the icon's SVG, and a page has a dozen icons."""
    options: dict[str, Any] = {"class": "i", "aria_hidden": "true", "focusable": "false"}
    return lucide(name, size=size, **(options | dict(attributes)))


def _code() -> str:
    """The language of the request, looked up once: a list has a hundred dates and sums."""
    if not has_request_context():
        return "id"
    if "language_code" not in g:
        g.language_code = str(get_locale() or "id")
    return str(g.language_code)


def _language() -> str:
    if not has_request_context():
        return "id"
    chosen = session.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    if current_user and current_user.is_authenticated:
        return str(current_user.language)
    for wanted in request.accept_languages.values():
        match wanted.partition("-")[0].lower():
            case "id" | "in":  # old Android phones send "in"
                return "id"
            case "en":
                return "en"
    return "id"


def zone_name() -> str:
    """The time zone of the signed-in user's office."""
    if has_request_context() and current_user and current_user.is_authenticated:
        office = current_user.office
        return str(office.zone) if office is not None else DEFAULT_ZONE
    return DEFAULT_ZONE


def today() -> date:
    """The day on the office's calendar."""
    return clock.now().astimezone(_zone()).date()


def _zone() -> ZoneInfo:
    """The time zone of the request, looked up once like the language."""
    if not has_request_context():
        return ZoneInfo(DEFAULT_ZONE)
    if "zone" not in g:
        g.zone = ZoneInfo(zone_name())
    found: ZoneInfo = g.zone
    return found


def _version_static(endpoint: str, values: dict[str, Any]) -> None:
    filename = values.get("filename")
    if endpoint != "static" or not filename:
        return
    if filename not in _versions:
        path = Path(__file__).parent.parent / "static" / filename
        _versions[filename] = (
            hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""
        )
    values["v"] = _versions[filename]


def _translations() -> Any:
    """The translations of the request's language."""
    if "translations" not in g:
        g.translations = get_translations()
    return g.translations
