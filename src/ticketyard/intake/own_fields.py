"""Hold what arrives against the company's own fields.

A value that a field does not allow is refused while its sender still listens.
"""

from dataclasses import replace

from ticketyard.core.resources import Resources
from ticketyard.intake.arrivals import Arrival
from ticketyard.tickets.fields.values import typed_fields
from ticketyard.tickets.labels import merged_fields
from ticketyard.tickets.queries import field_rules


async def with_typed_fields(resources: Resources, company_id: int, arrival: Arrival) -> Arrival:
    """The arrival with its custom fields as they are kept. Costs nothing where there are none.

    Raises BadField. Fields that are asked for are asked for by forms, which show them; other systems
    need not know them.
    """
    given = arrival.ticket.custom_fields
    if not given:
        return arrival
    async with resources.db.transaction(company_id) as session:
        rules = await field_rules(session)
    kept = merged_fields({}, typed_fields(rules, given))
    return replace(arrival, ticket=replace(arrival.ticket, custom_fields=kept))
