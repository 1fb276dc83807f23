"""One office with one of everything, its people, and every route of the app."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import object_session

from agentsys import clock
from agentsys.commissions.models import CommissionRun
from agentsys.data_rights.models import DataRequest, DataRequestKind
from agentsys.db import db
from agentsys.extension.contract import PaymentState
from agentsys.handovers.models import Handover
from agentsys.papers.account_models import AgentAccount, AgentAccountState
from agentsys.papers.models import AgentPaper, PaperKind
from agentsys.payments.debit_models import DebitRun
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.link_models import PayLink
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, Receipt, StoredCallback
from agentsys.payments.refund_models import Refund
from agentsys.people import sessions
from agentsys.people.models import Agent, Office, RoleName, User, UserSession
from agentsys.people.permissions import Permission, roles_with
from agentsys.people.substitute_models import Substitution
from agentsys.remittances.models import Remittance
from agentsys.web.access import ANYBODY, guard_of
from agentsys.workers.models import Funding, Programmes, Roster
from tests.closing.rows import long_ago
from tests.debit_factories import make_debit, make_mandate, make_notice
from tests.factories import (
    give,
    make_agent,
    make_contribution,
    make_office,
    make_payment,
    make_user,
    make_worker,
)
from tests.web.access_members import change_of, member_rows
from tests.web.access_payouts import payouts_of
from tests.web.access_reversals import reversal_of
from tests.web.access_sponsors import sponsor_rows
from tests.web.evidence_rows import evidence_rows

# One person with several roles, as small offices have them.
COMBINED = [
    (RoleName.AGENT, RoleName.SUPERVISOR),
    (RoleName.AGENT, RoleName.FINANCE),
    (RoleName.SUPERVISOR, RoleName.FINANCE),
    (RoleName.FINANCE, RoleName.ADMIN),
    (RoleName.AGENT, RoleName.SUPERVISOR, RoleName.FINANCE, RoleName.ADMIN),
]

PEOPLE = [*[(role,) for role in RoleName], *COMBINED]


@dataclass
class World:
    """One office with one of everything, and the people who work there."""

    users: dict[RoleName, User]
    ids: dict[str, Any]


def _of_agent(agent: Agent, office: Office, run: CommissionRun) -> dict[str, Any]:
    return (
        {
            "deposit_id": Deposit(
                key=f"deposit-{agent.id}",
                agent_id=agent.id,
                office_id=office.id,
                amount_idr=1,
                evidence="slip",
                declared_by=agent.user_id,
            ),
            "paid_deposit_id": Deposit(
                key=f"paid-{agent.id}",
                agent_id=agent.id,
                office_id=office.id,
                amount_idr=1,
                channel="bca_va",
                evidence="AG",
                declared_by=agent.user_id,
            ),
            "roster_id": Roster(
                office_id=office.id,
                agent_id=agent.id,
                filename="daftar.xlsx",
                sha256=agent.id.to_bytes(32),
                programmes=Programmes.TWO,
                funding=Funding.APBD,
                from_month=clock.this_month(),
            ),
            "remittance_id": Remittance(office_id=office.id, count=1, amount_idr=1),
        }
        | _of_boss(agent, office)
        | payouts_of(agent, run)
    )


def _somebody_else(agent: Agent) -> int:
    """Who made a hand-over, so that whoever walks can be its second person."""
    session = object_session(agent)
    assert session is not None
    return make_user(session, office_id=agent.office_id).id


def _of_boss(agent: Agent, office: Office) -> dict[str, Any]:
    """What supervisors keep about an agent."""
    return {
        "handover_id": Handover(
            office_id=office.id,
            to_office_id=office.id,
            from_agent_id=agent.id,
            from_month=clock.this_month(),
            reason="x",
            workers=1,
            made_by=_somebody_else(agent),
        ),
        "account_id": AgentAccount(
            reference=str(agent.id),
            agent_id=agent.id,
            bank="x",
            holder="x",
            number_sealed=b"x",
            number_masked="x",
            state=AgentAccountState.WITHDRAWN,
            proposed_by=agent.supervisor_id,
        ),
        "substitution_id": Substitution(
            agent_id=agent.id,
            substitute_id=make_agent(db.session(), office_id=office.id).id,
            from_on=clock.this_month(),
            until_on=clock.this_month(),
            made_by=agent.supervisor_id,
        ),
        "paper_id": AgentPaper(
            agent_id=agent.id,
            kind=PaperKind.CARD,
            number="1",
            from_on=clock.this_month(),
            scan_key=str(agent.id),
            recorded_by=agent.supervisor_id,
        ),
    }


def _of_payment(payment: Payment, finance: User) -> dict[str, Any]:
    return reversal_of(payment) | {
        "request_id": DataRequest(
            worker_id=payment.worker_id,
            office_id=payment.office_id,
            kind=DataRequestKind.COPY,
            asked_how="x",
            asked_by=finance.id,
            due_at=clock.now(),
        ),
        "refund_id": Refund(
            payment_id=payment.id,
            office_id=payment.office_id,
            key=f"R-{payment.reference}",
            amount_idr=1,
            is_whole=False,
            reason="x",
            proposed_by=finance.id,
        ),
        "case_id": Case(
            kind=CaseKind.PAID_LATE,
            subject=payment.reference,
            payment_id=payment.id,
            office_id=payment.office_id,
            facts={},
        ),
        "callback_id": StoredCallback(
            channel="gopay",
            digest=payment.reference.encode(),
            reference=payment.reference,
            headers={},
            body=b"{}",
            received_at=clock.now(),
            outcome=Outcome.NOTHING_NEW,
            processed_at=clock.now(),
        ),
        "receipt": Receipt(
            payment_id=payment.id,
            number=f"KW-{payment.agent_id}",
            code=f"KODE{payment.agent_id:06d}",
        ),
        "link": PayLink(
            token=f"token-{payment.agent_id}",
            worker_id=payment.worker_id,
            expires_at=clock.now() + timedelta(days=1),
        ),
    }


def make_world(session, vault, *, office: Office | None = None) -> World:
    office = office or make_office(session)
    agent = make_agent(session, office_id=office.id)
    users = {
        RoleName.AGENT: agent.user,
        RoleName.SUPERVISOR: agent.supervisor,
        **{
            role: make_user(session, role, office_id=office.id)
            for role in (RoleName.FINANCE, RoleName.ADMIN, RoleName.AUDITOR)
        },
    }
    worker = make_worker(session, vault, agent=agent)
    owed = make_contribution(session, worker)
    payment = make_payment(session, worker, [owed], state=PaymentState.CREATED)
    sessions.begin(session, user_id=agent.user_id, client="", remember=False)
    signed_in = session.scalar(select(UserSession.id).where(UserSession.user_id == agent.user_id))
    run = CommissionRun(month=clock.this_month(), failures={})
    session.add(run)
    session.flush()
    things = _of_agent(agent, office, run) | _of_payment(payment, users[RoleName.FINANCE])
    session.add_all(things.values())
    session.flush()
    ids = {name: thing.id for name, thing in things.items() if name.endswith("_id")}
    make_payment(
        session,
        worker,
        [],
        worker_id=None,
        for_deposit_id=ids["paid_deposit_id"],
        amount_idr=1,
        channel="bca_va",
    )
    ids |= {
        "office_id": office.id,
        "agent_id": agent.id,
        "worker_id": worker.id,
        "payment_id": payment.id,
        "user_id": users[RoleName.FINANCE].id,
        "session_id": signed_in,
        "receipt_no": things["receipt"].number,
        "token": things["link"].token,
        **{"channel": "cash", "rule_name": "bonus"},
        "bulan": f"{clock.this_month():%Y-%m}",
        "kind": "deposit.declared",
        "subject": str(things["deposit_id"].id),
    }
    ids |= _debit_of(session, worker, owed) | change_of(session, worker, users[RoleName.AGENT])
    ids |= evidence_rows(session, vault, ids, users[RoleName.FINANCE].id)
    return World(users, ids | sponsor_rows(session, worker) | member_rows(session, vault, worker))


def _debit_of(session, worker, owed) -> dict[str, Any]:
    debit = make_debit(session, make_mandate(session, worker), owed)
    # An office has one list a day.
    own_day = clock.now().date() - timedelta(days=worker.id)
    day = DebitRun(office_id=worker.office_id, day=own_day, planned=0, planned_idr=0)
    session.add(day)
    notice = make_notice(session, debit)
    session.flush()
    ids = {"debit_id": debit.id, "run_id": day.id, "notice_id": notice.id}
    return ids | long_ago(session, office_id=worker.office_id, number=worker.id)


def routes(app: Flask) -> list[tuple[str, str, Any]]:
    """Every (method, endpoint, rule) of the app."""
    return [
        (method, rule.endpoint, rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not rule.endpoint.startswith("security.")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def roles_of(app: Flask, endpoint: str, method: str = "GET") -> frozenset[RoleName]:
    """The roles that may use it; none for public pages."""
    guard = guard_of(app, endpoint, method)
    if guard is ANYBODY:
        return frozenset()
    return roles_with(guard) if isinstance(guard, Permission) else frozenset(RoleName)


def person(world: World, roles: tuple[RoleName, ...]) -> User:
    """The user with the first role, who also gets the others."""
    user = world.users[roles[0]]
    give(db.session(), user, *roles[1:])
    return user


def path_of(rule: Any, ids: dict[str, Any]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(ids[match[1]]), rule.rule)


def call(visitor: Any, method: str, path: str) -> Any:
    return visitor.get(path) if method == "GET" else visitor.submit(path)
