"""Taking in that BPJS says PAID: the one place where a worker's contribution becomes confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions.models import Contribution
from agentsys.errors import NotFound, Refused
from agentsys.ledger import accounts, journal
from agentsys.money import format_idr
from agentsys.people.models import User
from agentsys.remittances.batches import RemittanceAction, lead, tidy_code
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.results import ResultRow


class Verdict(StrEnum):
    """What one line of BPJS' results led to."""

    CONFIRMED = "confirmed"
    ALREADY = "already"  # it was confirmed before; nothing changed
    NOT_PAID = "not_paid"
    UNKNOWN_CODE = "unknown_code"
    OTHER_AMOUNT = "other_amount"
    NO_MONEY = "no_money"  # the books show less in the bank than was paid out of it
    NOT_NOW = "not_now"  # the batch is not in a state, or the person not in a role, for this


@dataclass(frozen=True)
class Result:
    """One line's verdict, and a sentence that says what to do."""

    row: ResultRow
    verdict: Verdict
    sentence: str
    remittance_id: int | None = None


def confirm(session: Session, *, rows: Sequence[ResultRow], actor_id: int) -> list[Result]:
    """Each line's result, in the order of the lines; a repeated line changes nothing."""
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    codes = {tidy_code(row.kode_iuran) for row in rows}
    # All at once and in one order, so that two people with the same list do not block each other.
    found = session.scalars(
        select(Remittance)
        .where(Remittance.kode_iuran.in_(codes))
        .order_by(Remittance.id)
        .with_for_update(of=Remittance, key_share=True)
        .execution_options(populate_existing=True)
    )
    by_code = {
        remittance.kode_iuran: remittance
        for remittance in found
        if actor.office_id in (remittance.office_id, None)
    }
    journal.lock_account(session, accounts.BANK)
    results = [_one(session, row, by_code.get(tidy_code(row.kode_iuran)), actor) for row in rows]
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
    return results


def _one(session: Session, row: ResultRow, remittance: Remittance | None, actor: User) -> Result:
    if remittance is None:
        return Result(
            row,
            Verdict.UNKNOWN_CODE,
            f"Kode iuran {row.kode_iuran} tidak ada di sini. Isi dulu pada setorannya.",
        )
    problem = _problem(session, row, remittance)
    if problem is not None:
        return Result(row, *problem, remittance.id)
    try:
        _confirm_one(session, row, remittance, actor)
    except Refused as refused:
        return Result(row, Verdict.NOT_NOW, str(refused), remittance.id)
    return Result(
        row,
        Verdict.CONFIRMED,
        f"{remittance.count} iuran, {format_idr(remittance.amount_idr)}, LUNAS di BPJS.",
        remittance.id,
    )


def _problem(
    session: Session, row: ResultRow, remittance: Remittance
) -> tuple[Verdict, str] | None:
    """Why a line cannot be taken as a confirmation, if it cannot."""
    if row.amount_idr != remittance.amount_idr:
        shown = "tidak terbaca" if row.amount_idr is None else format_idr(row.amount_idr)
        return Verdict.OTHER_AMOUNT, (
            f"Jumlah di BPJS {shown}, setoran kita {format_idr(remittance.amount_idr)}."
            " Periksa isi setoran di EPS sebelum mengonfirmasi."
        )
    if not row.paid:
        return Verdict.NOT_PAID, (
            f"Status di BPJS: {row.status or 'kosong'}. Bayar kode iuran ini, lalu tempel lagi."
        )
    if remittance.state is RemittanceState.CONFIRMED:
        return Verdict.ALREADY, "Sudah dikonfirmasi sebelumnya; tidak ada yang berubah."
    in_bank = journal.balance(session, accounts.BANK)
    if in_bank < remittance.amount_idr:
        return Verdict.NO_MONEY, (
            f"Saldo rekening penampungan di buku {format_idr(in_bank)}, setoran ini"
            f" {format_idr(remittance.amount_idr)}. Catat dulu pencairan atau dana yang masuk."
        )
    return None


def _confirm_one(session: Session, row: ResultRow, remittance: Remittance, actor: User) -> None:
    moment = clock.now()
    # The CHECK wants the time with the state: both go in one flush.
    with session.no_autoflush:
        lead(remittance, RemittanceAction.CONFIRM, actor)
        remittance.confirmed_at = moment
    remittance.confirmed_by = actor.id
    remittance.bpjs_ref = row.ref
    session.flush()
    session.execute(
        update(Contribution)
        .where(Contribution.remittance_id == remittance.id)
        .values(confirmed_at=moment)
        .execution_options(synchronize_session=False)
    )
    journal.post(
        session,
        kind="remittance.confirmed",
        source=f"remittance:{remittance.id}",
        at=moment,
        lines={
            accounts.OWED_BPJS: remittance.amount_idr,
            accounts.BANK: -remittance.amount_idr,
        },
    )
