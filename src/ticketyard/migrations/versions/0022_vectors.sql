-- Vectors of examples, kept between two trainings.

-- What the last training of a field read, so that the next one reads only what is new. Derived: to
-- throw it away costs the next training some time and nothing else.
create table training_vectors (
  company_id integer not null references company,
  field text not null check (field in ('category', 'team')),
  -- The embedding model; another one's vectors say nothing.
  embedder text not null,
  -- triage/learning/remembering.py: digests of the texts, then their vectors in half precision.
  content bytea not null,
  kept_at timestamptz not null default now(),
  primary key (company_id, field)
);
-- Noise to whatever would press it.
alter table training_vectors alter column content set storage external;
select ticketyard_protect('training_vectors');
