"""Monthly prices: dated tables in the package; each row cites the legal instrument that set it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from agentsys.contributions.tariff_tables import (
    PROGRAMMES,
    Discount,
    Rates,
    TariffUnreadable,
    Validity,
    applying,
    read_discounts,
    read_rates,
)
from agentsys.errors import Invalid, Refused
from agentsys.money import share
from agentsys.workers.models import Funding, Programmes, Sector

__all__ = [
    "PROGRAMMES",
    "Price",
    "PriceList",
    "PriceTable",
    "Tariff",
    "TariffAmbiguous",
    "TariffMissing",
    "TariffUnreadable",
    "discounts_in",
    "official",
    "packaged",
    "price",
    "price_table",
    "price_table_of",
    "read",
    "use",
    "version",
]

_UNSURE = "unsure"  # of the certainties: no source settles it
_TWO_TABLES = (
    "Untuk bulan {month} berlaku lebih dari satu tabel iuran {programme}: {instruments}."
    " Minta pengelola mengisi valid_until pada yang lama."
)
_TWO_DISCOUNTS = (
    "Untuk bulan {month} berlaku lebih dari satu keringanan iuran {programme}: {instruments}."
    " Minta pengelola mengisi valid_until pada yang lama."
)


class TariffMissing(Refused):
    """No tariff table applies to the month."""

    text = "Belum ada tabel iuran untuk bulan itu."


class TariffAmbiguous(Refused):
    """More than one tariff table applies to the month."""

    text = "Dua tabel iuran berlaku untuk bulan yang sama."


@dataclass(frozen=True, kw_only=True)
class Price:
    """The price of one month by programme, and the legal instruments that set it."""

    jkk_idr: int
    jkm_idr: int
    jht_idr: int
    instruments: tuple[str, ...]
    discounts: tuple[str, ...] = ()  # those of the instruments that lower the price
    certain: bool = True  # whether no row behind it is marked `unsure`

    @property
    def amount_idr(self) -> int:
        """The whole contribution of the month."""
        return self.jkk_idr + self.jkm_idr + self.jht_idr


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """The prices of one package, sector and payer, a price for each bracket."""

    sector: Sector
    funding: Funding
    programmes: Programmes
    prices: tuple[Price, ...]


@dataclass(frozen=True, kw_only=True)
class PriceTable:
    """Every price of one month; the nth price is for incomes from the nth bound on."""

    bounds: tuple[int, ...]
    lists: tuple[PriceList, ...]


@dataclass(frozen=True, eq=False)
class Tariff:
    """All tables: those of a folder, and those that were released."""

    rates: dict[str, list[Rates]]
    discounts: list[Discount]

    def price(
        self,
        *,
        month: date,
        income_idr: int,
        programmes: Programmes,
        sector: Sector,
        funding: Funding,
    ) -> Price:
        """The price of one contribution month; a month without exactly one table is refused."""
        if income_idr < 0:
            raise Invalid("Penghasilan tidak boleh kurang dari nol. Perbaiki data pekerja.")
        chosen = programmes.value.split("+")
        amounts = dict.fromkeys(PROGRAMMES, 0)
        instruments: dict[str, None] = {}  # a set that keeps its order
        discounts: dict[str, None] = {}
        certain = True
        for programme in chosen:
            rates = self._rates_of(programme, month)
            amounts[programme] = rates.amount(income_idr)
            instruments[rates.validity.instrument] = None
            discount = self._discount_of(programme, month, sector, funding)
            rows = (rates.validity, *([discount.validity] if discount else []))
            certain = certain and all(row.certainty != _UNSURE for row in rows)
            if discount and discount.applies:
                amounts[programme] = share(amounts[programme], discount.percent)
                discounts[discount.validity.instrument] = None
        return Price(
            jkk_idr=amounts["JKK"],
            jkm_idr=amounts["JKM"],
            jht_idr=amounts["JHT"],
            instruments=tuple(instruments | discounts),
            discounts=tuple(discounts),
            certain=certain,
        )

    def bounds(self, month: date) -> tuple[int, ...]:
        """The lower bounds of every bracket that any programme has in that month."""
        return tuple(
            sorted({bound for name in PROGRAMMES for bound in self._rates_of(name, month).bounds})
        )

    def _rates_of(self, programme: str, month: date) -> Rates:
        found = applying(self.rates[programme], month)
        if not found:
            raise TariffMissing(
                "Belum ada tabel iuran {programme} untuk bulan {month}."
                " Pilih bulan lain, atau minta pengelola menambahkan tabelnya.",
                programme=programme,
                month=month,
            )
        if len(found) > 1:
            raise _ambiguous(_TWO_TABLES, programme, month, (r.validity for r in found))
        return found[0]

    def _discount_of(
        self, programme: str, month: date, sector: Sector, funding: Funding
    ) -> Discount | None:
        """The row about a discount, whether it grants one or not."""
        about = [
            discount
            for discount in self.discounts
            if discount.sector is sector
            and discount.funding is funding
            and programme in discount.programmes
        ]
        found = applying(about, month)
        if len(found) > 1:
            raise _ambiguous(_TWO_DISCOUNTS, programme, month, (d.validity for d in found))
        return found[0] if found else None


def price(
    *, month: date, income_idr: int, programmes: Programmes, sector: Sector, funding: Funding
) -> Price:
    """What one month costs under the tables of this package."""
    return official().price(
        month=month, income_idr=income_idr, programmes=programmes, sector=sector, funding=funding
    )


def price_table(month: date) -> PriceTable:
    """Every price of a month; the bracket of an income is `width_bucket(income_idr, bounds)`."""
    return price_table_of(official(), month)


@lru_cache(maxsize=64)
def price_table_of(tariff: Tariff, month: date) -> PriceTable:
    """Every price of a month by some tables, as `price_table`."""
    bounds = tariff.bounds(month)
    return PriceTable(
        bounds=bounds,
        lists=tuple(
            PriceList(
                sector=sector,
                funding=funding,
                programmes=programmes,
                prices=tuple(
                    tariff.price(
                        month=month,
                        income_idr=bound,
                        programmes=programmes,
                        sector=sector,
                        funding=funding,
                    )
                    for bound in bounds
                ),
            )
            for sector in Sector
            for funding in Funding
            for programmes in Programmes
        ),
    )


@lru_cache(maxsize=1)
def packaged() -> Tariff:
    """The tables of this package."""
    return read(files("agentsys.contributions") / "tables")


@dataclass(frozen=True)
class _InUse:
    """The tables that this process prices with."""

    version: str = ""
    tariff: Tariff | None = None


_in_use = [_InUse()]  # replaced as a whole, so that no thread sees half of it


def official() -> Tariff:
    """The tables that count: of the package, and the released ones as they were last read."""
    return _in_use[0].tariff or packaged()


def version() -> str:
    """Which released tables were last read; empty if there are none."""
    return _in_use[0].version


def use(tariff: Tariff | None, version: str) -> None:
    """Price with these tables from now on; `released_tariffs` reads them. None: the package's."""
    _in_use[0] = _InUse(version, tariff if version else None)


def discounts_in(instruments: str) -> tuple[str, ...]:
    """Those that lower a price among the instruments that made it, as a contribution keeps them."""
    lowering = {discount.validity.instrument for discount in official().discounts}
    return tuple(name for name in instruments.split(", ") if name in lowering)


def read(folder: Traversable) -> Tariff:
    """The tables of a folder; TariffUnreadable names the file and row that is wrong."""
    return Tariff(
        rates={name: read_rates(folder / f"{name.lower()}.csv") for name in PROGRAMMES},
        discounts=list(read_discounts(folder / "discounts.csv")),
    )


def _ambiguous(
    text: str, programme: str, month: date, found: Iterable[Validity]
) -> TariffAmbiguous:
    # As the tables have it, so that the old one is found by its line.
    instruments = [f"{v.instrument} (valid_from {v.first:%Y-%m})" for v in found]
    return TariffAmbiguous(text, programme=programme, month=month, instruments=instruments)
