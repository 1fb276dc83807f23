"""What a supervisor is asked to look at first."""

from __future__ import annotations

from datetime import UTC, date, datetime

import time_machine
from sqlalchemy.orm import Session

from agentsys.commissions.anomalies import signals
from agentsys.crypto import Vault
from agentsys.money import format_idr
from agentsys.people.models import Agent
from agentsys.workers.models import Funding, NewToBpu
from tests.commissions.builders import (
    AFTER_NOVEMBER,
    DECEMBER,
    FIRST_MONTH_IDR,
    NOVEMBER,
    OCTOBER,
    approved_early,
    at,
    confirm,
    portfolio,
    run,
    statement_of,
)
from tests.factories import make_agent, make_worker

EARLIER = datetime(2026, 10, 2, tzinfo=UTC)


def said(session: Session, agent: Agent, month: date = NOVEMBER) -> list[str]:
    """The sentences on the agent's month."""
    statement = statement_of(session, agent, month)
    assert statement is not None
    found = signals(session, statement_ids=[statement.id])
    return [reason.sentence() for reason in found[statement.id]]


@time_machine.travel(AFTER_NOVEMBER)
def test_an_ordinary_month_says_nothing(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 3, created_at=EARLIER)
    run(session)

    assert said(session, agent) == []


@time_machine.travel(AFTER_NOVEMBER)
def test_more_than_twice_last_months_commission_is_pointed_out(
    session: Session, vault: Vault
) -> None:
    jumped, doubled = make_agent(session), make_agent(session)
    for agent, count in ((jumped, 3), (doubled, 2)):
        first, *_ = portfolio(session, vault, agent, count, created_at=EARLIER)
        confirm(session, first, OCTOBER, at(10, month=10))
    for month in (OCTOBER, NOVEMBER):
        run(session, month=month)

    assert said(session, jumped) == [
        f"Komisi naik 200% dari bulan lalu ({format_idr(FIRST_MONTH_IDR)})."
    ]
    assert said(session, doubled) == []


@time_machine.travel(AFTER_NOVEMBER)
def test_many_new_workers_on_the_last_day_are_pointed_out(session: Session, vault: Vault) -> None:
    rushed, steady = make_agent(session), make_agent(session)
    last_day = datetime(2026, 11, 30, 3, tzinfo=UTC)
    for agent, late, early in ((rushed, 6, 4), (steady, 4, 6)):
        portfolio(session, vault, agent, late, created_at=last_day)
        portfolio(session, vault, agent, early, created_at=datetime(2026, 11, 5, tzinfo=UTC))
    run(session)

    assert said(session, rushed) == ["6 dari 10 pekerja baru didaftarkan pada hari terakhir bulan."]
    assert said(session, steady) == []


@time_machine.travel(AFTER_NOVEMBER)
def test_one_phone_for_many_workers_is_pointed_out_without_the_number(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 5, created_at=EARLIER, phone="+6281200000001")
    portfolio(session, vault, agent, 9, created_at=EARLIER, phone="")
    run(session)

    assert said(session, agent) == ["5 pekerja memakai satu nomor telepon yang sama."]


@time_machine.travel(AFTER_NOVEMBER)
def test_commission_on_sponsored_workers_is_pointed_out(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    for funding in (Funding.APBD, Funding.APBD, Funding.SELF):
        worker = make_worker(
            session, vault, agent=agent, created_at=EARLIER, new_to_bpu=NewToBpu.NO
        )
        confirm(session, worker, funding=funding)
    run(session)

    [sentence] = said(session, agent)
    assert sentence.startswith("66% iuran dibayar pemberi bantuan")


@time_machine.travel(AFTER_NOVEMBER)
def test_new_workers_without_an_answer_are_pointed_out_before_it_is_too_late(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 2, created_at=EARLIER, new_to_bpu=NewToBpu.UNKNOWN)
    [known] = portfolio(session, vault, agent, 1, created_at=EARLIER, new_to_bpu=NewToBpu.UNKNOWN)
    confirm(session, known, OCTOBER, at(5, month=10))
    run(session)

    assert said(session, agent) == [
        "2 pekerja baru menunggu jawaban BPJS; yang dijawab sesudah disetujui tidak dihitung."
    ]


def test_no_statements_have_no_signals(session: Session) -> None:
    assert signals(session, statement_ids=[]) == {}


def test_a_new_worker_whom_an_early_approval_left_out_is_pointed_out_in_the_next_month(
    session: Session, vault: Vault
) -> None:
    agent = approved_early(session, vault)
    late = make_worker(session, vault, agent=agent, new_to_bpu=NewToBpu.UNKNOWN)
    confirm(session, late, NOVEMBER, at(28))

    with time_machine.travel(at(5, month=12)):
        run(session, month=DECEMBER)

    assert said(session, agent, DECEMBER) == [
        "1 pekerja baru menunggu jawaban BPJS; yang dijawab sesudah disetujui tidak dihitung."
    ]
