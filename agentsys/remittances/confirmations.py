"""Recording that BPJS says PAID: the only place where a contribution becomes confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions.models import Contribution
from agentsys.errors import NotFound, Refused
from agentsys.events import record as events
from agentsys.extension.events import MonthsConfirmed
from agentsys.ledger import accounts, interoffice, journal
from agentsys.payments.case_opening import open_case
from agentsys.payments.models import CaseKind
from agentsys.people.models import User
from agentsys.remittances import verdicts
from agentsys.remittances.batches import RemittanceAction, lead, tidy_code
from agentsys.remittances.cancelling import forget_asking
from agentsys.remittances.difference_models import DifferenceKind, RemittanceDifference
from agentsys.remittances.differences import open_difference
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.results import ResultRow
from agentsys.remittances.verdicts import Result as Result  # noqa: PLC0414
from agentsys.remittances.verdicts import Verdict as Verdict  # noqa: PLC0414
from agentsys.workers import registry


def confirm(
    session: Session,
    *,
    rows: Sequence[ResultRow],
    actor_id: int,
    shared_bank: bool = False,
    difference_note: str = "",
) -> list[Result]:
    """Apply BPJS' results; return the result of each line. A repeated line changes nothing.

    An office's batches are paid from its own money. With `shared_bank`, if that is not enough, the
    rest comes from other offices' shares of the bank account, and is booked as a debt to them. A
    note on the difference accepts sums of BPJS that are not ours.
    """
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    codes = {tidy_code(row.kode_iuran) for row in rows}
    # Lock all of them first, in one order, so that two people with the same list cannot deadlock.
    found = session.scalars(
        select(Remittance)
        .where(Remittance.kode_iuran.in_(codes))
        .order_by(Remittance.id)
        .with_for_update(of=Remittance, key_share=True)
        .execution_options(populate_existing=True)
    )
    by_code: dict[str | None, Remittance] = {}
    for remittance in found:
        known = by_code.get(remittance.kode_iuran)
        live = known is None or known.state is RemittanceState.CANCELLED
        if live and actor.office_id in (remittance.office_id, None):
            by_code[remittance.kode_iuran] = remittance
    offices = {remittance.office_id for remittance in by_code.values()}
    interoffice.lock_banks(session, offices, shared=shared_bank)
    how = _How(actor=actor, shared_bank=shared_bank, note=" ".join(difference_note.split()))
    results = [_one(session, row, by_code.get(tidy_code(row.kode_iuran)), how) for row in rows]
    session.flush()
    session.expire_all()
    for result in results:
        if result.verdict is Verdict.CONFIRMED:
            trail.record(
                session,
                actor_id=actor_id,
                action="remittance.confirmed",
                subject=f"remittance:{result.remittance_id}",
                details={"kode_iuran": result.row.kode_iuran, "amount_idr": result.row.amount_idr},
            )
            _happened(session, session.get_one(Remittance, result.remittance_id), actor_id)
    return results


@dataclass(frozen=True, kw_only=True)
class _How:
    """Who applies the results, and how."""

    actor: User
    shared_bank: bool
    note: str  # on sums that are not ours


def _one(session: Session, row: ResultRow, remittance: Remittance | None, how: _How) -> Result:
    if remittance is None:
        return verdicts.unknown(row)
    if row.paid and remittance.state is RemittanceState.CANCELLED:
        _open_case(session, row, remittance)
        return verdicts.cancelled(row, remittance)
    amount = row.amount_idr or 0
    problem = verdicts.problem(row, remittance, other_sum=bool(how.note)) or verdicts.no_money(
        session, remittance, amount, shared_bank=how.shared_bank
    )
    if problem is not None:
        return Result(row, *problem, remittance.id)
    try:
        lent = _confirm_one(session, row, remittance, how)
    except Refused as refused:
        return Result(row, Verdict.NOT_NOW, refused.message, remittance.id)
    off = amount - remittance.amount_idr
    return verdicts.paid(row, remittance, lent_idr=lent, difference_idr=off)


def _open_case(session: Session, row: ResultRow, remittance: Remittance) -> None:
    open_case(
        session,
        kind=CaseKind.PAID_THOUGH_CANCELLED,
        subject=f"remittance:{remittance.id}",
        at=clock.now(),
        office_id=remittance.office_id,
        amount_idr=row.amount_idr,
        facts={
            "kode_iuran": row.kode_iuran,
            "bpjs_ref": row.ref,
            "batch_idr": remittance.amount_idr,
            "cancel_reason": remittance.cancel_reason,
        },
    )


def _happened(session: Session, remittance: Remittance, actor_id: int) -> None:
    events.record(
        session,
        MonthsConfirmed(
            office_id=remittance.office_id,
            remittance_id=remittance.id,
            contributions=remittance.count,
            amount_idr=remittance.amount_idr,
        ),
        actor_id=actor_id,
    )


def _confirm_one(session: Session, row: ResultRow, remittance: Remittance, how: _How) -> int:
    """Confirm a batch; return the rupiah that other offices paid."""
    moment, theirs = clock.now(), row.amount_idr or 0
    off = theirs - remittance.amount_idr
    # The CHECK requires the time together with the state: both go in one flush.
    with session.no_autoflush:
        lead(remittance, RemittanceAction.CONFIRM, how.actor)
        remittance.confirmed_at = moment
        remittance.paid_idr = theirs if off else None
        forget_asking(remittance)
    remittance.confirmed_by = how.actor.id
    remittance.bpjs_ref = row.ref
    session.flush()
    session.execute(
        update(Contribution)
        .where(Contribution.remittance_id == remittance.id)
        .values(confirmed_at=moment)
        .execution_options(synchronize_session=False)
    )
    registry.mark_registered(session, _payers(remittance.id))
    lent = _book(session, remittance, theirs, moment, how)
    if off:
        found = RemittanceDifference(
            kind=DifferenceKind.SUM,
            ours_idr=remittance.amount_idr,
            theirs_idr=theirs,
            bpjs_ref=row.ref,
            note=how.note,
        )
        open_difference(session, remittance, found, how.actor)
    return lent


def _book(
    session: Session, remittance: Remittance, theirs: int, moment: datetime, how: _How
) -> int:
    """Post the payment to BPJS; return the rupiah that other offices paid."""
    office_id, source = remittance.office_id, f"remittance:{remittance.id}"
    lent = interoffice.cover(
        session, office_id=office_id, amount_idr=theirs, source=source, shared=how.shared_bank
    )
    kept = accounts.difference_of(DifferenceKind.SUM, office_id)
    journal.post(
        session,
        kind="remittance.confirmed",
        source=source,
        at=moment,
        lines={
            accounts.owed_bpjs(office_id): remittance.amount_idr,
            accounts.bank(office_id): -theirs,
            kept: theirs - remittance.amount_idr,
        },
    )
    return lent


def _payers(remittance_id: int) -> Select[int]:
    return select(Contribution.worker_id).where(Contribution.remittance_id == remittance_id)
