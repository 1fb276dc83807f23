"""The office for which a user of finance acts, and the balance of its bank account."""

from __future__ import annotations

from flask import g
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from agentsys.ledger import accounts, journal
from agentsys.people import scope


def offer_office(session: Session, field: SelectField) -> None:
    """Fill a field with the user's offices; preselect the office if there is only one."""
    field.choices = choices = _choices(session)
    if field.data in (None, "") and len(choices) == 1:
        field.data = choices[0].value


def offer_offices(session: Session, field: SelectField) -> None:
    """Fill a field with the user's offices, and `""` for all offices."""
    everybody = SelectChoice("", _("Semua kantor"))
    field.choices = [everybody, *_choices(session)]
    field.description = _("Semua kantor: dibagi menurut uangnya di penyedia.")
    field.data = field.data or ""


def in_bank(session: Session) -> int:
    """The bank balance of the user's office, or of all offices."""
    if current_user.office_id is not None:
        return journal.balance(session, accounts.bank(current_user.office_id))
    return sum(journal.balances(session, accounts.BANK).values())


def _choices(session: Session) -> list[SelectChoice]:
    if "offices" not in g:  # a page has several such fields
        g.offices = scope.offices(session, current_user)
    return [SelectChoice(str(number), name) for number, name in g.offices]
