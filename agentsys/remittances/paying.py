"""Confirming one batch: the only function after which a contribution counts as PAID."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions.models import Contribution
from agentsys.events import record as events
from agentsys.extension.events import MonthsConfirmed
from agentsys.ledger import accounts, interoffice, journal
from agentsys.people.models import User
from agentsys.remittances.batches import RemittanceAction, lead, tidy_code
from agentsys.remittances.cancelling import forget_asking
from agentsys.remittances.codes import keep_replaced
from agentsys.remittances.difference_models import DifferenceKind, RemittanceDifference
from agentsys.remittances.differences import open_difference
from agentsys.remittances.models import Remittance, ReplacedCode
from agentsys.remittances.results import ResultRow
from agentsys.workers import registry


@dataclass(frozen=True, kw_only=True)
class How:
    """The user who applies BPJS' results, and the rules for this user."""

    actor: User
    shared_bank: bool
    note: str  # on sums that are not ours
    nik_index: Callable[[str], bytes] | None = None


def confirm_batch(
    session: Session,
    remittance: Remittance,
    *,
    theirs: int,
    row: ResultRow,
    how: How,
    of_members: Sequence[RemittanceDifference] = (),
) -> int:
    """Confirm a locked batch for which BPJS was paid `theirs`; the rupiah that other offices lent.

    `row` is the line that says so; it may name an earlier code of the batch.
    `of_members` are the differences of single workers; what they do not explain of the batch's
    difference is stored for the whole batch.
    """
    moment, ours, paid_code = clock.now(), remittance.amount_idr, tidy_code(row.kode_iuran)
    if remittance.kode_iuran != paid_code:
        _swap_code(session, remittance, paid_code, how)
    # The CHECK requires the time together with the state: both go in one flush.
    with session.no_autoflush:
        lead(remittance, RemittanceAction.CONFIRM, how.actor)
        remittance.confirmed_at = moment
        remittance.paid_idr = theirs if theirs != ours else None
        forget_asking(remittance)
    remittance.kode_iuran = paid_code
    remittance.confirmed_by = how.actor.id
    remittance.bpjs_ref, remittance.paid_on = row.ref, row.paid_on
    session.flush()
    session.execute(
        update(Contribution)
        .where(Contribution.remittance_id == remittance.id)
        .values(confirmed_at=moment)
        .execution_options(synchronize_session=False)
    )
    registry.mark_registered(session, _payers(remittance.id))
    lent = _book(session, remittance, theirs, moment, how)
    for each in of_members:
        open_difference(session, remittance, each, how.actor)
    left = theirs - ours - sum(each.amount_idr for each in of_members)
    if left:
        found = RemittanceDifference(
            kind=DifferenceKind.SUM,
            ours_idr=ours,
            theirs_idr=ours + left,
            bpjs_ref=row.ref,
            note=how.note,
        )
        open_difference(session, remittance, found, how.actor)
    _record(session, remittance, theirs, how)
    return lent


def _swap_code(session: Session, remittance: Remittance, paid_code: str, how: How) -> None:
    """The code that was paid is the batch's; the one that replaced it is kept as another."""
    keep_replaced(session, remittance, how.actor)
    session.execute(
        delete(ReplacedCode).where(
            ReplacedCode.remittance_id == remittance.id, ReplacedCode.kode_iuran == paid_code
        )
    )


def _book(session: Session, remittance: Remittance, theirs: int, moment: datetime, how: How) -> int:
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


def _record(session: Session, remittance: Remittance, theirs: int, how: How) -> None:
    trail.record(
        session,
        actor_id=how.actor.id,
        action="remittance.confirmed",
        subject=f"remittance:{remittance.id}",
        details={"kode_iuran": remittance.kode_iuran, "amount_idr": theirs},
    )
    events.record(
        session,
        MonthsConfirmed(
            office_id=remittance.office_id,
            remittance_id=remittance.id,
            contributions=remittance.count,
            amount_idr=remittance.amount_idr,
        ),
        actor_id=how.actor.id,
    )
