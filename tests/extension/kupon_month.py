"""A month of an agency that accepts coupons (kupon), through web pages and with real commits.

    python -m tests.extension.kupon_month live             do everything, from enrolling on
    python -m tests.extension.kupon_month look NAME=PATH…  open these pages as the agent

It runs where the example plugin's wheel is installed, on the database of AGENTSYS_DATABASE_URL. For
each page it prints a name, the path and the text.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from agentsys import create_app, jobs
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.months import month_of
from agentsys.payments.models import Payment
from agentsys.people.accounts import add_user
from agentsys.people.agents import add_agent
from agentsys.people.models import Office, Role, RoleName, User
from tests.conftest import Visitor
from tests.factories import PASSWORD, invented_nik

BORN = date(1985, 3, 12)
CODE = "26110001"
PHONES = {RoleName.AGENT: "0812-0000-0001", RoleName.SUPERVISOR: "0812-0000-0011"}
PHONES |= {RoleName.FINANCE: "0812-0000-0021", RoleName.ADMIN: "0812-0000-0031"}

Seen = dict[str, tuple[str, str]]


def main(command: str, *places: str) -> None:
    """Run the command, and print the pages."""
    app = create_app()
    app.test_client_class = Visitor
    with app.app_context():
        if command == "live":
            upgrade()
            employ()
            seen = live(app)
        else:
            wanted = dict(place.split("=", 1) for place in places)
            seen = look(sign_in(app, RoleName.AGENT), wanted)
    print(json.dumps(seen))


def employ() -> None:
    """An office with its people, as an admin would set it up."""
    with transaction() as session:
        office = Office(code="K1", name="Kantor Contoh", city="Kota Contoh")
        session.add(office)
        session.flush()
        staff = {
            role: add_user(
                session,
                name=f"Contoh {role.title()}",
                roles=[role],
                phone=phone,
                email="",
                password=PASSWORD,
                office_id=office.id,
                actor_id=None,
            )
            for role, phone in PHONES.items()
        }
        add_agent(
            session,
            user_id=staff[RoleName.AGENT].id,
            code="A1",
            supervisor_id=staff[RoleName.SUPERVISOR].id,
            area="",
            appointed_on=date(2020, 1, 1),
            actor_id=staff[RoleName.ADMIN].id,
        )


def live(app: Flask) -> Seen:
    """From enrolling a worker to the approved statement and the agent's view of it."""
    agent = sign_in(app, RoleName.AGENT)
    worker = enrol(agent).rsplit("/", 1)[1]
    sheet = look(agent, {"sheet": f"/tagih/{worker}"})
    payment = collect(agent, *sheet["sheet"])

    remit(sign_in(app, RoleName.FINANCE), db.session.scalars(select(Payment)).one().amount_idr)
    confirmed_at = db.session.scalars(select(Contribution.confirmed_at)).first()
    assert confirmed_at
    jobs.compute_commissions(month_of(confirmed_at).isoformat())
    approve(sign_in(app, RoleName.SUPERVISOR))

    records = {
        "payment": payment,
        "receipt": found(r'href="(/kuitansi/[^"]+)"', page(agent, payment)),
        "statement": found(r'href="(/komisi/\d+)"', page(agent, "/komisi")),
    }
    return sheet | look(agent, records)


def enrol(agent: Visitor) -> str:
    """Enrol a worker as the agent; return the path of the worker's page."""
    return sent(
        agent,
        "/daftarkan",
        nik=invented_nik(7, born=BORN),
        name="Siti Rahmawati",
        birth_date=BORN.isoformat(),
        sex="L",
        job="Pedagang sayur",
        sector="other",
        income_idr="1.000.000",
        programmes="JKK+JKM",
        consent="y",
        attestation="y",
    )


def collect(agent: Visitor, path: str, sheet: str) -> str:
    """Pay the first month by coupon; return the path of the next page."""
    month = found(r'name="months" value="([\d-]+)"', sheet)
    payment = sent(agent, path, months=[month], channel="kupon", key="kupon-pertama")
    jobs.ask_providers()
    return payment


def remit(finance: Visitor, amount_idr: int) -> None:
    """The village hall pays out, finance remits, and BPJS says PAID."""
    balai = {"provider": "balai_desa", "bank_ref": "FT-1", "fee_idr": "0"}
    sent(finance, "/keuangan/pencairan", net_idr=str(amount_idr), **balai)
    office = found(r'name="office_id" value="(\d+)"', page(finance, "/keuangan/setoran-bpjs"))
    batch = sent(finance, "/keuangan/setoran-bpjs", office_id=office)
    sent(finance, f"{batch}/kode", kode_iuran=CODE)
    answer = f"KODE IURAN\tSTATUS\tJUMLAH\tNO REF\n{CODE}\tPAID\t{amount_idr}\tREF-1"
    sent(finance, f"{batch}/hasil", results=answer)


def approve(supervisor: Visitor) -> None:
    """The supervisor approves the one statement, as it is shown."""
    shown = found(r'name="ids" value="(\d+:[0-9a-f]+)"', page(supervisor, "/pembina/komisi"))
    sent(supervisor, "/pembina/komisi/putuskan", ids=shown, action="approve")


def sign_in(app: Flask, role: RoleName) -> Visitor:
    """The person of that role, signed in."""
    visitor = app.test_client()
    assert isinstance(visitor, Visitor)
    of_that_role = select(User).join(User.roles).where(Role.name == role)
    answer = visitor.sign_in(db.session.scalars(of_that_role).unique().one(), PASSWORD)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return visitor


def look(visitor: Visitor, paths: dict[str, str]) -> Seen:
    """For each name: the path of a page and its text."""
    return {name: (path, page(visitor, path)) for name, path in paths.items()}


def page(visitor: Visitor, path: str) -> str:
    """The text of a page, which must answer 200."""
    answer = visitor.get(path)
    text: str = answer.get_data(as_text=True)
    assert answer.status_code == 200, f"{path}: {answer.status_code}\n{text}"
    return text


def sent(visitor: Visitor, path: str, **form: Any) -> str:
    """Send a form that must be accepted; return the path of the next page."""
    answer = visitor.submit(path, **form)
    assert answer.status_code == 302, f"{path}: {answer.status_code}\n" + answer.get_data(True)
    return str(answer.headers["Location"])


def found(pattern: str, text: str) -> str:
    """The first match of a pattern in a page."""
    match = re.search(pattern, " ".join(text.split()))  # attributes may be on separate lines
    assert match, f"no {pattern} in\n{text}"
    return match[1]


if __name__ == "__main__":
    main(*sys.argv[1:])
