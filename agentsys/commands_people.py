"""The commands about offices and users."""

from __future__ import annotations

import os
from datetime import datetime
from typing import IO, Any

import click
from flask.cli import AppGroup, with_appcontext
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.console_texts import console_text as _
from agentsys.db import db, transaction
from agentsys.people import accounts, agents, first_setup, offices, passwords, queries
from agentsys.people.models import Office, OfficeKind
from agentsys.people.permissions import RoleName
from agentsys.runtime import runtime
from agentsys.terminal import out

_PASSWORD_SETTING = "AGENTSYS_NEW_PASSWORD"  # noqa: S105
_LONGEST_LINE = 2_000  # longer than any password
_EXAMPLES = """\b
{examples}
  agentsys office add KOTA "Kantor Kota" "Kota Contoh"
  agentsys office add TIMUR "Kantor Timur" "Kota Timur" --zone Asia/Jayapura --parent KOTA
  agentsys office add WADAH-1 "Wadah Contoh" "Kota Contoh" --kind wadah --pks-number 12/PKS/2026 \\
      --pks-from 2026-01-01 --pks-until 2027-12-31 --controller "Yayasan Contoh"
"""
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("office", cls=AppGroup, help=_("Tambah dan tampilkan kantor."))
def office() -> None:
    """Add and list offices."""


@office.command(
    "add",
    help=_("Tambah kantor: kode, nama, dan kotanya."),
    epilog=_EXAMPLES.format(examples=_("Contoh:")),
)
@click.argument("code")
@click.argument("name")
@click.argument("city")
@click.option(
    "--zone",
    type=click.Choice(list(offices.ZONES)),
    default=offices.DEFAULT_ZONE,
    show_default=True,
    help=_("Zona waktu kantor."),
)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in OfficeKind]),
    default=OfficeKind.WADAH.value,
    show_default=True,
    help=_("Jenis kantor."),
)
@click.option("--parent", default="", help=_("Kode kantor induk."))
@click.option("--contact-name", default="", help=_("Nama narahubung."))
@click.option("--contact-phone", default="", help=_("Nomor HP narahubung."))
@click.option("--contact-email", default="", help=_("E-mail narahubung."))
@click.option("--address", default="", help=_("Alamat kantor."))
@click.option("--controller", default="", help=_("Pengendali data; bila kosong, kantor itu."))
@click.option("--pks-number", default="", help=_("Nomor PKS dengan BPJS Ketenagakerjaan."))
@click.option("--pks-from", type=_DAY, help=_("PKS mulai, seperti 2026-01-01."))
@click.option("--pks-until", type=_DAY, help=_("PKS berakhir, seperti 2027-12-31."))
def add_office(code: str, name: str, city: str, zone: str, **details: Any) -> None:
    """Add an office: its code, its name, its city, and what else is known."""
    with transaction() as session:
        made = offices.add_office(
            session,
            code=code,
            name=name,
            city=city,
            zone=zone,
            details=_office_details(session, **details),
            actor_id=None,
        )
        told = _(
            "kantor {office_id}: {code}, {name}, {city}",
            office_id=made.id,
            code=made.code,
            name=made.name,
            city=made.city,
        )
        out.print(told, highlight=False)


def _office_details(
    session: Session,
    *,
    kind: str,
    parent: str,
    pks_from: datetime | None,
    pks_until: datetime | None,
    **texts: str,
) -> offices.OfficeDetails:
    return offices.OfficeDetails(
        kind=OfficeKind(kind),
        parent_id=id_of(session, Office, parent) if parent else None,
        pks_from=pks_from.date() if pks_from else None,
        pks_until=pks_until.date() if pks_until else None,
        **texts,
    )


@office.command("list", help=_("Tampilkan semua kantor dengan kodenya."))
def list_offices() -> None:
    """Every office with its code."""
    found = queries.every_office(db.session())
    if not found:
        out.print(_no_office(), highlight=False)
        return
    table = Table(_("kode"), _("nama"), _("kota"), _("zona"))
    for row in found:
        table.add_row(row.code, row.name, row.city, row.zone)
    out.print(table)


@click.group("user", cls=AppGroup, help=_("Tambah pengguna yang dapat masuk."))
def user() -> None:
    """Add users."""


_USER_EXAMPLES = """\b
{examples}
  agentsys user add "Andi" --role admin --phone 081200000001
  agentsys user add "Lina" --role finance --email lina@contoh.id --office KOTA --generate-password
  agentsys user add "Sari" --role agent --agent-code AG-1 --phone 081200000002 --office KOTA \\
      --password-file - < sandi.txt

\b
{codes}
"""


@user.command(
    "add",
    help=_("Tambah pengguna. Tanpa pilihan tentang kata sandi, kata sandinya ditanyakan."),
    epilog=_USER_EXAMPLES.format(
        examples=_("Contoh:"),
        codes=_("Kode keluar: 0 berhasil, 1 ditolak dengan alasannya, 2 perintahnya salah tulis."),
    ),
)
@click.argument("name")
@click.option(
    "--role",
    "roles",
    type=click.Choice([r.value for r in RoleName]),
    multiple=True,
    required=True,
    help=_("Boleh diulang untuk beberapa peran."),
)
@click.option("--phone", default="", help=_("Nomor HP untuk masuk."))
@click.option("--email", default="", help=_("E-mail untuk masuk."))
@click.option("--office", default="", help=_("Kode kantor; admin dan auditor boleh tanpa kantor."))
@click.option("--agent-code", default="", help=_("Kode agen, wajib untuk peran agen."))
@click.option(
    "--appointed-on",
    type=click.DateTime(["%Y-%m-%d"]),
    help=_("Tanggal agen diangkat, kalau itu sebelum kantor memakai agentsys."),
)
@click.option(
    "--password-file",
    type=click.File("r", encoding="utf-8"),
    help=_("Baca kata sandi dari baris pertama berkas ini; - berarti masukan standar."),
)
@click.option(
    "--generate-password",
    is_flag=True,
    help=_("Buat dan cetak kata sandi, yang diganti saat pertama kali masuk."),
)
def add_user(
    name: str,
    *,
    roles: tuple[str, ...],
    phone: str,
    email: str,
    office: str,
    agent_code: str,
    appointed_on: datetime | None,
    password_file: IO[str] | None,
    generate_password: bool,
) -> None:
    """Add a user who can sign in, such as the first admin of a new system."""
    chosen = {RoleName(role) for role in roles}
    if (RoleName.AGENT in chosen) != bool(agent_code):
        raise click.UsageError(_("--agent-code ditulis bersama --role agent."))
    password = _password(password_file, generate=generate_password)
    with transaction() as session:
        made = accounts.add_user(
            session,
            name=name,
            roles=chosen,
            phone=phone,
            email=email,
            password=password,
            office_id=id_of(session, Office, office) if office else None,
            actor_id=None,
            must_change_password=generate_password,
        )
        if agent_code:
            agents.add_agent(
                session,
                user_id=made.id,
                code=agent_code,
                supervisor_id=None,
                area="",
                appointed_on=appointed_on.date() if appointed_on else None,
                actor_id=None,
            )
        told = _(
            "pengguna {user_id}: {name} ({roles})",
            user_id=made.id,
            name=made.name,
            roles=sorted(made.role_names),
        )
    out.print(told, highlight=False, markup=False)
    if generate_password:
        out.print(_("kata sandi: {password}", password=password), highlight=False, markup=False)


def _password(file: IO[str] | None, *, generate: bool) -> str:
    """The new user's password, which is never an argument: every process could read it there."""
    if file is not None and generate:
        raise click.UsageError(_("Pilih satu: --password-file atau --generate-password."))
    if generate:
        return passwords.fresh_password()
    if file is not None:
        return file.readline(_LONGEST_LINE).rstrip("\r\n")
    if given := os.environ.get(_PASSWORD_SETTING):
        return given
    asked: str = click.prompt(
        _("Kata sandi"), hide_input=True, confirmation_prompt=_("Ulangi kata sandi")
    )
    return asked


@click.command(
    "setup-code",
    help=_("Cetak kode sekali pakai untuk menyiapkan sistem kosong di halaman /mulai."),
)
@with_appcontext
def setup_code() -> None:
    """Print a new one-time code for setting up an empty system; older codes are void."""
    with transaction() as session:
        code = first_setup.make_code(session)
    out.print(setup_told(runtime().settings.base_url, code), highlight=False, soft_wrap=True)


def setup_told(base_url: str, code: str) -> str:
    """Where an empty system is set up, and with which code."""
    return _(
        "Sistem ini masih kosong. Siapkan kantor dan admin pertama di [bold]{url}[/]\n"
        "Kode, sekali pakai, berlaku {hours} jam: [bold]{code}[/]",
        url=f"{base_url}/mulai",
        hours=int(first_setup.VALID_FOR.total_seconds() // 3600),
        code=code,
    )


def _no_office() -> str:
    return _("Belum ada kantor. Tambahkan dulu: agentsys office add KODE NAMA KOTA")


def id_of(session: Session, model: Any, code: str) -> int:
    """The id of the office or agent with a code; BadParameter lists the known codes."""
    found = session.scalar(select(model.id).where(model.code == code))
    if found is None:
        known = ", ".join(session.scalars(select(model.code).order_by(model.code).limit(20)))
        if not known and model is Office:
            raise click.BadParameter(_no_office())
        unknown = (
            _(
                "Tidak ada kantor dengan kode {code}; yang ada: {known}",
                code=code,
                known=known or "-",
            )
            if model is Office
            else _(
                "Tidak ada agen dengan kode {code}; yang ada: {known}",
                code=code,
                known=known or "-",
            )
        )
        raise click.BadParameter(unknown)
    return int(found)
