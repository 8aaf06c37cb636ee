-- How triage learns: versions with a lineage, trainings, what is held back.

alter table triage_model drop constraint triage_model_field_check;
alter table triage_model add constraint triage_model_field_check check (field in ('category', 'team'));
alter table correction drop constraint correction_field_check;
alter table correction add constraint correction_field_check
  check (field in ('category', 'priority', 'team'));

-- A version's life: candidate (passed nothing yet), shadow (answers beside the current one, without
-- effect), current, retired (was current, can be again), rejected (kept for its figures).
alter table triage_model
  add column state text not null default 'retired'
    check (state in ('candidate', 'shadow', 'current', 'retired', 'rejected')),
  -- The version that answered when this one was taught.
  add column parent integer,
  add column run_id bigint,
  -- {passed, reason, …}: the gate's figures on both hold-outs (triage/learning/gate.py).
  add column verdict jsonb not null default '{}',
  -- Eight bytes of every example it was taught: a later hold-out must not hold these.
  add column learned bytea not null default '',
  -- A stated share of wrong answers to the confidence from which answers keep it.
  add column thresholds jsonb not null default '{}',
  -- Of the model's bytes, so that a damaged one is seen without reading it.
  add column sha256 bytea,
  -- When its bytes were thrown away for being old; its figures are kept.
  add column emptied_at timestamptz,
  add column promoted_at timestamptz,
  add column promoted_by text;
-- Whoever migrates owns the table, and is bound to one company at a time all the same: not here.
alter table triage_model no force row level security;
update triage_model set state = 'current', promoted_at = trained_at, promoted_by = trained_by
  where is_current;
update triage_model set sha256 = sha256(model);
alter table triage_model force row level security;
drop index triage_model_current;
alter table triage_model drop column is_current;
create unique index triage_model_current on triage_model (company_id, field) where state = 'current';
create unique index triage_model_shadow on triage_model (company_id, field) where state = 'shadow';

create table training_run (
  id bigint generated always as identity primary key,
  company_id integer not null references company,
  field text not null check (field in ('category', 'team')),
  cause text not null check (cause in ('asked', 'count', 'timetable', 'csv')),
  state text not null default 'waiting' check (state in
    ('waiting', 'running', 'promoted', 'shadow', 'rejected', 'refused', 'failed', 'abandoned')),
  stage text not null default '',
  progress real not null default 0 check (progress between 0 and 1),
  -- One sentence for people: why it ended as it did.
  reason text not null default '',
  -- Promote whatever the gate says (asked for by hand).
  is_forced boolean not null default false,
  -- The file it learns from, where it has one, with everything else that is known.
  blob_key text,
  text_column text,
  label_column text,
  -- What came of it.
  version integer,
  examples integer not null default 0,
  fresh integer not null default 0,
  aside integer not null default 0,
  by_kind text not null,
  by_id integer,
  by_name text not null,
  asked_at timestamptz not null default now(),
  started_at timestamptz,
  heartbeat_at timestamptz,
  ended_at timestamptz
);
-- At most one of a field is under way; a second one is told of the first.
create unique index training_run_unfinished on training_run (company_id, field)
  where state in ('waiting', 'running');
create index training_run_newest on training_run (company_id, id desc);

-- What files taught: kept, so that a later training does not forget them. Written when the model that
-- learned them is.
create table taught_example (
  company_id integer not null,
  field text not null,
  digest bytea not null,
  content text not null,
  label text not null,
  run_id bigint not null,
  by_kind text not null,
  by_id integer,
  by_name text not null,
  taught_at timestamptz not null,
  primary key (company_id, field, digest)
);

-- Examples that contradict what is known: not learned until an admin accepts them.
create table example_aside (
  id bigint generated always as identity primary key,
  company_id integer not null,
  field text not null,
  -- Of text and label.
  digest bytea not null,
  content text not null,
  label text not null,
  ticket_id bigint,
  -- What the examples near it and the model say, and how surely.
  says text,
  certainty real,
  reason text not null,
  state text not null default 'aside' check (state in ('aside', 'accepted', 'dismissed')),
  run_id bigint not null,
  by_kind text not null,
  by_id integer,
  by_name text not null,
  set_aside_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  unique (company_id, field, digest)
);
create index example_aside_open on example_aside (company_id, id desc) where state = 'aside';

-- Analyses since the last training was asked for by count; one row a company, written once a batch.
create table training_count (
  company_id integer primary key,
  analyses integer not null default 0,
  -- When the count last reached the threshold, and what came of it.
  reached_at timestamptz,
  note text not null default ''
);

-- What the version in the shadow would have answered.
create table shadow_finding (
  company_id integer not null,
  field text not null,
  version integer not null,
  ticket_id bigint not null references ticket on delete cascade,
  label text,
  confidence real not null,
  found_at timestamptz not null,
  primary key (company_id, field, version, ticket_id)
);
create index shadow_finding_of_ticket on shadow_finding (ticket_id);

select ticketyard_protect(name::regclass) from unnest(array[
  'training_run', 'taught_example', 'example_aside', 'training_count', 'shadow_finding'
]) as name;

-- What the desk's pages ask: how good triage was, and the last decision taken back.

-- Whether the category was sure enough to be filled in when it was found; need_admin says whether
-- somebody still has to look. Before this was kept, the one is the best guess at the other.
alter table analysis add column was_sure boolean not null default false;
alter table analysis no force row level security;
update analysis set was_sure = true where state = 'done' and not need_admin;
alter table analysis force row level security;
create index analysis_quality on analysis (company_id, analysed_at)
  include (engine, model_version, category, category_confidence, was_sure) where state = 'done';

-- As the ticket was, and as triage had found it, when somebody decided: both change afterwards.
alter table correction
  add column before text,
  add column before_by text,
  add column found_engine text,
  add column found_version integer,
  add column found_sure boolean;
create index correction_of_time on correction (company_id, field, corrected_at);

-- A decision that was taken back at once: nothing is learned from it, and it judges nothing.
create table correction_withdrawal (
  company_id integer not null,
  correction_id bigint not null references correction,
  by_name text not null,
  withdrawn_at timestamptz not null,
  primary key (company_id, correction_id)
);
select ticketyard_protect('correction_withdrawal');
select ticketyard_append_only('correction_withdrawal');
