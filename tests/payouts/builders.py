"""Agents with an account and approved commission, and batches for them."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.models import Statement
from agentsys.crypto import Vault
from agentsys.ledger import journal
from agentsys.papers.account_models import AgentAccount, AgentAccountState, NpwpKind
from agentsys.payouts import batches, files, sending
from agentsys.payouts.batches import BatchAction
from agentsys.payouts.models import PayoutBatch, PayoutLine
from agentsys.people.models import Agent, Office, RoleName, User
from agentsys.workers import seals
from agentsys.workers.models import NewToBpu
from tests.commissions.builders import NOVEMBER, approve, at, confirm, run, statement_of
from tests.factories import make_agent, make_user, make_worker

BRI = "PT Bank Rakyat Indonesia"
CSV = files.layout_of(files.GENERIC)


def account_of(session: Session, vault: Vault, agent: Agent, **values: Any) -> AgentAccount:
    """An approved account in force since 2020, with an NPWP."""
    reference = secrets.token_hex(16)
    number = values.pop("number", f"00{agent.id:08d}")
    account = AgentAccount(
        **{
            "reference": reference,
            "agent_id": agent.id,
            "bank": BRI,
            "holder": agent.name,
            "number_sealed": vault.seal(number, seals.agent_account_of(reference)),
            "number_masked": f"••••••{number[-4:]}",
            "npwp_sealed": vault.seal("012345678901000", seals.agent_npwp_of(reference)),
            "npwp_masked": "•••••••••••1000",
            "npwp_kind": NpwpKind.OLD,
            "state": AgentAccountState.APPROVED,
            "proposed_by": agent.user_id,
            "decided_by": agent.supervisor_id,
            "decided_at": clock.now(),
            "in_force_on": date(2020, 1, 1),
        }
        | values
    )
    session.add(account)
    session.flush()
    return account


def earner(session: Session, vault: Vault, office: Office, **values: Any) -> Agent:
    """An agent of the office with an account."""
    agent = make_agent(session, office_id=office.id, **values)
    account_of(session, vault, agent)
    return agent


def earn(
    session: Session, vault: Vault, agent: Agent, amount_idr: int, month: date = NOVEMBER
) -> Statement:
    """An approved statement of so many rupiah for the agent: 15 % of one contribution."""
    worker = make_worker(session, vault, agent=agent, new_to_bpu=NewToBpu.NO)
    base_idr = amount_idr * 20 // 3
    confirm(session, worker, month, at(2, month.month), jkk_idr=base_idr, jkm_idr=0)
    run(session, month=month)
    approve(session, agent, month)
    found = statement_of(session, agent, month)
    assert found is not None
    assert found.agent_idr == amount_idr
    return found


def finance(session: Session, office: Office, count: int = 2) -> list[User]:
    """People of the office's finance."""
    return [make_user(session, RoleName.FINANCE, office_id=office.id) for _each in range(count)]


def prepared(session: Session, office: Office, people: list[User]) -> PayoutBatch:
    """A batch that the first of them prepared."""
    return batches.prepare(
        session, office_id=office.id, layout="generic_csv", actor_id=people[0].id
    )


def approved(session: Session, office: Office, people: list[User]) -> PayoutBatch:
    """A batch that the first prepared and the second approved."""
    batch = prepared(session, office, people)
    return batches.decide_batch(
        session, batch_id=batch.id, action=BatchAction.APPROVE, actor_id=people[1].id
    )


def sent(session: Session, vault: Vault, office: Office, people: list[User]) -> PayoutBatch:
    """A batch that the bank has."""
    batch = approved(session, office, people)
    sending.send_file(session, batch_id=batch.id, actor_id=people[0].id, vault=vault, layout=CSV)
    return batch


def line_of(session: Session, agent: Agent) -> PayoutLine:
    """The agent's newest payout."""
    return session.scalars(
        select(PayoutLine)
        .where(PayoutLine.agent_id == agent.id)
        .order_by(PayoutLine.id.desc())
        .limit(1)
    ).one()


def balances_of(session: Session, agent: Agent) -> dict[str, int]:
    """What is owed to an agent by kind of account, and what the office has; zeros left out."""
    found = journal.balances(session)
    return {
        name: idr
        for name, idr in found.items()
        if idr
        and (":commission:" in name or name.startswith("tax:"))
        and name.endswith(f":{agent.id}" if ":agent:" in name else f":{agent.office_id}")
    }
