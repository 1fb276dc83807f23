"""An office, agents and workers for benchmarks."""

from __future__ import annotations

from sqlalchemy import text

from agentsys.db import db, transaction

_PEOPLE = """
INSERT INTO offices (code, name, city, zone)
VALUES ('BENCH', 'Kantor Uji', 'Kota Uji', 'Asia/Makassar');

INSERT INTO agents (office_id, code, name, area, status, cash_ceiling_idr, joined_on)
SELECT (SELECT id FROM offices), 'UJI' || n, 'Agen ' || n, '', 'active', 2000000, '2025-01-01'
FROM generate_series(1, {agents}) n;

INSERT INTO workers (
    nik_sealed, nik_index, nik_masked, name, birth_date, sex, sector, income_idr, new_to_bpu,
    office_id, agent_id, created_at, updated_at
)
SELECT decode(md5(n::text), 'hex'), sha256(n::text::bytea),
       '6474••••••••' || lpad((n % 10000)::text, 4, '0'),
       'Pekerja ' || n, '1985-03-12', 'L', CASE WHEN n % 3 = 0 THEN 'transport' ELSE 'other' END,
       900000 + n % 200 * 110000, 'unknown', (SELECT id FROM offices),
       (SELECT min(id) FROM agents) + n % {agents}, now(), now()
FROM generate_series(1, {rows}) n;
"""


def load(*, rows: int, agents: int, then: str = "") -> None:
    """Store them, and the additional rows of a benchmark, in one transaction; then run ANALYZE."""
    with transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in (_PEOPLE.format(rows=rows, agents=agents) + then).split(";\n"):
            if statement.strip():
                session.execute(text(statement))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
