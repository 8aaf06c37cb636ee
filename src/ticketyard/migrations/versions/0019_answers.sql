-- Answers: proposed for tickets, and what nobody could answer.

-- What the knowledge proposes for a ticket, and what a person says is the solution.
create table ticket_solution (
  company_id integer not null,
  ticket_id bigint not null references ticket on delete cascade,
  -- waiting: not looked for yet; failed: an engine broke, tried again.
  state text not null check (state in ('waiting', 'done', 'failed')),
  -- [{order, text, quote, source_type, source_id, chunk_id, document_id, number}]
  steps jsonb not null default '[]',
  confidence real not null default 0 check (confidence between 0 and 1),
  needs_human boolean not null default true,
  engine text not null default '',
  -- Of the text that was answered: the same text is not answered twice.
  content_hash text not null default '',
  attempts integer not null default 0,
  proposed_at timestamptz,
  -- [{order, text}], one to fifty.
  human_steps jsonb,
  human_by_id integer references person on delete set null,
  human_by_name text,
  human_at timestamptz,
  primary key (company_id, ticket_id)
);
create index ticket_solution_unfinished on ticket_solution (company_id, ticket_id) where state <> 'done';

select ticketyard_protect('ticket_solution');
