"""What the enrolment form says before anything is stored: warnings, a suggestion, the price."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_security import current_user

from agentsys import clock
from agentsys.contributions import changes, released_tariffs, tariff
from agentsys.db import db
from agentsys.duplicates import candidates
from agentsys.duplicates.rules import rules_in
from agentsys.errors import Refused
from agentsys.names import tidy_name
from agentsys.people import scope
from agentsys.runtime import runtime
from agentsys.web import eligibility_words
from agentsys.web.forms import Form
from agentsys.web.texts import sentence, translated
from agentsys.workers import enrolment, identity, registry, sector
from agentsys.workers.enrolment import NewWorker
from agentsys.workers.kinds import Funding, Programmes, Sector


def warnings(form: Form, data: NewWorker) -> list[str]:
    """What the agent has to look at once more; what is refused becomes an error of its field."""
    try:
        parsed = enrolment.identified(data)
    except Refused as refused:
        field = form[str(refused.facts.get("about", "nik"))]
        field.errors = [*field.errors, sentence(refused.message)]
        return []
    found = identity.differences(parsed, birth_date=data.birth_date, sex=data.sex)
    told = [translated(difference.sentence) for difference in found]
    told += eligibility_words.warnings(
        form, enrolment.findings(data, born=data.birth_date or parsed.birth_date)
    )
    if (doubt := _about_sector(data)) is not None:
        told.append(doubt)
    if _is_known(data, data.birth_date or parsed.birth_date):
        told.append(
            _(
                "Orang dengan nama dan tanggal lahir seperti ini sudah tercatat di kantor ini"
                " dengan NIK lain. Cocokkan NIK-nya dengan KTP sekali lagi; bila orangnya"
                " sama, jangan didaftarkan dua kali."
            )
        )
    return told


def suggestion(form: Form) -> dict[str, Any] | None:
    """The sector that the job suggests; None if it suggests none."""
    found = sector.suggest(form["job"].data or "")
    if found is None:
        return None
    return {
        "words": found.words,
        "transport": found.sector is Sector.TRANSPORT,
        "reason": translated(found.reason.sentence),
        "sure": found.sure,
        "answered": form["sector"].data,
    }


def price(form: Form) -> dict[str, Any] | None:
    """What a month will cost, why, and from when it costs something else."""
    if form["income_idr"].data is None or form["income_idr"].errors:
        return None
    if form["programmes"].data not in list(Programmes) or form["sector"].data not in list(Sector):
        return None
    asked: dict[str, Any] = {
        "income_idr": form["income_idr"].data,
        "programmes": Programmes(form["programmes"].data),
        "sector": Sector(form["sector"].data),
        "funding": Funding.SELF,
    }
    month = clock.this_month()
    released_tariffs.refresh(db.session())
    found = tariff.price(month=month, **asked)
    return {
        "monthly_idr": found.amount_idr,
        "discounts": found.discounts,
        "change": changes.next_change(month, **asked),
    }


def _is_known(data: NewWorker, born: date) -> bool:
    """Whether the office may have this person under another NIK; with this NIK it is refused."""
    session = db.session()
    index = runtime().vault.index(enrolment.identified(data).text)
    mine = scope.own_agent(session, current_user)
    return not registry.is_registered(session, index=index) and candidates.is_known(
        session,
        name=tidy_name(data.name),
        birth_date=born,
        office_id=mine.office_id,
        rules=rules_in(clock.this_month()),
    )


def _about_sector(data: NewWorker) -> str | None:
    """A doubt about the answer, if the job suggests the other sector."""
    found = sector.suggest(data.plain.get("job", ""))
    if data.sector is Sector.TRANSPORT and (found is None or found.sector is Sector.OTHER):
        return _(
            "Sektor dipilih transportasi, tetapi pekerjaannya tidak terbaca begitu. Pastikan:"
            " bila bukan transportasi, iurannya dapat kurang."
        )
    if data.sector is Sector.OTHER and found is not None and found.sector is Sector.TRANSPORT:
        return _(
            "“%(words)s” biasanya transportasi. Tanyakan sekali lagi; sektor menentukan iurannya.",
            words=found.words,
        )
    return None
