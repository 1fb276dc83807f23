"""The groups of the demo city's workers: villages, RT, markets, platforms, cooperatives."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy.orm import Session

from agentsys.demo.city.residents import Resident
from agentsys.demo.names import KELURAHAN
from agentsys.workers import groups
from agentsys.workers.groups import Named
from agentsys.workers.kinds import Ecosystem, GroupKind

_MARKETS = ("Pasar Rawa Kenari", "Pasar Telihan", "Pasar Ikan Muara", "Pasar Malam Berbas")
_PLATFORMS = ("AntarCepat", "OjekRamah", "BelanjaDekat")
_COOPERATIVES = {
    Ecosystem.DESA: "Koperasi Nelayan Jingga",
    Ecosystem.PASAR: "Koperasi Pedagang Selaras",
    Ecosystem.ECOMMERCE: "Koperasi Angkutan Selaras",
}
# Of the small enterprises among the traders, which are in the third ecosystem.
_SMALL = frozenset({"Penjahit", "Warung makan", "Montir"})
_SMALL_COOPERATIVE = "Koperasi UMKM Selaras"
_ONLINE = frozenset({"Ojek daring", "Kurir paket"})
_RT = 6  # in each kelurahan


def join(session: Session, people: list[Resident]) -> None:
    """Put the workers into groups; one in eleven is in none, one in 37 in no ecosystem."""
    of_office: dict[int, dict[int, Named]] = defaultdict(dict)
    for person in people:
        if person.trade.job in _SMALL:
            person.ecosystem = Ecosystem.ECOMMERCE
        if person.id % 37 == 0:
            person.ecosystem = None
        if person.ecosystem is not None and person.id % 11:
            of_office[person.office_id][person.id] = _group_of(person, person.ecosystem)
    by_id = {person.id: person for person in people}
    for office_id, wanted in sorted(of_office.items()):
        ids = groups.ensure(
            session, office_id=office_id, wanted=dict.fromkeys(wanted.values()), actor_id=None
        )
        for number, group in wanted.items():
            by_id[number].group_id = ids[group]


def _group_of(person: Resident, ecosystem: Ecosystem) -> Named:
    """A group that fits the worker; always the same one."""
    number, kelurahan = person.id, KELURAHAN[person.place][0]
    if ecosystem is Ecosystem.RENTAN:
        return Named(ecosystem, GroupKind.RT, f"RT {number % _RT + 1:03d} {kelurahan}")
    if person.trade.job in _SMALL:
        return Named(ecosystem, GroupKind.COOPERATIVE, _SMALL_COOPERATIVE)
    if number % 5 == 0:
        return Named(ecosystem, GroupKind.COOPERATIVE, _COOPERATIVES[ecosystem])
    kind, name = GroupKind.OTHER, f"Pangkalan {kelurahan}"
    if ecosystem is Ecosystem.PASAR:
        kind, name = GroupKind.MARKET, _MARKETS[number % len(_MARKETS)]
    elif ecosystem is Ecosystem.DESA:
        kind, name = GroupKind.VILLAGE, f"Kelurahan {kelurahan}"
    elif person.trade.job in _ONLINE:
        kind, name = GroupKind.PLATFORM, _PLATFORMS[number % len(_PLATFORMS)]
    return Named(ecosystem, kind, name)
