"""Recording that BPJS says PAID: the only place where a contribution becomes confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions.models import Contribution
from agentsys.errors import NotFound, Refused
from agentsys.events import record as events
from agentsys.extension.events import MonthsConfirmed
from agentsys.ledger import accounts, interoffice, journal
from agentsys.messages import Message
from agentsys.payments.case_opening import open_case
from agentsys.payments.models import CaseKind
from agentsys.people.models import User
from agentsys.remittances.batches import RemittanceAction, lead, tidy_code
from agentsys.remittances.cancelling import forget_asking
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.results import ResultRow
from agentsys.workers import registry


class Verdict(StrEnum):
    """The outcome of one line of BPJS' results."""

    CONFIRMED = "confirmed"
    ALREADY = "already"  # it was confirmed before; nothing changed
    NOT_PAID = "not_paid"
    UNKNOWN_CODE = "unknown_code"
    OTHER_AMOUNT = "other_amount"
    NO_MONEY = "no_money"  # the journal has less money in the bank than the batch costs
    CANCELLED = "cancelled"  # the batch was cancelled, but BPJS was paid; a case was opened
    NOT_NOW = "not_now"  # the batch is not in a state, or the person not in a role, for this


_NO_AMOUNT = (
    "Jumlah di BPJS tidak terbaca, setoran kantor {ours_idr}."
    " Periksa isi setoran di EPS sebelum mengonfirmasi."
)
_OTHER_AMOUNT = (
    "Jumlah di BPJS {theirs_idr}, setoran kantor {ours_idr}."
    " Periksa isi setoran di EPS sebelum mengonfirmasi."
)
_NOT_PAID = "Status di BPJS: {status}. Bayar kode iuran ini, lalu tempel lagi."
_NO_STATUS = "Status di BPJS kosong. Bayar kode iuran ini, lalu tempel lagi."
# Statuses of BPJS for a code that must not be paid, or not again.
_NOT_TO_BE_PAID = {
    RemittanceState.CANCELLING: "Setoran ini diusulkan dibatalkan. Jangan bayar kodenya sebelum"
    " orang kedua memutuskan.",
    RemittanceState.CANCELLED: "Setoran dengan kode ini sudah dibatalkan. Jangan bayar kode ini.",
    RemittanceState.CONFIRMED: "Setoran ini sudah dikonfirmasi LUNAS sebelumnya. Jangan bayar lagi;"
    " tanyakan kepada BPJS mengapa statusnya lain.",
}
_ALREADY = "Sudah dikonfirmasi sebelumnya; tidak ada yang berubah."
_CANCELLED = (
    "Setoran dengan kode ini sudah dibatalkan, tetapi BPJS menyatakan LUNAS. Jangan bayar iurannya"
    " lagi: kasusnya ada di Perlu diperiksa."
)
_PAID = "{count} iuran, {amount_idr}, LUNAS di BPJS."
_LENT = (
    "{count} iuran, {amount_idr}, LUNAS di BPJS. Dari jumlah itu {lent_idr} memakai uang kantor"
    " lain di rekening bersama, dan menjadi utang kantor ini kepada kantor itu."
)
_NO_MONEY = (
    "Saldo rekening penampungan kantor ini di buku {in_bank_idr}, setoran ini {ours_idr}."
    " Catat dulu pencairan atau dana yang masuk."
)


@dataclass(frozen=True)
class Result:
    """One line's verdict, and a message that says what to do."""

    row: ResultRow
    verdict: Verdict
    reason: Message
    remittance_id: int | None = None


def confirm(
    session: Session, *, rows: Sequence[ResultRow], actor_id: int, shared_bank: bool = False
) -> list[Result]:
    """Apply BPJS' results; return the result of each line. A repeated line changes nothing.

    An office's batches are paid from its own money. With `shared_bank`, if that is not enough, the
    rest comes from other offices' shares of the bank account, and is booked as a debt to them.
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
    results = [
        _one(session, row, by_code.get(tidy_code(row.kode_iuran)), actor, shared_bank)
        for row in rows
    ]
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


def _one(
    session: Session, row: ResultRow, remittance: Remittance | None, actor: User, shared_bank: bool
) -> Result:
    if remittance is None:
        return Result(
            row,
            Verdict.UNKNOWN_CODE,
            Message(
                text="Kode iuran {kode_iuran} tidak ada di sini. Isi dulu pada setorannya.",
                values={"kode_iuran": row.kode_iuran},
            ),
        )
    if row.paid and remittance.state is RemittanceState.CANCELLED:
        _open_case(session, row, remittance)
        return Result(
            row,
            Verdict.CANCELLED,
            Message(text=_CANCELLED),
            remittance.id,
        )
    problem = _problem(row, remittance) or _no_money(session, remittance, shared_bank)
    if problem is not None:
        return Result(row, *problem, remittance.id)
    try:
        lent = _confirm_one(session, row, remittance, actor, shared_bank)
    except Refused as refused:
        return Result(row, Verdict.NOT_NOW, refused.message, remittance.id)
    done = {"count": remittance.count, "amount_idr": remittance.amount_idr, "lent_idr": lent}
    return Result(
        row, Verdict.CONFIRMED, Message(text=_LENT if lent else _PAID, values=done), remittance.id
    )


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


def _problem(row: ResultRow, remittance: Remittance) -> tuple[Verdict, Message] | None:
    """Why a line does not confirm its batch; None if it does."""
    ours = {"ours_idr": remittance.amount_idr}
    if row.amount_idr is None:
        return Verdict.OTHER_AMOUNT, Message(text=_NO_AMOUNT, values=ours)
    if row.amount_idr != remittance.amount_idr:
        return Verdict.OTHER_AMOUNT, Message(
            text=_OTHER_AMOUNT, values={"theirs_idr": row.amount_idr, **ours}
        )
    if not row.paid:
        text = _NOT_PAID if row.status else _NO_STATUS
        text = _NOT_TO_BE_PAID.get(remittance.state, text)
        return Verdict.NOT_PAID, Message(text=text, values={"status": row.status})
    if remittance.state is RemittanceState.CONFIRMED:
        return Verdict.ALREADY, Message(text=_ALREADY)
    return None


def _no_money(
    session: Session, remittance: Remittance, shared_bank: bool
) -> tuple[Verdict, Message] | None:
    """Why the office's money is not enough for a batch; None if it is."""
    money = interoffice.spendable(session, remittance.office_id, shared=shared_bank)
    if money.total_idr >= remittance.amount_idr:
        return None
    values = {"in_bank_idr": money.own_idr, "ours_idr": remittance.amount_idr}
    return Verdict.NO_MONEY, Message(text=_NO_MONEY, values=values)


def _confirm_one(
    session: Session, row: ResultRow, remittance: Remittance, actor: User, shared_bank: bool
) -> int:
    """Confirm a batch; return the rupiah that other offices paid."""
    moment = clock.now()
    # The CHECK requires the time together with the state: both go in one flush.
    with session.no_autoflush:
        lead(remittance, RemittanceAction.CONFIRM, actor)
        remittance.confirmed_at = moment
        forget_asking(remittance)
    remittance.confirmed_by = actor.id
    remittance.bpjs_ref = row.ref
    session.flush()
    session.execute(
        update(Contribution)
        .where(Contribution.remittance_id == remittance.id)
        .values(confirmed_at=moment)
        .execution_options(synchronize_session=False)
    )
    registry.mark_registered(session, _payers(remittance.id))
    source = f"remittance:{remittance.id}"
    lent = interoffice.cover(
        session,
        office_id=remittance.office_id,
        amount_idr=remittance.amount_idr,
        source=source,
        shared=shared_bank,
    )
    journal.post(
        session,
        kind="remittance.confirmed",
        source=source,
        at=moment,
        lines={
            accounts.owed_bpjs(remittance.office_id): remittance.amount_idr,
            accounts.bank(remittance.office_id): -remittance.amount_idr,
        },
    )
    return lent


def _payers(remittance_id: int) -> Select[int]:
    return select(Contribution.worker_id).where(Contribution.remittance_id == remittance_id)
