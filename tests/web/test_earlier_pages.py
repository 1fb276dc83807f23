"""The pages about months that were paid elsewhere."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.earlier_models import EarlierPeriod, EarlierState
from agentsys.crypto import Vault
from agentsys.months import add_months
from agentsys.people.models import RoleName, User
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_earlier, make_user, make_worker

LIST = "/kantor/pekerja/bulan-terdahulu"


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A worker of an agent."""
    return make_worker(
        session, vault, agent=make_agent(session), name="Siti Aminah", kpj="21012345"
    )


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Somebody of finance of the worker's office."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


def test_one_records_another_agrees_and_the_worker_is_covered(
    session: Session, visit: Any, worker: Worker, clerk: User
) -> None:
    month = clock.this_month()
    make_contribution(session, worker, month)
    another = make_user(session, RoleName.FINANCE, office_id=worker.office_id)
    first, second = visit(clerk), visit(another)

    recorded = first.submit(
        f"/kantor/pekerja/{worker.id}/bulan-terdahulu",
        from_month=f"{add_months(month, -3):%Y-%m}",
        last_month=f"{month:%Y-%m}",
        kind="elsewhere",
        evidence="JMO 8812",
    )
    period = session.scalars(select(EarlierPeriod)).one()
    own = first.get(LIST).get_data(as_text=True)
    others = second.get(LIST).get_data(as_text=True)
    agreed = second.submit(f"{LIST}/{period.id}", action="approve")

    assert (recorded.status_code, agreed.status_code) == (302, 302)
    assert "Setujui" not in own
    assert "Setujui" in others
    assert period.state is EarlierState.COUNTED
    page = first.get(f"/kantor/pekerja/{worker.id}").get_data(as_text=True)
    assert "JMO 8812" in page
    assert "Ditutup, tidak ditagih lagi · Dibayar di tempat lain" in page


def test_a_refusal_needs_a_reason(
    session: Session, visit: Any, worker: Worker, clerk: User
) -> None:
    period = make_earlier(
        session,
        worker,
        date(2025, 1, 1),
        date(2025, 3, 1),
        state=EarlierState.PROPOSED,
        decided_by=None,
        decided_at=None,
    )
    visitor = visit(clerk)

    visitor.submit(f"{LIST}/{period.id}", action="refuse")
    assert "Tulis alasannya." in visitor.get(LIST).get_data(as_text=True)
    visitor.submit(f"{LIST}/{period.id}", action="refuse", reason="Bukti palsu")

    assert (period.state, period.reason) == (EarlierState.REFUSED, "Bukti palsu")


def test_months_that_count_are_asked_back_from_the_workers_page(
    session: Session, visit: Any, worker: Worker, clerk: User
) -> None:
    period = make_earlier(session, worker, date(2025, 1, 1), date(2025, 3, 1))
    visitor = visit(clerk)

    visitor.submit(f"{LIST}/{period.id}/tarik", reason="Salah orang")

    assert (period.state, period.retracted_by) == (EarlierState.RETRACTING, clerk.id)


def test_a_wrong_month_is_told_at_its_field_and_nothing_typed_is_lost(
    visit: Any, worker: Worker, clerk: User
) -> None:
    answer = visit(clerk).submit(
        f"/kantor/pekerja/{worker.id}/bulan-terdahulu",
        from_month="2026-05",
        last_month="2026-01",
        kind="elsewhere",
        evidence="JMO 8812",
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Bulan terakhir tidak boleh sebelum bulan pertama." in page
    assert 'value="JMO 8812"' in page


@pytest.mark.parametrize("as_file", [False, True])
def test_a_list_is_pasted_or_uploaded_and_says_which_lines_were_not_recorded(
    session: Session, visit: Any, worker: Worker, clerk: User, as_file: bool
) -> None:
    table = "KPJ;DARI;SAMPAI;BUKTI\n21012345;2025-01;2025-06;JMO\n99999999;2025-01;2025-06;JMO\n"
    sent: dict[str, Any] = {"kind": "before"}
    if as_file:
        sent["file"] = (io.BytesIO(table.encode()), "bulan.csv")
    else:
        sent["table"] = table

    page = visit(clerk).submit(f"{LIST}/tempel", **sent).get_data(as_text=True)

    assert "1 baris dicatat, menunggu orang kedua." in page
    assert "Baris 3: Tidak ada pekerja Anda dengan nomor itu." in page
    assert session.scalars(select(EarlierPeriod.worker_id)).all() == [worker.id]
