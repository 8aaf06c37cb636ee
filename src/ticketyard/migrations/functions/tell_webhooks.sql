-- What happened is put down for every endpoint that wants to hear of it, in the transaction of what
-- happened: neither lost nor told of what was undone (docs/decisions/0095).

-- Whether an endpoint that asked for these names wants this event. What happens to webhooks themselves
-- is told only to who names it: a failing endpoint would else be told of its own failing.
create or replace function wants_event(p_wanted text[], p_type text) returns boolean
language sql immutable as $$
  select p_type = any(p_wanted)
    or split_part(p_type, '.', 1) || '.*' = any(p_wanted)
    or ('*' = any(p_wanted) and split_part(p_type, '.', 1) <> 'webhook')
$$;

-- The same for what happened: a level of an escalation is for webhooks only where its policy says so.
create or replace function wants_event(p_wanted text[], p_type text, p_payload jsonb) returns boolean
language sql immutable as $$
  select wants_event(p_wanted, p_type)
    and (p_type <> 'escalation.reached' or coalesce((p_payload ->> 'webhooks')::boolean, true))
$$;

create or replace function tell_webhooks() returns trigger
language plpgsql as $$
begin
  if not exists (select from webhook_endpoint w
                 where w.company_id = current_company() and w.is_enabled) then
    return null;
  end if;
  insert into webhook_delivery (company_id, endpoint_id, event_id, event_type)
  select w.company_id, w.id, f.id, f.type
  from fresh f
  join webhook_endpoint w on w.company_id = current_company() and w.is_enabled
    and wants_event(w.event_types, f.type, f.payload)
  where f.company_id = current_company()
  order by f.id;
  if found then
    perform wake_jobs(array['run:webhooks.deliver_due']);
  end if;
  return null;
end $$;

do $$ begin
  if not exists (select from pg_trigger where tgname = 'webhook_delivery_wakes') then
    create constraint trigger webhook_delivery_wakes after insert on webhook_delivery
      deferrable initially deferred for each row execute function wake_at_commit();
  end if;
end $$;

create or replace trigger event_tells_webhooks after insert on event
  referencing new table as fresh for each statement execute function tell_webhooks();
