"""The pages of a worker, without signing in."""

from agentsys.web.access import ANYBODY, blueprint_for

own = blueprint_for("own", __name__, permission=ANYBODY, url_prefix="/saya")
