"""The kode iuran of a batch: given by EPS, valid for a short time, replaced when it expired."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Conflict, Invalid
from agentsys.ledger import journal
from agentsys.months import HEAD_OFFICE
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import User
from agentsys.remittances.batches import RemittanceAction, lead, record, take, tidy_code
from agentsys.remittances.models import Remittance, RemittanceState, ReplacedCode


def set_code(
    session: Session,
    *,
    remittance_id: int,
    kode_iuran: str,
    actor_id: int,
    code_idr: int | None = None,
    valid_until: date | None = None,
) -> Remittance:
    """Store the kode iuran that EPS gave for the batch, the sum that it asks for, and its last day.

    Without a last day the dated setting `code_days` says it. An earlier code of the batch is kept,
    because somebody may have paid it. The code of a cancelled batch can be given again: BPJS may
    have been paid under it after all.
    """
    code = tidy_code(kode_iuran)
    if not 4 <= len(code) <= 40:
        raise Invalid("Isi kode iuran seperti yang tertulis di EPS.")
    today = clock.now().astimezone(HEAD_OFFICE).date()
    if valid_until is not None and not today <= valid_until <= today + timedelta(days=60):
        raise Invalid("Isi hari terakhir kode ini di EPS: hari ini atau sesudahnya.")
    remittance, actor = take(session, remittance_id, actor_id)
    journal.lock_account(session, f"kode_iuran:{code}")
    _check_unused(session, code, remittance_id)
    lead(remittance, RemittanceAction.CODE, actor)
    if remittance.kode_iuran not in (None, code):
        keep_replaced(session, remittance, actor)
    if remittance.kode_iuran != code or valid_until is not None:
        remittance.code_expires_at = _end_of(valid_until or last_day(today))
    remittance.kode_iuran = code
    remittance.code_idr = code_idr or None
    session.flush()
    record(session, remittance, "coded", actor_id)
    return remittance


def last_day(day: date) -> date:
    """The last day on which a code that EPS gave on this day can be paid."""
    return day + timedelta(days=setting(Rule.CODE_DAYS, day).value)


def keep_replaced(session: Session, remittance: Remittance, actor: User) -> None:
    """Keep the present code of a locked batch as a replaced one."""
    assert remittance.kode_iuran is not None  # a batch with a code
    session.merge(
        ReplacedCode(
            remittance_id=remittance.id,
            kode_iuran=remittance.kode_iuran,
            expires_at=remittance.code_expires_at,
            replaced_by=actor.id,
            replaced_at=clock.now(),
        )
    )


def with_codes(session: Session, codes: Collection[str], actor: User) -> dict[str, Remittance]:
    """Lock the batches of the user's office that have, or had, one of these codes; by code.

    They are locked in one order, so that two people with the same list cannot deadlock.
    """
    replaced = session.execute(
        select(ReplacedCode.kode_iuran, ReplacedCode.remittance_id).where(
            ReplacedCode.kode_iuran.in_(codes)
        )
    )
    had = {code: remittance_id for code, remittance_id in replaced}
    found = session.scalars(
        select(Remittance)
        .where(or_(Remittance.kode_iuran.in_(codes), Remittance.id.in_(had.values())))
        .order_by(Remittance.id)
        .with_for_update(of=Remittance, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    by_code: dict[str, Remittance] = {}
    mine = [each for each in found if actor.office_id in (each.office_id, None)]
    for remittance in mine:
        if remittance.kode_iuran is None:
            continue
        known = by_code.get(remittance.kode_iuran)
        if known is None or known.state is RemittanceState.CANCELLED:
            by_code[remittance.kode_iuran] = remittance
    by_id = {each.id: each for each in mine}
    for code, remittance_id in had.items():
        live = by_code.get(code)
        if remittance_id in by_id and (live is None or live.state is RemittanceState.CANCELLED):
            by_code[code] = by_id[remittance_id]
    return by_code


def _check_unused(session: Session, code: str, remittance_id: int) -> None:
    other = session.scalar(
        select(Remittance.id).where(
            Remittance.kode_iuran == code,
            Remittance.id != remittance_id,
            Remittance.state != RemittanceState.CANCELLED,
        )
    )
    if other is None:
        other = session.scalar(
            select(ReplacedCode.remittance_id)
            .join(Remittance, Remittance.id == ReplacedCode.remittance_id)
            .where(
                ReplacedCode.kode_iuran == code,
                ReplacedCode.remittance_id != remittance_id,
                Remittance.state != RemittanceState.CANCELLED,
            )
        )
    if other is not None:
        raise Conflict(
            "Kode iuran {kode_iuran} sudah dipakai untuk setoran nomor {remittance_id}.",
            kode_iuran=code,
            remittance_id=other,
        )


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), HEAD_OFFICE)
