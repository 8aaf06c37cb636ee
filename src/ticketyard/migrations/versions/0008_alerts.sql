-- Alerts that fold.
--
-- An alert row is one episode of one fingerprint: it fires, repeats and recovers. What arrives is kept
-- raw in inbound_message and noted in alert_occurrence; a repeat changes no row that others share, so
-- that any number of repeats of one alert at once wait for nobody (docs/decisions/0085).

-- Without the reference: it would lock the one ticket that a storm's alerts all belong to.
alter table alert
  drop constraint alert_ticket_id_fkey,
  alter column ticket_id drop not null,
  add column fingerprint text,
  -- Whose fingerprint it is: its provider's, or of something that several report.
  add column shared_in text,
  add column scope text not null generated always as (coalesce(shared_in, provider_id)) stored,
  add column title text not null default '',
  add column description text not null default '',
  add column severity text not null default 'medium'
    check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  add column state text not null default 'firing' check (state in ('firing', 'suppressed', 'recovered')),
  -- The fingerprint names one event and not a state that comes and goes: it fires once, for ever.
  add column is_event boolean not null default false,
  -- Its recovery settles nothing that nobody has looked at.
  add column is_latched boolean not null default false,
  add column alarm_type text,
  add column labels jsonb not null default '{}',
  add column link_url text,
  -- When the source says that this episode began; what is no later than the last one's end is late.
  add column started_at timestamptz,
  -- When this episode began to concern people: at the end of the window that held it back; never, for
  -- an end of which no beginning is known.
  add column fired_at timestamptz,
  add column count bigint not null default 1,
  add column first_occurred_at timestamptz not null default now(),
  add column last_occurred_at timestamptz not null default now(),
  add column recovered_at timestamptz,
  -- When it fired and recovered of late, for telling flapping; and since when it does.
  add column changed_states timestamptz[] not null default '{}',
  add column flapping_since timestamptz,
  add column group_key text,
  add column storm_id bigint,
  add column suppressed_by integer;
-- Whoever migrates owns the tables, and is bound to one company at a time all the same: not here.
alter table alert no force row level security;
alter table ticket no force row level security;
update alert a set
  fingerprint = coalesce('id:' || vendor_alert_id, 'one:' || a.id), is_event = true,
  title = t.title, severity = coalesce(t.severity, 'medium'),
  fired_at = a.created_at, first_occurred_at = a.created_at, last_occurred_at = a.created_at
from ticket t where t.id = a.ticket_id;
update alert set fingerprint = 'one:' || id where fingerprint is null;
alter table ticket force row level security;
alter table alert force row level security;
alter table alert
  alter column fingerprint set not null,
  alter column fingerprint set default 'one:' || gen_random_uuid();
drop index alert_vendor;
create index alert_vendor on alert (company_id, provider_id, vendor_alert_id)
  where vendor_alert_id is not null;
-- Where two that bring a new alert at once meet.
create unique index alert_active on alert (company_id, scope, fingerprint)
  where state <> 'recovered';
-- What is active before what is over, then the last one.
create index alert_of_fingerprint on alert
  (company_id, scope, fingerprint, (state <> 'recovered') desc, id desc);
create index alert_newest on alert (company_id, provider_id, fired_at desc) where fired_at is not null;
create index alert_tickets_of_provider on alert (company_id, provider_id, ticket_id)
  include (organization_id);
create index alert_list on alert (company_id, id desc);
create index alert_suppressed on alert (company_id, suppressed_by) where state = 'suppressed';
create index alert_flapping on alert (company_id, id) where flapping_since is not null;
create index alert_group on alert (company_id, provider_id, group_key, fired_at desc)
  where group_key is not null;
create index alert_period on alert (company_id, created_at desc);
create index alert_incident on alert (company_id, created_at desc)
  where group_key is not null or storm_id is not null;

-- Every single time that an alert was reported; only grows.
create table alert_occurrence (
  id bigint generated always as identity primary key,
  company_id integer not null,
  alert_id bigint not null,
  -- What it came in, and at which place there. Heartbeats and the like come in nothing.
  inbound_id bigint,
  position smallint not null default 0,
  -- joined: onto another's ticket. again: it fires again on its own. late: reported after it was over;
  -- kept, and nothing follows.
  outcome text not null check (outcome in
    ('opened', 'joined', 'repeated', 'again', 'reopened', 'suppressed', 'recovered', 'late')),
  -- As the source says, unless that is in the future; then `claimed_at` is what it said.
  occurred_at timestamptz not null,
  claimed_at timestamptz,
  received_at timestamptz not null default clock_timestamp()
);
create index alert_occurrence_of on alert_occurrence (company_id, alert_id, id desc);
create index alert_occurrence_in on alert_occurrence (company_id, inbound_id, position)
  where inbound_id is not null;

-- Repeats that are not in their alert's count yet: a job adds them up and takes them out.
create table alert_uncounted (
  company_id integer not null,
  alert_id bigint not null,
  occurred_at timestamptz not null,
  detections integer not null
) with (autovacuum_vacuum_scale_factor = 0.02);
create index alert_uncounted_of on alert_uncounted (company_id, alert_id);

-- Who sends alerts, and how theirs are taken; a row appears with the first alert.
create table alert_provider (
  id integer generated by default as identity primary key,
  company_id integer not null references company,
  provider_id text not null,
  name text not null default '',
  -- What makes two alerts the same, as paths into the alert; empty: what its shape says.
  fingerprint_fields text[] not null default '{}',
  -- Alerts with the same values of these, near each other, are one incident; empty: never.
  group_by text[] not null default '{}',
  group_seconds integer not null default 300 check (group_seconds between 1 and 604800),
  recovery_resolves boolean not null default true,
  reopen_seconds integer not null default 600 check (reopen_seconds between 0 and 2592000),
  -- Flaps from `flap_start` changes within `flap_seconds` on, until no more than `flap_stop`.
  flap_start integer not null default 8 check (flap_start between 2 and 50),
  flap_stop integer not null default 2 check (flap_stop between 0 and 49),
  flap_seconds integer not null default 900 check (flap_seconds between 1 and 86400),
  -- More new alerts than this within `storm_seconds` are one storm; 0: never.
  storm_alerts integer not null default 1000 check (storm_alerts between 0 and 100000),
  storm_seconds integer not null default 60 check (storm_seconds between 1 and 3600),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (company_id, provider_id),
  check (flap_stop < flap_start)
);

create table alert_storm (
  id bigint generated by default as identity primary key,
  company_id integer not null references company,
  provider_id text not null,
  ticket_id bigint not null,
  started_at timestamptz not null,
  ended_at timestamptz
);
create unique index alert_storm_now on alert_storm (company_id, provider_id) where ended_at is null;

-- Times in which alerts are kept and open no ticket. What still fires at the end does then.
create table alert_maintenance (
  id integer generated by default as identity primary key,
  company_id integer not null references company,
  name text not null check (name <> ''),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  -- Empty: whichever. All that is said must hold.
  provider_ids text[] not null default '{}',
  camera_ids integer[] not null default '{}',
  labels jsonb not null default '{}',
  created_by text not null default '',
  created_at timestamptz not null default now(),
  released_at timestamptz,
  check (ends_at > starts_at)
);
create index alert_maintenance_now on alert_maintenance (company_id, ends_at) where released_at is null;

-- Who has to be heard of every so often; silence is an alarm.
create table alert_heartbeat (
  id integer generated by default as identity primary key,
  company_id integer not null references company,
  name text not null check (name <> ''),
  every_seconds integer not null check (every_seconds between 1 and 2678400),
  grace_seconds integer not null default 0 check (grace_seconds between 0 and 2678400),
  severity text not null default 'high' check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  is_enabled boolean not null default true,
  -- waiting: never heard of yet, and nobody alarmed.
  state text not null default 'waiting' check (state in ('waiting', 'alive', 'missing')),
  last_seen_at timestamptz,
  due_at timestamptz,
  beats bigint not null default 0,
  created_at timestamptz not null default now(),
  unique (company_id, name)
);
create index alert_heartbeat_due on alert_heartbeat (company_id, due_at)
  where is_enabled and state <> 'missing';

-- How another system's own objects are read (POST /api/alerts/generic/{name}).
create table alert_mapping (
  id integer generated by default as identity primary key,
  company_id integer not null references company,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  definition jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (company_id, name)
);

select ticketyard_protect(name::regclass) from unnest(array[
  'alert_occurrence', 'alert_uncounted', 'alert_provider', 'alert_storm', 'alert_maintenance',
  'alert_heartbeat', 'alert_mapping']) as name;
select ticketyard_append_only('alert_occurrence');
