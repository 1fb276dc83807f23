"""Who gives a later approval of a commission, in words."""

from __future__ import annotations

from agentsys.commissions.approving.models import StageBy
from agentsys.web.texts import lazy

STAGE_BY = {
    StageBy.SECOND: lazy("Keuangan atau admin"),
    StageBy.LAST: lazy("Admin"),
}
