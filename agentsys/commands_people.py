"""The commands about offices and users."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup, with_appcontext
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.db import db, transaction
from agentsys.people import accounts, offices, queries
from agentsys.people.models import Office
from agentsys.people.permissions import RoleName
from agentsys.terminal import out

_NO_OFFICE = "Belum ada kantor. Tambahkan dulu: agentsys office add KODE NAMA KOTA"


@click.group("office", cls=AppGroup)
def office() -> None:
    """Add and list offices."""


@office.command("add")
@click.argument("code")
@click.argument("name")
@click.argument("city")
@click.option(
    "--zone",
    type=click.Choice(list(offices.ZONES)),
    default=offices.DEFAULT_ZONE,
    show_default=True,
)
def add_office(code: str, name: str, city: str, zone: str) -> None:
    """Add an office: its code, its name and its city."""
    with transaction() as session:
        made = offices.add_office(
            session, code=code, name=name, city=city, zone=zone, actor_id=None
        )
        out.print(f"office {made.id}: {made.code}, {made.name}, {made.city}", highlight=False)


@office.command("list")
def list_offices() -> None:
    """Every office with its code."""
    found = queries.every_office(db.session())
    if not found:
        out.print(_NO_OFFICE, highlight=False)
        return
    table = Table("code", "name", "city", "zone")
    for row in found:
        table.add_row(row.code, row.name, row.city, row.zone)
    out.print(table)


@click.command("user")
@click.argument("name")
@click.option(
    "--role",
    "roles",
    type=click.Choice([r.value for r in RoleName]),
    multiple=True,
    required=True,
    help="May be given several times.",
)
@click.option("--phone", default="")
@click.option("--email", default="")
@click.option("--office", default="", help="Code of the office; admins and auditors may have none.")
@click.password_option(envvar="AGENTSYS_NEW_PASSWORD")
@with_appcontext
def user(
    name: str, *, roles: tuple[str, ...], phone: str, email: str, office: str, password: str
) -> None:
    """Add a user who can sign in: how the first admin of a new system is made."""
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
        out.print(f"user {made.id}: {made.name} ({', '.join(sorted(made.role_names))})")


def id_of(session: Session, model: Any, code: str) -> int:
    """The id of the office or agent with a code; a wrong code is answered with those there are."""
    found = session.scalar(select(model.id).where(model.code == code))
    if found is None:
        known = ", ".join(session.scalars(select(model.code).order_by(model.code).limit(20)))
        if not known and model is Office:
            raise click.BadParameter(_NO_OFFICE)
        raise click.BadParameter(
            f"tidak ada {model.__name__} dengan kode {code}; yang ada: {known or '-'}"
        )
    return int(found)
