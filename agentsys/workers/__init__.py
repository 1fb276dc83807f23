"""The registry of workers: identity, enrolment, assignment to agents, rosters."""
