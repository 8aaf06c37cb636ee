-- The ticket list: one call gives a page of tickets as JSON. Filters, orders and limits come as one
-- JSON value from insights/ticket_list.py, which has checked them; here every value is quoted.
--
-- p_asked: {where: {filter: [text, …]}, sort, descending, limit, offset, after: [text, …],
--           counted: total known to be right while `seen` is the newest event, seen, for_agent}

-- `column = one` or `column = any(many)`: only the first keeps an index in order.
create or replace function is_one_of(p_column text, p_words text[], p_type text) returns text
language sql immutable as $$
  select case when cardinality(p_words) = 1 then format('%s = %L::%s', p_column, p_words[1], p_type)
              else format('%s = any(%L::%s[])', p_column, p_words, p_type) end
$$;

-- What the search box means: words and "phrases", or, -without; in Russian and English forms, and
-- names and addresses as they are. With a "without" only the forms count: a word that is not there
-- as it is written may well be there in another form.
create or replace function ticket_query(p_text text) returns tsquery language sql immutable as $$
  select case when plain::text like '%!%' or plain = forms then forms else forms || plain end
  from (select websearch_to_tsquery('russian', p_text) as forms, websearch_to_tsquery('simple', p_text) as plain) q
$$;

-- Whether a ticket's own field holds a value: said as `Name:value`, the name in any case, the value as
-- it is shown, whatever kind it is kept as. Said so that the index of custom fields can be used.
create or replace function field_condition(p_word text) returns text language plpgsql stable as $$
declare
  v_name text := coalesce(
    (select f.name from custom_field f where f.company_id = current_company()
       and f.name_key = lower(trim(split_part(p_word, ':', 1)))), trim(split_part(p_word, ':', 1)));
  v_value text := trim(substr(p_word, length(split_part(p_word, ':', 1)) + 2));
  v_kinds jsonb[] := array[to_jsonb(v_value)];
begin
  if v_value ~ '^-?[0-9]{1,15}(\.[0-9]{1,15})?$' then
    v_kinds := v_kinds || to_jsonb(v_value::numeric);
  elsif lower(v_value) in ('yes', 'true', 'no', 'false') then
    v_kinds := v_kinds || to_jsonb(lower(v_value) in ('yes', 'true'));
  end if;
  return '(t.custom_fields <> ''{}'' and (' || (
    select string_agg(format('t.custom_fields @> %L::jsonb', jsonb_build_object(v_name, k)), ' or ')
    from unnest(v_kinds) k) || '))';
end $$;

create or replace function ticket_conditions(p_where jsonb) returns text
language plpgsql stable as $$
declare
  v_key text;
  v_value jsonb;
  v_words text[];
  v_sql text := format('t.company_id = %s', coalesce(current_company(), 0));
  v_analysis text := 'exists (select from analysis a where a.company_id = t.company_id and a.ticket_id = t.id and ';
  v_alert text := 'exists (select from alert l where l.company_id = t.company_id and l.ticket_id = t.id and ';
begin
  for v_key, v_value in select * from jsonb_each(p_where) loop
    v_words := array(select jsonb_array_elements_text(v_value));
    v_sql := v_sql || ' and ' || case v_key
      when 'status' then is_one_of('t.status', v_words, 'text')
      when 'priority' then is_one_of('t.priority', v_words, 'text')
      when 'severity' then is_one_of('t.severity', v_words, 'text')
      when 'source' then is_one_of('t.source', v_words, 'text')
      when 'segment' then is_one_of('t.segment', v_words, 'text')
      when 'category' then is_one_of('t.category', array(
        select c.name from category c
        where c.company_id = current_company() and lower(c.name) = any(array(select lower(w) from unnest(v_words) w))
        union select unnest(v_words)), 'text')
      when 'sentiment' then v_analysis || is_one_of('a.sentiment', v_words, 'text') || ')'
      when 'language' then v_analysis || is_one_of('a.language', v_words, 'text') || ')'
      when 'needs_review' then case when v_words[1] = 'true' then '' else 'not ' end || v_analysis
        || 'waits_for_review(a.need_admin, a.state, t.category_by, t.status, t.merged_into))'
      when 'assignee_id' then is_one_of('t.assignee_id', v_words, 'integer')
      when 'unassigned' then 't.assignee_id is ' || case when v_words[1] = 'true' then 'null' else 'not null' end
      when 'team_id' then is_one_of('t.team_id', v_words, 'integer')
      when 'team' then format('t.team_id = any(array(select m.id from team m where m.company_id = %s and lower(m.name) = any(%L::text[])))',
        current_company(), array(select lower(w) from unnest(v_words) w))
      when 'office_id' then format('t.assignee_id = any(array(select g.person_id from agent g where g.company_id = %s and %s))',
        current_company(), is_one_of('g.office_id', v_words, 'integer'))
      when 'office' then format('t.assignee_id = any(array(select g.person_id from agent g join office o on o.id = g.office_id'
        ' where g.company_id = %s and o.company_id = %1$s and lower(o.name) = any(%L::text[])))',
        current_company(), array(select lower(w) from unnest(v_words) w))
      when 'requester_id' then is_one_of('t.requester_id', v_words, 'integer')
      when 'requester_email' then is_one_of('lower(t.requester_email)', array(select lower(w) from unnest(v_words) w), 'text')
      when 'camera_id' then v_alert || is_one_of('l.camera_id', v_words, 'integer') || ')'
      when 'organization_id' then is_one_of('t.organization_id', v_words, 'text')
      when 'provider_id' then v_alert || is_one_of('l.provider_id', v_words, 'text') || ')'
      when 'tag' then format('t.tags @> %L::text[]', v_words)
      when 'field' then (select string_agg(field_condition(w), ' and ') from unnest(v_words) w)
      when 'number' then is_one_of('t.number', v_words, 'text')
      when 'created_after' then format('t.created_at >= %L::timestamptz', v_words[1])
      when 'created_before' then format('t.created_at < %L::timestamptz', v_words[1])
      when 'sla_breach' then case when v_words[1] = 'true' then '' else 'not ' end
        || '(t.sla_breach or t.sla_due_at is not null and t.sla_due_at + interval ''1 second'' <= now())'
      when 'due_before' then format('t.sla_due_at < %L::timestamptz', v_words[1])
      when 'q' then format('t.search @@ %L::tsquery', ticket_query(v_words[1]))
    end;
  end loop;
  if v_sql is null then
    raise exception 'unknown filter' using errcode = 'invalid_parameter_value';
  end if;
  return v_sql;
end $$;

-- The keys of an order, all of them rising or all of them falling.
create or replace function ticket_keys(p_sort text) returns text[] language sql immutable as $$
  select case p_sort
    when 'created_at' then array['t.created_at', 't.id']
    when 'due' then array['coalesce(t.sla_due_at, ''infinity'')', 't.id']
    when 'updated_at' then array['t.updated_at', 't.id']
    when 'priority' then array['priority_rank(t.priority)', 't.created_at', 't.id']
    when 'severity' then array['severity_rank(t.severity)', 't.created_at', 't.id']
    when 'number' then array['number_order(t.number)', 't.id']
    when 'id' then array['t.id']
  end
$$;

-- The SQL that picks a page: ids, the keys of the last one of the page, how many there are (up to
-- one more than 10,000).
create or replace function ticket_page_sql(p_asked jsonb, p_count boolean) returns text
language plpgsql stable as $$
declare
  v_sort text := p_asked ->> 'sort';
  v_where text := ticket_conditions(p_asked -> 'where');
  v_picked text := v_where;
  v_limit integer := (p_asked ->> 'limit')::integer;
  v_offset bigint := (p_asked ->> 'offset')::bigint;
  v_keys text[] := ticket_keys(v_sort);
  v_order text[] := v_keys;
  v_way text := case when (p_asked ->> 'descending')::boolean then ' desc' else '' end;
  v_ranks smallint[];
  v_count text := 'null::bigint';
begin
  if v_sort = 'relevance' then
    -- Only the newest 500 hits are weighed; what follows them comes newest first. Where the total
    -- is known, no further hits are looked for than the page can show.
    return format(
      'with found as materialized (select t.id from ticket t where %s order by t.id desc limit %s),'
      ' best as (select t.id, ts_rank(t.search, %L::tsquery) as rank from ticket t'
      '   where t.company_id = %s and t.id = any(array(select f.id from found f order by f.id desc limit 500)))'
      ' select array(select f.id from found f left join best b on b.id = f.id'
      '   order by b.rank desc nulls last, f.id desc limit %s offset %s), null::jsonb,'
      ' case when %L then (select count(*) from found) end',
      v_where, case when p_count then greatest(10001, v_offset + v_limit + 1) else greatest(2000, v_offset + v_limit + 1) end,
      ticket_query(p_asked -> 'where' -> 'q' ->> 0), coalesce(current_company(), 0), v_limit + 1, v_offset, p_count);
  end if;
  if v_sort in ('priority', 'severity') and p_asked -> 'where' ? v_sort then
    v_ranks := array(select distinct case v_sort when 'priority' then priority_rank(w) else severity_rank(w) end as r
                     from jsonb_array_elements_text(p_asked -> 'where' -> v_sort) w order by r);
    if cardinality(v_ranks) = 1 then
      -- All of one rank: the order is that of the other keys, and any index that has them will do.
      v_order := v_keys[2:];
    elsif v_ranks[cardinality(v_ranks)] - v_ranks[1] = cardinality(v_ranks) - 1 then
      -- Said as a range of ranks, the index of the order need not be walked from its end.
      v_picked := format('%s and %s between %s and %s', ticket_conditions((p_asked -> 'where') - v_sort),
                         v_keys[1], v_ranks[1], v_ranks[cardinality(v_ranks)]);
    end if;
  end if;
  if p_count then
    v_count := format('(select count(*) from (select from ticket t where %s limit 10001) c)', v_where);
  end if;
  if p_asked ? 'after' then
    v_picked := format('%s and (%s) %s (%s)', v_picked, array_to_string(v_order, ', '),
      case when v_way = '' then '>' else '<' end,
      (select string_agg(quote_literal(w), ', ' order by n)
       from jsonb_array_elements_text(p_asked -> 'after') with ordinality as a(w, n)
       where n > cardinality(v_keys) - cardinality(v_order)));
  end if;
  return format(
    'select array_agg(p.id), (array_agg(p.keys))[%s], %s from (select t.id, jsonb_build_array(%s) as keys'
    ' from ticket t where %s order by %s limit %s offset %s) p',
    v_limit, v_count, array_to_string(v_keys, ', '), v_picked,
    array_to_string(v_order, v_way || ', ') || v_way, v_limit + 1, v_offset);
end $$;

create or replace function pick_tickets(
  p_asked jsonb, p_count boolean, out ids bigint[], out last_keys jsonb, out total bigint)
language plpgsql stable as $$
begin
  execute ticket_page_sql(p_asked, p_count) into ids, last_keys, total;
end $$;

-- The same as the owner, for filters that need an index which row-level security keeps away from
-- everybody else. Gives ids only.
create or replace function search_tickets(
  p_asked jsonb, p_count boolean, out ids bigint[], out last_keys jsonb, out total bigint)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  execute ticket_page_sql(p_asked, p_count) into ids, last_keys, total;
end $$;

-- All that match, however many. What is searched for is not counted beyond the first ten thousand
-- but estimated, as reading every hit would take longer than anybody waits.
create or replace function count_tickets(p_company integer, p_where jsonb) returns bigint
language plpgsql set max_parallel_workers_per_gather = 0 as $$
declare
  v_total bigint;
  v_plan json;
begin
  perform set_config('app.company_id', p_company::text, true);
  if p_where ?| array['q', 'tag', 'requester_email', 'field'] then
    execute format('explain (format json) select from ticket t where %s', ticket_conditions(p_where)) into v_plan;
    return greatest(10001, (v_plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint);
  end if;
  execute format('select count(*) from ticket t where %s', ticket_conditions(p_where)) into v_total;
  return v_total;
end $$;

-- Whether a promise is broken by now: it was noted, or its due has passed unnoted. The second in which a
-- clock is due is still in time. Stable and no more: what is said to be immutable and adds to an instant is
-- not taken into the query, but called for every row.
create or replace function is_promise_broken(p_noted boolean, p_due timestamptz, p_now timestamptz)
returns boolean language sql stable as $$
  select p_noted or coalesce(p_due + interval '1 second' <= p_now, false)
$$;
drop function if exists misses_target(text, timestamptz, timestamptz, timestamptz, timestamptz);

-- These tickets, in this order, as a JSON array: the fields of spec 1, 2 and 5 together.
-- p_for_agent: false leaves out what only the desk may know.
create or replace function ticket_items(p_ids bigint[], p_for_agent boolean, p_description_max integer)
returns json language plpgsql stable as $$
declare
  v_company integer := current_company();
  v_now timestamptz := now();
  -- Sentiments in the company's own words (contracts 5.4).
  v_russian boolean := exists (select from company c where c.id = v_company and c.locale like 'ru%')
    or exists (select from category c where c.company_id = v_company and c.name = 'Жалоба');
begin
  return (
    select coalesce(json_agg(row_to_json(i) order by w.n), '[]')
    from unnest(p_ids) with ordinality as w(id, n)
    join ticket t on t.company_id = v_company and t.id = w.id
    left join person g on g.company_id = v_company and g.id = t.assignee_id
    left join agent ag on ag.company_id = v_company and ag.person_id = t.assignee_id
    left join office o on o.company_id = v_company and o.id = ag.office_id
    left join team m on m.company_id = v_company and m.id = t.team_id
    left join analysis a on a.company_id = v_company and a.ticket_id = t.id and a.state = 'done' and p_for_agent
    left join ticket_place tp on tp.company_id = v_company and tp.ticket_id = t.id
    left join lateral (select * from alert l where l.company_id = v_company and l.ticket_id = t.id
                       order by l.id limit 1) l on true
    left join lateral (select f.id, f.filename, f.blob_key from attachment f
                       where f.company_id = v_company and f.ticket_id = t.id
                         and (p_for_agent or f.comment_id is null or exists (
                           select from comment c where c.company_id = v_company and c.id = f.comment_id and not c.is_internal))
                       order by f.id limit 1) f on true
    left join lateral (select e.id, e.happened_at, e.payload ->> 'reason' as reason from event e
                       where e.company_id = v_company and e.ticket_id = t.id and e.type = 'ticket.assigned'
                         and t.assignee_id is not null
                       order by e.id desc limit 1) e on true
    cross join lateral (
      select t.id, t.number, t.number as ticket_number, t.title,
        left(t.description, p_description_max) as description,
        length(t.description) > p_description_max as description_is_cut,
        t.status, t.priority, t.urgency, t.severity, t.category, t.subcategory, t.tags,
        t.source, t.source_reference, t.segment,
        t.requester_id, t.requester_name, t.requester_email, t.requester_phone,
        t.assignee_id, g.name as assigned_to, t.assignee_id as assigned_to_id, g.name as assigned_to_name,
        e.happened_at as assigned_at, t.team_id, m.name as team_name, ag.office_id, o.name as office_name,
        t.client ->> 'guid' as client_guid, t.client ->> 'gender' as gender, t.client ->> 'birth_date' as birth_date,
        t.address ->> 'country' as country, t.address ->> 'region' as region, t.address ->> 'city' as city,
        t.address ->> 'street' as street, t.address ->> 'house' as house,
        tp.latitude, tp.longitude, t.location, t.asset_tag, t.custom_fields,
        f.filename as attachment_key,
        case when f.blob_key is not null then format('/api/tickets/%s/attachments/%s', t.id, f.id) end as attachment_url,
        l.camera_id, l.alert_data ->> 'camera_name' as camera_name, l.provider_id,
        l.alert_data ->> 'provider_name' as provider_name, l.vendor_alert_id, t.organization_id,
        l.thumbnail_url, l.video_clip_url,
        -- With the repeats that are not added up yet.
        l.detection_count + coalesce((select sum(u.detections) from alert_uncounted u
          where u.company_id = v_company and u.alert_id = l.id), 0) as detection_count,
        is_promise_broken(t.sla_breach, t.sla_due_at, v_now) as sla_breach, t.sla_due_at,
        t.satisfaction_rating, t.version, t.created_at, t.updated_at, t.first_response_at, t.resolved_at, t.closed_at,
        case when a.ticket_id is not null then jsonb_build_object(
          'id', a.ticket_id, 'category', coalesce(a.category, t.category),
          'sentiment', case when v_russian then case a.sentiment when 'positive' then 'Позитивный'
            when 'negative' then 'Негативный' when 'neutral' then 'Нейтральный' end else a.sentiment end,
          'sentiment_score', a.sentiment_score, 'priority', coalesce(t.urgency, a.urgency), 'language', a.language,
          'summary', a.summary, 'predicted_category', a.category, 'predicted_priority', a.priority,
          'classification_confidence', a.category_confidence, 'confidence', a.confidence,
          'need_admin', a.need_admin) end as ai_analysis,
        case when t.assignee_id is not null then jsonb_build_object(
          'id', e.id, 'manager_id', t.assignee_id, 'manager_name', g.name, 'business_unit_id', ag.office_id,
          'business_unit_name', o.name, 'assigned_at', e.happened_at,
          'reason', case when p_for_agent then e.reason end) end as assignment
    ) i
  );
end $$;

-- One page; never by parallel workers, which cost more than the page. `seen` is the company's newest event: while it stays the same, so does the total.
create or replace function list_tickets(p_company integer, p_asked jsonb)
returns table (items bytea, total bigint, has_more boolean, last_keys jsonb, seen bigint)
language plpgsql set max_parallel_workers_per_gather = 0 as $$
declare
  v_limit integer := (p_asked ->> 'limit')::integer;
  v_page record;
begin
  perform set_config('app.company_id', p_company::text, true);
  select e.id into seen from event e where e.company_id = p_company order by e.id desc limit 1;
  seen := coalesce(seen, 0);
  total := case when seen = (p_asked ->> 'seen')::bigint then (p_asked ->> 'counted')::bigint end;
  if (p_asked -> 'where') ?| array['q', 'tag', 'requester_email', 'field'] then
    select * into v_page from search_tickets(p_asked, total is null);
  else
    select * into v_page from pick_tickets(p_asked, total is null);
  end if;
  total := coalesce(total, v_page.total);
  has_more := coalesce(cardinality(v_page.ids), 0) > v_limit;
  last_keys := case when has_more then v_page.last_keys end;
  items := convert_to(ticket_items(v_page.ids[1:v_limit], (p_asked ->> 'for_agent')::boolean, 2000)::text, 'UTF8');
  return next;
end $$;

-- Rows for the CSV of matching tickets, in order of id, from after one on.
drop function if exists export_tickets(integer, jsonb);
create function export_tickets(p_company integer, p_asked jsonb)
returns table (id bigint, guid text, manager_name text, category text, urgency smallint, language text,
  summary text, assigned_at timestamptz, number text, title text, status text, priority text, severity text,
  sentiment text, source text, source_reference text, segment text, office_name text, team_name text,
  requester_name text, requester_email text, tags text, created_at timestamptz, updated_at timestamptz,
  first_response_at timestamptz, resolved_at timestamptz, custom_fields jsonb)
language plpgsql set max_parallel_workers_per_gather = 0 as $$
declare
  v_page record;
begin
  perform set_config('app.company_id', p_company::text, true);
  if (p_asked -> 'where') ?| array['q', 'tag', 'requester_email', 'field'] then
    select * into v_page from search_tickets(p_asked, false);
  else
    select * into v_page from pick_tickets(p_asked, false);
  end if;
  return query
  select t.id, t.client ->> 'guid', g.name, coalesce(t.category, a.category), coalesce(t.urgency, a.urgency),
    a.language, a.summary, e.happened_at, t.number, t.title, t.status, t.priority, t.severity, a.sentiment,
    t.source, t.source_reference, t.segment, o.name, m.name, t.requester_name, t.requester_email,
    array_to_string(t.tags, ', '), t.created_at, t.updated_at, t.first_response_at, t.resolved_at,
    t.custom_fields
  from ticket t
  left join person g on g.company_id = p_company and g.id = t.assignee_id
  left join agent ag on ag.company_id = p_company and ag.person_id = t.assignee_id
  left join office o on o.company_id = p_company and o.id = ag.office_id
  left join team m on m.company_id = p_company and m.id = t.team_id
  left join analysis a on a.company_id = p_company and a.ticket_id = t.id and a.state = 'done'
  left join lateral (select v.happened_at from event v
                     where v.company_id = p_company and v.ticket_id = t.id and v.type = 'ticket.assigned'
                       and t.assignee_id is not null
                     order by v.id desc limit 1) e on true
  where t.company_id = p_company and t.id = any(v_page.ids[1:(p_asked ->> 'limit')::integer])
  order by t.id;
end $$;
