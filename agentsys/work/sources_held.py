"""Open work about money that should not stay where it is: with agents, and owed to workers."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import BigInteger, case, cast, exists, func, or_, select

from agentsys.ledger import accounts
from agentsys.ledger.balances import BALANCES
from agentsys.ledger.models import Entry, Posting
from agentsys.payments.custody import LONGEST, in_hand
from agentsys.payments.models import Payment
from agentsys.people.models import Agent
from agentsys.transfers.models import Transfer, TransferState
from agentsys.work.columns import NOW, waiting
from agentsys.workers.models import Worker

_account = BALANCES.c.account
_amount = BALANCES.c.amount_idr

# The ceiling is compared with the journal's balance, as when cash is collected.
_booked = (
    select(_account, _amount)
    .where(_account.startswith(accounts.CASH), _amount > 0)
    .subquery("agents_cash")
)
_oldest = (
    select(Payment.settled_at.label("since"))
    .where(*in_hand(), Payment.agent_id == Agent.id)
    .order_by(Payment.settled_at)
    .limit(1)
    .correlate(Agent)
    .lateral("in_hand")
)
_over = _booked.c.amount_idr >= Agent.cash_ceiling_idr
_late = _oldest.c.since < NOW - timedelta(days=LONGEST)
AGENTS_CASH = (
    waiting(
        case((_over, "cash.over_ceiling"), else_="cash.too_old"),
        Agent.id,
        since=_oldest.c.since,
        office_id=Agent.office_id,
        agent_id=Agent.id,
        amount_idr=_booked.c.amount_idr,
    )
    .select_from(Agent)
    .join(_booked, _booked.c.account == func.concat(accounts.CASH, Agent.id))
    .join(_oldest, _oldest.c.since.is_not(None))
    .where(or_(_over, _late))
)

_lacking = (
    select(_account, _amount)
    .where(_account.startswith(accounts.SHORT), _amount != 0)
    .subquery("agents_shortages")
)
_booked_last = (
    select(func.max(Entry.at))
    .join(Posting, Posting.entry_id == Entry.id)
    .where(Posting.account == _lacking.c.account)
    .correlate(_lacking)
    .scalar_subquery()
)
AGENTS_SHORTAGES = (
    waiting(
        "cash.short",
        Agent.id,
        since=_booked_last,
        office_id=Agent.office_id,
        agent_id=Agent.id,
        amount_idr=func.abs(_lacking.c.amount_idr),
    )
    .select_from(Agent)
    .join(_lacking, _lacking.c.account == func.concat(accounts.SHORT, Agent.id))
)

# If a transfer is proposed, the transfer is the item, until it is decided.
_last_moved = (
    select(func.max(Entry.at))
    .join(Posting, Posting.entry_id == Entry.id)
    .where(Posting.account == _account)
    .correlate(BALANCES)
    .scalar_subquery()
)
_of_worker = or_(
    _account.startswith(accounts.OWED_WORKER), _account.startswith(accounts.CLAIM_WORKER)
)
# CASE, because the third part of other account names is not a number.
_worker_id = case((_of_worker, cast(func.split_part(_account, ":", 3), BigInteger)))
WORKERS_MONEY = (
    waiting(
        case((_account.startswith(accounts.OWED_WORKER), "worker.owed"), else_="worker.owes"),
        _account,
        since=_last_moved,
        office_id=Worker.office_id,
        agent_id=Worker.agent_id,
        worker_id=Worker.id,
        amount_idr=func.abs(_amount),
    )
    .select_from(BALANCES)
    .join(Worker, Worker.id == _worker_id)
    .where(
        _of_worker,
        _amount != 0,
        ~exists().where(Transfer.account == _account, Transfer.state == TransferState.PROPOSED),
    )
)
