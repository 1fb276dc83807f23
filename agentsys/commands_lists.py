"""The command that checks and imports a list of workers, like its pages."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from agentsys import clock, list_conversation, list_senders
from agentsys.audit import trail
from agentsys.command_types import Month
from agentsys.commands_people import id_of
from agentsys.console_texts import console_text as _
from agentsys.contributions import billing
from agentsys.db import transaction
from agentsys.key_commands import confirm_keys
from agentsys.people.models import Agent, Office, User
from agentsys.rosters.uploading import store_upload
from agentsys.runtime import runtime
from agentsys.workers.models import Funding, Programmes

PROPOSED = 3  # the exit code while a second person has to decide
_EXAMPLES = """\b
{examples}
  agentsys import daftar.xlsx --office KOTA --as 081200000001 --check
  agentsys import daftar.xlsx --office KOTA --as 081200000001 --rejects ditolak.xlsx
  agentsys import --list 12 --as 081200000001

\b
{codes}
"""


@click.command(
    "import",
    help=_(
        "Periksa, lalu impor daftar pekerja dari .xlsx, .xls, .ods atau .csv; berkas yang sama"
        " tidak mengubah apa pun. Daftar yang mengubah pekerja terdaftar menunggu orang kedua di"
        " halamannya; sesudah itu impor dengan --list."
    ),
    epilog=_EXAMPLES.format(
        examples=_("Contoh:"),
        codes=_(
            "Kode keluar: 0 selesai, 1 ditolak dengan alasannya, 2 perintahnya salah tulis,"
            " 3 menunggu orang kedua."
        ),
    ),
)
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--as",
    "sender",
    required=True,
    help=_("Nomor HP atau e-mail pengguna aktif yang mengirim daftar ini, untuk jejak audit."),
)
@click.option("--list", "number", type=int, help=_("Lanjutkan daftar dengan nomor ini."))
@click.option("--check", "only_check", is_flag=True, help=_("Periksa saja; tidak mengimpor."))
@click.option("--office", default="", help=_("Kode kantor."))
@click.option("--agent", default="", help=_("Kode agen yang akan mengelola pekerja."))
@click.option(
    "--by-kelurahan", is_flag=True, help=_("Tanpa --agent: pekerja baru ke agen kelurahannya.")
)
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
    file: Path | None,
    *,
    sender: str,
    number: int | None,
    only_check: bool,
    rejects: Path | None,
    **of_file: object,
) -> None:
    """Check a list and import it; the same file again changes nothing."""
    if (file is None) == (number is None):
        raise click.UsageError(_("Tulis satu: berkasnya, atau --list dengan nomornya."))
    confirm_keys()
    with transaction() as session:
        user = list_senders.sender(session, sender)
        roster_id = (
            list_senders.known(session, user, number)
            if file is None
            else _uploaded(session, user, file, **of_file)  # type: ignore[arg-type]
        )
        trail.record(
            session,
            actor_id=user.id,
            action="roster.commanded",
            subject=f"roster:{roster_id}",
            details={"only_check": only_check},
        )
        user_id = user.id
    waits = list_conversation.go_on(
        roster_id, user_id=user_id, only_check=only_check, rejects=rejects
    )
    if waits:
        sys.exit(PROPOSED)


def _uploaded(
    session: Session,
    user: User,
    file: Path,
    *,
    office: str,
    agent: str,
    by_kelurahan: bool,
    programmes: str,
    funding: str,
    from_month: date,
) -> int:
    """The list of a file, which is new, or the same as one that is still open."""
    if not office:
        raise click.UsageError(_("Tulis kantornya: --office dengan kodenya."))
    billing.check_beginning(from_month)
    office_id = id_of(session, Office, office)
    agent_id = id_of(session, Agent, agent) if agent else None
    list_senders.check_right(session, user, office_id, agent_id)
    return store_upload(
        session,
        vault=runtime().vault,
        office_id=office_id,
        agent_id=agent_id,
        by_kelurahan=by_kelurahan,
        filename=file.name,
        content=file.read_bytes(),
        programmes=Programmes(programmes),
        funding=Funding(funding),
        from_month=from_month,
        at_once=False,
        actor_id=user.id,
    ).id
