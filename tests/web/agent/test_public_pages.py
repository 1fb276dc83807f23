"""Pages that open without signing in: pay links and receipts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import time_machine
from sqlalchemy import select

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.payments.link_models import PayLink
from agentsys.payments.links import make_link
from agentsys.payments.models import Receipt
from agentsys.workers.kinds import Funding
from agentsys.workers.models import Enrolment
from tests.factories import (
    make_worker,
)
from tests.web.agent.due_workers import collect, make_due


def test_a_pay_link_opens_for_the_worker_without_signing_in(session, vault, agent, phone, client):
    worker = make_due(session, vault, agent, name="Yohana Wenda")
    phone.submit(f"/pekerja/{worker.id}/tautan")
    token = session.scalars(select(PayLink)).one().token

    page = client.get(f"/bayar/{token}").get_data(as_text=True)

    assert "Yohana W." in page
    assert "Wenda" not in page
    assert "Rp16.800" in page


def test_the_pay_link_of_somebody_never_billed_does_not_say_paid(session, vault, agent, client):
    token = make_link(session, worker_id=make_worker(session, vault, agent=agent).id, actor_id=None)

    page = client.get(f"/bayar/{token.token}").get_data(as_text=True)

    assert "Belum ada tagihan" in page
    assert "sudah dibayar" not in page


def test_the_pay_link_of_somebody_who_paid_says_so(session, vault, agent, phone, client):
    worker = make_due(session, vault, agent)
    collect(phone, worker)
    token = make_link(session, worker_id=worker.id, actor_id=None).token

    assert "Iuran sudah dibayar" in client.get(f"/bayar/{token}").get_data(as_text=True)


def test_an_expired_pay_link_says_why_and_whom_to_call(session, vault, agent, client):
    link = make_link(session, worker_id=make_worker(session, vault, agent=agent).id, actor_id=None)
    session.get_one(PayLink, link.token).expires_at = clock.now() - timedelta(days=1)
    session.flush()
    session.flush()

    expired, unknown = client.get(f"/bayar/{link.token}"), client.get("/bayar/terpotong")

    assert expired.status_code == unknown.status_code == 404
    page = expired.get_data(as_text=True)
    assert f'href="tel:{agent.user.phone}"' in page
    assert "lewat waktu" in page
    assert "tidak dikenal" in unknown.get_data(as_text=True)
    for answer in (expired, unknown):
        assert "/masuk" not in answer.get_data(as_text=True)


def test_a_receipt_can_be_checked_by_anybody_and_tells_no_identity(
    session, vault, agent, phone, client
):
    worker = make_due(session, vault, agent, name="Slamet Riyadi")
    collect(phone, worker)
    code = session.scalars(select(Receipt)).one().code

    page = client.get(f"/k/{code}").get_data(as_text=True)

    assert "Slamet R." in page
    assert "Riyadi" not in page
    assert worker.nik_masked not in page
    assert client.get("/k/AAAAAAAAAA").status_code == 404


def test_the_pay_link_tells_of_a_rise_in_the_month_before_it(session, vault, agent, client):
    december = datetime(2026, 12, 5, 4, 0, tzinfo=UTC)
    with time_machine.travel(december, tick=False):
        worker = make_worker(session, vault, agent=agent, enrolled_from=date(2026, 6, 1))
        token = make_link(session, worker_id=worker.id, actor_id=None).token
        page = " ".join(client.get(f"/bayar/{token}").get_data(as_text=True).split())
    with time_machine.travel(december - timedelta(days=20), tick=False):
        before = client.get(f"/bayar/{token}").get_data(as_text=True)

    assert "Mulai Januari 2027 iuran Anda Rp16.800 sebulan (sekarang Rp8.400)" in page
    assert "Mulai Januari 2027" not in before


def test_the_pay_link_of_somebody_a_sponsor_pays_for_asks_for_nothing(
    session, vault, agent, client
):
    worker = make_due(session, vault, agent)
    token = make_link(session, worker_id=worker.id, actor_id=None).token
    session.scalars(select(Contribution)).one().funding = Funding.APBD
    session.scalars(select(Enrolment)).one().funding = Funding.APBD
    session.flush()

    page = client.get(f"/bayar/{token}").get_data(as_text=True)

    assert "Iuran Anda dibayar APBD" in page
    assert "Rp16.800" not in page
