"""The pages of sponsors: agreements, the versions of their lists, bills and transfers."""

from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.views import load_views

__all__ = ["sponsors"]

load_views(__name__, __path__)
