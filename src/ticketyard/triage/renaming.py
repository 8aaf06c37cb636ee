"""A category is called otherwise: what triage keeps of it bears the new name as well."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.triage.findings import Findings


async def follow_new_name(session: AsyncSession, before: str, after: str) -> None:
    """In analyses, solutions, the rule of automatic resolution, and what a shadow answered.

    What people said is append-only, and is read under today's names.
    """
    for statement in _STATEMENTS:
        await session.execute(statement, {"before": before, "after": after})


def found_today(found: Findings, called: Mapping[str, str], names: Collection[str]) -> Findings:
    """Pure: the finding in names of today, where the list changed while it was made; of one that went
    out of use nothing was found.

    called: former names to those of today.  names: the categories in use.
    """
    category = called.get(found.category or "", found.category)
    is_gone = category is not None and category not in names
    ranking = ((called.get(name, name), chance) for name, chance in found.category_ranking)
    return replace(
        found,
        category=None if is_gone else category,
        category_confidence=0.0 if is_gone else found.category_confidence,
        category_ranking=tuple(each for each in ranking if each[0] in names),
        is_sure=found.is_sure and not is_gone,
    )


def answered_today(answer: Mapping[str, Any], called: Mapping[str, str]) -> Mapping[str, Any]:
    """Pure: what a model answered, its category called as it is today."""
    said = answer.get("category")
    return {**answer, "category": called.get(said, said)} if isinstance(said, str) else answer


_STATEMENTS = (
    text(
        """
        update analysis a set
          category = case when a.category = :before then :after else a.category end,
          category_ranking = (
            select coalesce(jsonb_agg(
              case when r.each ->> 0 = :before
                   then jsonb_set(r.each, '{0}', to_jsonb(cast(:after as text)))
                   else r.each end order by r.place), '[]')
            from jsonb_array_elements(a.category_ranking) with ordinality as r(each, place))
        where a.company_id = current_company()
          and (a.category = :before
               or a.category_ranking @> jsonb_build_array(jsonb_build_array(cast(:before as text))))
        """
    ),
    text(
        """
        update shadow_finding set label = :after
        where company_id = current_company() and field = 'category' and label = :before
        """
    ),
    text(
        """
        update solution set category = :after
        where company_id = current_company() and category = :before
        """
    ),
    text(
        """
        update auto_resolution set category = :after
        where company_id = current_company() and category = :before
        """
    ),
    text(
        """
        update auto_resolution_rule set categories = array_replace(categories, :before, :after)
        where company_id = current_company() and :before = any(categories)
        """
    ),
)
