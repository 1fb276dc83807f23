"""The commands around the invented city."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from agentsys.console_texts import console_text as _
from agentsys.db import db, transaction
from agentsys.demo import city, world
from agentsys.demo import roster as invented
from agentsys.runtime import runtime
from agentsys.terminal import out, progress

demo = AppGroup("demo", help=_("Kota contoh untuk mencoba."))


@demo.command("seed", help=_("Isi basis data kosong dengan kota contoh."))
@click.option("--workers", default=1_200, show_default=True, help=_("Jumlah pekerja."))
@click.option("--months", default=6, show_default=True, help=_("Jumlah bulan."))
@click.option("--seed", default=1, show_default=True, help=_("Angka acak; sama berarti kota sama."))
@click.option("--reset", is_flag=True, help=_("Kosongkan basis data dahulu."))
@click.option("--yes", is_flag=True, help=_("Kosongkan tanpa bertanya."))
def seed(workers: int, months: int, seed: int, reset: bool, yes: bool) -> None:
    """Fill an empty database with the demo world."""
    if reset:
        _check_and_ask(yes)
    with progress() as bar:
        seeded = world.seed(workers=workers, months=months, seed=seed, reset=reset, bar=bar)
    world.print_logins(seeded, out)


@demo.command("reset", help=_("Kosongkan basis data sistem contoh."))
@click.option("--yes", is_flag=True, help=_("Kosongkan tanpa bertanya."))
def reset(yes: bool) -> None:
    """Empty the database of a demo system."""
    _check_and_ask(yes)
    with transaction() as session:
        city.reset(session, allowed=world.may_reset(session))
    out.print(_("kosong"))


@demo.command(
    "accounts", help=_("Tulis akun GoPay kota contoh untuk `agentsys simulator --accounts`.")
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def accounts(file: Path) -> None:
    """Write the accounts that the simulator is to know."""
    if not file.absolute().parent.is_dir():
        raise click.BadParameter(
            _("folder {folder} tidak ada", folder=file.absolute().parent), param_hint="FILE"
        )
    count = city.write_accounts(db.session(), vault=runtime().vault, file=file)
    out.print(_("{file}: {count} akun", file=file, count=count), highlight=False)


@demo.command(
    "roster",
    with_appcontext=False,
    help=_("Tulis contoh daftar pekerja dari sebuah kantor, dan daftar kesalahan di dalamnya."),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--rows",
    type=click.IntRange(1, 200_000),
    default=34_782,
    show_default=True,
    help=_("Jumlah baris."),
)
@click.option(
    "--seed", default=1, show_default=True, help=_("Angka acak; sama berarti daftar sama.")
)
@click.option(
    "--damage",
    type=click.FloatRange(0, 0.5),
    default=0.03,
    show_default=True,
    help=_("Bagian baris yang berisi kesalahan."),
)
def roster(file: Path, rows: int, seed: int, damage: float) -> None:
    """Write a roster as an office would send it, and a list of the mistakes in it."""
    if file.suffix.lower() not in (".xlsx", ".csv"):
        raise click.BadParameter(_("harus berakhir dengan .xlsx atau .csv"), param_hint="FILE")
    if not file.absolute().parent.is_dir():
        raise click.BadParameter(
            _("folder {folder} tidak ada", folder=file.absolute().parent), param_hint="FILE"
        )
    planted = invented.write_roster(file, rows=rows, seed=seed, damage_share=damage)
    out.print(
        _(
            "{file}: {rows} baris, {count} kesalahan (dicatat di {file}.damages.csv)",
            file=file,
            rows=rows,
            count=len(planted),
        ),
        highlight=False,
    )


def _check_and_ask(yes: bool) -> None:
    """Refuse if the data is real; otherwise ask before deleting it."""
    city.check_reset(allowed=world.may_reset(db.session()))
    if not yes:
        click.confirm(_("Semua data di basis data ini akan dihapus. Lanjutkan?"), abort=True)
