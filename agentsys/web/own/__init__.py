"""The worker's own page, opened by a personal link: consent, notices, pause and stop."""

from agentsys.web.own.blueprint import own
from agentsys.web.views import load_views

__all__ = ["own"]

load_views(__name__, __path__)
