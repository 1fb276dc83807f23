"""What each line of BPJS' results did, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from agentsys.ledger import interoffice
from agentsys.messages import Message
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.results import ResultRow


class Verdict(StrEnum):
    """The outcome of one line of BPJS' results."""

    CONFIRMED = "confirmed"
    ALREADY = "already"  # it was confirmed before; nothing changed
    NOT_PAID = "not_paid"
    UNKNOWN_CODE = "unknown_code"
    OTHER_AMOUNT = "other_amount"
    NO_MONEY = "no_money"  # the journal has less money in the bank than the batch costs
    CANCELLED = "cancelled"  # the batch was cancelled, but BPJS was paid; a case was opened
    OTHER_REF = "other_ref"  # the batch is paid; this line names another payment
    PAID_AGAIN = "paid_again"  # a second payment for the batch, booked apart
    USED_REF = "used_ref"  # the number of the payment is another batch's
    MEMBER_REFUSED = "member_refused"  # a worker whom BPJS did not take; the money is held
    NO_MEMBER = "no_member"  # no such contribution in the batch
    INCOMPLETE = "incomplete"  # other lines of the batch must be put right first
    NOT_NOW = "not_now"  # the batch is not in a state, or the person not in a role, for this


_NO_AMOUNT = (
    "Jumlah di BPJS tidak terbaca, setoran kantor {ours_idr}."
    " Periksa isi setoran di EPS sebelum mengonfirmasi."
)
_OTHER_AMOUNT = (
    "Jumlah di BPJS {theirs_idr}, setoran kantor {ours_idr}."
    " Periksa isi setoran di EPS. Jika jumlah BPJS memang itu, isi alasannya, lalu cocokkan lagi."
)
_OTHER_PAID = (
    "Jumlah di BPJS {theirs_idr}, padahal setoran ini sudah LUNAS dengan {ours_idr}."
    " Tanyakan kepada BPJS jumlah mana yang benar."
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
_MORE = (
    "{count} iuran LUNAS di BPJS dengan {amount_idr}, {difference_idr} lebih dari jumlah kantor"
    " {ours_idr}. Selisihnya menunggu penyelesaian."
)
_LESS = (
    "{count} iuran LUNAS di BPJS dengan {amount_idr}, {difference_idr} kurang dari jumlah kantor"
    " {ours_idr}. Selisihnya menunggu penyelesaian."
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
    warning: Message | None = None  # what else to look at, although the line was applied


def problem(
    row: ResultRow, remittance: Remittance, *, other_sum: bool = False
) -> tuple[Verdict, Message] | None:
    """Why a line does not confirm its batch; None if it does.

    Another sum than ours counts only if EPS asked for it when the code was given, or if finance
    says so with `other_sum`.
    """
    ours = {"ours_idr": sum_of(remittance)}
    if not row.amount_idr:
        return Verdict.OTHER_AMOUNT, Message(text=_NO_AMOUNT, values=ours)
    known = {sum_of(remittance)}
    if remittance.paid_idr is None:
        known.add(remittance.code_idr or 0)
    settled = remittance.state is RemittanceState.CONFIRMED
    if row.amount_idr not in known and (settled or not row.paid or not other_sum):
        text = _OTHER_PAID if settled else _OTHER_AMOUNT
        return Verdict.OTHER_AMOUNT, Message(
            text=text, values={"theirs_idr": row.amount_idr, **ours}
        )
    if not row.paid:
        text = _NOT_PAID if row.status else _NO_STATUS
        text = _NOT_TO_BE_PAID.get(remittance.state, text)
        return Verdict.NOT_PAID, Message(text=text, values={"status": row.status})
    if remittance.state is RemittanceState.CONFIRMED:
        return Verdict.ALREADY, Message(text=_ALREADY)
    return None


def no_money(
    session: Session, remittance: Remittance, amount_idr: int, *, shared_bank: bool
) -> tuple[Verdict, Message] | None:
    """Why the office's money is not enough for a batch; None if it is."""
    money = interoffice.spendable(session, remittance.office_id, shared=shared_bank)
    if money.total_idr >= amount_idr:
        return None
    values = {"in_bank_idr": money.own_idr, "ours_idr": amount_idr}
    return Verdict.NO_MONEY, Message(text=_NO_MONEY, values=values)


def sum_of(remittance: Remittance) -> int:
    """What BPJS was paid for a batch; our sum if it was not paid yet."""
    return remittance.paid_idr or remittance.amount_idr


def unknown(row: ResultRow) -> Result:
    """No batch of the user's offices has the code."""
    text = "Kode iuran {kode_iuran} tidak ada di sini. Isi dulu pada setorannya."
    return Result(
        row, Verdict.UNKNOWN_CODE, Message(text=text, values={"kode_iuran": row.kode_iuran})
    )


def cancelled(row: ResultRow, remittance: Remittance) -> Result:
    """BPJS was paid for a batch that was cancelled."""
    return Result(row, Verdict.CANCELLED, Message(text=_CANCELLED), remittance.id)


def paid(row: ResultRow, remittance: Remittance, *, lent_idr: int, difference_idr: int) -> Result:
    """The batch is confirmed; what other offices lent, and what BPJS took more than our sum."""
    text = _LENT if lent_idr else _PAID
    values = {"count": remittance.count, "amount_idr": sum_of(remittance), "lent_idr": lent_idr}
    if difference_idr:
        text = _MORE if difference_idr > 0 else _LESS
        values |= {"difference_idr": abs(difference_idr), "ours_idr": remittance.amount_idr}
    return Result(row, Verdict.CONFIRMED, Message(text=text, values=values), remittance.id)


def sum_problem(
    row: ResultRow, ours_idr: int, *, known: Collection[int | None], other_sum: bool
) -> tuple[Verdict, Message] | None:
    """Why the sum of a batch's line cannot be booked; None if it can."""
    if not row.amount_idr:
        return Verdict.OTHER_AMOUNT, Message(text=_NO_AMOUNT, values={"ours_idr": ours_idr})
    if row.amount_idr in known or other_sum:
        return None
    values = {"theirs_idr": row.amount_idr, "ours_idr": ours_idr}
    return Verdict.OTHER_AMOUNT, Message(text=_OTHER_AMOUNT, values=values)
