"""Who sends a list on the terminal, and for whom that user may."""

from __future__ import annotations

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.console_texts import console_text as _
from agentsys.errors import NotFound, Refused
from agentsys.people import accounts, agent_list
from agentsys.people.models import User
from agentsys.people.permissions import Permission, Reach
from agentsys.rosters import queries


def sender(session: Session, given: str) -> User:
    """The active user who signs in with that, and may send lists."""
    by_mail = "@" in given
    identity = accounts.identity_of("" if by_mail else given, given if by_mail else "")
    column = User.email if by_mail else User.phone
    wanted = identity["email" if by_mail else "phone"]
    user = session.scalar(select(User).where(column == wanted, User.active))
    if user is None:
        raise click.BadParameter(
            _("Tidak ada pengguna aktif dengan {given}. Tulis nomor HP atau e-mailnya untuk masuk.",
              given=given),
            param_hint="--as",
        )  # fmt: skip
    if not user.can(Permission.ROSTER_UPLOAD):
        raise Refused("Pengguna itu tidak boleh mengirim daftar pekerja.")
    return user


def known(session: Session, user: User, number: int | None) -> int:
    """A list that the user may see."""
    try:
        return queries.roster_in_scope(session, user, number or 0).id
    except NotFound:
        raise Refused(
            "Tidak ada daftar dengan nomor {number}, atau daftarnya bukan bagian pengguna itu.",
            number=number,
        ) from None


def check_right(session: Session, user: User, office_id: int, agent_id: int | None) -> None:
    """Refused unless the user may send the list for that agent, or for the office without one."""
    if agent_id is not None:
        try:
            agent_list.agent_in_scope(session, user, agent_id, to=Permission.ROSTER_UPLOAD)
        except NotFound:
            raise Refused("Pengguna itu tidak boleh mengirim daftar untuk agen ini.") from None
        return
    whole_office = Reach.OFFICE in user.reach(Permission.ROSTER_UPLOAD)
    if not whole_office or user.office_id not in (office_id, None):
        raise Refused(
            "Pengguna itu tidak boleh mengirim daftar tanpa agen untuk kantor ini. Tulis --agent"
            " dengan agen timnya, atau kirim sebagai admin kantor."
        )
