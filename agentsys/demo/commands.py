"""The commands around the invented city."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from agentsys.db import db, transaction
from agentsys.demo import city, world
from agentsys.demo import roster as invented
from agentsys.terminal import out, progress

_SURE = "Semua data di basis data ini akan dihapus. Lanjutkan?"

demo = AppGroup("demo", help="An invented city to try things in.")


@demo.command("seed")
@click.option("--workers", default=1_200, show_default=True)
@click.option("--months", default=6, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--reset", is_flag=True, help="Empty the database first.")
@click.option("--yes", is_flag=True, help="Empty it without asking.")
def seed(workers: int, months: int, seed: int, reset: bool, yes: bool) -> None:
    """Fill an empty database with the demo world."""
    if reset:
        _check_and_ask(yes)
    with progress() as bar:
        seeded = world.seed(workers=workers, months=months, seed=seed, reset=reset, bar=bar)
    world.print_logins(seeded, out)


@demo.command("reset")
@click.option("--yes", is_flag=True, help="Without asking.")
def reset(yes: bool) -> None:
    """Empty the database of a demo system."""
    _check_and_ask(yes)
    with transaction() as session:
        city.reset(session, allowed=world.may_reset(session))
    out.print("empty")


@demo.command("roster", with_appcontext=False)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--rows", type=click.IntRange(1, 200_000), default=34_782, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--damage",
    type=click.FloatRange(0, 0.5),
    default=0.03,
    show_default=True,
    help="Share of rows with a damage.",
)
def roster(file: Path, rows: int, seed: int, damage: float) -> None:
    """Write a roster as an office would send it, and beside it a list of what is wrong in it."""
    if file.suffix.lower() not in (".xlsx", ".csv"):
        raise click.BadParameter("must end in .xlsx or .csv", param_hint="FILE")
    if not file.absolute().parent.is_dir():
        raise click.BadParameter(f"{file.absolute().parent} is no folder", param_hint="FILE")
    planted = invented.write_roster(file, rows=rows, seed=seed, damage_share=damage)
    out.print(
        f"{file}: {rows} rows, {len(planted)} damages (listed in {file}.damages.csv)",
        highlight=False,
    )


def _check_and_ask(yes: bool) -> None:
    """Refuse where data is real, before anybody is asked whether to delete it."""
    city.check_reset(allowed=world.may_reset(db.session()))
    if not yes:
        click.confirm(_SURE, abort=True)
