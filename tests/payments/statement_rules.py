"""Rules of random stories: statements of the bank and the provider come, match, and are undone."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import func, select, text

from agentsys import clock
from agentsys.closing import three_way
from agentsys.contributions.models import Contribution
from agentsys.extension.contract import Custody
from agentsys.fee_rates import read_rates
from agentsys.ledger import accounts as accounts_of
from agentsys.ledger import journal
from agentsys.listing.request import ListRequest
from agentsys.months import HEAD_OFFICE
from agentsys.payments.fee_models import GatewayFee
from agentsys.payments.models import Payment
from agentsys.payments.payout_models import GatewayPayout
from agentsys.statements import accounts, deciding, importing, matching, proposals, uploading
from agentsys.statements.models import BankAccount, BankFile, BankIssue, BankMatch, FileState
from agentsys.statements.things import BANK_THINGS
from tests.payments.mistake_rules import Mistakes
from tests.statements.banking import Row, bisnis

_HEADINGS = "Order ID,Transaction Type,Payment Type,Settlement Time,Gross Amount,Fee,VAT,Net Amount"
_RATES = read_rates("dict:qris:2026-01-01=0+70+1100")
_HELD = text("""
    SELECT coalesce(-sum(p.amount_idr), 0) FROM entries e JOIN postings p ON p.entry_id = e.id
    WHERE p.account LIKE 'owed:bpjs:%' AND e.kind <> 'remittance.confirmed'
""")
_CONFIRMED = text("""
    SELECT coalesce(sum(coalesce(paid_idr, amount_idr)), 0) FROM remittances
    WHERE state = 'confirmed'
""")
_TWICE = text("""
    SELECT line_id FROM bank_matches WHERE undone_at IS NULL GROUP BY line_id HAVING count(*) > 1
    UNION ALL
    SELECT thing_id FROM bank_matches WHERE undone_at IS NULL
    GROUP BY kind, thing_id, direction HAVING count(*) > 1
""")


class Statements(Mistakes):
    """What the bank and the provider say, and what people make of it."""

    reported: list[str]  # lines of the provider, in the order of their days
    booked: list[Row]  # lines of the bank
    known: dict[str, BankAccount]

    @rule(
        which=st.integers(0, 5),
        kind=st.sampled_from(["Settlement", "Settlement", "Refund", "Fee"]),
        off=st.sampled_from([0, 0, 0, -300, 500]),
        fee=st.sampled_from([0, 118, 400]),
    )
    def the_provider_reports_a_line(self, which: int, kind: str, off: int, fee: int) -> None:
        """A report of all days so far, with one more order, refund or fee."""
        orders = self.session.scalars(
            select(Payment).where(Payment.custody == Custody.PROVIDER).order_by(Payment.id)
        ).all()
        if not orders:
            return
        order = orders[which % len(orders)]
        day = self._today()
        gross = 0 if kind == "Fee" else order.amount_idr + off
        fee, tax = (fee, fee // 9) if kind != "Refund" else (0, 0)
        net = (gross if kind == "Settlement" else -gross) - fee - tax
        cells = [order.reference, kind, "qris", day, gross, fee, tax, net]
        self._reported().append(",".join(str(cell) for cell in cells))
        self._send("dict", "\n".join([_HEADINGS, *self._reported()]).encode())

    @rule(which=st.integers(0, 5), off=st.sampled_from([0, 0, 0, -2_500]), twice=st.booleans())
    def the_bank_sends_a_statement(self, which: int, off: int, twice: bool) -> None:
        """A download of all days so far, with what the bank shows of one of our records."""
        things = self.session.execute(
            text(f"SELECT * FROM ({BANK_THINGS}) AS t ORDER BY kind, thing_id, key"),
            {"office_id": self.world.office_id},
        ).all()
        if not things:
            return
        thing = things[which % len(things)]
        amount = thing.amount_idr if thing.way == "in" else -thing.amount_idr
        line = Row(f"{self._today():%d/%m/%Y}", f"TRX {thing.reference}", amount + off)
        if line.amount:
            self._booked().extend([line] * (2 if twice else 1))
            self._send("", bisnis(self._booked()))

    @rule(which=st.integers(0, 5))
    def a_person_matches_a_line(self, which: int) -> None:
        """Finance takes the likeliest record for a line that waits."""
        lines = self.session.scalars(
            select(BankIssue.line_id)
            .where(BankIssue.closed_at.is_(None), BankIssue.line_id.is_not(None))
            .order_by(BankIssue.id)
        ).all()
        if not lines:
            return
        line_id = lines[which % len(lines)] or 0
        for found in proposals.candidates(self.session, line_id)[:1]:
            with self.unless_refused():
                deciding.match(
                    self.session,
                    line_id=line_id,
                    kind=found.thing.kind,
                    thing_id=found.thing.thing_id,
                    actor_id=self.world.finance.id,
                )

    @rule(which=st.integers(0, 5), again=st.booleans())
    def a_person_undoes_a_match(self, which: int, again: bool) -> None:
        """It was not that record; the machine may find it once more."""
        matches = self.session.scalars(
            select(BankMatch).where(BankMatch.undone_at.is_(None)).order_by(BankMatch.id)
        ).all()
        if not matches:
            return
        with self.unless_refused():
            deciding.unmatch(
                self.session,
                match_id=matches[which % len(matches)].id,
                reason="salah",
                actor_id=self.world.finance.id,
            )
        if again:
            for account in self._accounts().values():
                matching.match_again(self.session, account=account)

    @invariant()
    def each_bank_line_is_matched_once(self) -> None:
        """No line is of two records, and no record of two lines."""
        self.session.flush()
        assert not self.session.execute(_TWICE).all()

    @invariant()
    def each_line_is_charged_once(self) -> None:
        """Whatever is matched, undone and matched again, a line's fee is in the costs once."""
        live = select(GatewayFee.line_id).where(GatewayFee.reversed_at.is_(None))
        charged = self.session.scalars(live).all()
        assert len(set(charged)) == len(charged)
        costs = journal.balances(self.session, accounts_of.GATEWAY_FEE)
        paid = select(func.coalesce(func.sum(GatewayFee.fee_idr), 0)).where(
            GatewayFee.reversed_at.is_(None)
        )
        typed = select(func.coalesce(func.sum(GatewayPayout.fee_idr), 0)).where(
            GatewayPayout.reversed_at.is_(None)
        )
        assert sum(costs.values()) == (
            (self.session.scalar(paid) or 0) + (self.session.scalar(typed) or 0)
        )

    @invariant()
    def the_classes_of_the_three_way_match_partition_the_contributions(self) -> None:
        """Each contribution is in one class, and the sums are those of the journal and BPJS."""
        self.session.flush()
        office_id, held_idr, bpjs_idr = self.world.office_id, 0, 0
        rows = self.session.execute(
            select(Contribution.month, func.count(), func.sum(Contribution.amount_idr)).group_by(
                Contribution.month
            )
        ).all()
        for month, count, amount in rows:
            found = three_way.match(self.session, office_id=office_id, month=month)
            assert (found.total.count, found.total.billed_idr) == (count, amount)
            held_idr, bpjs_idr = held_idr + found.total.journal_idr, bpjs_idr + found.total.bpjs_idr
        if rows:
            listed = self._listed(month)
            assert len(set(listed)) == len(listed) == found.exceptions.count
        assert held_idr == self.session.scalar(_HELD)
        assert bpjs_idr == self.session.scalar(_CONFIRMED)

    def _listed(self, month: date) -> list[int]:
        page = three_way.exceptions(
            self.session,
            office_id=self.world.office_id,
            month=month,
            asked=ListRequest(size=1_000),
        )
        return [row.worker_id for row in page.rows]

    def _send(self, provider: str, content: bytes) -> None:
        account = self._account(provider)
        file = uploading.upload(
            self.session,
            vault=self.world.vault,
            account_id=account.id,
            filename="mutasi.csv",
            content=content,
            actor_id=self.world.finance.id,
        )
        importing.import_in(self.session, self.world.vault, file.id, _RATES)
        assert self.session.get_one(BankFile, file.id).state is FileState.DONE

    def _account(self, provider: str) -> BankAccount:
        found = self._accounts()
        if provider not in found:
            found[provider] = accounts.add_account(
                self.session,
                office_id=self.world.office_id,
                name=provider or "Bank",
                provider=provider,
                actor_id=self.world.finance.id,
            )
        return found[provider]

    def _accounts(self) -> dict[str, BankAccount]:
        return self.__dict__.setdefault("known", {})

    def _reported(self) -> list[str]:
        return self.__dict__.setdefault("reported", [])

    def _booked(self) -> list[Row]:
        return self.__dict__.setdefault("booked", [])

    @staticmethod
    def _today() -> date:
        return clock.now().astimezone(HEAD_OFFICE).date()
