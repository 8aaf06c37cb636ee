-- Gaps: what the knowledge could not answer, and what should be written.

-- A question that comes again and again without an answer. It is being written about while it has an
-- article that is no answer yet, so a deleted draft leaves it open by itself.
create table knowledge_gap (
  id bigint generated always as identity primary key,
  company_id integer not null references company,
  title text not null,
  state text not null default 'open' check (state in ('open', 'answered', 'dismissed')),
  asked integer not null default 0,
  people integer not null default 0,
  languages text[] not null default '{}',
  first_asked_at timestamptz not null,
  last_asked_at timestamptz not null,
  -- Stems of its words, and the sum of its questions' vectors (float32, of the model named).
  words text[] not null default '{}',
  embedder text not null default '',
  vector bytea,
  -- The article that is written because of it.
  document_id bigint,
  -- When the knowledge was last asked, and the document that answered then.
  tried_at timestamptz,
  answered_at timestamptz,
  answered_by_id bigint,
  -- How often it was asked in vain after it had been answered.
  reopened integer not null default 0,
  decided_by_id integer references person on delete set null,
  decided_by_name text not null default '',
  decided_at timestamptz,
  unique (company_id, id),
  foreign key (company_id, document_id)
    references knowledge_document (company_id, id) on delete set null (document_id),
  foreign key (company_id, answered_by_id)
    references knowledge_document (company_id, id) on delete set null (answered_by_id)
);
create index knowledge_gap_asked on knowledge_gap (company_id, state, people desc, asked desc, id);
create index knowledge_gap_document on knowledge_gap (company_id, document_id) where document_id is not null;
create index knowledge_gap_answered_by on knowledge_gap (company_id, answered_by_id)
  where answered_by_id is not null;
create index knowledge_gap_decided_by on knowledge_gap (decided_by_id) where decided_by_id is not null;

-- Each time that somebody asked in vain; what is personal in the words is struck out before they come here.
create table unanswered_question (
  id bigint generated always as identity primary key,
  company_id integer not null references company,
  origin text not null check (origin in ('chat', 'rag_chat', 'ticket', 'search')),
  -- The row that it came from, so that it is counted once; a search has none.
  origin_id bigint,
  asker text not null,
  question text not null,
  language text not null,
  -- Whether whoever asked may find only what is public.
  is_public boolean not null,
  ticket_id bigint references ticket on delete set null,
  asked_at timestamptz not null,
  gap_id bigint,
  unique (company_id, origin, origin_id),
  foreign key (company_id, gap_id) references knowledge_gap (company_id, id) on delete cascade
);
create index unanswered_question_loose on unanswered_question (company_id, id) where gap_id is null;
create index unanswered_question_of_gap on unanswered_question (company_id, gap_id, id desc);
create index unanswered_question_when on unanswered_question (company_id, origin, asked_at);
create index unanswered_question_ticket on unanswered_question (ticket_id) where ticket_id is not null;
create index conversation_message_answers on conversation_message (company_id, created_at)
  where role = 'assistant';

-- Articles drafted of solved tickets. What became of one is what became of its document: a draft waits, a
-- published one was wanted, one put away or deleted was not. Its likeness stays, so that it does not come back.
create table article_proposal (
  id bigint generated always as identity primary key,
  company_id integer not null references company,
  document_id bigint,
  title text not null,
  words text[] not null default '{}',
  embedder text not null default '',
  vector bytea,
  proposed_at timestamptz not null,
  unique (company_id, id),
  foreign key (company_id, document_id)
    references knowledge_document (company_id, id) on delete set null (document_id)
);
create index article_proposal_document on article_proposal (company_id, document_id);

-- Every solved ticket that was looked at, once for each time that it was solved.
create table proposal_ticket (
  company_id integer not null,
  ticket_id bigint not null references ticket on delete cascade,
  -- proposed: in an article's draft; covered: the knowledge answers it; no_answer: nothing that could be
  -- told; unwanted: like one that was put away.
  verdict text not null check (verdict in ('proposed', 'covered', 'no_answer', 'unwanted')),
  proposal_id bigint,
  resolved_at timestamptz not null,
  looked_at timestamptz not null,
  primary key (company_id, ticket_id),
  foreign key (company_id, proposal_id) references article_proposal (company_id, id) on delete cascade
);
create index proposal_ticket_of on proposal_ticket (company_id, proposal_id);

-- Each answer that a document stood in.
create table document_citation (
  company_id integer not null,
  document_id bigint not null,
  origin text not null check (origin in ('chat', 'rag_chat', 'ticket')),
  origin_id bigint not null,
  cited_at timestamptz not null,
  primary key (company_id, document_id, origin, origin_id),
  foreign key (company_id, document_id)
    references knowledge_document (company_id, id) on delete cascade
);
create index document_citation_when on document_citation (company_id, origin, cited_at);

-- What people said or did about a document that was found for a question.
create table knowledge_judgement (
  company_id integer not null,
  document_id bigint not null,
  asker text not null,
  question text not null check (length(question) <= 500),
  kind text not null check (kind in ('opened', 'helpful', 'unhelpful')),
  person_id integer references person on delete cascade,
  judged_at timestamptz not null,
  primary key (company_id, document_id, asker, question),
  foreign key (company_id, document_id)
    references knowledge_document (company_id, id) on delete cascade
);
create index knowledge_judgement_when on knowledge_judgement (company_id, judged_at);
create index knowledge_judgement_person on knowledge_judgement (person_id) where person_id is not null;

-- Every ranking that was learned; knowledge_ranking holds the one in use.
create table knowledge_ranking_version (
  company_id integer not null references company,
  version integer not null,
  -- used: it was better and is, or was, in use; kept_out: it was not better.
  verdict text not null check (verdict in ('used', 'kept_out')),
  features text[] not null,
  weights double precision[] not null,
  bias double precision not null,
  -- Judgements handed in; of them those that could teach something.
  judged integer not null,
  questions integer not null,
  before double precision not null,
  after double precision not null,
  learned_at timestamptz not null,
  primary key (company_id, version)
);
alter table knowledge_ranking add column version integer;
alter table knowledge_ranking add column chosen_by text not null default '';
-- Rows of companies: this runs as the owner, whom forced row-level security binds as well.
alter table knowledge_ranking no force row level security;
insert into knowledge_ranking_version
  select company_id, 1, 'used', features, weights, bias, questions, questions, before, after, learned_at
  from knowledge_ranking;
update knowledge_ranking set version = 1;
alter table knowledge_ranking force row level security;

-- Whether somebody who was answered needed a person after all. waiting: it is too early to say; confirmed: they
-- said that it helped; quiet: they did not come back; returned: they did; not_helped: they said so, and left;
-- unknown_person: nobody can say; unanswered: there was nothing to be helped by.
create table deflection_case (
  company_id integer not null references company,
  origin text not null check (origin in ('chat', 'suggestion')),
  origin_id text not null,
  asked_at timestamptz not null,
  verdict text not null check (verdict in
    ('waiting', 'confirmed', 'quiet', 'returned', 'not_helped', 'unknown_person', 'unanswered')),
  -- Nothing that happens later changes it any more.
  is_final boolean not null,
  decided_at timestamptz not null,
  primary key (company_id, origin, origin_id)
);
create index deflection_case_when on deflection_case (company_id, asked_at);
create index deflection_case_open on deflection_case (company_id, asked_at) where not is_final;

select ticketyard_protect(name::regclass) from unnest(array[
  'knowledge_gap', 'unanswered_question', 'article_proposal', 'proposal_ticket', 'document_citation',
  'knowledge_judgement', 'knowledge_ranking_version', 'deflection_case']) as name;
