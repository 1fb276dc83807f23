"""The import of a roster, compared with reading the file plus COPY of its accepted rows.

Both fill the same empty, indexed table `workers`, with durable settings. Our code also validates,
repairs and encrypts each row, finds registered workers, enrols new ones, and writes notes about
refused rows.
"""

from __future__ import annotations

import argparse
import csv
import io
import tempfile
from datetime import date
from pathlib import Path

from python_calamine import CalamineWorkbook
from sqlalchemy import text

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.demo import city
from agentsys.demo.roster import write_roster
from agentsys.people.models import Agent, Office
from agentsys.rosters.importing import import_roster, store_upload
from agentsys.runtime import runtime
from agentsys.workers.models import Funding, Programmes, Roster, RosterStatus
from bench.measure import checkpoint, peak_mb, result, say, stopwatch, throwaway_app

_COLUMNS = (
    "nik_sealed, nik_index, nik_masked, kk_sealed, kk_index, name, birth_place, birth_date, sex,"
    " phone, job, sector, business, address, kelurahan, kecamatan, income_idr, kpj, new_to_bpu,"
    " office_id, agent_id, roster_id, created_at, updated_at"
)


def main(argv: list[str]) -> dict[str, object]:
    """Import the same roster several times, alternating with the plain COPY."""
    parser = argparse.ArgumentParser(prog="python -m bench import", description=__doc__)
    parser.add_argument("--rows", type=int, default=34_782)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--format", choices=("xlsx", "csv"), default="xlsx")
    parser.add_argument(
        "--file", type=Path, help="a list, so that writing one takes no memory here"
    )
    parser.add_argument("--agent", action="store_true", help="also assign everybody to an agent")
    options = parser.parse_args(argv)
    if options.file:
        with throwaway_app():
            options.format = options.file.suffix.lstrip(".")
            return _measure(options.file.read_bytes(), options)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"roster.{options.format}"
        say(f"writing a roster of {options.rows} rows")
        write_roster(path, rows=options.rows)
        content = path.read_bytes()
    with throwaway_app():
        return _measure(content, options)


def _measure(content: bytes, options: argparse.Namespace) -> dict[str, object]:
    office_id, agent_id = prepare(with_agent=options.agent)
    roster, _ = ours(content, office_id, agent_id)
    peak = {"peak_mb": peak_mb(), "peak_mb_of_a_child": peak_mb(children=True)}
    accepted = accepted_rows()  # all of them in memory, which the import never needs
    say(f"warmed up: {roster.accepted} accepted, {roster.rejected} refused")
    taken: list[float] = []
    least: list[float] = []
    for turn in range(1, options.repeats + 1):
        least.append(limit(content, accepted, options.format))
        roster, seconds = ours(content, office_id, agent_id)
        taken.append(seconds)
        say(f"{turn}/{options.repeats}: limit {least[-1]:.2f} s, ours {seconds:.2f} s")
    return (
        result(
            "import",
            ours=taken,
            limit=least,
            rows=roster.rows_total,
            accepted=roster.accepted,
            rejected=roster.rejected,
            rows_per_s=round(roster.rows_total / sorted(taken)[len(taken) // 2]),
            format=options.format,
        )
        | peak
    )


def prepare(*, with_agent: bool) -> tuple[int, int | None]:
    """An office, and an agent of it if wanted; their ids."""
    with transaction() as session:
        office = Office(code="BENCH", name="Kantor Uji", city="Kota Uji")
        session.add(office)
        session.flush()
        agent = Agent(office_id=office.id, code="UJI", name="Agen Uji", joined_on=date(2025, 1, 1))
        session.add(agent)
        session.flush()
        return office.id, agent.id if with_agent else None


def ours(
    content: bytes,
    office_id: int,
    agent_id: int | None,
    *,
    version_id: int | None = None,
    actor_id: int | None = None,
) -> tuple[Roster, float]:
    """Import the list into empty tables; the list, and the seconds that it took."""
    empty()
    with transaction() as session:
        roster_id = store_upload(
            session,
            vault=runtime().vault,
            office_id=office_id,
            agent_id=agent_id,
            filename="roster",
            content=content,
            programmes=Programmes.TWO,
            funding=Funding.APBD,
            from_month=clock.this_month(),
            actor_id=actor_id,
            version_id=version_id,
        ).id
    checkpoint()
    seconds: list[float] = []
    with stopwatch(seconds):
        roster = import_roster(vault=runtime().vault, roster_id=roster_id)
    assert roster.status is RosterStatus.DONE, roster.error
    assert roster.created + roster.unchanged == roster.accepted
    return roster, seconds[0]


def limit(content: bytes, accepted: bytes, kind: str) -> float:
    """The seconds to read the list and COPY its accepted rows."""
    empty(keep_rosters=True)
    checkpoint()
    seconds: list[float] = []
    with stopwatch(seconds):
        _read(content, kind)
        copy_workers(accepted)
    return seconds[0]


def copy_workers(rows: bytes) -> None:
    """Store the workers whom `accepted_rows` returned."""
    with transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        cursor = session.connection().connection.cursor()
        with cursor.copy(f"COPY workers ({_COLUMNS}) FROM STDIN") as copy:
            copy.write(rows)


def _read(content: bytes, kind: str) -> None:
    if kind == "csv":
        lines = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
        assert sum(1 for _ in csv.reader(lines, delimiter=";"))
        return
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for name in workbook.sheet_names:
        assert sum(1 for _ in workbook.get_sheet_by_name(name).iter_rows())


def accepted_rows() -> bytes:
    """All workers, as COPY takes them."""
    cursor = db.session.connection().connection.cursor()
    with cursor.copy(f"COPY (SELECT {_COLUMNS} FROM workers ORDER BY id) TO STDOUT") as copy:
        rows = b"".join(bytes(piece) for piece in copy)
    db.session.rollback()
    return rows


def empty(*, keep_rosters: bool = False) -> None:
    """Remove all workers, and the rosters unless they are to be kept."""
    if keep_rosters:
        tables = "enrolments, assignments, workers"
        statement = f"TRUNCATE {tables} CASCADE"
    else:
        statement = "TRUNCATE enrolments, assignments, workers, rosters RESTART IDENTITY CASCADE"
    with transaction() as session, city.unguarded(session.connection()):
        session.execute(text(statement))
