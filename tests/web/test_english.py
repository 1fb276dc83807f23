"""`./dev translate` asks for the English that is missing, and loses none."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog

from tests.web.english import answer, read, to_do, write


def catalogue() -> Catalog:
    known = Catalog(locale="en")
    known.add("Belum ada.", "None yet.")
    known.add("Baru.", "")
    known.add("Ganti kata.", "Change the word.", flags=["fuzzy"])
    known.add(("%(num)d hari", "%(num)d hari"), ("", ""))
    return known


def test_what_is_new_and_what_changed_is_asked_for(tmp_path: Path) -> None:
    known = catalogue()
    asked = [text.id for text in to_do(known)]
    assert asked == ["Baru.", "Ganti kata.", ("%(num)d hari", "%(num)d hari")]

    given = iter(["New.", "", "%(num)d day", "%(num)d days"])
    for text in to_do(known):
        answer(text, lambda _question: next(given))

    assert to_do(known) == []
    assert known["Baru."].string == "New."
    assert known["Ganti kata."].string == "Change the word."  # an empty answer keeps it
    assert known[("%(num)d hari", "%(num)d hari")].string == ("%(num)d day", "%(num)d days")


def test_a_new_text_without_an_answer_stays_to_do() -> None:
    known = catalogue()

    for text in to_do(known):
        answer(text, lambda _question: "")

    assert [text.id for text in to_do(known)] == ["Baru.", ("%(num)d hari", "%(num)d hari")]


def test_writing_the_catalogue_changes_nothing_else(here: Path, tmp_path: Path) -> None:
    path = here / "agentsys/translations/en/LC_MESSAGES/messages.po"
    copy = tmp_path / "messages.po"

    write(read(path), copy)

    assert copy.read_bytes() == path.read_bytes()
