"""Offices, users, agents and workers of a network."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from flask_security.utils import hash_password

from agentsys.crypto import Vault
from agentsys.demo.names import FAMILY_NAMES, FIRST_NAMES
from agentsys.people.permissions import RoleName
from agentsys.workers import seals
from agentsys.workers.nik import mask
from bench.network.loading import Loader
from bench.network.size import (
    ADMIN,
    AUDITOR,
    FINANCE_AN_OFFICE,
    FIRST_FINANCE,
    FIRST_SUPERVISOR,
    SUPERVISORS_AN_OFFICE,
    Size,
)

_OFFICES = """
    INSERT INTO offices (id, code, name, city, zone)
    SELECT n, 'KTR' || n, 'Kantor Uji ' || n, 'Kota Uji ' || n, 'Asia/Makassar'
    FROM generate_series(1, %(offices)s) n
"""
_USERS = """
    INSERT INTO users (id, name, phone, password, active, fs_uniquifier, office_id, language,
        failed_logins, created_at, must_change_password)
    SELECT %(first)s + n, %(title)s || ' ' || n, %(phone)s || lpad(n::text, 8, '0'), %(password)s,
        true, %(title)s || n, CASE WHEN %(an_office)s > 0 THEN (n - 1) / %(an_office)s + 1 END,
        'id', 0, now(), false
    FROM generate_series(1, %(count)s) n
"""
_ROLES = """
    INSERT INTO roles_users (user_id, role_id)
    SELECT u.id, r.id FROM users u JOIN roles r ON r.name = %(role)s
    WHERE u.id > %(first)s AND u.id <= %(first)s + %(count)s
"""
# The three supervisors of an office have 40, 40 and 20 % of its agents.
_AGENTS = """
    INSERT INTO agents (id, office_id, supervisor_id, user_id, code, name, area, status,
        cash_ceiling_idr, joined_on)
    SELECT n, (n - 1) / %(an_office)s + 1,
        %(first_supervisor)s + (n - 1) / %(an_office)s * 3 + 1
            + (n - 1) %% %(an_office)s * 5 / (%(an_office)s * 2),
        n, 'AG-' || lpad(n::text, 5, '0'), 'Agen ' || n, 'Kelurahan ' || n %% 97, 'active',
        2000000, '2025-01-01'
    FROM generate_series(1, %(agents)s) n
"""
_WORKER_COLUMNS = (
    "id, nik_sealed, nik_index, nik_masked, name, birth_place, birth_date, sex, phone, job, sector,"
    " business, address, kelurahan, kecamatan, income_idr, kpj, new_to_bpu, office_id, agent_id,"
    " consent_text, created_at, updated_at"
)
_BEGAN = "CASE WHEN id %% 50 = 0 THEN %(late)s::date ELSE %(first)s::date END"
_PERIODS = (
    f"""
    INSERT INTO enrolments (worker_id, programmes, funding, from_month)
    SELECT id, CASE WHEN id %% 4 = 0 THEN 'JKK+JKM+JHT' ELSE 'JKK+JKM' END,
        CASE WHEN id %% 10 = 0 THEN 'apbd' ELSE 'self' END, {_BEGAN}
    FROM workers ORDER BY id
    """,
    f"""
    INSERT INTO assignments (worker_id, agent_id, from_month)
    SELECT id, agent_id, {_BEGAN} FROM workers ORDER BY id
    """,
)


def load_staff(loader: Loader, size: Size) -> None:
    """Load offices and users of each role; an agent and its user have the same id."""
    loader.run(_OFFICES, offices=size.offices)
    for role in RoleName:
        loader.run("INSERT INTO roles (name) VALUES (%(n)s) ON CONFLICT DO NOTHING", n=role.value)
    password = hash_password("demo-agentsys")
    for role, title, phone, first, an_office, count in (
        (RoleName.AGENT, "Agen", "+62812", 0, size.agents_an_office, size.agents),
        (RoleName.SUPERVISOR, "Pembina", "+62813", FIRST_SUPERVISOR, SUPERVISORS_AN_OFFICE,
            SUPERVISORS_AN_OFFICE * size.offices),
        (RoleName.FINANCE, "Keuangan", "+62814", FIRST_FINANCE, FINANCE_AN_OFFICE,
            FINANCE_AN_OFFICE * size.offices),
        (RoleName.ADMIN, "Admin", "+62815", ADMIN - 1, 0, 1),
        (RoleName.AUDITOR, "Auditor", "+62816", AUDITOR - 1, 0, 1),
    ):  # fmt: skip
        loader.run(
            _USERS, first=first, title=title, phone=phone, password=password,
            an_office=an_office, count=count,
        )  # fmt: skip
        loader.run(_ROLES, role=role.value, first=first, count=count)
    loader.run(
        _AGENTS, an_office=size.agents_an_office, first_supervisor=FIRST_SUPERVISOR,
        agents=size.agents,
    )  # fmt: skip


def load_workers(loader: Loader, vault: Vault, size: Size) -> None:
    """Load workers with encrypted numbers, their memberships and agents."""
    with loader.copy("workers", _WORKER_COLUMNS) as copy:
        for row in _workers(vault, size):
            copy.write_row(row)
    months = size.all_months
    for statement in _PERIODS:
        loader.run(statement, first=months[0], late=months[-2 if size.months > 1 else 0])


def _workers(vault: Vault, size: Size):  # type: ignore[no-untyped-def]
    rng = random.Random(1)  # invented people
    first_names = FIRST_NAMES["L"] + FIRST_NAMES["P"]
    months = size.all_months
    early, late = (datetime(m.year, m.month, 1, 3, tzinfo=UTC) for m in (months[0], months[-1]))
    # One in a hundred belongs to the first agent, who has fifty times as many as the others.
    shared = size.workers - size.workers // 100
    for number in range(1, size.workers + 1):
        agent = (number - 1) % size.agents + 1 if number <= shared else 1
        sex = "LP"[number & 1]
        born = date(1960, 1, 1) + timedelta(days=rng.randrange(16_000))
        nik = _nik(number, born, sex)
        index = vault.index(nik)
        began = late - timedelta(days=20) if number % 50 == 0 else early
        at = began + timedelta(days=number % 20)
        answer = "yes" if number % 50 == 0 else "unknown" if number % 199 == 0 else "no"
        yield (
            number, vault.seal(nik, seals.nik_of(index)), index, mask(nik),
            f"{rng.choice(first_names)} {rng.choice(FAMILY_NAMES)}", "Kota Uji", born, sex,
            f"+62852{number:08d}", "Pedagang", "other", "", f"Jl. Uji No. {number % 300}",
            f"Kelurahan {agent % 97}", f"Kecamatan {agent % 13}", 900_000 + number % 200 * 110_000,
            f"26{number:09d}" if number % 29 else "", answer,
            (agent - 1) // size.agents_an_office + 1, agent, "v1", at, at,
        )  # fmt: skip


def _nik(number: int, born: date, sex: str) -> str:
    """A unique, well-formed, invented NIK for each worker."""
    serial, rest = number % 9_999 + 1, number // 9_999
    day = born.day + (40 if sex == "P" else 0)
    return f"64{rest % 90 + 10:02d}{rest // 90 + 10:02d}{day:02d}{born:%m%y}{serial:04d}"
