"""Iris besides payouts: beneficiaries, banks, account validation, top-up channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentsys.demo.midtrans_simulator.context import Context
from agentsys.demo.midtrans_simulator.engine.refusals import PayoutError

FIELDS = ("name", "account", "bank", "alias_name", "email")
BANKS = {
    "mandiri": "PT. BANK MANDIRI",
    "bni": "PT. BANK NEGARA INDONESIA",
    "bri": "PT. BANK RAKYAT INDONESIA",
    "bca": "PT. BANK CENTRAL ASIA TBK.",
    "bsi": "PT. BANK SYARIAH INDONESIA TBK.",
    "cimb": "PT. BANK CIMB NIAGA TBK.",
    "danamon": "PT. BANK DANAMON INDONESIA TBK.",
    "permata": "PT. BANK PERMATA TBK.",
    "btn": "PT. BANK TABUNGAN NEGARA",
    "gopay": "GO-PAY",
    "ovo": "OVO",
}
CHANNELS = [
    {"id": number, "virtual_account_type": kind, "virtual_account_number": account}
    for number, kind, account in (
        (1, "mandiri_bill_key", "991385480006"),
        (2, "permata_va_number", "8778003756104047"),
        (3, "bca_va_number", "70012123456789"),
    )
]
UNKNOWN_ACCOUNT_ENDS = "0000"  # such account numbers exist nowhere


class Directory:
    """The beneficiaries that a merchant keeps, by their alias."""

    def __init__(self, context: Context) -> None:
        """Load the stored beneficiaries."""
        self._context = context
        self._by_alias = {b["alias_name"]: b for b in context.store.all("beneficiary")}

    def all(self) -> list[dict[str, Any]]:
        """Every beneficiary."""
        return list(self._by_alias.values())

    def create(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Keep a new beneficiary; PayoutError 400 when it, or its alias, is there already."""
        wrong = [*_mistakes(wish)]
        if wish.get("alias_name") in self._by_alias:
            wrong.append("Alias name has already been taken")
        if any(_target(b) == _target(wish) for b in self._by_alias.values()):
            wrong.append("Account has already been taken")
        if wrong:
            message = "An error occurred when creating beneficiary"
            raise PayoutError("400", message, wrong)
        self._keep(wish)
        return {"status": "created"}

    def update(self, alias: str, wish: dict[str, Any]) -> dict[str, Any]:
        """Change a beneficiary, its alias too."""
        if alias not in self._by_alias:
            raise PayoutError("404", "Beneficiary is not found")
        wrong = [*_mistakes(wish)]
        if wrong:
            raise PayoutError("400", "An error occurred when updating beneficiary", wrong)
        if wish["alias_name"] != alias:
            gone = self._by_alias.pop(alias)
            self._context.store.forget("beneficiary", gone["alias_name"])
        self._keep(wish)
        return {"status": "updated"}

    def _keep(self, wish: dict[str, Any]) -> None:
        beneficiary = {name: str(wish.get(name, "")) for name in FIELDS}
        self._by_alias[beneficiary["alias_name"]] = beneficiary
        self._context.store.save([("beneficiary", beneficiary["alias_name"], beneficiary)])


def _target(beneficiary: dict[str, Any]) -> tuple[Any, Any]:
    return beneficiary.get("bank"), beneficiary.get("account")


def _mistakes(wish: dict[str, Any]) -> Iterator[str]:
    for name in FIELDS[:4]:
        if not wish.get(name):
            yield f"{name.replace('_', ' ').capitalize()} can't be blank"
    if wish.get("bank") and wish["bank"] not in BANKS:
        yield "Bank is not supported"


def banks() -> dict[str, Any]:
    """Where payouts can go."""
    return {"beneficiary_banks": [{"code": code, "name": name} for code, name in BANKS.items()]}


def account_facts(bank: str, account: str) -> dict[str, Any]:
    """Whose account this is; PayoutError 400 when there is none."""
    errors: dict[str, list[str]] = {}
    if bank not in BANKS:
        errors["bank"] = ["Bank is not supported"]
    if not account.isascii() or not account.isdigit() or account.endswith(UNKNOWN_ACCOUNT_ENDS):
        errors["account"] = ["Account does not exist"]
    if errors:
        raise PayoutError("400", "An error occurred when doing account validation", errors)
    owner = f"Pemilik Rekening {account[-4:]}"
    return {"account_name": owner, "account_no": account, "bank_name": bank}
