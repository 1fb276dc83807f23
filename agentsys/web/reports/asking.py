"""The office and the months of a report, as the address of its page says them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import request
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.errors import Invalid, NotFound
from agentsys.months import add_months, parse_month
from agentsys.people import scope
from agentsys.reports.asked import Asked
from agentsys.reports.office import USUAL_MONTHS, usual_last
from agentsys.web.texts import sentence, translated

_WRONG_MONTH = "Tulis bulan seperti 2026-11."


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was asked for; what could not be read is in `problem`, and the usual months instead."""

    asked: Asked
    office_name: str
    offices: Sequence[tuple[int, str]]  # that the user may choose
    problem: str = ""

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of an address with the same choice."""
        found = {"dari": f"{self.asked.first:%Y-%m}", "sampai": f"{self.asked.last:%Y-%m}"}
        return found | ({"kantor": str(self.asked.office_id)} if len(self.offices) > 1 else {})


def choice(session: Session, *, usual: int = USUAL_MONTHS) -> Choice | None:
    """The choice in the request's address, of the user's offices; None if there is no office.

    `usual` is how many months are shown if nobody says another range.
    """
    offices = scope.offices(session, current_user)
    if not offices:
        return None
    named = dict(offices)
    sent = request.args.get("kantor", "")
    office_id = int(sent) if sent.isascii() and sent.isdecimal() else offices[0][0]
    if office_id not in named:
        raise NotFound()
    last = usual_last(session, office_id)
    first = add_months(last, 1 - usual)
    asked, problem = ranged(request.args, first=first, last=last, office_id=office_id)
    return Choice(asked=asked, office_name=named[office_id], offices=offices, problem=problem)


def ranged(
    sent: Mapping[str, str],
    *,
    first: date,
    last: date,
    office_id: int,
    agreement_id: int | None = None,
) -> tuple[Asked, str]:
    """The range that these texts say, or the given one and why theirs is not used."""
    usual = Asked(first=first, last=last, office_id=office_id, agreement_id=agreement_id)
    try:
        months = [
            parse_month(text) if (text := sent.get(name, "").strip()) else month
            for name, month in (("dari", first), ("sampai", last))
        ]
        return replace(usual, first=months[0], last=months[1]), ""
    except Invalid as refused:
        return usual, sentence(refused.message)
    except ValueError:
        return usual, translated(_WRONG_MONTH)
