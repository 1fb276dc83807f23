"""Words for benefits, heirs and claims, and what the pages about benefits show."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from agentsys.benefits import explaining
from agentsys.benefits.amounts import Benefit, Certainty
from agentsys.benefits.models import ClaimKind, HeirRelation
from agentsys.web.texts import lazy

RELATIONS = {
    HeirRelation.SPOUSE: lazy("Suami atau istri"),
    HeirRelation.CHILD: lazy("Anak"),
    HeirRelation.PARENT: lazy("Orang tua"),
    HeirRelation.GRANDCHILD: lazy("Cucu"),
    HeirRelation.GRANDPARENT: lazy("Kakek atau nenek"),
    HeirRelation.SIBLING: lazy("Saudara kandung"),
    HeirRelation.PARENT_IN_LAW: lazy("Mertua"),
    HeirRelation.WILL: lazy("Orang yang ditunjuk dalam wasiat"),
}
CLAIM_KINDS = {
    ClaimKind.DEATH: lazy("Meninggal (JKM)"),
    ClaimKind.ACCIDENT: lazy("Kecelakaan kerja (JKK)"),
    ClaimKind.ACCIDENT_DEATH: lazy("Meninggal karena kecelakaan kerja (JKK)"),
}
BENEFITS = {
    "new_member": lazy("Santunan peserta baru"),
    "death_grant": lazy("Santunan kematian"),
    "periodic": lazy("Santunan berkala 24 bulan, dibayar sekaligus"),
    "funeral": lazy("Biaya pemakaman"),
    "accident_death": lazy("Santunan kematian karena kecelakaan kerja, 48 × upah"),
    "accident_periodic": lazy("Santunan berkala"),
    "accident_funeral": lazy("Biaya pemakaman"),
}
LEVELS = {
    "tk": "TK",
    "sd": "SD",
    "smp": "SMP",
    "sma": "SMA",
    "university": lazy("Perguruan tinggi atau pelatihan"),
}
CERTAINTIES = {
    Certainty.SOURCED: "",
    Certainty.SECONDARY: lazy("dari berita, pastikan ke BPJS"),
    Certainty.UNSURE: lazy("tidak pasti, tanyakan ke BPJS"),
}


def benefits_of(session: Session, *, worker_id: int) -> dict[str, Any]:
    """What the page about a family's benefits shows."""
    found = explaining.explain(session, worker_id=worker_id)
    return {
        "found": found,
        "today": [_line(benefit) for benefit in found.today],
        "later": [_line(benefit) for benefit in found.later],
        "accident": [_line(benefit) for benefit in found.accident],
        "levels": [
            {
                "label": LEVELS[level.level],
                "year_idr": level.year_idr,
                "years": level.most_years,
                "source": level.source,
            }
            for level in found.scholarships
        ],
    }


def _line(benefit: Benefit) -> dict[str, Any]:
    return {
        "label": BENEFITS[benefit.name],
        "amount_idr": benefit.amount_idr,
        "doubt": CERTAINTIES[benefit.certainty],
        "source": benefit.source,
    }
