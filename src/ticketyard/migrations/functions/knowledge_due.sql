-- Which documents wait to be read, across companies: ids alone; of each company the first.
create or replace function due_documents(p_at timestamptz, p_limit integer)
returns table (company_id integer, document_id bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select f.company_id, f.id from (
    select distinct on (d.company_id) d.company_id, d.id, d.due_at from knowledge_document d
    where d.state in ('waiting', 'reading') and d.publication = 'published' and d.due_at <= p_at
      and (d.claimed_until is null or d.claimed_until < p_at)
    order by d.company_id, d.due_at, d.id) f
  order by f.due_at limit p_limit
$$;

revoke execute on function due_documents(timestamptz, integer) from public;
grant execute on function due_documents(timestamptz, integer) to ticketyard_app;
