"""One worker's page: cover, sponsor, and the whole NIK."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.contributions.models import Contribution
from agentsys.memberships.ending import end
from agentsys.months import HEAD_OFFICE, add_months
from agentsys.payments.models import Receipt
from agentsys.workers import nik as identity
from agentsys.workers.kinds import EndReason, Funding
from tests.factories import (
    invented_nik,
    make_contribution,
    make_payment,
    make_worker,
)
from tests.web.agent.due_workers import collect, make_due


@pytest.mark.made_up_books
def test_a_worker_is_never_called_active_while_not_covered(session, vault, agent, phone):
    began = add_months(clock.this_month(), -2)
    worker = make_worker(session, vault, agent=agent, enrolled_from=began, phone="+628123450001")
    paid = make_contribution(session, worker, began)
    paid.payment_id = make_payment(session, worker, [paid]).id
    paid.remittance_id, paid.confirmed_at = 1, clock.now()
    session.flush()

    page = phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)

    assert "perlindungan tidak dapat dipastikan" in page
    assert "Aktif" not in page
    assert 'href="tel:+628123450001"' in page
    assert 'href="https://wa.me/628123450001"' in page


def test_a_month_that_was_paid_to_the_agent_is_told_and_covers_nobody(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    collect(phone, worker)

    page = phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)

    assert "sudah dibayar, menunggu LUNAS dari BPJS" in page
    assert "Belum terlindungi" in page
    assert page.count(session.scalars(select(Receipt)).one().number) >= 1


def test_nothing_is_asked_of_somebody_who_died_this_month(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    end(
        session,
        worker_id=worker.id,
        reason=EndReason.DIED,
        happened_on=clock.now().astimezone(HEAD_OFFICE).date(),
        note="Akta kematian",
        actor_id=agent.user_id,
    )

    page = phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)

    assert "Meninggal. Tidak ditagih lagi." in page
    assert "Belum terlindungi" not in page
    assert f"/tagih/{worker.id}" not in page
    assert "Buat tautan bayar" not in page


def test_the_page_of_somebody_a_sponsor_pays_for_asks_for_no_money(session, vault, agent, phone):
    worker = make_worker(session, vault, agent=agent, funding=Funding.APBD)

    page = phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)

    assert "dibayar APBD. Jangan menagih" in page
    assert f"/tagih/{worker.id}" not in page


def test_the_payer_is_named_in_the_list_and_on_the_sheet(session, vault, agent, phone):
    worker = make_due(session, vault, agent, funding=Funding.CSR)
    session.scalars(select(Contribution)).one().funding = Funding.CSR
    session.flush()

    listed = phone.get("/hari-ini?tab=sponsored").get_data(as_text=True)
    sheet = phone.get(f"/tagih/{worker.id}").get_data(as_text=True)
    taken = collect(phone, worker)

    assert "Dibayar CSR" in listed
    assert "dibayar CSR. Jangan menagih" in sheet
    assert taken.status_code == 422
    assert "dibayar CSR" in taken.get_data(as_text=True)
    assert "belum dipastikan" in phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)


def test_looking_at_a_nik_is_recorded_with_who_looked(session, vault, agent, phone):
    nik = invented_nik(31)
    worker = make_due(session, vault, agent, nik=nik)

    page = phone.submit(f"/pekerja/{worker.id}/nik").get_data(as_text=True)

    event_ = session.scalars(select(AuditEvent).where(AuditEvent.action == "nik.revealed")).one()
    assert nik in page
    assert (event_.actor_id, event_.subject) == (agent.user_id, f"worker:{worker.id}")
    assert identity.mask(nik) in phone.get(f"/pekerja/{worker.id}").get_data(as_text=True)
