"""The life of a contribution, repeated by users who retry, while processes are killed."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import requests

from agentsys import clock
from agentsys.demo.roster import write_roster
from agentsys.months import add_months
from tests.crash.actions import (
    Form,
    collection,
    has_ended,
    order_of,
    simulator,
    state_of,
    upload,
)
from tests.crash.retrying_client import LIMIT_S, RetryingVisitor, retried
from tests.tree import ANDI, LINA, RATNA, SARI, Tree, wait_for

ROWS = 400
_LEFT_FOR_APPROVAL = 1  # for the other tests
_APPROVED = re.compile(r"[0-9] pengajuan disetujui\.|sudah disetujui\.")
_ANOTHER_AGENT = "0812-0000-0002"
_TURNS = 3  # that everybody takes at least, so that it is seen to go on after the last kill


@dataclass
class Acknowledged:
    """What was acknowledged to users, by the table that must contain it."""

    cash: list[Form] = field(default_factory=list)
    wallet: list[Form] = field(default_factory=list)
    deposits: set[int] = field(default_factory=set)
    rosters: list[int] = field(default_factory=list)
    remittances: set[int] = field(default_factory=set)
    statements: set[int] = field(default_factory=set)

    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {name: len(done) for name, done in vars(self).items()}


@dataclass
class Walk:
    """The users of one run, and what was acknowledged to them."""

    tree: Tree
    folder: Path
    seed: int
    over: threading.Event = field(default_factory=threading.Event)
    told: Acknowledged = field(default_factory=Acknowledged)

    def people(self) -> list[Callable[[], None]]:
        """The users' actions as functions, to be run at the same time."""
        chance = random.Random(self.seed)
        doings = (
            (SARI, self._collects_cash),
            (_ANOTHER_AGENT, self._collects_by_wallet),
            (RATNA, self._brings_in_and_approves),
            (LINA, self._takes_in_and_remits),
        )
        return [
            partial(self._again_and_again, identity, does, random.Random(chance.random()))
            for identity, does in doings
        ]

    def _again_and_again(
        self,
        identity: str,
        does: Callable[[RetryingVisitor, random.Random], None],
        chance: random.Random,
    ) -> None:
        person = RetryingVisitor(self.tree.url, identity)
        turns = 0
        while turns < _TURNS or not self.over.is_set():
            does(person, chance)
            self.over.wait(chance.uniform(0, 0.3))
            turns += 1

    def _collects_cash(self, sari: RetryingVisitor, _: random.Random) -> None:
        if taken := self._collect(sari, "cash"):
            form, answer = taken
            if "/kuitansi/" in answer.url:
                self.told.cash.append(form)
        if len(self.told.cash) % 2:
            self._hand_over(sari)

    def _collects_by_wallet(self, agent: RetryingVisitor, chance: random.Random) -> None:
        if not (taken := self._collect(agent, chance.choice(("gopay", "qris")))):
            return
        form, answer = taken
        if "/pembayaran/" not in answer.url:
            return
        order = retried(partial(order_of, self.tree, form), "the order of a payment")
        self._await_started(order)
        if retried(partial(_pay, self.tree, order), "paying at the gateway"):
            self.told.wallet.append(form)

    def _await_started(self, order: str) -> None:
        """Wait until a job has told the gateway about a payment."""
        wait_for(
            lambda: retried(partial(state_of, self.tree, order), "a state") != "created",
            f"{order} is started",
            limit_s=LIMIT_S,
        )

    def _collect(
        self, agent: RetryingVisitor, channel: str
    ) -> tuple[Form, requests.Response] | None:
        try:
            path, form = collection(agent, channel)
        except IndexError:
            return None  # no worker is due until the next billing
        return form, agent.submit(path, form)

    def _hand_over(self, sari: RetryingVisitor) -> None:
        sari.submit("/setoran/hitung", {"counted": "1"})
        page = sari.page("/setoran")
        key = re.search(r'name="key" value="([^"]+)"', page)
        total = re.search(r'class="total"><span>Harus ada</span><b class="num">\s*Rp([\d.]+)', page)
        if key and total:
            sari.submit("/setoran", {"key": key[1], "counted": total[1], "evidence": "TRF-1"})

    def _brings_in_and_approves(self, ratna: RetryingVisitor, chance: random.Random) -> None:
        file = self.folder / f"{len(self.told.rosters)}.csv"
        write_roster(file, rows=ROWS, seed=chance.randrange(1_000_000))
        address = upload(ratna, file)
        self.told.rosters.append(int(address.split("/")[-1]))
        andi = RetryingVisitor(self.tree.url, ANDI)
        while not has_ended(ratna, address, andi) and not self.over.wait(0.3):
            pass
        waiting = re.findall(r'name="ids" value="((\d+):[0-9a-f]+)"', ratna.page("/pembina/komisi"))
        if len(waiting) > _LEFT_FOR_APPROVAL:
            seen, number = waiting[0]
            form: Form = {"ids": seen, "action": "approve", "reason": ""}
            answer = ratna.submit("/pembina/komisi/putuskan", form)
            # BPJS may have confirmed more meanwhile; then it is refused until it is computed again.
            if _APPROVED.search(answer.text):
                self.told.statements.add(int(number))

    def _takes_in_and_remits(self, lina: RetryingVisitor, chance: random.Random) -> None:
        month = add_months(clock.this_month(), chance.randrange(2))
        lina.page("/keuangan/penagihan")
        lina.submit("/keuangan/penagihan", {"month": f"{month:%Y-%m}"})
        self._confirm_deposits(lina)
        self._remit(lina)
        lina.submit("/keuangan/komisi", {"month": f"{clock.this_month():%Y-%m}"})

    def _confirm_deposits(self, lina: RetryingVisitor) -> None:
        for number, amount in self._of_lina(
            lambda: self.tree.query(
                """
                SELECT d.id, d.amount_idr FROM deposits d
                JOIN users u ON u.office_id = d.office_id AND u.phone = '+6281200000021'
                WHERE d.state = 'declared'
                """
            )
        ):
            form: Form = {"action": "confirm", "counted_idr": str(amount)}
            lina.submit(f"/keuangan/setoran-agen/{number}", form)
            self.told.deposits.add(number)

    def _remit(self, lina: RetryingVisitor) -> None:
        page = lina.page("/keuangan/setoran-bpjs")
        if office := re.search(r'name="office_id" value="(\d+)"', page):
            lina.submit("/keuangan/setoran-bpjs", {"office_id": office[1]})
        for number, amount in self._of_lina(
            lambda: self.tree.query(
                """
                SELECT r.id, r.amount_idr FROM remittances r
                JOIN users u ON u.office_id = r.office_id AND u.phone = '+6281200000021'
                WHERE r.state IN ('open', 'coded')
                """
            )
        ):
            path, code = f"/keuangan/setoran-bpjs/{number}", f"W26{number:08}"
            lina.submit(f"{path}/kode", {"kode_iuran": code})
            pasted = f"KODE IURAN\tSTATUS\tJUMLAH\tNO REF\n{code}\tPAID\t{amount}\tNTPN-{number}"
            lina.submit(f"{path}/hasil", {"results": pasted})
            self.told.remittances.add(number)

    def _of_lina(self, ask: Callable[[], list[tuple[int, int]]]) -> list[tuple[int, int]]:
        return retried(ask, "what waits for finance")


def _pay(tree: Tree, order: str) -> bool:
    """Pay an order; False if the gateway does not know it, or it can no longer be paid."""
    try:
        simulator(tree, f"/pay/{order}")
    except requests.HTTPError as error:
        if error.response.status_code >= 500:
            raise
        return error.response.status_code != 404
    return True
