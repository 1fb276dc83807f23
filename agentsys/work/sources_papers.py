"""Open work about agents: papers that end, long inactivity, candidates, and bank accounts."""

from __future__ import annotations

from sqlalchemy import Date, DateTime, bindparam, cast, func

from agentsys.papers.account_models import AgentAccount, AgentAccountState
from agentsys.papers.models import AgentPaper
from agentsys.people.models import Agent, AgentStatus
from agentsys.work.columns import waiting

# Days that follow from the dated settings about agents; see `moments`.
PAPERS_UNTIL = bindparam("papers_until", type_=Date)
ACTIVE_BEFORE = bindparam("active_before", type_=Date)

ENDING_PAPERS = (
    waiting(
        "paper.ending",
        AgentPaper.id,
        since=AgentPaper.recorded_at,
        due_at=cast(AgentPaper.until_on, DateTime(timezone=True)),
        office_id=Agent.office_id,
        agent_id=Agent.id,
        about=func.concat(Agent.name, ": ", AgentPaper.number),
    )
    .select_from(AgentPaper)
    .join(Agent, Agent.id == AgentPaper.agent_id)
    .where(
        AgentPaper.replaced_at.is_(None),
        AgentPaper.until_on <= PAPERS_UNTIL,
        Agent.status == AgentStatus.ACTIVE,
    )
)
_since = cast(Agent.active_on, DateTime(timezone=True))
INACTIVE_AGENTS = (
    waiting(
        "agent.inactive",
        Agent.id,
        since=_since,
        office_id=Agent.office_id,
        agent_id=Agent.id,
        about=Agent.name,
    )
    .select_from(Agent)
    .where(Agent.status == AgentStatus.ACTIVE, Agent.active_on <= ACTIVE_BEFORE)
)
CANDIDATES = (
    waiting(
        "agent.candidate",
        Agent.id,
        since=cast(Agent.joined_on, DateTime(timezone=True)),
        office_id=Agent.office_id,
        agent_id=Agent.id,
        about=Agent.name,
    )
    .select_from(Agent)
    .where(Agent.status == AgentStatus.CANDIDATE)
)
PROPOSED_ACCOUNTS = (
    waiting(
        "agent_account.proposed",
        Agent.id,
        since=AgentAccount.proposed_at,
        office_id=Agent.office_id,
        agent_id=Agent.id,
        about=Agent.name,
        not_by=AgentAccount.proposed_by,
        nor_by=Agent.user_id,
    )
    .select_from(AgentAccount)
    .join(Agent, Agent.id == AgentAccount.agent_id)
    .where(AgentAccount.state == AgentAccountState.PROPOSED)
)
