"""The only functions that approve commissions: a second person approves the lines shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions import basis
from agentsys.commissions.approval_effects import funding_of, post, record
from agentsys.commissions.approving import stages, voice
from agentsys.commissions.models import Statement, StatementState
from agentsys.commissions.rates import reading
from agentsys.commissions.statements import stored_hash
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.messages import Message
from agentsys.payments.transitions import Transition
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission


class Action(StrEnum):
    """What a supervisor may do with a statement."""

    APPROVE = "approve"
    RETURN = "return"


STATEMENT_TRANSITIONS = {
    (StatementState.SUBMITTED, Action.APPROVE): Transition(
        StatementState.APPROVED, by=Permission.COMMISSION_APPROVE
    ),
    (StatementState.SUBMITTED, Action.RETURN): Transition(
        StatementState.RETURNED, by=Permission.COMMISSION_APPROVE
    ),
}  # a returned one is submitted again by the next run, an approved one is final

_DECIDED = {
    StatementState.APPROVED: "Laporan komisi {agent} bulan {month} sudah disetujui."
    " Muat ulang halaman.",
    StatementState.RETURNED: "Laporan komisi {agent} bulan {month} sudah dikembalikan untuk"
    " dihitung ulang. Muat ulang halaman.",
}
_CONFIRMED_SINCE = (
    "BPJS mengonfirmasi lagi iuran dari {agent} sejak laporan komisi bulan {month} dihitung."
    " Minta keuangan menghitung ulang, lalu periksa lagi."
)
_ANSWERED_SINCE = (
    "Laporan komisi {agent} bulan {month} dihitung sebelum jawaban BPJS, atau bulan yang dibayar di"
    " tempat lain, dicatat untuk pekerjanya."
    " Minta keuangan menghitung ulang, lalu periksa lagi."
)
_RATES_SINCE = (
    "Laporan komisi {agent} bulan {month} dihitung sebelum tarif komisi yang baru disetujui."
    " Minta keuangan menghitung ulang, lalu periksa lagi."
)
_RECOMPUTED = (
    "Laporan komisi {agent} bulan {month} dihitung ulang sejak Anda membukanya: sekarang"
    " {total_idr} dari {count} iuran. Muat ulang halaman, lalu periksa lagi."
)


class ConfirmedSince(Conflict):
    """BPJS confirmed more contributions after the statement was computed."""

    text = "BPJS mengonfirmasi lagi sejak laporan ini dihitung. Minta keuangan menghitungnya ulang."


class AnsweredSince(Conflict):
    """BPJS answered which workers are new after the statement was computed."""

    text = "Jawaban BPJS masuk sesudah laporan ini dihitung. Minta keuangan menghitungnya ulang."


class RatesSince(Conflict):
    """The rates of commissions changed after the statement was computed."""

    text = "Tarif komisi berubah sesudah laporan ini dihitung. Minta keuangan menghitungnya ulang."


class AlreadyDecided(Conflict):
    """The statement was decided before."""

    text = "Laporan komisi ini sudah diputuskan."


class ChangedSinceSeen(Conflict):
    """The statement's lines differ from the ones that the user saw."""

    text = "Laporan komisi ini berubah sejak Anda membukanya."


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The result for one statement in a bulk decision; `refused` is the reason, if refused."""

    statement_id: int
    refused: Message | None = None


def decide(
    session: Session,
    *,
    statement_id: int,
    action: Action,
    actor: User,
    seen_hash: bytes,
    reason: str = "",
) -> Statement:
    """Approve or return one statement as it was shown; Refused says why not."""
    found = _locked(session, [statement_id])
    if not found:
        raise NotFound()
    statement = _decide(
        session, found[0], action=action, actor=actor, seen_hash=seen_hash, reason=reason
    )
    record(session, statement)
    return statement


def decide_many(
    session: Session,
    *,
    seen: Sequence[tuple[int, bytes]],
    action: Action,
    actor: User,
    reason: str = "",
) -> list[Decision]:
    """Decide statements (id and shown hash) one by one; a refused one does not stop the others.

    All statements are locked first, in one order, so that two people with the same statements
    cannot deadlock.
    """
    hashes = dict(seen)
    found = {statement.id: statement for statement in _locked(session, hashes)}
    refused = {number: NotFound().message for number in hashes.keys() - found.keys()}
    for number, statement in found.items():
        try:
            _decide(
                session,
                statement,
                action=action,
                actor=actor,
                seen_hash=hashes[number],
                reason=reason,
            )
        except Refused as no:
            refused[number] = no.message
    for number, statement in found.items():
        if number not in refused:
            record(session, statement)
    return [Decision(statement_id=number, refused=refused.get(number)) for number in sorted(hashes)]


def _locked(session: Session, statement_ids: Collection[int]) -> Sequence[Statement]:
    """The statements that exist, locked in one fixed order."""
    return session.scalars(
        select(Statement)
        .where(Statement.id.in_(statement_ids))
        .order_by(Statement.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _decide(
    session: Session,
    statement: Statement,
    *,
    action: Action,
    actor: User,
    seen_hash: bytes,
    reason: str,
) -> Statement:
    """Decide a locked statement; nothing is written before everything has been checked."""
    move, decided_for, stage = _allowed(session, statement, action, actor)
    reason = reason.strip()
    if action is Action.RETURN and not reason:
        raise Invalid("Tulis alasan pengembalian, supaya dapat diperbaiki.")
    # The lines themselves are compared, not only the row that sums them up.
    if not stored_hash(session, statement) == statement.lines_hash == seen_hash:
        raise _changed(statement)
    if action is Action.APPROVE:
        people = voice.people(session, actor, decided_for)
        stages.check_voice(session, stage, people)
        for second in people:
            first = (statement.computed_by, statement.agent.user_id)
            second_person.check(session, second=second, first_ids=first)
        _check_basis(session, statement)
        stages.add(session, statement, stage, actor=actor, decided_for=decided_for)
        if not stage.is_last:
            return statement
        statement.funding = funding_of(session, statement)
    else:
        stages.void(session, statement)
    statement.state = move.to
    statement.decided_by = actor.id
    statement.decided_for = decided_for
    statement.decided_at = clock.now()
    # The form has one reason field for both buttons; only a return needs it.
    statement.reason = reason[:300] if action is Action.RETURN else ""
    session.flush()
    if move.to is StatementState.APPROVED:
        post(session, statement)
    return statement


def _allowed(
    session: Session, statement: Statement, action: Action, actor: User
) -> tuple[Transition[StatementState], int | None, stages.Stage]:
    """The move, for whom a delegate makes it, and the stage of the approval."""
    stage = stages.next_of(session, statement)
    decided_for = voice.of(session, statement, actor, stage)
    move = STATEMENT_TRANSITIONS.get((statement.state, action))
    if move is None:
        raise AlreadyDecided(_message(statement, _DECIDED[statement.state]), state=statement.state)
    if not actor.can(move.by if stage.by is None else stages.PERMISSIONS[stage.by]):
        raise Forbidden()
    return move, decided_for, stage


def _changed(statement: Statement) -> ChangedSinceSeen:
    return ChangedSinceSeen(
        _message(statement, _RECOMPUTED),
        statement_id=statement.id,
        computed_at=statement.computed_at,
    )


def _message(statement: Statement, text: str) -> Message:
    # The name is in a Message: the supervisor needs it, but it must not be logged.
    return Message(
        text=text,
        values={
            "agent": statement.agent.name,
            "month": statement.month,
            "total_idr": statement.total_idr,
            "count": statement.contributions,
        },
    )


def _check_basis(session: Session, statement: Statement) -> None:
    """Refuse a statement if BPJS confirmed or answered more after it was computed."""
    about = {"statement_id": statement.id, "computed_at": statement.computed_at}
    now = basis.size(session, agent_id=statement.agent_id, month=statement.month)
    if now != (statement.contributions, statement.base_idr):
        raise ConfirmedSince(_message(statement, _CONFIRMED_SINCE), **about)
    if basis.answered_since(
        session,
        agent_id=statement.agent_id,
        month=statement.month,
        computed_at=statement.computed_at,
    ):
        raise AnsweredSince(_message(statement, _ANSWERED_SINCE), **about)
    reading.keep_still(session)
    if reading.decided_since(
        session,
        office_id=statement.office_id,
        month=statement.month,
        at=statement.computed_at,
    ):
        raise RatesSince(_message(statement, _RATES_SINCE), **about)
