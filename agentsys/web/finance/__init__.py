"""The pages of finance: cash, provider payouts, BPJS batches and the journal."""

from agentsys.web.finance.blueprint import finance
from agentsys.web.views import load_views

__all__ = ["finance"]

load_views(__name__, __path__)
