"""Seeding the demo city, and showing who can sign in to it."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy.orm import Session

from agentsys.console_texts import console_text as _
from agentsys.db import transaction
from agentsys.demo import city
from agentsys.runtime import runtime


def seed(*, workers: int, months: int, seed: int, reset: bool, bar: Progress) -> city.World:
    """Fill the database with the demo world."""
    task = bar.add_task(_("kota contoh"), total=None)

    def show(done: int, total: int, phase: str) -> None:
        bar.update(task, completed=done, total=total or None, description=phase)

    with transaction() as session:
        if reset:
            city.reset(session, allowed=may_reset(session))
        return city.seed(
            session, vault=runtime().vault, workers=workers, months=months, seed=seed, progress=show
        )


def may_reset(session: Session) -> bool:
    """Whether no real data can be lost: a demo system, or an embedded database of demo users."""
    if runtime().settings.demo:
        return True
    return runtime().embedded is not None and city.is_alone(session)


def print_logins(world: city.World, out: Console) -> None:
    """Show who can sign in to the demo world."""
    table = Table(_("peran"), _("nama"), _("masuk dengan"), _("kata sandi"), title=_("Akun contoh"))
    for login in world.logins:
        table.add_row(*login)
    out.print(table)
