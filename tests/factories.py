"""Factories of people, payments and contributions with defaults."""

from __future__ import annotations

import itertools
import os
import secrets
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.earlier_models import EarlierKind, EarlierPeriod, EarlierState
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.extension.contract import Custody, PaymentState
from agentsys.payments.models import Payment, PaymentMonth, PaymentMove
from agentsys.people.accounts import role_row
from agentsys.people.models import Agent, Office, RoleName, User
from agentsys.workers import seals
from agentsys.workers.models import (
    Assignment,
    Enrolment,
    Funding,
    Programmes,
    Roster,
    Sector,
    Worker,
)

PASSWORD = "rahasia-sekali-2026"
_numbers = itertools.count(1)


def invented_nik(number: int, *, sex: str = "L", born: date = date(1985, 3, 12)) -> str:
    """An invented NIK of the invented city; the number becomes its serial."""
    day = born.day + (40 if sex == "P" else 0)
    return f"647401{day:02d}{born:%m%y}{number % 9998 + 1:04d}"


def make_office(session: Session, **values: Any) -> Office:
    """An office."""
    number = next(_numbers)
    office = Office(
        **{"code": f"K{number}", "name": f"Kantor {number}", "city": "Kota Contoh"} | values
    )
    session.add(office)
    session.flush()
    return office


def make_user(
    session: Session, role: RoleName = RoleName.SUPERVISOR, *more: RoleName, **values: Any
) -> User:
    """A user with a phone number, the password PASSWORD, and one role or more."""
    number = next(_numbers)
    user = User(
        **{
            "name": f"Pengguna {number}",
            "phone": f"+62812{number:08d}",
            "password": PASSWORD,
            "fs_uniquifier": secrets.token_hex(16),
            "active": True,
        }
        | values
    )
    give(session, user, role, *more)
    return user


def give(session: Session, user: User, *roles: RoleName) -> None:
    """Give a user roles beside those that he or she has."""
    session.add(user)
    user.roles += [role_row(session, role) for role in roles]
    session.flush()


def make_agent(session: Session, *, signed_in: bool = True, **values: Any) -> Agent:
    """An active agent of an office, with a supervisor, who can sign in."""
    number = next(_numbers)
    office_id = values.pop("office_id", None) or make_office(session).id
    if "supervisor_id" not in values:
        values["supervisor_id"] = make_user(session, RoleName.SUPERVISOR, office_id=office_id).id
    if signed_in and "user_id" not in values:
        values["user_id"] = make_user(session, RoleName.AGENT, office_id=office_id).id
    agent = Agent(
        **{
            "office_id": office_id,
            "code": f"A{number}",
            "name": f"Agen {number}",
            "joined_on": date(2025, 1, 1),
        }
        | values
    )
    session.add(agent)
    session.flush()
    return agent


def sealed_by_the_first_version(text: str, *, number: int, key: bytes) -> bytes:
    """A text as version 0.1.0 sealed it: bound to no place."""
    nonce = os.urandom(12)
    return bytes([number]) + nonce + AESGCM(key).encrypt(nonce, text.encode(), None)


def nik_of(vault: Vault, worker: Worker) -> str:
    """The NIK of a worker, opened."""
    return vault.open(worker.nik_sealed, seals.nik_of(worker.nik_index))


def kk_of(vault: Vault, worker: Worker) -> str:
    """The KK number of a worker, opened."""
    assert worker.kk_sealed is not None
    return vault.open(worker.kk_sealed, seals.kk_of(worker.nik_index))


def sealed_file(vault: Vault, roster: Roster, content: bytes) -> bytes:
    """The bytes, sealed as the file of a roster."""
    return vault.seal_bytes(content, seals.file_of(roster.id))


def make_worker(
    session: Session,
    vault: Vault,
    *,
    agent: Agent | None = None,
    enrolled_from: date | None = None,
    programmes: Programmes = Programmes.TWO,
    funding: Funding = Funding.SELF,
    **values: Any,
) -> Worker:
    """A worker with an enrolment, assigned to the agent if one is given."""
    number = next(_numbers)
    nik = values.pop("nik", invented_nik(number))
    first = enrolled_from or clock.this_month()
    worker = Worker(
        **{
            "nik_sealed": vault.seal(nik, seals.nik_of(vault.index(nik))),
            "nik_index": vault.index(nik),
            "nik_masked": nik[:4] + "••••••••" + nik[-4:],
            "name": f"Pekerja {number}",
            "birth_date": date(1985, 3, 12),
            "sex": "L",
            "sector": Sector.OTHER,
            "income_idr": 1_000_000,
            "office_id": agent.office_id if agent else make_office(session).id,
            "agent_id": agent.id if agent else None,
        }
        | values
    )
    session.add(worker)
    session.flush()
    make_enrolment(session, worker, from_month=first, programmes=programmes, funding=funding)
    if agent:
        session.add(Assignment(worker_id=worker.id, agent_id=agent.id, from_month=first))
    session.flush()
    return worker


def make_enrolment(session: Session, worker: Worker, **values: Any) -> Enrolment:
    """A self-paid membership with two programmes, from this month on."""
    enrolment = Enrolment(
        **{
            "worker_id": worker.id,
            "programmes": Programmes.TWO,
            "funding": Funding.SELF,
            "from_month": clock.this_month(),
        }
        | values
    )
    session.add(enrolment)
    session.flush()
    return enrolment


def make_earlier(
    session: Session, worker: Worker, first: date, until: date, **values: Any
) -> EarlierPeriod:
    """Months that two persons recorded as paid elsewhere."""
    number = next(_numbers)
    period = EarlierPeriod(
        **{
            "worker_id": worker.id,
            "office_id": worker.office_id,
            "agent_id": worker.agent_id,
            "from_month": first,
            "until_month": until,
            "kind": EarlierKind.ELSEWHERE,
            "evidence": f"Bukti JMO {number}",
            "state": EarlierState.COUNTED,
            "proposed_by": 1,
            "decided_by": 2,
            "decided_at": clock.now(),
            "changed_at": clock.now(),
        }
        | values
    )
    session.add(period)
    session.flush()
    return period


def make_contribution(
    session: Session, worker: Worker, month: date | None = None, **values: Any
) -> Contribution:
    """A billed contribution of Rp16.800."""
    month = month or clock.this_month()
    session.execute(text("SELECT ensure_contribution_partition(:month)"), {"month": month})
    contribution = Contribution(
        **{
            "worker_id": worker.id,
            "month": month,
            "office_id": worker.office_id,
            "agent_id": worker.agent_id,
            "programmes": Programmes.TWO,
            "funding": Funding.SELF,
            "sector": worker.sector,
            "jkk_idr": 10_000,
            "jkm_idr": 6_800,
            "jht_idr": 0,
            "tariff": "PP 44/2015",
            "billed_at": clock.now(),
        }
        | values
    )
    session.add(contribution)
    session.flush()
    session.refresh(contribution)
    return contribution


def make_payment(
    session: Session, worker: Worker, contributions: list[Contribution], **values: Any
) -> Payment:
    """A payment that was written down and not started yet."""
    number = next(_numbers)
    payment = Payment(
        **{
            "reference": f"AG-TEST-{number}-{secrets.token_hex(4)}",
            "key": secrets.token_hex(16),
            "request_hash": b"x",
            "worker_id": worker.id,
            "agent_id": worker.agent_id,
            "office_id": worker.office_id,
            "channel": "gopay",
            "custody": Custody.PROVIDER,
            "amount_idr": sum(c.amount_idr for c in contributions),
            "state": PaymentState.CREATED,
            "next_check_at": clock.now(),
        }
        | values
    )
    session.add(payment)
    session.flush()
    session.add_all(
        PaymentMonth(
            payment_id=payment.id, worker_id=c.worker_id, month=c.month, amount_idr=c.amount_idr
        )
        for c in contributions
    )
    session.add(
        PaymentMove(
            payment_id=payment.id,
            to_state=PaymentState.CREATED,
            from_state=None,
            by="test",
            report={},
        )
    )
    session.flush()
    return payment
