-- Where tickets are from, who was given them and why, whose turn it is.

create table ticket_place (
  company_id integer not null references company,
  ticket_id bigint not null references ticket on delete cascade,
  -- null: nobody could tell; then `place` says why.
  latitude double precision,
  longitude double precision,
  place text not null,
  how text not null,
  placed_at timestamptz not null default now(),
  primary key (company_id, ticket_id),
  check ((latitude is null) = (longitude is null))
);

-- What a map service answered, and where it knew nothing (null), so that nobody asks twice.
create table geocode_cache (
  company_id integer not null references company,
  question text not null,
  latitude double precision,
  longitude double precision,
  label text not null default '',
  asked_at timestamptz not null default now(),
  primary key (company_id, question)
);

-- 'split': the office whose turn it was; 'pair:office:agent:agent': the agent of the two.
create table routing_rotation (
  company_id integer not null references company,
  key text not null,
  last_id integer not null,
  primary key (company_id, key)
);

-- Every decision with its receipt; only grows. The newest one of a ticket is in force as long as
-- the ticket still belongs to its agent.
create table assignment (
  id bigint generated always as identity primary key,
  company_id integer not null references company,
  ticket_id bigint not null references ticket on delete cascade,
  agent_id integer references person,
  office_id integer references office on delete set null,
  outcome text not null check (outcome in ('assigned', 'not wanted', 'nobody eligible')),
  reason text not null,
  receipt jsonb not null,
  assigned_at timestamptz not null default now()
);
create index assignment_of_ticket on assignment (company_id, ticket_id, id desc);
create index assignment_of_agent on assignment (company_id, agent_id, id desc)
  where agent_id is not null;

select ticketyard_protect('ticket_place');
select ticketyard_protect('geocode_cache');
select ticketyard_protect('routing_rotation');
select ticketyard_protect('assignment');
