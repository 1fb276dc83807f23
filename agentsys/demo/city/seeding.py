"""Seeding the invented city into an empty database."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.commissions.lines import Hook
from agentsys.console_texts import console_text as _
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.demo.city import (
    agreeing,
    aiming,
    banking,
    collecting,
    debit_rows,
    depositing,
    earning,
    listing,
    lives,
    mandate_rows,
    notifying,
    oddities,
    paying_out,
    registering,
    remitting,
    residents,
    reversals,
    sponsor_oddities,
    sponsoring,
    staff,
    twice,
    writing,
)
from agentsys.demo.city.collecting import Collected
from agentsys.demo.city.copying import catch_up, next_id
from agentsys.demo.city.debiting import Debiting
from agentsys.demo.city.residents import Resident
from agentsys.demo.city.sponsoring import CitySponsor
from agentsys.demo.city.staff import Login, Staff
from agentsys.demo.city.times import Times, times
from agentsys.errors import Conflict, Invalid
from agentsys.extension.contract import Fee
from agentsys.papers import activity
from agentsys.runtime import runtime
from agentsys.workers.models import Worker

Progress = Callable[[int, int, str], object]

MOST_MONTHS = 24
FEWEST_WORKERS = 120
_BULK = (
    "workers", "enrolments", "assignments", "contributions", "payments", "payment_months",
    "payment_moves", "receipts", "entries", "postings", "callbacks", "mandates", "mandate_workers",
    "debits", "debit_months", "debit_tries", "notices", "agreement_members", "bills",
)  # fmt: skip


class WorldExists(Conflict):
    """The database holds data already."""

    text = "Basis data ini sudah berisi pekerja. Kota contoh hanya diisikan ke basis data kosong."


@dataclass(frozen=True)
class World:
    """What was seeded, and who can sign in to it."""

    workers: int
    agents: int
    contributions: int
    payments: int
    months: int
    logins: list[Login]


def seed(
    session: Session,
    *,
    vault: Vault,
    workers: int,
    months: int,
    seed: int,
    progress: Progress = lambda *_: None,
    hook: Hook | None = None,
) -> World:
    """Fill an empty database with the city, in the caller's transaction.

    The same seed at the same time gives the same city. Commissions are computed with the rules of
    `hook`, or with those of the running app.
    """
    _check(session, workers, months)
    catch_up(session)  # ids of an emptied table begin at 1 again
    when = times(clock.now(), months)
    show = _Phases(progress, _phase_names())

    show.begin()
    team = staff.hire(session, workers=workers, times=when, rng=_rng(seed, "staff"))
    show.begin()
    rng = _rng(seed, "people")
    people = residents.invent(session, staff=team, times=when, workers=workers, rng=rng)
    doubles = twice.record_twice(people)
    sponsor = _register(session, vault, people, team, when)
    show.begin()
    debiting = _agree(session, people, team, when, seed)
    found = _collect(session, people, debiting, sponsor, seed=seed)
    sponsoring.bill(session, found, sponsor=sponsor, times=when)
    mandate_rows.write(session, debiting.mandates.values(), vault)
    show.begin()
    _carry_on(session, found, team, when)
    show.begin()
    _write(session, found, team, when, _rng(seed, "callbacks"))
    debit_rows.write(session, debiting, times=when)
    _settle_down(session)
    show.begin()
    oddities.play(session, found, staff=team, times=when, rng=_rng(seed, "odd"))
    reversals.play(session, staff=team)
    _live_on(session, vault, team, doubles, when)
    show.begin()
    earning.earn(session, staff=team, times=when, hook=hook or runtime().registry.commission_lines)
    paying_out.play(session, vault, staff=team, times=when, rng=_rng(seed, "accounts"))
    _record(session, workers=workers, months=months, seed=seed)
    _check_now(session)
    show.done()
    counts = len(team.agents), len(found.dues), len(found.payments), months
    return World(workers, *counts, staff.logins(session))


def _register(
    session: Session, vault: Vault, people: list[Resident], team: Staff, when: Times
) -> CitySponsor:
    """Write the workers, with the lists and the agreement of the city that pays for some."""
    listing.write_rosters(session, people, staff=team, times=when)
    sponsor = sponsoring.agree(session, people, staff=team, times=when)
    registering.write(session, people, vault)
    aiming.aim(session, people, staff=team, times=when)
    return sponsor


def _live_on(session: Session, vault: Vault, team: Staff, doubles: list[int], when: Times) -> None:
    """Let what happens in an office happen, and find who is recorded twice."""
    sponsor_oddities.play(session, staff=team, times=when)
    lives.play(session, vault, staff=team)
    banking.play(session, vault, staff=team, times=when)
    twice.compare(session, vault, doubles)
    listing.write_waiting_lists(session, vault, staff=team, times=when)


def _record(session: Session, **chosen: int) -> None:
    trail.record(session, actor_id=None, action="demo.seeded", subject="demo:city", details=chosen)


def _agree(
    session: Session, people: list[Resident], team: Staff, when: Times, seed: int
) -> Debiting:
    """Let a third of those who pay for themselves agree to auto-debit."""
    mandates = agreeing.agree(
        people,
        staff=team,
        times=when,
        first_id=next_id(session, "mandates"),
        rng=_rng(seed, "mandates"),
    )
    return Debiting(mandates, times=when, rng=_rng(seed, "debits"))


def _collect(
    session: Session,
    people: list[Resident],
    debiting: Debiting,
    sponsor: CitySponsor,
    *,
    seed: int,
) -> Collected:
    """Bill all months, and let everybody pay."""
    found = collecting.collect(
        people,
        debits=debiting,
        times=debiting.times,
        paid_to=sponsor.paid_to,
        first_id=next_id(session, "payments"),
        rng=_rng(seed, "money"),
    )
    debit_rows.number(session, debiting.made)
    return found


def _carry_on(session: Session, found: Collected, team: Staff, when: Times) -> None:
    """Deposit the cash, pay out the providers' money, and remit to BPJS."""
    found.deposits = depositing.deposit(session, found, staff=team, times=when)
    channels = runtime().registry.channels.items()
    paid_by_payers = {name for name, channel in channels if channel.fee != Fee()}
    remitting.pay_out(session, found, staff=team, times=when, paid_by_payers=paid_by_payers)
    remitting.remit(session, found, staff=team, times=when)


def _write(
    session: Session, found: Collected, team: Staff, when: Times, rng: random.Random
) -> None:
    """Store the history, so that services can continue from it."""
    writing.write_payments(session, found)
    writing.write_contributions(session, found, staff=team, times=when)
    writing.write_paper(session, found)
    writing.write_journal(session)
    notifying.write_callbacks(session, found, times=when, rng=rng)


def _settle_down(session: Session) -> None:
    """Let ids go on after those that were used, and PostgreSQL know how large the tables are."""
    catch_up(session)
    activity.note(session)  # as a job does each night
    # Without statistics PostgreSQL would plan queries for empty tables.
    session.execute(text(f"ANALYZE {', '.join(_BULK)}"))


def _check_now(session: Session) -> None:
    """Run the deferred checks now, so that an error is reported near its cause."""
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))


def known_world(session: Session) -> World | None:
    """The world that was seeded into this database; None if it has none of its users."""
    logins = staff.logins(session)
    if not logins:
        return None
    counts = session.execute(
        text(
            "SELECT (SELECT count(*) FROM workers), (SELECT count(*) FROM agents),"
            " (SELECT count(*) FROM contributions), (SELECT count(*) FROM payments)"
        )
    ).one()
    months = session.scalar(
        select(text("count(DISTINCT month)"))
        .select_from(Contribution)
        .where(Contribution.month <= clock.this_month())
    )
    workers, agents, contributions, payments = counts
    return World(workers, agents, contributions, payments, months or 0, logins)


def _phase_names() -> list[str]:
    return [
        _("petugas"),
        _("pekerja"),
        _("tagihan"),
        _("setoran"),
        _("buku"),
        _("kasus"),
        _("komisi"),
    ]


@dataclass
class _Phases:
    """Shows the progress of the seeding."""

    progress: Progress
    names: list[str]
    number: int = 0

    def begin(self) -> None:
        """The next phase begins."""
        self.progress(self.number, len(self.names), self.names[self.number])
        self.number += 1

    def done(self) -> None:
        """All phases are over."""
        self.progress(len(self.names), len(self.names), _("selesai"))


def _check(session: Session, workers: int, months: int) -> None:
    if workers < FEWEST_WORKERS or not 1 <= months <= MOST_MONTHS:
        raise Invalid(
            "Kota contoh perlu paling sedikit {least} pekerja dan 1 sampai {most} bulan.",
            least=FEWEST_WORKERS,
            most=MOST_MONTHS,
        )
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": locks.DEMO_SEEDING})
    if session.scalar(select(Worker.id).limit(1)) is not None:
        raise WorldExists(
            "Basis data ini sudah berisi pekerja. Pakai --reset untuk mengosongkannya dulu, atau"
            " tunjuk basis data lain yang kosong."
        )
    # A long transaction with few statements: the time limits of pages do not fit.
    session.execute(text("SET LOCAL statement_timeout = 0"))
    session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    # Otherwise the check of each row's foreign key to contributions would be planned again.
    session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))


def _rng(seed: int, topic: str) -> random.Random:
    return random.Random(f"{seed}:{topic}")  # noqa: S311  # a seed that repeats is the purpose
