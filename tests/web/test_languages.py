"""Pages are in the visitor's language."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from agentsys.extension.contract import Message
from agentsys.web import texts
from tests.factories import make_agent


def test_a_sentence_of_a_service_is_said_in_the_language_of_the_page(app: Flask) -> None:
    reason = Message(text="{percent}% × {base_idr}, iuran bulan ke-{number}, Perdir 13/2022")
    values = {"percent": "15", "base_idr": 16_800, "number": 7}
    with app.test_request_context(headers={"Accept-Language": "en"}):
        told = texts.sentence(Message(text=reason.text, values=values))
        unknown = texts.sentence(Message(text="Dari plugin lain: {n_idr}", values={"n_idr": 1_000}))

        assert told == "15% × Rp16,800, contribution month 7, Perdir 13/2022"
        assert unknown == "Dari plugin lain: Rp1,000"
        assert texts.translated("") == ""
        assert texts.ngettext("%(num)d hari", "%(num)d hari", 1) == "1 day"
        assert texts.ngettext("%(num)d hari", "%(num)d hari", 2) == "2 days"


def test_a_visitor_whose_browser_asks_for_english_signs_in_in_english(client: Any) -> None:
    english = client.get("/masuk", headers={"Accept-Language": "en-GB,en;q=0.9"})
    other = client.get("/masuk", headers={"Accept-Language": "fr"})

    assert "Phone number or e-mail" in english.get_data(as_text=True)
    assert "Nomor HP atau e-mail" in other.get_data(as_text=True)


def test_a_refusal_of_a_service_is_told_in_english(session: Session, visit: Any) -> None:
    agent = visit(make_agent(session).user)
    agent.submit("/bahasa", lang="en", next="/setoran")

    answer = agent.submit("/setoran", counted="5", evidence="slip", key="a" * 32)

    assert answer.status_code == 422
    assert "There is no cash in hand to deposit." in answer.get_data(as_text=True)
