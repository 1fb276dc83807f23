"""English is complete, and a page in English has no Indonesian left in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.payments.link_models import LinkKind, PayLink
from agentsys.payments.models import Receipt
from agentsys.people import first_setup
from agentsys.people.models import RoleName
from tests.web.access_world import World, make_world, path_of, roles_of, routes

EXTRACT = "extract -F agentsys/translations/babel.cfg -k lazy --ignore-dirs .*"
FOLDER = "agentsys/translations/en/LC_MESSAGES"
_PLACES = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")
# Indonesian words that no English page may have; test users are called Agen 2, Pekerja 8.
_TELLING = re.compile(
    r"\b(Agen(?! \d)|Iuran|Komisi|Kuitansi|Pekerja(?! \d)|Setoran|Titipan|"
    r"atau|belum|bulan|dan|dari|hari|sudah|tidak|untuk|yang)\b"
)


@pytest.fixture(scope="module")
def english(here: Path) -> Catalog:
    """The English catalogue (.po)."""
    with (here / FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="en")


@pytest.fixture(scope="module")
def wanted(here: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The texts in code and templates."""
    found = tmp_path_factory.mktemp("texts") / "messages.pot"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        CommandLineInterface().run(["pybabel", "-q", *EXTRACT.split(), "-o", str(found), "."])
    with found.open("rb") as file:
        return read_po(file)


def test_english_has_every_text_and_none_that_is_gone(wanted: Catalog, english: Catalog) -> None:
    asked, known = ({(m.context, m.id) for m in each if m.id} for each in (wanted, english))

    assert len(asked) > 500
    assert asked - known == set()
    assert known - asked == set()
    assert not english.obsolete


def test_every_text_is_translated_with_the_same_places(english: Catalog) -> None:
    assert english.num_plurals == 2
    for message in english:
        if not message.id:
            continue
        forms = message.string if message.pluralizable else (message.string,)
        source = message.id[0] if message.pluralizable else message.id
        assert not message.fuzzy, message.id
        assert len(forms) == (2 if message.pluralizable else 1), message.id
        for form in forms:
            assert form.strip(), message.id
            assert sorted(_PLACES.findall(form)) == sorted(_PLACES.findall(source)), message.id


def test_the_compiled_catalogue_is_the_one_that_people_edit(here: Path, english: Catalog) -> None:
    compiled = BytesIO()

    write_mo(compiled, english)

    assert (here / FOLDER / "messages.mo").read_bytes() == compiled.getvalue()


def test_the_command_of_dev_translate_is_the_one_that_is_tested(here: Path) -> None:
    text = (here / "dev").read_text()

    assert EXTRACT.replace(".*", "'.*'") in text


_VOID = ("br", "hr", "img", "input", "meta", "link", "wbr")


class _Shown(HTMLParser):
    """The texts of a page: between tags, and in attributes that are shown or read aloud.

    What is marked as Indonesian, such as the name of a law, is left out.
    """

    ATTRIBUTES = (
        "aria-label",
        "placeholder",
        "title",
        "data-l",
        "data-say",
        "data-done",
        "data-cash",
    )

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._indonesian: list[str] = []  # the open elements from the one that is marked on
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._indonesian or dict(attrs).get("lang") == "id":
            if tag not in _VOID:
                self._indonesian.append(tag)
            return
        self.texts += [value for name, value in attrs if name in self.ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        while tag in self._indonesian and self._indonesian.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._indonesian:
            self.texts.append(data.strip())


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """One office with one of everything, and a receipt whose code can be typed."""
    found = make_world(session, vault)
    session.execute(update(Receipt).values(code="7H3CZ0WQ2M"))
    return found


@pytest.mark.made_up_books
@pytest.mark.parametrize("role", list(RoleName))
def test_no_page_in_english_has_indonesian_left_in_it(
    app: Flask, world: World, english: Catalog, visit: Any, role: RoleName
) -> None:
    visitor = visit(world.users[role])
    visitor.submit("/bahasa", lang="en", next="/akun")
    translated = _translated(english)

    left: dict[str, list[str]] = {}
    # The workers of an agent on leave are shown to the substitute alone, and here is none.
    paths = [path for path in _pages(app, world, role) if "/menggantikan/" not in path]
    for path in paths:
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        if answer.mimetype.startswith("image/"):
            continue
        page = answer.get_data(as_text=True)
        assert "<html" not in page or '<html lang="en"' in page, path
        found = [text for text in _Shown(page).texts if text in translated or _TELLING.search(text)]
        if found:
            left[path] = found

    assert len(paths) >= 5
    assert left == {}


@pytest.mark.made_up_books
def test_the_own_page_of_a_worker_in_english_has_no_indonesian_left_in_it(
    app: Flask, session: Session, world: World, english: Catalog
) -> None:
    link = session.scalars(select(PayLink)).first()
    assert link is not None
    link.kind = LinkKind.OWN
    session.flush()
    translated = _translated(english)

    answer = app.test_client().get(f"/saya/{link.token}", headers={"Accept-Language": "en"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert '<html lang="en"' in page
    assert [text for text in _Shown(page).texts if text in translated] == []


def test_the_pages_that_set_up_an_empty_system_have_no_indonesian_left_in_english(
    session: Session, client: Any, english: Catalog
) -> None:
    code = first_setup.make_code(session)
    client.submit("/bahasa", lang="en", next="/mulai")
    translated = _translated(english)

    for path in ("/mulai", "/mulai/kantor"):
        page = client.get(path).get_data(as_text=True)
        texts = _Shown(page).texts
        assert '<html lang="en"' in page
        assert [text for text in texts if text in translated or _TELLING.search(text)] == []
        client.submit("/mulai", code=code)


def _translated(english: Catalog) -> set[str]:
    return {
        message.id
        for message in english
        if isinstance(message.id, str) and message.id and message.string != message.id
    }


def _pages(app: Flask, world: World, role: RoleName) -> list[str]:
    """Every page that the role can read, with objects of its own office; no downloads."""
    ids = world.ids
    if role is RoleName.SUPERVISOR:
        ids = ids | {"kind": "statement.submitted", "subject": str(ids["statement_id"])}
    return [
        path_of(rule, ids | ({"token": "7H3CZ0WQ2M"} if endpoint == "public.receipt" else {}))
        for method, endpoint, rule in routes(app)
        if method == "GET"
        and endpoint.partition(".")[0] not in ("health", "callbacks", "own", "setup")
        and (role in roles_of(app, endpoint) or not roles_of(app, endpoint))
        # The last one is only for workers whose sponsor left.
        and endpoint not in ("web.home", "public.pay_status", "agent.pay_self")
        and not rule.rule.endswith((".xlsx", ".pdf"))
    ]
