"""The commands about offices and users."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup, with_appcontext
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.console_texts import console_text as _
from agentsys.db import db, transaction
from agentsys.people import accounts, offices, queries
from agentsys.people.models import Office
from agentsys.people.permissions import RoleName
from agentsys.terminal import out


@click.group("office", cls=AppGroup, help=_("Tambah dan tampilkan kantor."))
def office() -> None:
    """Add and list offices."""


@office.command("add", help=_("Tambah kantor: kode, nama, dan kotanya."))
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
def add_office(code: str, name: str, city: str, zone: str) -> None:
    """Add an office: its code, its name and its city."""
    with transaction() as session:
        made = offices.add_office(
            session, code=code, name=name, city=city, zone=zone, actor_id=None
        )
        told = _(
            "kantor {office_id}: {code}, {name}, {city}",
            office_id=made.id,
            code=made.code,
            name=made.name,
            city=made.city,
        )
        out.print(told, highlight=False)


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


@click.command("user", help=_("Tambah pengguna yang dapat masuk, misalnya admin pertama."))
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
@click.password_option(
    envvar="AGENTSYS_NEW_PASSWORD",
    prompt=_("Kata sandi"),
    confirmation_prompt=_("Ulangi kata sandi"),
    help=_("Kata sandi; tanpa opsi ini ditanyakan."),
)
@with_appcontext
def user(
    name: str, *, roles: tuple[str, ...], phone: str, email: str, office: str, password: str
) -> None:
    """Add a user who can sign in, such as the first admin of a new system."""
    with transaction() as session:
        made = accounts.add_user(
            session,
            name=name,
            roles={RoleName(role) for role in roles},
            phone=phone,
            email=email,
            password=password,
            office_id=id_of(session, Office, office) if office else None,
            actor_id=None,
        )
        told = _(
            "pengguna {user_id}: {name} ({roles})",
            user_id=made.id,
            name=made.name,
            roles=sorted(made.role_names),
        )
        out.print(told, highlight=False, markup=False)


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
