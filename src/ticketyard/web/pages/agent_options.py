"""Agents to choose from in a list."""

from collections.abc import Sequence

from ticketyard.people.queries import AgentProfile

# What one person can be shown to choose from; a larger desk searches, or lets routing choose.
AGENT_OPTIONS_MAX = 300


def agent_options(
    agents: Sequence[AgentProfile], chosen: int | None = None
) -> list[tuple[int, str]]:
    """Ids and what to call them; whoever is chosen already is always there."""
    shown = [*agents[:AGENT_OPTIONS_MAX]]
    shown += [agent for agent in agents[AGENT_OPTIONS_MAX:] if agent.id == chosen]
    return [(agent.id, _word(agent)) for agent in shown]


def _word(agent: AgentProfile) -> str:
    return f"{agent.name} · {agent.office_name}" if agent.office_name else agent.name
