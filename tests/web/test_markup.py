"""Every page is HTML that validators and screen readers take without complaint."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from agentsys.people.models import RoleName
from tests.web import test_bad_input
from tests.web.test_bad_input import enter, paths

app = test_bad_input.app  # it has a gateway, without which some pages do not exist

# A date, a month or a moment; HTML knows no more than three digits after the second.
_TIME = re.compile(r"\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?([+-]\d\d:\d\d|Z)?)?)?")
_SENDING = {("button", "submit"), ("button", ""), ("input", "submit"), ("input", "image")}
_NO_PAGE = re.compile(r"\.(xlsx|csv|json|pdf)$|/unduh$|/berkas$|^/(healthz|readyz|metrics)$")


class _Faults(HTMLParser):
    """What is wrong with one page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: Counter[str] = Counter()
        self._form: dict[str, bool] | None = None
        self._asks = ""  # the required select that waits for its first option
        self._sends: set[str] = set()  # ids of forms that have a button elsewhere
        self._mute: list[tuple[str, str]] = []  # forms without a button of their own

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        has = {name: value or "" for name, value in attributes}
        self.ids.update([has["id"]] if "id" in has else [])
        if tag == "time" and not _TIME.fullmatch(has.get("datetime", "")):
            self.found.append(f"a time that is none: {has.get('datetime')}")
        if tag == "select" and "required" in has and "multiple" not in has and "size" not in has:
            self._asks = has.get("name", "?")
        if tag == "option" and self._asks:
            if has.get("value", "x"):
                self.found.append(f"a required choice without an empty first one: {self._asks}")
            self._asks = ""
        if tag == "form":
            self._form = {"sends": False}
            self._mute.append((has.get("id", ""), has.get("action", "")))
        if (tag, has.get("type", "")) in _SENDING:
            self._sends.add(has.get("form", ""))
            if self._form is not None and not self._form["sends"]:
                self._form["sends"] = True
                self._mute.pop()

    def handle_endtag(self, tag: str) -> None:
        """Leave a form."""
        if tag == "form":
            self._form = None

    def all(self) -> Iterator[str]:
        """Everything that was found on the page."""
        yield from self.found
        yield from (f"an id twice: {name}" for name, times in self.ids.items() if times > 1)
        for name, action in self._mute:
            if not name or name not in self._sends:
                yield f"a form that no button sends: {action}"


@pytest.mark.parametrize("role", [None, *RoleName])
def test_the_pages_of_a_role_are_sound(app, session, vault, client, visit, role):
    walk, ids = enter(app, session, vault, client, visit, role)
    faults: dict[str, str] = {}
    seen = 0

    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.endswith("static"):
            continue
        for path in paths(rule, ids):
            if _NO_PAGE.search(path):
                continue
            answer = walk.visitor.get(path)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            seen += 1
            page = _Faults()
            page.feed(answer.get_data(as_text=True))
            for fault in page.all():
                faults.setdefault(fault, path)

    assert seen > (1 if role is None else 5)
    assert faults == {}
