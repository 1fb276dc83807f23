"""The agent's cash: receipts, deposits and what is in hand."""

from __future__ import annotations

import re
import uuid

from sqlalchemy import select

from agentsys.listing import request as list_request
from agentsys.payments.deposit_models import Deposit
from tests.web.agent.due_workers import collect, make_due, statements


def test_the_cash_page_asks_equally_often_for_two_and_for_twenty_receipts(
    session, vault, agent, phone
):
    for _ in range(2):
        collect(phone, make_due(session, vault, agent))
    phone.submit("/setoran/hitung", counted="33.600")
    phone.get("/setoran")
    few = statements(phone, "/setoran")
    for _ in range(18):
        collect(phone, make_due(session, vault, agent))

    phone.submit("/setoran/hitung", counted="336.000")
    assert statements(phone, "/setoran") == few


def test_the_cash_page_shows_all_receipts_page_by_page(session, vault, agent, phone, monkeypatch):
    monkeypatch.setattr(list_request, "SIZE", 5)
    for number in range(8):
        collect(phone, make_due(session, vault, agent, name=f"Pekerja ke-{number:02d}"))

    phone.submit("/setoran/hitung", counted="134.400")
    first = phone.get("/setoran").get_data(as_text=True)
    following = re.search(r'href="([^"]+)" rel="next"', first)
    second = phone.get(following[1].replace("&amp;", "&")).get_data(as_text=True)

    shown = [set(re.findall(r"Pekerja ke-\d\d", page)) for page in (first, second)]
    assert [len(names) for names in shown] == [5, 3]
    assert not shown[0] & shown[1]
    for page in (first, second):
        assert "Rp134.400" in page
    assert 'rel="next"' not in second


def test_all_cash_is_handed_over_when_the_count_agrees(session, vault, agent, phone):
    for _ in range(2):
        collect(phone, make_due(session, vault, agent))

    wrong = phone.submit("/setoran", key=uuid.uuid4().hex, evidence="SLIP-1", counted="33.000")
    right = phone.submit("/setoran", key=uuid.uuid4().hex, evidence="SLIP-1", counted="Rp33.600")

    assert wrong.status_code == 422
    assert right.status_code == 302
    assert session.scalars(select(Deposit)).one().amount_idr == 33_600


def test_cash_that_waits_to_be_counted_is_not_in_the_agents_hands(session, vault, agent, phone):
    collect(phone, make_due(session, vault, agent))
    phone.submit("/setoran", key=uuid.uuid4().hex, counted="16.800", evidence="slip 1")

    page = phone.get("/setoran").get_data(as_text=True)

    in_hand, waiting = re.findall(r"Rp[0-9.]+", page[page.index("Di tangan Anda") :])[:2]
    assert (in_hand, waiting) == ("Rp0", "Rp16.800")
    assert "Semua uang tunai sudah disetor" not in page
    assert "menunggu dihitung" in page
