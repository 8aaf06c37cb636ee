"""A category is called otherwise: what triage keeps of it bears the new name as well."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def follow_new_name(session: AsyncSession, before: str, after: str) -> None:
    """In analyses, solutions, the rule of automatic resolution, and what a shadow answered.

    What people said is append-only, and is read under today's names.
    """
    for statement in _STATEMENTS:
        await session.execute(statement, {"before": before, "after": after})


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
