"""Rules of random stories about BPJS: differences with it, explained and settled."""

from __future__ import annotations

import secrets

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from agentsys.contributions.models import Contribution
from agentsys.people.models import User
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import confirm
from agentsys.remittances.difference_models import RemittanceDifference, SettlementWay
from agentsys.remittances.differences import propose
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.results import ResultRow
from agentsys.remittances.settlements import SettlementAction, decide_settlement
from agentsys.remittances.splitting import SplitBy, merge, split
from tests.factories import nik_of
from tests.payments.mistake_rules import Mistakes


class Remitting(Mistakes):
    """What BPJS says otherwise than we expect."""

    second: User

    @rule(refused=st.integers(0, 2), off=st.sampled_from([0, 0, 700, -700]))
    def report_partly_from_bpjs(self, refused: int, off: int) -> None:
        """BPJS pays the newest batch with a code, but refuses one of its months."""
        made = self.session.scalar(
            select(Remittance)
            .where(Remittance.kode_iuran.is_not(None))
            .order_by(Remittance.id.desc())
            .limit(1)
        )
        inside = self.session.scalars(
            select(Contribution)
            .where(Contribution.remittance_id == (made.id if made else 0))
            .order_by(Contribution.month)
        ).all()
        if made is None or made.kode_iuran is None or not inside:
            return
        one = inside[refused % len(inside)]
        code, ref, nik = made.kode_iuran, f"R{made.id}", nik_of(self.world.vault, self.world.worker)
        theirs = made.amount_idr - one.amount_idr + off
        rows = [
            ResultRow(1, code, True, "PAID", theirs, ref),
            ResultRow(2, code, False, "DITOLAK", None, ref, nik, "", one.month, refused=True),
        ]
        confirm(
            self.session,
            rows=rows,
            actor_id=self.world.finance.id,
            difference_note="ditolak satu",
            nik_index=self.world.vault.index,
        )

    @rule(way=st.sampled_from(SettlementWay), action=st.sampled_from(SettlementAction))
    def settle_a_difference(self, way: SettlementWay, action: SettlementAction) -> None:
        """Finance explains the oldest difference, and another user of it decides."""
        found = self.session.scalar(
            select(RemittanceDifference)
            .where(RemittanceDifference.settlement_id.is_(None))
            .order_by(RemittanceDifference.id)
            .limit(1)
        )
        if found is None:
            return
        with self.unless_refused():
            made = propose(
                self.session,
                remittance_id=found.remittance_id,
                difference_ids=[found.id],
                way=way,
                reason="diperiksa",
                bank_ref=secrets.token_hex(6),
                actor_id=self.world.finance.id,
            )
            decide_settlement(
                self.session, settlement_id=made.id, action=action, actor_id=self.second.id
            )

    @rule()
    def replace_a_code(self) -> None:
        """The newest code expired, and finance gets another one."""
        made = self.session.scalar(
            select(Remittance)
            .where(Remittance.state == RemittanceState.CODED)
            .order_by(Remittance.id.desc())
            .limit(1)
        )
        if made is not None:
            with self.unless_refused():
                set_code(
                    self.session,
                    remittance_id=made.id,
                    kode_iuran=f"91{secrets.token_hex(4)}",
                    actor_id=self.world.finance.id,
                )

    @rule(new_ref=st.booleans())
    def report_a_second_payment(self, new_ref: bool) -> None:
        """BPJS says that a paid batch was paid again."""
        made = self.session.scalar(
            select(Remittance).where(Remittance.state == RemittanceState.CONFIRMED).limit(1)
        )
        if made is None or made.kode_iuran is None:
            return
        ref = secrets.token_hex(4) if new_ref else "DUA"
        row = ResultRow(1, made.kode_iuran, True, "PAID", made.amount_idr, ref)
        finance = self.world.finance.id
        confirm(self.session, rows=[row], actor_id=finance, difference_note="dua kali")

    @rule(by=st.sampled_from([SplitBy.MONTH, SplitBy.PAYER]), again=st.booleans())
    def split_and_merge(self, by: SplitBy, again: bool) -> None:
        """Finance splits the newest open batch, and may put a part back."""
        made = self.session.scalar(
            select(Remittance)
            .where(Remittance.state == RemittanceState.OPEN)
            .order_by(Remittance.id.desc())
            .limit(1)
        )
        if made is None:
            return
        into, finance = made.id, self.world.finance.id
        with self.unless_refused():
            parts = split(self.session, remittance_id=into, by=by, actor_id=finance)
            if again:
                merge(self.session, into_id=into, from_id=parts[0].id, actor_id=finance)
