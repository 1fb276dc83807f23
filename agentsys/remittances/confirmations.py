"""Recording that BPJS says PAID: the only place where a contribution becomes confirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.bank_refs import ref_key
from agentsys.errors import NotFound, Refused
from agentsys.ledger import interoffice, journal
from agentsys.payments.case_opening import open_case
from agentsys.payments.models import CaseKind
from agentsys.people.models import User
from agentsys.remittances import again, late, partial, references, verdicts
from agentsys.remittances.batches import tidy_code
from agentsys.remittances.codes import with_codes
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.paying import How, confirm_batch
from agentsys.remittances.results import ResultRow
from agentsys.remittances.verdicts import Result as Result  # noqa: PLC0414
from agentsys.remittances.verdicts import Verdict as Verdict  # noqa: PLC0414


def confirm(
    session: Session,
    *,
    rows: Sequence[ResultRow],
    actor_id: int,
    shared_bank: bool = False,
    difference_note: str = "",
    nik_index: Callable[[str], bytes] | None = None,
) -> list[Result]:
    """Apply BPJS' results; return the result of each line. A repeated line changes nothing.

    An office's batches are paid from its own money. With `shared_bank`, if that is not enough, the
    rest comes from other offices' shares of the bank account, and is booked as a debt to them. A
    note on the difference accepts sums of BPJS that are not ours. Lines that name workers tell
    which of them BPJS refused; `nik_index` finds a worker by NIK, otherwise only KPJs are known.
    """
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    by_code = with_codes(session, {tidy_code(row.kode_iuran) for row in rows}, actor)
    offices = {remittance.office_id for remittance in by_code.values()}
    interoffice.lock_banks(session, offices, shared=shared_bank)
    note = " ".join(difference_note.replace("\0", "").split())
    how = How(actor=actor, shared_bank=shared_bank, note=note, nik_index=nik_index)
    _lock_references(session, rows)
    of_members = _of_members(session, rows, by_code, how)
    results = [
        of_members.get(number) or _one(session, row, by_code.get(tidy_code(row.kode_iuran)), how)
        for number, row in enumerate(rows)
    ]
    session.flush()
    session.expire_all()
    return results


def _of_members(
    session: Session,
    rows: Sequence[ResultRow],
    by_code: Mapping[str, Remittance],
    how: How,
) -> dict[int, Result]:
    """Apply the lines of batches of which some name workers; the results by the lines' place."""
    lines: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        lines.setdefault(tidy_code(row.kode_iuran), []).append(number)
    found: dict[int, Result] = {}
    for code, numbers in lines.items():
        remittance = by_code.get(code)
        if remittance is None or not any(rows[number].of_member for number in numbers):
            continue
        of_batch = [rows[number] for number in numbers]
        if remittance.state is RemittanceState.CANCELLED:
            results = [_one(session, row, remittance, how) for row in of_batch]
        else:
            results = partial.apply(session, remittance, of_batch, how)
        found |= dict(zip(numbers, results, strict=True))
    return found


def _lock_references(session: Session, rows: Sequence[ResultRow]) -> None:
    """Lock the numbers of payments, so that two people cannot use one at the same time."""
    for key in sorted({ref_key(row.ref) for row in rows} - {""}):
        journal.lock_account(session, f"bpjs_ref:{key}")


def _one(session: Session, row: ResultRow, remittance: Remittance | None, how: How) -> Result:
    if remittance is None:
        return verdicts.unknown(row)
    if row.paid and remittance.state is RemittanceState.CANCELLED:
        _open_case(session, row, remittance)
        return verdicts.cancelled(row, remittance)
    if again.is_again(row, remittance):
        return again.apply(session, row, remittance, how)
    amount = row.amount_idr or 0
    problem = (
        verdicts.problem(row, remittance, other_sum=bool(how.note))
        or references.problem(session, row, remittance)
        or verdicts.no_money(session, remittance, amount, shared_bank=how.shared_bank)
    )
    if problem is not None:
        return Result(row, *problem, remittance.id)
    try:
        said = late.warning(row, remittance)
        lent = confirm_batch(session, remittance, theirs=amount, row=row, how=how)
    except Refused as refused:
        return Result(row, Verdict.NOT_NOW, refused.message, remittance.id)
    off = amount - remittance.amount_idr
    done = verdicts.paid(row, remittance, lent_idr=lent, difference_idr=off)
    return replace(done, warning=said)


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
