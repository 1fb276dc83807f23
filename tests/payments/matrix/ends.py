"""How payments ended: what the tables say of many payments, in few statements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.ledger import accounts
from agentsys.ledger.models import Entry, Posting
from agentsys.payments.models import Case, CaseKind, Payment, Receipt
from agentsys.people.permissions import RoleName
from agentsys.work import counts
from tests.factories import make_user
from tests.payments.matrix.cells import Books, Cell, End, Fault


def ends(session: Session) -> Iterator[tuple[Cell, End, Books]]:
    """How the payment of each cell ended, and what the books say of it."""
    session.expire_all()
    cells = {cell.reference: cell for cell in Cell.all()}
    cases = _cases(session)
    postings = _postings(session)
    rows = session.execute(
        select(
            Payment.id,
            Payment.reference,
            Payment.state,
            exists().where(Contribution.payment_id == Payment.id),
            exists().where(Receipt.payment_id == Payment.id),
        ).where(Payment.reference.in_(cells))
    )
    for number, reference, state, month_is_paid, has_receipt in rows:
        of = postings[reference]
        clearing = of.pop(accounts.CLEARING, 0)
        books = Books(
            clearing_idr=clearing,
            suspense_idr=-of.pop(accounts.SUSPENSE, 0),
            owed_bpjs_idr=-of.pop(accounts.OWED_BPJS, 0),
            other_idr=sum(abs(amount) for amount in of.values()),
            month_is_paid=month_is_paid,
            has_receipt=has_receipt,
        )
        end = End(state=state, held_idr=clearing, cases=tuple(sorted(cases[number])))
        yield cells[reference], end, books


def tasks(session: Session) -> Mapping[str, int]:
    """What waits in the work queue of finance about payments, by kind."""
    office_id = session.scalar(select(Payment.office_id).limit(1))
    finance = make_user(session, RoleName.FINANCE, office_id=office_id)
    found = {count.kind.key: count.number for count in counts.counts(session, finance)}
    return {key: number for key, number in found.items() if key.startswith("case.")}


def wanted_tasks(fault: Fault) -> Mapping[str, int]:
    """What must wait there after all paths under a fault: one item for each open case."""
    kinds = Counter(kind for cell in Cell.all() for kind in fault.end(cell).cases)
    return {f"case.{kind.value}": number for kind, number in kinds.items()}


def _cases(session: Session) -> Mapping[int, list[CaseKind]]:
    """The kinds of open cases by payment."""
    found: defaultdict[int, list[CaseKind]] = defaultdict(list)
    for number, kind in session.execute(
        select(Case.payment_id, Case.kind).where(Case.closed_at.is_(None))
    ):
        found[number].append(kind)
    return found


def _postings(session: Session) -> Mapping[str, dict[str, int]]:
    """Rupiah by the kind of account, for each payment's reference."""
    named = (accounts.CLEARING, accounts.SUSPENSE, accounts.OWED_BPJS)
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for reference, account, amount_idr in session.execute(
        select(Entry.source, Posting.account, func.sum(Posting.amount_idr))
        .join(Posting, Posting.entry_id == Entry.id)
        .group_by(Entry.source, Posting.account)
    ):
        kind = next((name for name in named if account.startswith(name)), account)
        found[reference][kind] = found[reference].get(kind, 0) + int(amount_idr)
    return found
