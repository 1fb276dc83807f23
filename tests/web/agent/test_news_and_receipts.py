"""What an agent's day begins with, and the cash in the agent's hands as a list."""

from __future__ import annotations

from sqlalchemy import update

from agentsys import clock
from agentsys.months import add_months
from agentsys.workers.models import Enrolment
from tests.web.agent.due_workers import collect, make_due


def test_the_agent_finds_a_receipt_among_the_cash_in_hand(session, vault, agent, phone):
    for name in ("Wulan Sari", "Budi Anwar"):
        collect(phone, make_due(session, vault, agent, name=name))

    phone.submit("/setoran/hitung", counted="33.600")
    page = phone.get("/setoran?q=wulan").get_data(as_text=True)
    file = phone.get("/setoran?q=wulan&as=xlsx")

    assert "Wulan Sari" in page
    assert "Budi Anwar" not in page
    assert "Rp33.600" in page  # all of it is handed over, not only what was found
    assert file.mimetype.endswith("sheet")


def test_today_says_whose_membership_ends_with_this_month(session, vault, agent, phone):
    for late in (1, 2, 3):
        make_due(session, vault, agent, late=late)
    session.execute(update(Enrolment).values(from_month=add_months(clock.this_month(), -12)))

    page = phone.get("/hari-ini").get_data(as_text=True)

    assert "Kepesertaan 1 pekerja berakhir" in page
