"""The command that imports a list of workers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from flask.cli import with_appcontext

from agentsys import clock, list_jobs
from agentsys.command_types import Month
from agentsys.commands_people import id_of
from agentsys.console_texts import console_text as _
from agentsys.contributions import billing
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.key_commands import confirm_keys
from agentsys.people.models import Agent, Office
from agentsys.rosters import importing, storage
from agentsys.runtime import runtime
from agentsys.terminal import out, progress
from agentsys.workers.models import Funding, Programmes, Roster, RosterStatus


@click.command(
    "import",
    help=_(
        "Impor daftar pekerja dari .xlsx, .xls, .ods atau .csv; berkas yang sama tidak mengubah"
        " apa pun."
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--office", required=True, help=_("Kode kantor."))
@click.option("--agent", default="", help=_("Kode agen yang akan mengelola pekerja."))
@click.option(
    "--programmes",
    type=click.Choice([p.value for p in Programmes]),
    default=Programmes.TWO.value,
    help=_("Program yang diikuti."),
)
@click.option(
    "--funding",
    type=click.Choice([f.value for f in Funding]),
    default=Funding.APBD.value,
    help=_("Sumber dana iuran."),
)
@click.option(
    "--from",
    "from_month",
    type=Month(),
    default=clock.this_month,
    help=_("Bulan pertama kepesertaan; bawaan: bulan ini."),
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("Tulis baris yang ditolak ke berkas ini."),
)
@with_appcontext
def import_list(
    file: Path,
    *,
    office: str,
    agent: str,
    programmes: str,
    funding: str,
    from_month: date,
    rejects: Path | None,
) -> None:
    """Import a roster of workers from .xlsx or .csv; the same file again changes nothing."""
    confirm_keys()
    billing.check_beginning(from_month)
    with transaction() as session:
        office_id = id_of(session, Office, office)
        roster_id = importing.store_upload(
            session,
            vault=runtime().vault,
            office_id=office_id,
            agent_id=id_of(session, Agent, agent) if agent else None,
            filename=file.name,
            content=file.read_bytes(),
            programmes=Programmes(programmes),
            funding=Funding(funding),
            from_month=from_month,
            actor_id=None,
        ).id
    with progress() as bar:
        task = bar.add_task(_("membaca"), total=None)

        def show(done: int, total: int, phase: str) -> None:
            bar.update(task, completed=done, total=total or None, description=_phases()[phase])

        done = importing.import_roster(
            vault=runtime().vault,
            roster_id=roster_id,
            progress=show,
            row_limit=runtime().settings.roster_rows,
        )
    if done.status is RosterStatus.FAILED:
        raise Refused(done.error)
    out.print(_summary(done), highlight=False)
    list_jobs.follow_import(roster_id)
    if rejects and done.rejected:
        _write_rejects(roster_id, rejects)


def _write_rejects(roster_id: int, target: Path) -> None:
    content = storage.rejects(db.session(), vault=runtime().vault, roster_id=roster_id)
    assert content is not None
    target.write_bytes(content)
    told = _("Baris yang ditolak, dengan alasannya: {file}", file=target)
    out.print(told, highlight=False)


def _phases() -> dict[str, str]:
    """The labels of an import's phases."""
    return {"reading": _("membaca"), "saving": _("menyimpan"), "done": _("selesai")}


def _summary(done: Roster) -> str:
    return _(
        "{rows} baris: {accepted} diterima ({created} baru, {changed} berubah,"
        " {unchanged} sama), {rejected} ditolak, {repaired} sel diperbaiki",
        rows=done.rows_total,
        accepted=done.accepted,
        created=done.created,
        changed=done.changed,
        unchanged=done.unchanged,
        rejected=done.rejected,
        repaired=done.repaired,
    )
