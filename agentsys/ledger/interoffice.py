"""Money between offices: what an office may spend, and the debts that follow.

Each office spends only its own money. Where the offices share one bank account, one of them may
need more than its share; it then takes the rest from the shares of others, and owes it to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.ledger import accounts, journal


@dataclass(frozen=True, kw_only=True)
class Spendable:
    """What an office can pay out of the bank now."""

    own_idr: int
    of_others_idr: int  # what it could take from other offices' shares

    @property
    def total_idr(self) -> int:
        """All that the office can pay out."""
        return self.own_idr + self.of_others_idr


def lock_banks(session: Session, offices: Iterable[int], *, shared: bool) -> None:
    """Lock spending of these offices' money; of all offices if they share the bank account.

    Locks are always taken in one order, to avoid deadlocks.
    """
    wanted = set(offices)
    if shared:
        wanted |= _shares(session).keys()
    for office_id in sorted(wanted):
        journal.lock_account(session, accounts.bank(office_id))


def spendable(session: Session, office_id: int, *, shared: bool) -> Spendable:
    """What an office can pay out of the bank; call `lock_banks` first."""
    if not shared:
        own = journal.balance(session, accounts.bank(office_id))
        return Spendable(own_idr=own, of_others_idr=0)
    shares = _shares(session)
    return Spendable(
        own_idr=shares.pop(office_id, 0),
        of_others_idr=sum(share for share in shares.values() if share > 0),
    )


def cover(session: Session, *, office_id: int, amount_idr: int, source: str, shared: bool) -> int:
    """Book what an office must take from others to pay a sum; return the rupiah taken.

    It is taken first from offices that owe this one, then from those with the most money. Call
    `lock_banks` before, and check with `spendable` that there is enough.
    """
    if not shared:
        return 0
    shares = _shares(session)
    lacking = max(amount_idr - shares.pop(office_id, 0), 0)
    taken = 0
    owing = {other: journal.balance(session, accounts.due(other, office_id)) for other in shares}
    for other in sorted(shares, key=lambda other: (-owing[other], -shares[other], other)):
        part = min(shares[other], lacking - taken)
        if part > 0:
            _lend(session, lender_id=other, office_id=office_id, amount_idr=part, source=source)
            taken += part
    return taken


def _lend(
    session: Session, *, lender_id: int, office_id: int, amount_idr: int, source: str
) -> None:
    journal.post(
        session,
        kind="office.lent",
        source=f"{source}:office:{lender_id}",
        at=clock.now(),
        lines={
            accounts.bank(office_id): amount_idr,
            accounts.due(lender_id, office_id): -amount_idr,
            accounts.due(office_id, lender_id): amount_idr,
            accounts.bank(lender_id): -amount_idr,
        },
    )


def _shares(session: Session) -> dict[int, int]:
    """What each office has in the bank, by office."""
    return {
        int(account.removeprefix(accounts.BANK)): amount
        for account, amount in journal.balances(session, accounts.BANK).items()
    }
