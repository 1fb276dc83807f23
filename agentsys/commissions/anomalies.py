"""Signals that a statement deserves a closer look; they never block an approval."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.extension.contract import Message
from agentsys.months import HEAD_OFFICE, add_months

# First guesses, to be adjusted with the first months of real data.
JUMP_PERCENT = 100
LAST_DAY_WORKERS = 5
LAST_DAY_PERCENT = 30
SHARED_PHONE_WORKERS = 5
SPONSORED_PERCENT = 50

SENTENCES = {
    "jump": "Komisi naik {percent}% dari bulan lalu ({before_idr}).",
    "last_day": "{count} dari {all} pekerja baru didaftarkan pada hari terakhir bulan.",
    "shared_phone": "{count} pekerja memakai satu nomor telepon yang sama.",
    "sponsored": "{percent}% iuran dibayar pemberi bantuan; aturan tidak menyebut insentifnya.",
    "unanswered": "{count} pekerja baru menunggu jawaban BPJS; yang dijawab sesudah disetujui tidak"
    " dihitung.",
}

_QUERY = """
    WITH chosen AS (SELECT one.* FROM statements one WHERE one.id = {}),
    bounds AS (
        SELECT s.*, s.month::timestamp AT TIME ZONE 'Asia/Jakarta' AS begins,
               (s.month + interval '1 month')::timestamp AT TIME ZONE 'Asia/Jakarta' AS ends,
               early.computed_at AS left_off
        FROM chosen s
        LEFT JOIN statements early ON early.agent_id = s.agent_id AND early.state = 'approved'
            AND early.month = (s.month - interval '1 month')::date
    )
    SELECT s.id, 'jump' AS signal,
           ((s.agent_idr - before.agent_idr) * 100 / before.agent_idr)::bigint AS a,
           before.agent_idr AS b
    FROM chosen s
    JOIN statements before ON before.agent_id = s.agent_id AND before.agent_idr > 0
        AND before.month = (s.month - interval '1 month')::date
    WHERE (s.agent_idr - before.agent_idr) * 100 > :jump * before.agent_idr
    UNION ALL
    SELECT s.id, 'last_day', late.count, late.all_new
    FROM bounds s
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE w.created_at >= s.ends - interval '1 day') AS count,
               count(*) AS all_new
        FROM workers w
        WHERE w.agent_id = s.agent_id AND w.created_at < s.ends
            AND w.created_at >= s.begins
    ) late
    WHERE late.count >= :last_day AND late.count * 100 >= :last_day_percent * late.all_new
    UNION ALL
    SELECT s.id, 'shared_phone', max(shared.count), 0
    FROM chosen s
    CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM workers w
        WHERE w.agent_id = s.agent_id AND w.phone <> '' GROUP BY w.phone
    ) shared
    WHERE shared.count >= :shared_phone
    GROUP BY s.id
    UNION ALL
    SELECT s.id, 'sponsored', paid.sponsored * 100 / paid.all_paid, 0
    FROM chosen s
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE c.funding <> 'self') AS sponsored, count(*) AS all_paid
        FROM statement_lines l
        JOIN contributions c ON c.worker_id = l.worker_id AND c.month = l.month
        WHERE l.statement_id = s.id
    ) paid
    WHERE paid.all_paid > 0 AND paid.sponsored * 100 >= :sponsored * paid.all_paid
    UNION ALL
    SELECT s.id, 'unanswered', open.count, 0
    FROM bounds s
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT c.worker_id) AS count
        FROM contributions c JOIN workers w ON w.id = c.worker_id AND w.new_to_bpu = 'unknown'
        WHERE c.agent_id = s.agent_id AND c.confirmed_at < s.ends
            AND c.confirmed_at >= least(s.begins, s.left_off)
            AND NOT EXISTS (
                SELECT FROM contributions o
                WHERE o.worker_id = c.worker_id AND o.confirmed_at < least(s.begins, s.left_off)
            )
    ) open
    WHERE s.state = 'submitted' AND open.count > 0
    ORDER BY 1
"""
_BOUNDS = {
    "jump": JUMP_PERCENT,
    "last_day": LAST_DAY_WORKERS,
    "last_day_percent": LAST_DAY_PERCENT,
    "shared_phone": SHARED_PHONE_WORKERS,
    "sponsored": SPONSORED_PERCENT,
}

_SIGNALS = text(_QUERY.format("ANY(:ids)")).bindparams(**_BOUNDS)

# A column of a query of statements, to be read by `messages`.
OF_STATEMENT = text(
    "(SELECT jsonb_agg(jsonb_build_array(signal, a, b))"  # noqa: S608  # made of a constant
    f" FROM ({_QUERY.format('statements.id')}) found) AS signals"
).bindparams(**_BOUNDS)

_VALUES = {
    "jump": ("percent", "before_idr"),
    "last_day": ("count", "all"),
    "shared_phone": ("count",),
    "sponsored": ("percent",),
    "unanswered": ("count",),
}


def name_of(signal: Message) -> str:
    """The name of a signal returned by `signals`."""
    return next((name for name, words in SENTENCES.items() if words == signal.text), "")


def last_day_of(month: date) -> tuple[datetime, datetime]:
    """When the last day of a month begins and ends in the head office's time zone."""
    ends = datetime.combine(add_months(month, 1), time.min, tzinfo=HEAD_OFFICE)
    return ends - timedelta(days=1), ends - timedelta(microseconds=1)


def signals(session: Session, *, statement_ids: Collection[int]) -> dict[int, list[Message]]:
    """The signals of each of these statements, in one query; most have none."""
    found: dict[int, list[Message]] = {number: [] for number in statement_ids}
    for number, *signal in session.execute(_SIGNALS, {"ids": list(found)}):
        found[number] += messages([signal])
    return found


def messages(found: Sequence[Sequence[Any]] | None) -> list[Message]:
    """What a row's signals say."""
    return [
        Message(text=SENTENCES[signal], values=dict(zip(_VALUES[signal], values, strict=False)))
        for signal, *values in found or ()
    ]
