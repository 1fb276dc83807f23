"""The page of one worker for supervisors, finance, admins and auditors."""

from agentsys.web.views import load_views
from agentsys.web.workers.blueprint import workers

__all__ = ["workers"]

load_views(__name__, __path__)
