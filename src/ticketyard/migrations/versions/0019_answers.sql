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

-- A talk of one person, or of one key, with the knowledge.
create table conversation (
  company_id integer not null references company,
  id uuid not null default gen_random_uuid(),
  -- Whose it is, "person:7": nobody else reads or goes on with it.
  owner text not null,
  ticket_description text not null default '',
  ticket_category text,
  ticket_priority text,
  -- What was talked about before the messages that are still read.
  summary text not null default '',
  questions integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (company_id, id)
);
create index conversation_of_owner on conversation (company_id, owner, updated_at desc);

create table conversation_message (
  id bigint generated always as identity primary key,
  company_id integer not null,
  conversation_id uuid not null,
  role text not null check (role in ('user', 'assistant')),
  content text not null,
  -- Of an answer: classification, confidence, citations.
  told jsonb not null default '{}',
  created_at timestamptz not null default now(),
  foreign key (company_id, conversation_id) references conversation (company_id, id) on delete cascade
);
create index conversation_message_of on conversation_message (company_id, conversation_id, id);

select ticketyard_protect('conversation');
select ticketyard_protect('conversation_message');
