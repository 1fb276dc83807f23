"""Months paid elsewhere, from a list of many workers."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.earlier_models import EarlierKind, EarlierPeriod
from agentsys.crypto import Vault
from agentsys.memberships.earlier_pasting import propose_pasted
from agentsys.people.models import RoleName
from tests.factories import make_agent, make_office, make_user, make_worker, nik_of

JULY, SEPTEMBER, OCTOBER = date(2026, 7, 1), date(2026, 9, 1), date(2026, 10, 1)


def test_a_list_records_each_line_that_can_be_read(session: Session, vault: Vault) -> None:
    worker = make_worker(session, vault, agent=make_agent(session))
    clerk = make_user(session, RoleName.FINANCE, office_id=worker.office_id)
    other = make_worker(session, vault, office_id=worker.office_id, kpj="21012345678")
    stranger = make_worker(session, vault, office_id=make_office(session).id, kpj="21099999999")
    table = "\n".join(
        [
            "NIK;No KPJ;Dari bulan;Sampai bulan;Bukti",
            f"{nik_of(vault, worker)};;2026-01;2026-08;Indomaret 771",
            "; 2101 2345 678 ;Juli 2026;09/2026;Bu RT",
            f";{stranger.kpj};2026-01;2026-02;JMO",
            f"{nik_of(vault, worker)};;2026-08;2026-09;JMO",
            ";21012345678;kapan;;JMO",
            "123;;2026-01;2026-02;JMO",
            ";;2026-01;2026-02;",
        ]
    )

    outcomes = propose_pasted(session, table, kind=EarlierKind.ELSEWHERE, vault=vault, actor=clerk)

    assert [(row.number, row.proposed) for row in outcomes] == [
        (2, True),
        (3, True),
        (4, False),
        (5, False),
        (6, False),
        (7, False),
    ]
    kept = session.execute(
        select(EarlierPeriod.worker_id, EarlierPeriod.from_month, EarlierPeriod.until_month)
    ).all()
    assert sorted(map(tuple, kept)) == [
        (worker.id, date(2026, 1, 1), SEPTEMBER),
        (other.id, JULY, OCTOBER),
    ]
