"""Public holidays of countries, from the `holidays` library: data that needs no network."""

from datetime import date

from ticketyard.sla.errors import BadCalendar

# Filled in ahead; a timetable moves on with the years.
YEARS_BACK = 1
YEARS_AHEAD = 5


def public_holidays(country: str, subdivision: str, today: date) -> dict[date, str]:
    """The public holidays around today, by date. Raises BadCalendar for an unknown place."""
    # It costs half a second to load, and only who fills a calendar needs it.
    import holidays

    years = range(today.year - YEARS_BACK, today.year + YEARS_AHEAD + 1)
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=years)
    except NotImplementedError as error:
        raise BadCalendar(
            "Nobody here knows the holidays of that place; countries are written as in DE, parts of"
            " them as in BY."
        ) from error
    return {day: str(name)[:200] for day, name in sorted(found.items())}
