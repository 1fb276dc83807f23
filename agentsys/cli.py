"""The `agentsys` command."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import click
from flask.cli import AppGroup, ScriptInfo
from flask_migrate.cli import db as migrations
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from agentsys import clock, config, create_app, jobs, launcher
from agentsys.command_types import Month
from agentsys.commands_lists import import_list
from agentsys.commands_people import office, setup_code, user
from agentsys.commands_proof import audit, back_up, restore, retention
from agentsys.config import SettingsProblem
from agentsys.console_texts import console_sentence
from agentsys.console_texts import console_text as _
from agentsys.contributions import billing
from agentsys.db import db, in_transaction
from agentsys.demo.city import staff
from agentsys.demo.commands import demo
from agentsys.demo.midtrans_simulator.commands import simulator
from agentsys.errors import Refused
from agentsys.extension.registry import PluginProblem
from agentsys.key_commands import app_with_its_keys, keys
from agentsys.payments import circuit
from agentsys.payments.provider_models import ChannelHealth
from agentsys.ports import CannotRun
from agentsys.postgres import PostgresProblem
from agentsys.runtime import runtime
from agentsys.terminal import err, out, translate_libraries
from agentsys.web.home import DEMO_LOGINS
from agentsys.web.server import serve

_NO_TABLE = "42P01"
EXPLAINED = (SettingsProblem, PluginProblem, PostgresProblem, CannotRun, Refused)


def _app(*_args: Any) -> Any:
    return create_app()


@click.group(cls=AppGroup, help=_("Menjalankan jaringan keagenan BPJS Ketenagakerjaan."))
@click.version_option(
    package_name="agentsys",
    prog_name="agentsys",
    message=_("%(prog)s, versi %(version)s"),
    help=_("Tampilkan versi, lalu selesai."),
)
def cli() -> None:
    """The commands of agentsys."""


cli.add_command(migrations)
cli.add_command(simulator)


def main() -> None:
    """Run the command; problems that the user can solve are printed without a traceback."""
    translate_libraries(migrations)
    try:
        cli.main(
            prog_name="agentsys",
            standalone_mode=False,
            obj=ScriptInfo(create_app=_app, load_dotenv_defaults=False),
        )
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except EXPLAINED as problem:
        err.print(f"agentsys: {_said(problem)}", style="bold", highlight=False, markup=False)
        sys.exit(1)
    except OperationalError as away:
        told = _("Basis data tidak menjawab. Periksa AGENTSYS_DATABASE_URL.")
        err.print(f"agentsys: {told}", style="bold", highlight=False)
        err.print(str(away.orig).strip(), markup=False, highlight=False)
        sys.exit(1)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _NO_TABLE:
            raise
        told = _("Tabelnya belum ada. Jalankan agentsys db upgrade.")
        err.print(f"agentsys: {told}", style="bold", highlight=False)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)


@cli.command(
    "run",
    with_appcontext=False,
    help=_("Jalankan semuanya di mesin ini: basis data, kota contoh, simulator, worker, dan web."),
)
@click.option("--workers", default=1_200, show_default=True, help=_("Jumlah pekerja kota contoh."))
@click.option("--no-demo", is_flag=True, help=_("Mulai tanpa kota contoh."))
def run(workers: int, no_demo: bool) -> None:
    """Run database, demo city, gateway simulator, worker and web on this machine."""
    launcher.run(config.load(), workers=0 if no_demo else workers)


@cli.command("web", with_appcontext=False, help=_("Jalankan proses web saja."))
def web() -> None:
    """Run only the web process."""
    settings = config.load()
    app = app_with_its_keys(settings)
    if settings.demo:
        app.extensions[DEMO_LOGINS] = staff.logins
    serve(app, settings)


@cli.command("worker", with_appcontext=False, help=_("Jalankan proses pekerjaan latar saja."))
@click.option(
    "--concurrency",
    type=click.IntRange(1, 32),
    default=4,
    show_default=True,
    help=_("Jumlah pekerjaan panjang yang berjalan bersamaan."),
)
def worker(concurrency: int) -> None:
    """Run only the job process."""
    jobs.work(app_with_its_keys(), concurrency=concurrency)


@cli.command("plugins", help=_("Tampilkan semua plugin, apakah berjalan, dan mengapa tidak."))
def plugins() -> None:
    """Every plugin that is installed, whether it runs, and why not."""
    # Do not cut off the name of a missing setting; lines in a pipe may have any length.
    why, source = (Column(name, overflow="fold") for name in (_("alasan"), _("asal")))
    table = Table("plugin", _("status"), _("kanal"), _("aturan"), why, source)
    health = _channel_health()
    for status in runtime().registry.statuses():
        table.add_row(
            status.name,
            _states()[status.state],
            ", ".join(name + health.get(name, "") for name in status.channels),
            _("ya") if status.rules else "",
            escape(status.why),
            escape(status.source),
        )
    (out if out.is_terminal else Console(width=500)).print(table)


def _channel_health() -> dict[str, str]:
    """What is to be said after a channel's name; nothing without a database."""
    words = {
        ChannelHealth.AWAY: _("tidak menjawab"),
        ChannelHealth.STOPPED: _("berhenti"),
    }
    try:
        states = circuit.states(db.session())
    except SQLAlchemyError:
        return {}
    return {s.channel: f" ({words[s.health]})" for s in states if s.health in words}


@cli.command(
    "bill",
    help=_(
        "Tagih iuran semua pekerja yang kepesertaannya berjalan untuk satu bulan; aman diulang."
    ),
)
@click.option("--month", type=Month(), default=clock.this_month, help=_("Bawaan: bulan ini."))
def bill(month: date) -> None:
    """Bill every active worker for a month; safe to repeat."""
    done = in_transaction(lambda s: billing.bill_month(s, month=month, actor_id=None))
    out.print(
        _(
            "{month}: {billed} ditagih ({sum_idr}), {already} sudah ditagih sebelumnya",
            month=month,
            billed=done.billed,
            sum_idr=done.amount_idr,
            already=done.already,
        ),
        highlight=False,
    )


@cli.command("commissions", help=_("Hitung rincian komisi satu bulan; aman diulang."))
@click.option("--month", type=Month(), default=clock.this_month, help=_("Bawaan: bulan ini."))
def commissions(month: date) -> None:
    """Compute the commission statements of a month; safe to repeat."""
    jobs.compute_commissions(month.isoformat())


def _said(problem: Exception) -> str:
    return console_sentence(problem.message) if isinstance(problem, Refused) else str(problem)


def _states() -> dict[str, str]:
    """The labels of plugin states."""
    return {"on": _("aktif"), "off": _("mati"), "idle": _("belum diatur")}


for _command in (
    demo, office, user, setup_code, keys, import_list, audit, retention, back_up, restore,
):  # fmt: skip
    cli.add_command(_command)
