-- The orders in which people read the ticket list, and searching in it.

create function priority_rank(p_priority text) returns smallint language sql immutable parallel safe as
$$ select (case p_priority when 'critical' then 5 when 'urgent' then 4 when 'high' then 3
                           when 'medium' then 2 when 'low' then 1 else 0 end)::smallint $$;

create function severity_rank(p_severity text) returns smallint language sql immutable parallel safe as
$$ select (case p_severity when 'critical' then 5 when 'high' then 4 when 'medium' then 3
                           when 'low' then 2 when 'info' then 1 else 0 end)::smallint $$;

-- TKT-20251215-1000 comes after TKT-20251215-999.
create function number_order(p_number text) returns text language sql immutable parallel safe as
$$ select left(p_number, 12) || lpad(substr(p_number, 14), 9, '0') $$;

create index ticket_by_update on ticket (company_id, updated_at desc, id desc);
create index ticket_by_priority on ticket (company_id, priority_rank(priority) desc, created_at desc, id desc);
create index ticket_by_severity on ticket (company_id, severity_rank(severity) desc, created_at desc, id desc);
create index ticket_by_number on ticket (company_id, number_order(number), id);
create index ticket_by_email on ticket (company_id, lower(requester_email))
  where requester_email is not null;
-- What people filter by, in one index, so that counting the matches need not read the tickets.
create index ticket_filters on ticket (company_id, id)
  include (status, priority, category, segment, source, assignee_id, team_id);
create index analysis_by_sentiment on analysis (company_id, sentiment, ticket_id);
create index analysis_by_language on analysis (company_id, language, ticket_id);
create index alert_of_organization on alert (company_id, organization_id, ticket_id)
  where organization_id is not null;

-- Row-level security lets only leakproof operators near an index before the company is checked, and
-- full-text search, tags and lower() are not leakproof: under the policy each search would read the
-- whole company. One function that runs as the owner may therefore look at all rows; it names the
-- company itself and gives nothing but ids, which are then read under the policy like any other
-- (docs/decisions/0021).
do $$ begin
  execute format('create policy search_by_owner on ticket for select to %I using (true)', current_user);
end $$;
