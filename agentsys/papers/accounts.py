"""An agent's bank account: proposed by one person, approved by another, in force some days later.

Until then the earlier account stays in force, and the agent can stop the change.
"""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.papers import npwp
from agentsys.papers.account_models import AgentAccount, AgentAccountState
from agentsys.papers.clocks import today
from agentsys.people import agent_list, second_person
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.scans import kinds
from agentsys.workers import seals

SHORTEST, LONGEST = 6, 20  # digits of an account number
_P = Permission


def propose(
    session: Session,
    *,
    vault: Vault,
    agent_id: int,
    bank: str,
    holder: str,
    number: str,
    npwp_text: str,
    scan: bytes,
    actor_id: int,
) -> AgentAccount:
    """Propose a bank account, as the agent or for one; Conflict if a change is under way.

    An empty NPWP keeps the one that the agent has.
    """
    actor = _actor(session, actor_id, agent_id, own=_P.OWN_ACCOUNT_CHANGE, to=_P.AGENT_ACCOUNT_GIVE)
    _locked(session, agent_id)
    bank, holder = (" ".join(text.replace("\0", "").split()) for text in (bank, holder))
    digits = number.replace(" ", "").replace("-", "").replace(".", "")
    if not 1 <= len(bank) <= 60:
        raise Invalid("Isi nama bank, paling banyak 60 huruf.", about="bank")
    if not 1 <= len(holder) <= 120:
        raise Invalid("Isi nama pemilik rekening, paling banyak 120 huruf.", about="holder")
    if not (digits.isascii() and digits.isdigit() and SHORTEST <= len(digits) <= LONGEST):
        raise Invalid("Nomor rekening berisi 6 sampai 20 angka.", about="number")
    tax = npwp.parse(npwp_text) if npwp_text.strip() else _known_npwp(session, vault, agent_id)
    taken = kinds.accepted(scan) if scan else None
    if under_way(session, agent_id) is not None:
        raise Conflict("Sudah ada perubahan rekening yang berjalan. Selesaikan dulu yang itu.")
    reference = secrets.token_hex(16)
    account = AgentAccount(
        reference=reference,
        agent_id=agent_id,
        bank=bank,
        holder=holder,
        number_sealed=vault.seal(digits, seals.agent_account_of(reference)),
        number_masked=npwp.mask(digits),
        npwp_sealed=vault.seal(tax.digits, seals.agent_npwp_of(reference)) if tax else None,
        npwp_masked=tax.masked if tax else "",
        npwp_kind=tax.kind if tax else None,
        proposed_by=actor.id,
    )
    if taken:
        account.scan_kind = taken.kind
        account.scan_sealed = vault.seal_bytes(taken.content, seals.account_scan_of(reference))
    session.add(account)
    session.flush()
    _record(session, account, "account_proposed", actor)
    return account


def decide(
    session: Session, *, agent_id: int, account_id: int, approve: bool, actor_id: int
) -> AgentAccount:
    """Approve the waiting account as a second person, or refuse it, also in the waiting time."""
    actor = _actor(session, actor_id, agent_id, to=_P.AGENT_ACCOUNT_APPROVE)
    agent = _locked(session, agent_id)
    account = _seen(session, agent_id, account_id, proposed=approve)
    if approve:
        if actor.id in (account.proposed_by, agent.user_id):
            raise Forbidden("Rekening disetujui orang lain, bukan yang mengusulkan.")
        first = [account.proposed_by, agent.user_id]
        second_person.check(session, second=actor, first_ids=first)
        day = today()
        waits = timedelta(days=setting(Rule.BANK_COOLING_DAYS, day).value)
        account.in_force_on = day + waits
    account.state = AgentAccountState.APPROVED if approve else AgentAccountState.REFUSED
    account.decided_by, account.decided_at = actor.id, clock.now()
    session.flush()
    _record(session, account, "account_approved" if approve else "account_refused", actor)
    return account


def withdraw(session: Session, *, agent_id: int, account_id: int, actor_id: int) -> AgentAccount:
    """Take back a proposed account that is not approved yet; only who proposed it may."""
    actor = _actor(session, actor_id, agent_id, own=_P.OWN_ACCOUNT_CHANGE, to=_P.AGENT_ACCOUNT_GIVE)
    _locked(session, agent_id)
    account = _seen(session, agent_id, account_id, proposed=True)
    if account.proposed_by != actor.id:
        raise Forbidden("Usul hanya ditarik oleh yang mengusulkan.")
    account.state = AgentAccountState.WITHDRAWN
    session.flush()
    _record(session, account, "account_withdrawn", actor)
    return account


def stop(session: Session, *, agent_id: int, account_id: int, actor_id: int) -> AgentAccount:
    """Stop a change that is under way, as the agent whose account it would become.

    Conflict once it is in force: then another account has to be proposed.
    """
    agent = _locked(session, agent_id)
    actor = session.get(User, actor_id)
    if actor is None or agent.user_id != actor.id:
        raise NotFound()
    account = _seen(session, agent_id, account_id, proposed=False)
    account.state, account.stopped_at = AgentAccountState.STOPPED, clock.now()
    session.flush()
    _record(session, account, "account_stopped", actor)
    return account


def scan_of(
    session: Session, *, vault: Vault, agent_id: int, account_id: int, actor_id: int
) -> tuple[bytes, str]:
    """The bytes of an account's scan and what it is; looking at it is recorded."""
    actor = _actor(session, actor_id, agent_id, to=_P.AGENT_ACCOUNT_APPROVE)
    account = session.get(AgentAccount, account_id)
    if account is None or account.agent_id != agent_id or account.scan_sealed is None:
        raise NotFound()
    assert account.scan_kind is not None
    _record(session, account, "scan_opened", actor)
    content = vault.open_bytes(account.scan_sealed, seals.account_scan_of(account.reference))
    return content, account.scan_kind.value


def under_way(session: Session, agent_id: int, *, day: date | None = None) -> AgentAccount | None:
    """The account that waits for a second person, or for its first day."""
    account: AgentAccount | None = session.scalar(
        select(AgentAccount).where(
            AgentAccount.agent_id == agent_id,
            or_(
                AgentAccount.state == AgentAccountState.PROPOSED,
                (AgentAccount.state == AgentAccountState.APPROVED)
                & (AgentAccount.in_force_on > (day or today())),
            ),
        )
    )
    return account


def in_force_on(session: Session, agent_id: int, day: date) -> AgentAccount | None:
    """The account to which an agent's money goes on a day; None if none is in force yet."""
    account: AgentAccount | None = session.scalar(
        select(AgentAccount)
        .where(
            AgentAccount.agent_id == agent_id,
            AgentAccount.state == AgentAccountState.APPROVED,
            AgentAccount.in_force_on <= day,
        )
        .order_by(AgentAccount.in_force_on.desc(), AgentAccount.id.desc())
        .limit(1)
    )
    return account


def _known_npwp(session: Session, vault: Vault, agent_id: int) -> npwp.Npwp | None:
    known = in_force_on(session, agent_id, today())
    if known is None or known.npwp_sealed is None or known.npwp_kind is None:
        return None
    digits = vault.open(known.npwp_sealed, seals.agent_npwp_of(known.reference))
    return npwp.Npwp(digits=digits, kind=known.npwp_kind)


def _actor(
    session: Session,
    actor_id: int,
    agent_id: int,
    *,
    to: Permission,
    own: Permission | None = None,
) -> User:
    """The person, if he or she is that agent or may act for one; NotFound otherwise."""
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    if own is not None and actor.can(own):
        mine = select(Agent.id).where(Agent.id == agent_id, Agent.user_id == actor.id)
        if session.scalar(mine) is not None:
            return actor
    if not actor.can(to):
        raise Forbidden(permission=to.value)
    agent_list.agent_in_scope(session, actor, agent_id, to=to)
    return actor


def _locked(session: Session, agent_id: int) -> Agent:
    agent = session.get(Agent, agent_id, with_for_update={"key_share": True})
    if agent is None:
        raise NotFound(agent_id=agent_id)
    return agent


def _seen(session: Session, agent_id: int, account_id: int, *, proposed: bool) -> AgentAccount:
    """The account that is under way; Conflict if it is not the one that was shown.

    `proposed`: it must still wait for a second person.
    """
    found = under_way(session, agent_id)
    if found is None or found.id != account_id:
        raise Conflict()
    if proposed and found.state is not AgentAccountState.PROPOSED:
        raise Conflict()
    return found


def _record(session: Session, account: AgentAccount, what: str, actor: User) -> None:
    details: dict[str, object] = {
        "bank": account.bank,
        "holder": account.holder,
        "number": account.number_masked,
        "npwp": account.npwp_masked,
    }
    if what == "account_approved":
        details["from"] = account.in_force_on
    trail.record(
        session,
        actor_id=actor.id,
        action=f"agent.{what}",
        subject=f"agent:{account.agent_id}",
        details=details,
    )
