"""A worker's phone: opens the personal page and presses what is on it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from agentsys.payments.mandates import invitations
from agentsys.payments.page_codes import make_code
from tests.payments.mandates.auto import AutoDebit


@dataclass
class Phone:
    """A browser that has the worker's personal link."""

    auto: AutoDebit
    browser: Any
    token: str

    @classmethod
    def with_link(cls, auto: AutoDebit, browser: Any) -> Phone:
        """A phone to which the agent sent the link."""
        link = invitations.invite(
            auto.world.session,
            worker_id=auto.world.worker.id,
            actor_id=auto.world.agent.user_id,
        )
        return cls(auto, browser, link.token)

    @property
    def path(self) -> str:
        """The page's address."""
        return f"/saya/{self.token}"

    def page(self) -> str:
        """What the page shows."""
        return str(self.browser.get(self.path).get_data(as_text=True))

    def press(self, what: str, **data: Any) -> Any:
        """Send one of the page's forms."""
        return self.browser.submit(f"{self.path}/{what}", **data)

    def agree(self, **changes: Any) -> Any:
        """Fill in the form of consent, and send it."""
        form = self.hidden() | {
            "key": secrets.token_hex(16),
            "relation": "self",
            "holder_name": "Siti Rahmawati",
            "phone": "0812 3456 7890",
            "debit_day": "10",
            "cap_idr": "60.000",
            "month_cap_idr": "60.000",
            "agree": "y",
        }
        return self.press("setuju", **(form | changes))

    def hidden(self) -> dict[str, str]:
        """What the form of consent holds that nobody types."""
        found = re.search(r'name="channel" value="([^"]*)"', self.page())
        return {"channel": found[1]} if found else {"channel": self.auto.channel.name}

    def type_code(self) -> Any:
        """Have the agent make a code, and type it."""
        world = self.auto.world
        code = make_code(
            world.session,
            worker_id=world.worker.id,
            actor_id=world.agent.user_id,
            vault=self.auto.vault,
        )
        return self.press("kode", code=code)
