-- What is told to a Celery broker, and which of a broker's messages were handled here.

-- Whether a company's events are told at all (a worker that knows a broker says so), and how it fares.
create table outlet (
  company_id integer primary key references company,
  is_on boolean not null default false,
  -- When a worker that knows the broker last said that it is there.
  seen_at timestamptz not null default now(),
  -- Failures in a row, since when, and until when nothing is tried.
  failures integer not null default 0,
  failing_since timestamptz,
  rests_until timestamptz,
  problem text,
  claimed_until timestamptz,
  succeeded_at timestamptz,
  -- Of what our own consumer handled, when the latest was sent: a broker hands out the oldest first.
  handled_up_to timestamptz
);

-- One event for the broker. Rows are made in the transaction of the event (tell_outlet.sql).
create table outlet_message (
  id bigint generated always as identity primary key,
  company_id integer not null,
  -- The stable id by which a consumer knows a repeat.
  event_id uuid not null default gen_random_uuid(),
  -- Where it stands in the history.
  history_id bigint not null,
  task text not null check (task in ('ticket_created', 'file_uploaded', 'file_deleted')),
  -- The ticket's id or the file's; messages about the same keep their order.
  subject text not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'dropped')),
  attempts integer not null default 0,
  -- How often it failed while others did not.
  refusals integer not null default 0,
  problem text,
  ready_at timestamptz not null default now(),
  settled_at timestamptz,
  -- When our own consumer was done with it; how often it was sent anew because that never came.
  handled_at timestamptz,
  repeats integer not null default 0,
  created_at timestamptz not null default now(),
  unique (company_id, history_id)
) with (fillfactor = 80);
create index outlet_message_waiting on outlet_message (company_id, ready_at, id)
  where state = 'waiting';
create index outlet_message_of_subject on outlet_message (company_id, subject, id)
  where state = 'waiting';
create index outlet_message_failed on outlet_message (company_id, id desc) where state = 'failed';
create index outlet_message_unhandled on outlet_message (company_id, settled_at)
  where state = 'sent' and handled_at is null;
create index outlet_message_by_event on outlet_message (company_id, event_id);

-- A broker's messages, each done once. processing: until claimed_until, then it is free.
create table processed_event (
  company_id integer not null,
  event_id text not null check (length(event_id) between 1 and 64),
  event_type text not null,
  status text not null check (status in ('processing', 'completed', 'failed')),
  attempts integer not null default 1,
  claim uuid,
  claimed_until timestamptz,
  result jsonb,
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (company_id, event_id)
);
create index processed_event_old on processed_event (company_id, updated_at);

-- The lane that tells asks across companies whose messages wait (ids and counts alone).
select ticketyard_protect('outlet', false);
select ticketyard_protect('outlet_message', false);
select ticketyard_protect('processed_event');
