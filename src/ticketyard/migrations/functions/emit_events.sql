-- Store events with the work they wake, in the caller's transaction.
-- p_events: [{type, ticket_id, payload, listeners: [job, …]}]; p_by: {kind, id, name};
-- p_at: when they happened.
create or replace function emit_events(p_events jsonb, p_by jsonb, p_at timestamptz) returns void
language plpgsql as $$
begin
  with src as (
    select o as ord, e ->> 'type' as type, (e ->> 'ticket_id')::bigint as ticket_id,
           e -> 'payload' as payload, e -> 'listeners' as listeners
    from jsonb_array_elements(p_events) with ordinality as x(e, o)
  ), stored as (
    insert into event (company_id, type, ticket_id, payload, by_kind, by_id, by_name, happened_at)
    select current_company(), type, ticket_id, payload,
           p_by ->> 'kind', (p_by ->> 'id')::integer, p_by ->> 'name', p_at
    from src order by ord
    returning id, type, payload
  )
  insert into job_item (company_id, job, event_id, event_type, payload)
  select current_company(), l.job, s.id, s.type, s.payload
  from stored s
  join (select distinct type, jsonb_array_elements_text(listeners) as job from src) l
    on l.type = s.type
  order by s.id;

  perform wake_jobs(array(
    select distinct j from jsonb_array_elements(p_events) e,
      jsonb_array_elements_text(e -> 'listeners') j));
  perform pg_notify('ticketyard_live', current_company()::text);
end $$;

-- Let a worker look after these jobs of the current company when the transaction commits, together with
-- the items it queues. Not at once: two that wake the same job wait for one another until they commit,
-- and a long transaction would hold up everybody, or deadlock with its row locks (docs/decisions/0103).
create or replace function wake_jobs(p_jobs text[]) returns void
language plpgsql as $$
declare
  v_noted text := coalesce(current_setting('app.to_wake', true), '');
  v_job text;
begin
  foreach v_job in array p_jobs loop
    if v_job <> all (string_to_array(v_noted, ',')) then
      v_noted := v_noted || case v_noted when '' then '' else ',' end || v_job;
    end if;
  end loop;
  perform set_config('app.to_wake', v_noted, true);
end $$;

-- The first item to be checked at the commit wakes them all; the others find nothing left to do.
create or replace function wake_at_commit() returns trigger
language plpgsql as $$
declare
  v_noted text := coalesce(current_setting('app.to_wake', true), '');
begin
  if v_noted <> '' then
    perform set_config('app.to_wake', '', true);
    perform wake_now(string_to_array(v_noted, ','));
  end if;
  return null;
end $$;

do $$ begin
  if not exists (select from pg_trigger where tgname = 'job_item_wakes') then
    create constraint trigger job_item_wakes after insert on job_item
      deferrable initially deferred for each row execute function wake_at_commit();
  end if;
end $$;

-- At most one waiting call of each; `run:job` is a job that takes no items. Always in the same order, so that two commits never cross. A call
-- that is missed in the instant between a worker's last look and our commit is made good by the
-- worker's sweep within seconds (core/jobs.py).
create or replace function wake_now(p_jobs text[]) returns void
language plpgsql as $$
declare
  v_job text;
  v_lock text;
begin
  for v_job in select distinct j collate "C" from unnest(p_jobs) as w(j) order by 1 loop
    if left(v_job, 4) = 'run:' then
      v_lock := substr(v_job, 5) || ':' || current_company();
      if not exists (select from procrastinate_jobs where queueing_lock = v_lock and status = 'todo') then
        perform enqueue_job(substr(v_job, 5), '{}', substr(v_job, 5), null);
      end if;
      continue;
    end if;
    v_lock := 'drain:' || v_job || ':' || current_company();
    if not exists (select from procrastinate_jobs where queueing_lock = v_lock and status = 'todo') then
      insert into procrastinate_jobs (queue_name, task_name, queueing_lock, args)
      values ('drain', 'drain', v_lock,
              jsonb_build_object('job', v_job, 'company_id', current_company()))
      on conflict (queueing_lock) where status = 'todo' do nothing;
    end if;
  end loop;
end $$;

-- Queue one job of the current company. p_key: at most one with this key waits at a time.
-- p_lane: of the jobs of one lane one runs at a time. Gives the queue's id, or null when one was waiting.
drop function if exists enqueue_job(text, jsonb, text, timestamptz);
create or replace function enqueue_job(p_job text, p_args jsonb, p_key text, p_at timestamptz,
                                       p_lane text default null)
returns bigint language sql as $$
  insert into procrastinate_jobs (queue_name, task_name, queueing_lock, lock, args, scheduled_at)
  values ('jobs', 'run', p_key || ':' || current_company(), p_lane,
          jsonb_build_object('job', p_job, 'company_id', current_company(), 'args', p_args), p_at)
  on conflict (queueing_lock) where status = 'todo' do nothing
  returning id
$$;
