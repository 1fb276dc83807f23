"""Malicious and wrong values, and the forms of a page as a browser reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

MARKUP = '"><script>alert(1)</script><b id=x>'
BIDI = "\u202egnp.\u2066jpg"

TYPED = {
    "nothing": "",
    "blanks": " \t\r\n\u3000 ",
    "ten thousand letters": "x" * 10_000,
    "a thousand letters": "é" * 1_000,
    "a NUL": "a\0b",
    "control signs": "a\x01\x1b\x7f\x85b",
    "a negative number": "-1",
    "more than any id": str(2**63),
    "more than any number": "9" * 5_000,
    "a fraction": "1.5",
    "rupiah with sen": "16.800,50",
    "the largest sum": "1000000000000000",
    "a power": "1e5",
    "an infinite power": "1e309",
    "no number": "NaN",
    "other digits": "٣٤",
    "a superscript": "²",
    "no such day": "2026-02-30",
    "day nought": "0000-00-00",
    "the last year": "9999-12",
    "the last day": "9999-12-31",
    "markup": MARKUP,
    "SQL": "' OR 1=1; DROP TABLE users; --",
    "templates": "{{ 7*7 }} {0} {amount_idr} %(x)s %s",
    "emoji": "👩🏽\u200d🌾🙂",
    "right to left": BIDI,
    "half a letter": b"\xed\xa0\x80\xff",
    "an address": "//jahat.example/\\",
}
IN_A_PATH = {
    "nought": "0",
    "a negative number": "-1",
    "more than any id": str(2**63),
    "more than any word": str(2**64),
    "more than any number": "9" * 5_000,
    "a letter": "x",
    "a NUL": "%00",
    "very long": "a" * 4_000,
    "other digits": "%D9%A3",
    "emoji": "%F0%9F%99%82",
    "right to left": "%E2%80%AE1",
    "half a letter": "%ff%ed%a0%80",
    "SQL": "1%27%20OR%201%3D1",
    "markup": "%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "another folder": "..%2f..%2fetc%2fpasswd",
    "another line": "%0d%0aSet-Cookie:%20a=b",
}
_NOT_TYPED = {"hidden", "checkbox", "radio", "select", "button", "file"}


@dataclass
class Field:
    """One control of a form; a browser would send its values."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    @property
    def typed(self) -> bool:
        """Whether it is a field for typing."""
        return self.kind not in _NOT_TYPED

    @property
    def chosen(self) -> bool:
        """Whether it is a checkbox, radio button or select."""
        return self.kind in ("checkbox", "radio", "select")


@dataclass
class Form:
    """One form of a page."""

    action: str
    method: str
    multipart: bool
    id: str
    fields: dict[str, Field] = field(default_factory=dict)

    def shape(self) -> tuple[str, ...]:
        """What distinguishes it from other forms with the same URL."""
        buttons = [f.options[0] for f in self.fields.values() if f.kind == "button"]
        return (*sorted(self.fields), *buttons)


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.forms, self.links = path, list[Form](), list[str]()
        self.words: list[str] = []
        self._form: Form | None = None
        self._field: Field | None = None
        self._elsewhere: list[tuple[str, Field]] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        # Citations are marked as Indonesian, and stay so on English pages.
        cited = tag == "small" and given.get("lang") == "id"
        if tag in ("script", "style", "title") or cited:
            self._silent = tag
        elif tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "form":
            action = given.get("action") or self.path
            multipart = "multipart" in given.get("enctype", "")
            self._form = Form(action, given.get("method", "get"), multipart, given.get("id", ""))
            self.forms.append(self._form)
        elif tag == "option" and self._field is not None:
            self._field.options.append(given.get("value", ""))
            if "selected" in given:
                self._field.values = [given.get("value", "")]
        elif tag in ("input", "select", "textarea", "button") and given.get("name"):
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        kind = {"input": given.get("type", "text")}.get(tag, tag)
        made = Field(given["name"], kind)
        value = given.get("value", "on" if kind == "checkbox" else "")
        if kind in ("checkbox", "radio", "button"):
            made.options = [value]
        if tag == "input" and (kind not in ("checkbox", "radio") or "checked" in given):
            made.values = [value]
        if "form" in given:
            self._elsewhere.append((given["form"], made))
        elif self._form is not None:
            made = _put(self._form, made)
        if tag in ("select", "textarea"):
            self._field = made

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        elif tag == "form":
            self._form = None
        elif tag in ("select", "textarea"):
            self._field = None

    def handle_data(self, data: str) -> None:
        if self._field is not None and self._field.kind == "textarea":
            text = "".join(self._field.values) + data
            self._field.values = [text.removeprefix("\n")]
        elif not self._silent and data.strip():
            self.words.append(data.strip())

    def close(self) -> None:
        super().close()
        for owner, made in self._elsewhere:
            for form in self.forms:
                if form.id == owner:
                    _put(form, made)


def _put(form: Form, made: Field) -> Field:
    """Add a control to its form, together with others of its name."""
    known = form.fields.setdefault(made.name, made)
    if known is not made:
        known.options += made.options
        known.values += made.values
    return known


@dataclass
class Page:
    """What a page shows and offers."""

    forms: list[Form]
    links: list[str]
    words: list[str]


def read(text: str, path: str) -> Page:
    """The page as a browser reads it."""
    reader = _Reader(path)
    reader.feed(text)
    reader.close()
    return Page(reader.forms, reader.links, reader.words)


_FILLED = {
    "nik": "6474015203850001",
    "name": "Siti Elok",
    "phone": "081234567890",
    "email": "siti@contoh.id",
    "q": "Siti",
    "results": "KODE IURAN\tSTATUS\n26110009\tPAID",
    "answers": "6474015203850001 BARU",
    "new": "kata-sandi-baru-2026",
    "again": "kata-sandi-baru-2026",
    "birth_date": "1985-03-12",
    "month": "2026-11",
    "from_month": "2026-11",
}
_BY_KIND = {
    "date": "1985-03-12",
    "month": "2026-11",
    "tel": "0812345678",
}


def filled(form: Form) -> dict[str, list[str]]:
    """The form, filled with valid values."""
    return {name: list(_fill(control)) for name, control in form.fields.items()}


def _fill(control: Field) -> Iterator[str]:
    known = [value for value in control.values if value]
    if known:
        yield from known
    elif control.options:
        real = [option for option in control.options if option]
        yield from real[:1]
    elif control.kind not in ("file", "hidden"):
        amount = control.name.endswith("idr") or control.name in ("counted", "ceiling")
        default = "1.000" if amount else _BY_KIND.get(control.kind, "Contoh")
        yield _FILLED.get(control.name, default)
