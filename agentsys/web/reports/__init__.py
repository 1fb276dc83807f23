"""Reports of an office and of a sponsor's agreement, targets, and the list that is posted."""

from agentsys.web.reports.blueprint import reports
from agentsys.web.views import load_views

__all__ = ["reports"]

load_views(__name__, __path__)
