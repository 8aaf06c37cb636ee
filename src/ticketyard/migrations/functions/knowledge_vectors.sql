-- The vectors' table, where the extension is there: an external PostgreSQL may be without it, or get it
-- later. Called by every migration; what is there already is left alone.
create or replace function prepare_vectors() returns void language plpgsql as $$
declare
  v_dimensions integer;
begin
  if not exists (select from pg_extension where extname = 'vector')
     and exists (select from pg_available_extensions where name = 'vector') then
    begin
      create extension vector;
    exception when insufficient_privilege then
      null;  -- Its administrator has to; `ticketyard doctor` says so.
    end;
  end if;
  if not exists (select from pg_extension where extname = 'vector')
     or to_regclass('public.knowledge_vector') is not null then
    return;
  end if;
  create table knowledge_vector (
    company_id integer not null,
    document_id bigint not null,
    number integer not null,
    -- Vectors of two models say nothing about each other.
    embedder text not null,
    source_type text not null,
    visibility text not null,
    category text not null default '',
    embedding halfvec not null,
    primary key (company_id, document_id, number),
    foreign key (company_id, document_id, number) references knowledge_chunk on delete cascade
  );
  create index knowledge_vector_group on knowledge_vector (company_id, visibility, category);
  foreach v_dimensions in array array[384, 512, 768, 1024, 1536, 3072] loop
    execute format(
      'create index knowledge_vector_near_%1$s on knowledge_vector'
      ' using hnsw ((embedding::halfvec(%1$s)) halfvec_cosine_ops)'
      ' where vector_dims(embedding) = %1$s', v_dimensions);
  end loop;
  perform ticketyard_protect('knowledge_vector');
end $$;
