"""Background jobs; each is queued in the transaction of the data that it is about."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import date
from typing import Any

import procrastinate
import structlog
from flask import Flask
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from psycopg_pool import PoolTimeout
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys import clock, connections, membership_jobs
from agentsys.agent_jobs import carry_out_handovers, note_activity, try_rates
from agentsys.audit import trail
from agentsys.callback_jobs import process_callbacks
from agentsys.commissions import run as commissions
from agentsys.console_texts import console_text as _
from agentsys.contributions import billing
from agentsys.db import in_transaction, transaction
from agentsys.debit_jobs import ask_about_mandates, compare_debits, make_debits, plan_debits
from agentsys.due_jobs import bill_by_schedule, remind_due
from agentsys.events import delivery
from agentsys.figure_keepers import keep_figures
from agentsys.job_runner import (
    ASK,
    ATTEMPTS,
    RETRY,
    WAKE,
    WORK,
    CatchUp,
    in_one_line,
    on_the_clock,
    run_jobs,
    within,
)
from agentsys.job_watch import WatchedConnector
from agentsys.ledger import balances, proofs
from agentsys.list_jobs import (
    check_list,
    fail_abandoned_rosters,
    import_roster,
    keep_refused,
    read_list,
    undo_list,
)
from agentsys.months import HEAD_OFFICE
from agentsys.night_jobs import destroy_old, seal_months
from agentsys.payments import callback_store, circuit, provider_calls, sweep
from agentsys.ports import CannotRun
from agentsys.rosters import failing as roster_failing
from agentsys.runtime import KEY, runtime
from agentsys.statement_jobs import give_up as give_up_statement
from agentsys.statement_jobs import import_statement
from agentsys.work import assignments

log = structlog.get_logger("agentsys.jobs")

PROCESS_CALLBACKS = callback_store.TASK
BATCH = 64
SUNDAY = 6
TRAIL_LOT = 1000
_DEFER = text("""
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW(:queue, :task, 0, NULL, :lock, CAST(:args AS jsonb), NULL)
            ::procrastinate_job_to_defer_v1])
""")


def defer(
    session: Session, task: Callable[..., None], *, once: str | None = None, **args: Any
) -> bool:
    """Queue a job in the caller's transaction; False if a job with the key `once` waits already."""
    values = {"queue": WORK, "task": task.__name__, "lock": once, "args": json.dumps(args)}
    try:
        with session.begin_nested():
            session.execute(_DEFER, values)
    except IntegrityError:
        return False
    return True


def ask_providers() -> None:
    """Ask providers what is due, one question after another; each job wakes the next."""
    channels = runtime().registry.channels
    while provider_calls.ask_next(channels):
        pass


def probe_channels() -> None:
    """Ask channels that are away or stopped whether they work again."""
    circuit.probe(runtime().registry.channels)


def recheck_silent() -> None:
    """Poll providers about all pending payments that are due, in batches."""
    while sum(sweep.recheck_silent(runtime().registry.channels, limit=BATCH).values()) >= BATCH:
        pass


def seal_trail() -> None:
    """Seal new audit events, in batches."""
    while in_transaction(lambda session: trail.seal(session, limit=TRAIL_LOT)) >= TRAIL_LOT:
        pass


def deliver_events() -> None:
    """Deliver new events to the plugins, in batches."""
    registry = runtime().registry
    while delivery.deliver_waiting(transaction, registry.deliver, limit=BATCH) >= BATCH:
        pass


def fold_balances() -> None:
    """Fold new balance changes into the kept balances, in batches."""
    while in_transaction(balances.fold) >= balances.LOT:
        pass


def prove_books() -> None:
    """Run the audit and store its result: on Sundays over all rows, else over changed ones."""
    seal_trail()
    full = clock.now().astimezone(HEAD_OFFICE).weekday() == SUNDAY
    proofs.prove(transaction, by="job", full=full)


def bill_month(month: str, actor_id: int | None = None, office_id: int | None = None) -> None:
    """Bill a month for every active worker."""
    in_transaction(
        lambda session: billing.bill_month(
            session, month=date.fromisoformat(month), actor_id=actor_id, office_id=office_id
        )
    )


def compute_commissions(
    month: str, actor_id: int | None = None, office_id: int | None = None
) -> None:
    """Compute the statements of a month, of an office or of all."""
    commissions.run_month(
        transaction,
        hook=runtime().registry.commission_lines,
        month=date.fromisoformat(month),
        actor_id=actor_id,
        office_id=office_id,
    )


def forget_closed_work() -> None:
    """Delete the holders of closed work items."""
    with transaction() as session:
        assignments.forget_closed(session)


COARSE: tuple[Callable[..., None], ...] = (
    read_list, check_list, import_roster, undo_list, keep_refused, bill_month, compute_commissions,
    import_statement, try_rates,
)  # fmt: skip
# When such a job is given up, its user is shown the failure.
GIVEN_UP: dict[str, Callable[..., None]] = {
    job.__name__: roster_failing.give_up
    for job in (read_list, check_list, import_roster, undo_list)
} | {import_statement.__name__: give_up_statement}
# A callback committed while a batch ends may queue no job, so one is also scheduled.
CLOCK: tuple[tuple[str, Callable[[], None]], ...] = (
    ("* * * * * */10", process_callbacks),
    ("* * * * * */5", seal_trail),
    ("* * * * * */5", deliver_events),
    ("* * * * * */5", fold_balances),
    ("* * * * * */30", recheck_silent),
    ("* * * * *", fail_abandoned_rosters),
    ("*/10 * * * *", keep_figures),
    ("*/10 * * * *", plan_debits),
    ("*/10 * * * *", membership_jobs.find_duplicates_soon),
    ("*/10 * * * *", forget_closed_work),
    ("7 * * * *", carry_out_handovers),
    ("2 * * * *", membership_jobs.make_planned_changes),
    ("7 * * * *", membership_jobs.end_agreements),
    ("23 * * * *", roster_failing.drop_old_files),
)
# What waits for providers. A question that is due again is not woken by anybody.
ASKING: tuple[tuple[str, Callable[[], None]], ...] = (
    ("* * * * * */2", ask_providers),
    ("* * * * * */5", probe_channels),
    ("* * * * * */5", ask_about_mandates),
    ("* * * * * */20", make_debits),
    ("*/10 * * * *", compare_debits),
)
# Scheduled long jobs use the queue of long jobs; most run at night in every Indonesian time zone.
LONG: tuple[tuple[str, Callable[[], None]], ...] = (
    ("*/10 * * * *", bill_by_schedule),
    ("*/10 * * * *", remind_due),
    ("*/10 * * * *", seal_months),
    ("17 18 * * *", prove_books),
    ("47 17 * * *", membership_jobs.lapse_memberships),
    ("57 17 * * *", membership_jobs.find_duplicates),
    ("37 17 * * *", note_activity),
    ("27 19 * * *", destroy_old),
)


def queue_app(app: Flask) -> procrastinate.App:
    """The queue with all tasks and their schedule, each run within the app's context."""
    address = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).set(drivername="postgresql")
    connector = WatchedConnector(
        conninfo=address.render_as_string(hide_password=False),
        kwargs=connections.settings("agentsys worker"),
        min_size=1,
        max_size=8,
    )
    queue = procrastinate.App(connector=connector)
    for task in COARSE:
        queue.task(name=task.__name__, queue=WORK, retry=RETRY)(within(app, task))
    queue.task(name=PROCESS_CALLBACKS, queue=WAKE, queueing_lock=PROCESS_CALLBACKS)(
        within(app, process_callbacks)
    )
    queue.task(name=ask_providers.__name__, queue=ASK, queueing_lock=ask_providers.__name__)(
        within(app, ask_providers)
    )
    by_the_clock = [
        *((WAKE, *row) for row in CLOCK),
        *((ASK, *row) for row in ASKING),
        *((WORK, *row) for row in LONG),
    ]
    if clock.is_virtual():
        by_the_clock.append((WAKE, "* * * * * *", CatchUp(_missed(app))))
    for place, cron, batch in by_the_clock:
        name = f"{batch.__name__}_by_clock"
        timed = queue.task(name=name, queue=place, queueing_lock=name)(on_the_clock(app, batch))
        queue.periodic(cron=cron)(timed)

    @queue.periodic(cron="* * * * * */10")
    @queue.task(name="retry_stalled", queue=WAKE, queueing_lock="retry_stalled")
    async def by_clock(timestamp: int) -> None:
        await retry_stalled(app, queue)

    return queue


def _missed(app: Flask) -> list[Callable[[], None]]:
    """The jobs to run at once after the clock of a demo was advanced."""
    short = [*(batch for _, batch in (*CLOCK, *ASKING)), bill_by_schedule]
    # Nobody of the invented city pays while months are skipped, so all of it would lapse.
    if app.extensions[KEY].settings.demo:
        return short
    return [*short, membership_jobs.lapse_memberships, note_activity]


async def retry_stalled(app: Flask, queue: procrastinate.App) -> None:
    """Retry jobs that a killed worker left unfinished; give up after the maximum of attempts."""
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=15):
        told = log.bind(task=job.task_name, job=job.id, attempts=job.attempts + 1)
        if job.attempts + 1 < ATTEMPTS:
            told.warning("job was left behind, it runs again")
            try:
                await queue.job_manager.retry_job(job)
            except UniqueViolation:
                # An identical job is already queued; drop this one so it blocks no others.
                await queue.job_manager.finish_job(job, Status.FAILED, delete_job=True)
            continue
        told.error("job was left behind too often, it is given up", args=job.task_kwargs)
        if given_up := GIVEN_UP.get(job.task_name):
            await asyncio.to_thread(within(app, given_up), **job.task_kwargs)
        await queue.job_manager.finish_job(job, Status.FAILED, delete_job=False)


def work(app: Flask, *, concurrency: int = 4) -> None:
    """Run jobs until the process gets a signal to stop."""
    queue = queue_app(app)
    for name in ("procrastinate.worker.worker", "procrastinate.utils"):
        logging.getLogger(name).addFilter(in_one_line)
    try:
        asyncio.run(run_jobs(queue, concurrency=concurrency))
    except (ConnectorException, PoolTimeout) as away:
        raise CannotRun(_("Basis data tidak menjawab, jadi pekerjaan latar berhenti.")) from away
