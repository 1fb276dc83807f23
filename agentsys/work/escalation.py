"""After how many overdue days work is escalated: for each kind, from a date on."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Invalid
from agentsys.months import HEAD_OFFICE
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.work.kinds import BY_KEY
from agentsys.work.models import EscalationRule
from agentsys.work.open_items import USUAL_DAYS

EVERY_KIND = ""  # the rule for kinds without a rule of their own
MOST_DAYS = 60


def days(session: Session) -> Mapping[str, int]:
    """The days of each kind today, and of EVERY_KIND."""
    rules = session.execute(
        select(EscalationRule.kind, EscalationRule.days)
        .where(EscalationRule.from_day <= clock.now().astimezone(HEAD_OFFICE).date())
        .order_by(EscalationRule.kind, EscalationRule.from_day.desc())
        .ext(distinct_on(EscalationRule.kind))
    )
    own = {kind: wanted for kind, wanted in rules}
    usual = own.get(EVERY_KIND, USUAL_DAYS)
    return {EVERY_KIND: usual, **{kind: own.get(kind, usual) for kind in BY_KEY}}


def set_days(session: Session, wanted: Mapping[str, int], *, actor: User) -> list[str]:
    """Set days of kinds from today on, for all offices; return the kinds that changed."""
    if not (actor.can(Permission.ESCALATION_SET) and actor.sees_all_offices):
        raise Invalid("Batas ini berlaku untuk semua kantor, jadi diatur admin semua kantor.")
    for kind, number in wanted.items():
        if kind != EVERY_KIND and kind not in BY_KEY:
            raise Invalid("Jenis pekerjaan ini tidak ada. Muat ulang halaman.")
        if not 0 <= number <= MOST_DAYS:
            raise Invalid("Isi jumlah hari dari 0 sampai 60.")
    before = days(session)
    changed = {kind: number for kind, number in wanted.items() if before[kind] != number}
    today = clock.now().astimezone(HEAD_OFFICE).date()
    for kind, number in changed.items():
        rule = {"kind": kind, "from_day": today, "days": number, "set_by": actor.id}
        session.execute(
            insert(EscalationRule)
            .values(**rule, set_at=clock.now())
            .on_conflict_do_update(
                index_elements=["kind", "from_day"],
                set_={"days": number, "set_by": actor.id, "set_at": clock.now()},
            )
        )
        trail.record(
            session,
            actor_id=actor.id,
            action="escalation.set",
            subject=f"work:{kind or 'every_kind'}",
            details={"days": number, "before": before[kind]},
        )
    return list(changed)
