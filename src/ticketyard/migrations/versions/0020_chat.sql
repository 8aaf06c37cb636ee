-- Chats: who is at the other end, and what was asked of them.

-- The public side of a conversation: whoever holds the token, and how far they have come.
create table chat (
  company_id integer not null,
  conversation_id uuid not null,
  -- Only the hash of the token is kept; a chat that another program leads has none.
  token_hash text,
  language text not null default 'en',
  -- The page it was opened on, as the browser says.
  page text,
  -- What another program calls the question, and what it was answered: told again when it asks again.
  reference text,
  reply jsonb,
  state text not null default 'answering'
    check (state in ('answering', 'asking', 'resolved', 'ticket', 'handed_over')),
  -- Which one thing was asked for last, and what it is for.
  asks text check (asks in ('title', 'details', 'email', 'code')),
  purpose text check (purpose in ('ticket', 'person', 'own_tickets')),
  -- What is offered at this moment: nothing else can be chosen.
  choices text[] not null default '{}',
  -- {title, details, email}: what a ticket will say.
  slots jsonb not null default '{}',
  -- Proven by a code; nothing personal is shown before.
  verified_email text,
  verified_at timestamptz,
  -- How it ended; null: it goes on. `left`: nobody wrote for an hour, and nothing was said to the end.
  outcome text check (outcome in ('resolved_confirmed', 'left', 'ticket', 'handed_over')),
  outcome_at timestamptz,
  ticket_id bigint references ticket on delete set null,
  -- How many tickets it opened: each is opened once.
  tickets integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (company_id, conversation_id),
  foreign key (company_id, conversation_id) references conversation (company_id, id) on delete cascade
);
create unique index chat_reference on chat (company_id, reference) where reference is not null;
create index chat_open on chat (company_id, updated_at) where outcome is null;
create index chat_ended on chat (company_id, outcome, outcome_at) where outcome is not null;
create index chat_of_ticket on chat (company_id, ticket_id) where ticket_id is not null;

-- What was said in it, as it was shown.
create table chat_message (
  id bigint generated always as identity primary key,
  company_id integer not null,
  conversation_id uuid not null,
  role text not null check (role in ('requester', 'assistant', 'system')),
  content text not null,
  -- {citations, choices, asks, state, ticket}
  told jsonb not null default '{}',
  -- The agent's comment that it repeats.
  comment_id bigint,
  created_at timestamptz not null default now(),
  foreign key (company_id, conversation_id) references chat (company_id, conversation_id)
    on delete cascade
);
create index chat_message_of on chat_message (company_id, conversation_id, id);
create unique index chat_message_of_comment on chat_message (company_id, conversation_id, comment_id)
  where comment_id is not null;

-- Each question that was asked of the knowledge, and what became of it: deflection and gaps are counted
-- from these.
create table chat_question (
  id bigint generated always as identity primary key,
  company_id integer not null,
  conversation_id uuid not null,
  question text not null,
  language text not null default 'en',
  -- null: it is being answered, or that failed.
  is_answered boolean,
  classification text,
  refusal_code text,
  confidence real,
  citations text[] not null default '{}',
  -- What the requester said to "did that help?"; null: nothing.
  helped boolean,
  -- What became of it: the conversation's outcome while it was the last one asked.
  outcome text check (outcome in ('resolved_confirmed', 'left', 'ticket', 'handed_over')),
  outcome_at timestamptz,
  -- The ticket that was opened because of it.
  ticket_id bigint references ticket on delete set null,
  asked_at timestamptz not null default now(),
  answered_at timestamptz,
  foreign key (company_id, conversation_id) references chat (company_id, conversation_id)
    on delete cascade
);
create index chat_question_of on chat_question (company_id, conversation_id, id);
create index chat_question_when on chat_question (company_id, asked_at);
create index chat_question_unanswered on chat_question (company_id, id) where is_answered is false;
create index chat_question_of_ticket on chat_question (company_id, ticket_id)
  where ticket_id is not null;

-- Codes sent by mail to prove an address: one is good at a time, once, for ten minutes.
create table chat_code (
  id bigint generated always as identity primary key,
  company_id integer not null,
  conversation_id uuid not null,
  email text not null,
  -- A slow hash: six digits are soon tried out.
  code_hash text not null,
  attempts integer not null default 0,
  sent_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  foreign key (company_id, conversation_id) references chat (company_id, conversation_id)
    on delete cascade
);
create index chat_code_of on chat_code (company_id, conversation_id, id desc);
create index chat_code_to on chat_code (company_id, lower(email), sent_at);

select ticketyard_protect('chat');
select ticketyard_protect('chat_message');
select ticketyard_protect('chat_question');
select ticketyard_protect('chat_code');

-- A code to prove an address leaves as a mail like all others.
alter table outgoing_mail drop constraint outgoing_mail_kind_check;
alter table outgoing_mail add constraint outgoing_mail_kind_check check (kind in
  ('reply', 'acknowledgement', 'notice', 'test', 'notification', 'report', 'chat_code'));
