"""A visitor who sends bad input, checks each answer, and rolls back its changes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from agentsys.db import db
from agentsys.ledger import invariants
from tests.web.hostile_values import MARKUP, Form, Page, read

MACHINES = {"callbacks.receive", "health.alive", "health.metrics", "health.ready"}
# These request the gateway, which is unreachable here.
ASKING = {"agent.check_payment", "agent.cancel_payment", "finance.ask_provider"}
_AT = {"Referer": "http://localhost/akun"}  # browsers say which page of ours a form was on
_HEADERS = {
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cache-Control",
    "X-Request-Id",
}
_HERE = re.compile(r'<nav class="nav"[^>]*>(?:(?!</nav>).)*aria-current="page"', re.S)
_FOREIGN = {
    "id": re.compile(r"\b(the|must|invalid|not|please|field|required|and|choice|value)\b", re.I),
    "en": re.compile(r"\b(yang|belum|tidak|dan|dengan|wajib|isi|pilih|lalu)\b", re.I),
}


class Walk:
    """The requests of one visitor, and the first wrong answer of each kind."""

    def __init__(self, app: Flask, visitor: Any, language: str = "id") -> None:
        """A visitor who has signed in, or not."""
        self.app, self.visitor, self.language = app, visitor, language
        self.faults: dict[str, str] = {}
        self.sent = 0
        self._router = app.url_map.bind("localhost")

    def endpoint(self, path: str, method: str) -> str:
        """The name of the endpoint of a path, if there is one."""
        try:
            return str(self._router.match(urlsplit(path).path, method=method)[0])
        except HTTPException:
            return ""

    def page(self, path: str) -> Page:
        """Load a page that must be valid."""
        return read(_text(self.visitor.get(path)), path)

    def send(self, what: str, path: str, **options: Any) -> None:
        """Send a request, check the answer, and roll back."""
        self._judge(what, path, None, {}, options)

    def submit(self, what: str, form: Form, data: dict[str, list[Any]]) -> None:
        """Send a form as a browser does; what was refused must come back with the form."""
        if form.multipart:
            options: dict[str, Any] = {"data": MultiDict(_parts(form, data))}
            options["content_type"] = "multipart/form-data"
        else:
            options = {"data": urlencode(data, doseq=True)}
            options["content_type"] = "application/x-www-form-urlencoded"
        self._judge(what, form.action, form, data, options | {"method": "POST", "headers": _AT})

    def _judge(
        self, what: str, path: str, form: Form | None, sent: dict[str, list[Any]], options: Any
    ) -> None:
        self.sent += 1
        cookies = dict(self.visitor._cookies)
        db.session.commit()
        undo = db.engines[None].begin_nested()  # type: ignore[union-attr]
        try:
            answer = self.visitor.open(path, **options)
            for fault in self._wrong(answer, path):
                self._note(answer, path, fault, what)
            if form is not None and answer.status_code == 422:
                for fault in _lost(read(_text(answer), path), form, sent):
                    self._note(answer, path, fault, what)
            elif form is not None and self._refused_elsewhere(answer):
                for fault in _lost(Page([], [], []), form, sent):
                    self._note(answer, path, fault, what)
        finally:
            db.session.rollback()
            undo.rollback()
            db.session.expire_all()
            self.visitor._cookies = cookies

    def _refused_elsewhere(self, answer: Any) -> bool:
        """Whether the refusal is on another page, which cannot keep the input."""
        if not 300 <= answer.status_code < 400:
            return False
        with self.visitor.session_transaction() as cookie:
            return any(tone == "error" for tone, _text in cookie.get("_flashes", []))

    def _note(self, answer: Any, path: str, fault: str, what: str) -> None:
        self.faults.setdefault(f"{answer.request.method} {path[:60]} {fault}", what)

    def _wrong(self, answer: Any, path: str) -> Iterator[str]:
        status, text, method = answer.status_code, _text(answer), answer.request.method
        endpoint = self.endpoint(path, method)
        if status >= 500 and not (status == 503 and endpoint in ASKING):
            yield f"fails with {status}"
            return
        if missing := _HEADERS - set(answer.headers.keys()):
            yield f"answers {status} without {missing}"
        if MARKUP[2:] in text or "Traceback" in text:
            yield f"answers {status} and shows what was sent as it came"
        in_a_menu = '<nav class="nav"' in text and not endpoint.startswith("account.")
        if status == 422 and in_a_menu and not _HERE.search(text):
            yield "answers 422 without saying where one is"
        if status >= 400 and endpoint not in MACHINES:
            yield from self._unhelpful(status, text, path)
        if 300 <= status < 400 and not re.match(r"/(?![/\\])", answer.location):
            yield f"leads away, to {answer.location}"
        if method == "POST" and status < 400 and (broken := invariants.check(db.session())):
            yield f"leaves books that are wrong: {broken}"

    def _unhelpful(self, status: int, text: str, path: str) -> Iterator[str]:
        if f'<html lang="{self.language}"' not in text:
            yield f"answers {status} with no page of ours"
            return
        words = " ".join(read(text, path).words)
        if not re.search(r"\w \w[^.]+\.", words):
            yield f"answers {status} without a sentence"
        if found := _FOREIGN[self.language].search(words):
            yield f"speaks another language: {words[max(found.start() - 40, 0) :][:90]}"


def _parts(form: Form, data: dict[str, list[Any]]) -> Iterator[tuple[str, Any]]:
    for name, values in data.items():
        for value in values:
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            if form.fields[name].kind == "file":
                yield name, (io.BytesIO(text.encode()), f"{text[:300]}.csv")
            else:
                yield name, text


def _lost(page: Page, form: Form, sent: dict[str, list[Any]]) -> Iterator[str]:
    """Input that is lost and would have to be typed again."""
    if any(sent.get(name) != f.values for name, f in form.fields.items() if f.kind == "hidden"):
        return  # no browser sends that
    again = [f for f in page.forms if f.action == form.action and set(form.fields) <= set(f.fields)]
    typed = {
        name: [" ".join(text.split()) for text in sent.get(name, ()) if isinstance(text, str)]
        for name, control in form.fields.items()
        if control.typed and control.kind != "password"
    }
    if any(any(texts) for texts in typed.values()) and not again:
        yield "does not give the form back"
        return
    for name, texts in typed.items():
        kept = {" ".join(value.split()) for f in again for value in f.fields[name].values}
        if any(texts) and kept.isdisjoint([*texts, " ".join(texts)]):
            yield f"loses what was typed as {name}"
    for name, control in form.fields.items():
        fields = [f.fields[name] for f in again] if control.chosen else []
        offered = {option for field in fields for option in field.options if option}
        kept = {value for field in fields for value in field.values}
        chosen = sent.get(name, []) if control.kind == "checkbox" else sent.get(name, [])[:1]
        if offered.intersection(chosen) - kept:
            yield f"loses what was chosen as {name}"


def _text(answer: Any) -> str:
    return str(answer.get_data().decode("utf-8", "replace"))
