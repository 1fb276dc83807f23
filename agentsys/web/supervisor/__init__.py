"""The pages of supervisors."""

from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.views import load_views

__all__ = ["supervisor"]

load_views(__name__, __path__)
