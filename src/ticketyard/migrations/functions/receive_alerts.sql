do $$ begin
  if to_regtype('alert_way') is null then
    create type alert_way as (
      outcome text, alert_id bigint, ticket_id bigint, number text, status text, storm_id bigint);
  end if;
end $$;

-- Take in one delivery of alerts if all of it is plain: repeats of what fires,
-- and new alerts of providers that nothing special is said of. Else nothing is written and the caller
-- is told `decide`: alerts/deciding.py then says what becomes of each (docs/decisions/0085).
--
-- p_message: {identity, once, by_key, sha256, content_type}; once: whether the identity can come again.
-- p_alerts: [{row: as insert_alert takes it, ticket: as open_tickets takes it (with a number at hand),
--   is_clear, occurred_at, claimed_at, detections}], each fingerprint once.
-- p_listeners: {ticket.opened: [job, …], alert.fired: […]}.
-- o_outcome: opened; repeated; joined (a storm's ticket); replayed: its source told of this before;
-- other_body; key_revoked; decide. With a key that was used before it is what it was then (o_is_replay).
create or replace function receive_alerts(
  p_message jsonb, p_raw bytea, p_alerts jsonb, p_by jsonb, p_listeners jsonb)
returns table (
  o_outcome text, o_alert bigint, o_id bigint, o_number text, o_status text, o_is_replay boolean)
language plpgsql as $$
declare
  v_inbound bigint;
  v_ways alert_way[] := '{}';
  v_way alert_way;
  v_given jsonb;
  v_at integer := 0;
begin
  if p_by ->> 'kind' = 'integration' and not exists (
    select from api_key k where k.id = (p_by ->> 'id')::integer and k.revoked_at is null) then
    return query select 'key_revoked', null::bigint, null::bigint, null, null, false;
    return;
  end if;
  if (p_message ->> 'once')::boolean and known_delivery(p_message) then
    return query select * from earlier_alerts(p_message);
    return;
  end if;

  for v_given in select * from jsonb_array_elements(p_alerts) loop
    v_way := way_of_alert(v_given);
    if v_way.outcome = 'decide' then
      return query select 'decide', null::bigint, null::bigint, null, null, false;
      return;
    end if;
    v_ways := v_ways || v_way;
  end loop;
  if may_begin_storm(p_alerts, (select count(*)::integer from unnest(v_ways) w where w.outcome = 'opened')) then
    return query select 'decide', null::bigint, null::bigint, null, null, false;
    return;
  end if;

  for v_given in select * from jsonb_array_elements(p_alerts) loop
    v_at := v_at + 1;
    v_way := v_ways[v_at];
    o_outcome := v_way.outcome;
    o_id := v_way.ticket_id; o_number := v_way.number; o_status := v_way.status;
    o_alert := v_way.alert_id; o_is_replay := false;
    if v_way.outcome = 'repeated' then
      perform note_repeat_of_alert(o_alert, v_given);
    else
      if v_way.outcome = 'opened' then
        o_status := 'open';
        select o.id, o.number into o_id, o_number
        from open_tickets(jsonb_build_array(v_given -> 'ticket'), p_by, jsonb_words(p_listeners -> 'ticket.opened')) o;
      end if;
      o_alert := insert_alert(v_given -> 'row' || jsonb_build_object(
        'ticket_id', o_id, 'storm_id', v_way.storm_id, 'occurred_at', v_given -> 'occurred_at'));
      perform tell_alert_fired(o_alert, o_id, v_given -> 'row', p_by, jsonb_words(p_listeners -> 'alert.fired'));
    end if;
    if v_inbound is null then
      -- Only the message that opened a ticket names it: naming locks the ticket's row.
      v_inbound := keep_delivery(p_message, p_raw, case v_way.outcome when 'opened' then o_id end);
    end if;
    perform note_occurrence(o_alert, v_inbound, v_at - 1, v_way.outcome, v_given);
    return next;
  end loop;
end $$;

-- Take in deliveries that came together, each as if alone, in one transaction.
-- p_deliveries: [{message, alerts, by}]; p_raws: what each was sent as. o_delivery counts from one.
create or replace function receive_alert_deliveries(
  p_company integer, p_deliveries jsonb, p_raws bytea[], p_listeners jsonb)
returns table (
  o_delivery integer, o_outcome text, o_alert bigint, o_id bigint, o_number text, o_status text,
  o_is_replay boolean)
language plpgsql as $$
declare
  v_given jsonb;
begin
  perform enter_company(p_company);
  -- Others wait behind this one: who holds what it needs is waited for by itself, later.
  perform set_config('lock_timeout', '3s', true);
  o_delivery := 0;
  for v_given in select * from jsonb_array_elements(p_deliveries) loop
    o_delivery := o_delivery + 1;
    return query select o_delivery, r.* from receive_alerts(
      v_given -> 'message', p_raws[o_delivery], v_given -> 'alerts', v_given -> 'by', p_listeners) r;
  end loop;
end $$;

-- What can be said of an alert without thinking.
create or replace function way_of_alert(p_given jsonb) returns alert_way
language plpgsql volatile as $$
declare
  v_row jsonb := p_given -> 'row';
  v_known alert_way;
  v_way alert_way;
begin
  if (p_given ->> 'is_clear')::boolean then
    v_way.outcome := 'decide';
    return v_way;
  end if;
  v_known := way_of_known_alert(v_row);
  if v_known.alert_id is not null then
    return v_known;
  end if;
  v_way := way_of_new_alert(v_row);
  if v_way.outcome <> 'decide' then
    -- Its end may be on its way: who files that waits here, or was waited for.
    perform hold_fingerprint(
      coalesce(v_row ->> 'shared_in', v_row ->> 'provider_id'), v_row ->> 'fingerprint');
    v_known := way_of_known_alert(v_row);
  end if;
  return case when v_known.alert_id is null then v_way else v_known end;
end $$;

-- Let nobody else begin or decide about this fingerprint until the end of the transaction.
create or replace function hold_fingerprint(p_scope text, p_fingerprint text) returns void
language sql as $$
  select pg_advisory_xact_lock(hashtextextended(
    'alert:' || current_company() || ':' || p_scope || ':' || p_fingerprint, 0))
$$;

-- What an alert is whose fingerprint was heard of before; without an alert_id, if it was not. Volatile,
-- so that it sees what was committed while a lock was waited for.
create or replace function way_of_known_alert(p_row jsonb) returns alert_way
language plpgsql volatile as $$
declare
  v_scope text := coalesce(p_row ->> 'shared_in', p_row ->> 'provider_id');
  v_fingerprint text := p_row ->> 'fingerprint';
  v_way alert_way;
  v_state text;
  v_severity text;
begin
  v_way.outcome := 'decide';
  -- What is active, else the last one; as alerts/surroundings.py.
  select a.id, a.ticket_id, a.state, a.severity into v_way.alert_id, v_way.ticket_id, v_state, v_severity
  from alert a
  where a.company_id = current_company() and a.scope = v_scope
    and a.fingerprint = v_fingerprint
  order by (a.state <> 'recovered') desc, a.id desc limit 1;
  if v_way.ticket_id is not null then
    select t.number, t.status into v_way.number, v_way.status from ticket t where t.id = v_way.ticket_id;
  end if;
  if severity_rank(p_row ->> 'severity') <= severity_rank(v_severity)
      and (v_state = 'suppressed' or v_state = 'firing'
           and v_way.status in ('open', 'assigned', 'in_progress', 'pending')) then
    v_way.outcome := 'repeated';
  end if;
  return v_way;
end $$;

create or replace function way_of_new_alert(p_row jsonb) returns alert_way
language plpgsql volatile as $$
declare
  v_provider text := p_row ->> 'provider_id';
  v_now timestamptz := coalesce((p_row ->> 'created_at')::timestamptz, now());
  v_rules alert_provider;
  v_way alert_way;
  v_severity text;
begin
  v_way.outcome := 'decide';
  select * into v_rules from alert_provider p
  where p.company_id = current_company() and p.provider_id = v_provider;
  if v_rules.id is null or v_rules.group_by <> '{}' or exists (
    select from alert_maintenance m
    where m.company_id = current_company() and m.released_at is null
      and m.starts_at <= v_now and m.ends_at > v_now) then
    return v_way;
  end if;
  select s.id, s.ticket_id, t.number, t.status, t.severity
  into v_way.storm_id, v_way.ticket_id, v_way.number, v_way.status, v_severity
  from alert_storm s join ticket t on t.id = s.ticket_id
  where s.company_id = current_company() and s.provider_id = v_provider and s.ended_at is null;
  if v_way.storm_id is not null then
    -- One that people are done with is over, and takes nothing any more; one of graver alerts rises.
    if v_way.status in ('open', 'assigned', 'in_progress', 'pending')
        and severity_rank(p_row ->> 'severity') <= severity_rank(v_severity) then
      v_way.outcome := 'joined';
    end if;
  elsif not is_storming(v_rules, v_now) then
    v_way.outcome := 'opened';
  end if;
  return v_way;
end $$;

-- Whether as many alerts as make a storm are new within its time: those held back are not, before the
-- end of their window.
create or replace function is_storming(p_rules alert_provider, p_now timestamptz) returns boolean
language sql stable as $$
  select p_rules.storm_alerts > 0 and exists (
    select from alert a
    where a.company_id = p_rules.company_id and a.provider_id = p_rules.provider_id
      and a.fired_at > p_now - make_interval(secs => p_rules.storm_seconds)
    order by a.fired_at desc offset p_rules.storm_alerts - 1 limit 1)
$$;

-- Whether a storm may begin within a delivery of which so many alerts are new: then each is looked at in turn.
create or replace function may_begin_storm(p_alerts jsonb, p_new integer) returns boolean
language sql stable as $$
  select p_new > 1 and exists (
    select from alert_provider p
    where p.company_id = current_company() and p.storm_alerts > 0
      and p.provider_id in (select e -> 'row' ->> 'provider_id' from jsonb_array_elements(p_alerts) e)
      and (p_new > p.storm_alerts or exists (
        select from alert a
        where a.company_id = p.company_id and a.provider_id = p.provider_id
          and a.fired_at > coalesce((p_alerts -> 0 -> 'row' ->> 'created_at')::timestamptz, now())
                           - make_interval(secs => p.storm_seconds)
        order by a.fired_at desc offset greatest(p.storm_alerts - p_new, 0) limit 1)))
$$;

create or replace function known_delivery(p_message jsonb) returns boolean
language sql stable as $$
  select exists (select from inbound_message m
    where m.company_id = current_company() and m.source = 'alert' and m.identity = p_message ->> 'identity')
$$;

-- How a delivery was taken in the first time; the same key for something else is told apart.
create or replace function earlier_alerts(p_message jsonb)
returns table (
  o_outcome text, o_alert bigint, o_id bigint, o_number text, o_status text, o_is_replay boolean)
language sql stable as $$
  select case when not (p_message ->> 'by_key')::boolean then 'replayed'
              when m.sha256 <> p_message ->> 'sha256' then 'other_body'
              else coalesce(o.outcome, 'replayed') end,
         a.id, t.id, t.number, t.status, true
  from inbound_message m
  left join alert_occurrence o on o.company_id = m.company_id and o.inbound_id = m.id
  left join alert a on a.company_id = m.company_id and a.id = o.alert_id
  left join ticket t on t.id = a.ticket_id
  where m.company_id = current_company() and m.source = 'alert' and m.identity = p_message ->> 'identity'
  order by o.position
$$;

-- Keep what came, raw. The same identity at the same moment fails on the unique key, and its sender
-- asks again.
create or replace function keep_delivery(p_message jsonb, p_raw bytea, p_ticket bigint) returns bigint
language sql as $$
  insert into inbound_message (company_id, source, identity, sha256, content_type, raw, ticket_id)
  values (current_company(), 'alert', p_message ->> 'identity', p_message ->> 'sha256',
          p_message ->> 'content_type', p_raw, p_ticket)
  returning id
$$;

create or replace function note_occurrence(
  p_alert bigint, p_inbound bigint, p_position integer, p_outcome text, p_given jsonb) returns void
language sql as $$
  insert into alert_occurrence (company_id, alert_id, inbound_id, position, outcome, occurred_at, claimed_at)
  values (current_company(), p_alert, p_inbound, p_position::smallint, p_outcome,
          (p_given ->> 'occurred_at')::timestamptz, (p_given ->> 'claimed_at')::timestamptz)
$$;

create or replace function note_repeat_of_alert(p_alert bigint, p_given jsonb) returns void
language sql as $$
  insert into alert_uncounted (company_id, alert_id, occurred_at, detections)
  values (current_company(), p_alert, (p_given ->> 'occurred_at')::timestamptz,
          coalesce((p_given ->> 'detections')::integer, 1))
$$;

-- Quiet about live updates, like open_tickets.
create or replace function tell_alert_fired(
  p_alert bigint, p_ticket bigint, p_row jsonb, p_by jsonb, p_listeners text[]) returns void
language plpgsql as $$
declare
  v_payload jsonb := jsonb_build_object(
    'alert_id', p_alert, 'ticket_id', p_ticket, 'provider_id', p_row ->> 'provider_id',
    'title', p_row ->> 'title', 'severity', p_row ->> 'severity', 'again', false);
  v_event bigint;
begin
  insert into event (company_id, type, ticket_id, payload, by_kind, by_id, by_name)
  values (current_company(), 'alert.fired', p_ticket, v_payload,
          p_by ->> 'kind', (p_by ->> 'id')::integer, p_by ->> 'name')
  returning id into v_event;
  insert into job_item (company_id, job, event_id, event_type, payload)
  select current_company(), l.job, v_event, 'alert.fired', v_payload from unnest(p_listeners) as l(job);
  perform wake_jobs(p_listeners);
end $$;

create or replace function jsonb_words(p_list jsonb) returns text[]
language sql immutable as $$
  select coalesce(array(select jsonb_array_elements_text(p_list)), '{}')
$$;

-- Add up what waits to be counted; gives how many repeats that were. Rows that another one is at are
-- left to the next time.
create or replace function count_alerts(p_limit integer) returns bigint
language sql as $$
  with gone as (
    delete from alert_uncounted u where u.ctid = any(array(
      select w.ctid from alert_uncounted w where w.company_id = current_company()
      limit p_limit for update skip locked))
    returning u.alert_id, u.occurred_at, u.detections
  ), summed as (
    select alert_id, count(*) as n, max(occurred_at) as last, sum(detections) as detections
    from gone group by alert_id
  ), locked as materialized (
    select a.id from alert a join summed s on s.alert_id = a.id
    where a.company_id = current_company() order by a.id for no key update of a
  ), added as (
    update alert a set count = a.count + s.n, last_occurred_at = greatest(a.last_occurred_at, s.last),
      detection_count = least(2147483647, a.detection_count + s.detections)
    from summed s where a.company_id = current_company() and a.id = s.alert_id
      and a.id in (select id from locked)
    returning s.n
  )
  select coalesce(sum(n), 0)::bigint from added
$$;
