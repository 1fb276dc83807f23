"""The `agentsys` command."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup, ScriptInfo
from flask_migrate.cli import db as migrations
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from sqlalchemy.exc import OperationalError, ProgrammingError

from agentsys import backup, clock, config, create_app, jobs, launcher
from agentsys.audit import trail
from agentsys.command_types import Month
from agentsys.commands_lists import import_list
from agentsys.commands_people import office, user
from agentsys.config import SettingsProblem
from agentsys.contributions import billing
from agentsys.db import db, in_transaction, transaction
from agentsys.demo.city import staff
from agentsys.demo.commands import demo
from agentsys.errors import Refused
from agentsys.extension.registry import PluginProblem
from agentsys.key_commands import app_with_its_keys, keys
from agentsys.ledger import proofs
from agentsys.money import format_idr
from agentsys.postgres import PostgresProblem
from agentsys.processes import CannotRun
from agentsys.runtime import runtime
from agentsys.terminal import err, out
from agentsys.web.home import DEMO_LOGINS
from agentsys.web.server import serve
from agentsys.workers import keys as sealing

_NO_TABLE = "42P01"
EXPLAINED = (SettingsProblem, PluginProblem, PostgresProblem, CannotRun, Refused)


def _app(*_: Any) -> Any:
    return create_app()


@click.group(cls=AppGroup)
@click.version_option(package_name="agentsys", prog_name="agentsys")
def cli() -> None:
    """Runs a BPJS Ketenagakerjaan agency network."""


cli.add_command(migrations)


def main() -> None:
    """Run the command; what a person can mend is said in one sentence, without a traceback."""
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
        err.print(f"agentsys: {problem}", style="bold", highlight=False, markup=False)
        sys.exit(1)
    except OperationalError as away:
        err.print(
            "agentsys: basis data tidak menjawab. Periksa AGENTSYS_DATABASE_URL.", style="bold"
        )
        err.print(str(away.orig).strip(), markup=False, highlight=False)
        sys.exit(1)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _NO_TABLE:
            raise
        err.print("agentsys: tabelnya belum ada. Jalankan agentsys db upgrade.", style="bold")
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)


@cli.command("run", with_appcontext=False)
@click.option("--workers", default=1_200, show_default=True, help="Workers of the demo world.")
@click.option("--no-demo", is_flag=True, help="Start without a demo world.")
def run(workers: int, no_demo: bool) -> None:
    """Everything on this machine: database, demo world, gateway simulator, worker and web."""
    launcher.run(config.load(), workers=0 if no_demo else workers)


@cli.command("web", with_appcontext=False)
def web() -> None:
    """The web process alone."""
    settings = config.load()
    app = app_with_its_keys(settings)
    if settings.demo:
        app.extensions[DEMO_LOGINS] = staff.logins
    serve(app, settings)


@cli.command("worker", with_appcontext=False)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 32),
    default=4,
    show_default=True,
    help="Long jobs at the same time.",
)
def worker(concurrency: int) -> None:
    """The job process alone."""
    jobs.work(app_with_its_keys(), concurrency=concurrency)


@cli.command("plugins")
def plugins() -> None:
    """Every plugin that is installed, whether it runs, and why not."""
    # The name of a missing setting must be readable to the end, and a pipe has lines of any length.
    why, source = (Column(name, overflow="fold") for name in ("why", "from"))
    table = Table("plugin", "state", "channels", "rules", why, source)
    for status in runtime().registry.statuses():
        table.add_row(
            status.name,
            status.state,
            ", ".join(status.channels),
            "yes" if status.rules else "",
            escape(status.why),
            escape(status.source),
        )
    (out if out.is_terminal else Console(width=500)).print(table)


@cli.command("audit")
@click.option("--head", default="", help="A head that an earlier audit printed: still there?")
@click.option("--full", is_flag=True, help="Read everything again, not only what changed since.")
def audit(head: str, full: bool) -> None:
    """Check the books and the trail; exit code 1 when anything does not agree."""
    jobs.seal_trail()  # so that the head stands for everything up to now
    with transaction() as session:
        click.echo(f"trail: {trail.length(session)} events, head {trail.head(session) or '-'}")
        found = proofs.prove(session, by="agentsys audit", full=full, progress=_say_proven)
        lost = bool(head) and not trail.holds(session, head)
        swapped = sealing.mismatches(session, vault=runtime().vault)
    for worker_id in swapped:
        out.print(f"[bold red]✗[/] worker {worker_id}: the sealed NIK is not the one of its index")
    failed = sum(bool(proven.failures) for proven in found)
    if lost:
        out.print("[bold red]✗[/] the trail has no such head any more", highlight=False)
    seconds = sum(proven.seconds for proven in found)
    if failed or lost or swapped:
        out.print(f"{failed} of {len(found)} checks found something, {seconds:.1f} s")
        sys.exit(1)
    out.print(f"{len(found)} checks: clean, {seconds:.1f} s")


def _say_proven(proven: proofs.Proven) -> None:
    """One line for a check, and below it what it found."""
    mark = "[bold red]✗[/]" if proven.failures else "[green]✓[/]"
    reach = "all" if proven.whole else "since the last proof"
    out.print(f"{mark} {proven.name} {proven.seconds:.2f} s, {reach}", highlight=False)
    for row in proven.failures:
        sentence = escape(f"{proofs.sentence_of(proven.name)} {row}")
        out.print(f"  {sentence}", highlight=False, soft_wrap=True)


@cli.command("bill")
@click.option("--month", type=Month(), default=clock.this_month, help="Default: this month.")
def bill(month: date) -> None:
    """Bill every active worker for a month; safe to repeat."""
    done = in_transaction(lambda s: billing.bill_month(s, month=month, actor_id=None))
    out.print(
        f"{month:%Y-%m}: {done.billed} billed ({format_idr(done.amount_idr)}),"
        f" {done.already} were billed before"
    )


@cli.command("commissions")
@click.option("--month", type=Month(), default=clock.this_month, help="Default: this month.")
def commissions(month: date) -> None:
    """Compute the commission statements of a month; safe to repeat."""
    jobs.compute_commissions(month.isoformat())


@cli.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
def back_up(file: Path) -> None:
    """Write a copy of the whole database to a new file, while people go on working."""
    size = backup.back_up(_address(), file)
    out.print(f"{file}: {size / 1_000_000:.1f} MB", highlight=False)


@cli.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Restore into a database of its own, audit, drop it.")
def restore(file: Path, check: bool) -> None:
    """Fill the empty database of AGENTSYS_DATABASE_URL from a backup, or only prove the backup."""
    if check:
        out.print(
            backup.prove(_address(), file, os.environ | _keys()), highlight=False, markup=False
        )
        return
    backup.restore(_address(), file)
    out.print(f"{file}: restored. Now run agentsys audit.", highlight=False)


cli.add_command(demo)
cli.add_command(office)
cli.add_command(user)
cli.add_command(import_list)
cli.add_command(keys)


def _keys() -> dict[str, str]:
    """The keys of this system as settings, also where they are the embedded default's own."""
    settings = runtime().settings
    return {
        f"{config.PREFIX}{name.upper()}": getattr(settings, name).get_secret_value()
        for name in config.KEYS
    }


def _address() -> str:
    return db.engine.url.render_as_string(hide_password=False)
