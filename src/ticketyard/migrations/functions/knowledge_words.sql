-- The words index: putting pieces in, and finding candidates for ranking.

-- Put pieces in by their words, stemmed as everywhere (docs/decisions/0009). Their documents and chunks
-- stand already; a piece that was in stays out of it: it was forgotten before.
create or replace function index_words(
  p_documents bigint[], p_numbers integer[], p_visibilities text[], p_categories text[], p_texts text[]
) returns void language plpgsql as $$
begin
  perform lock_word_counts(current_company());
  with asked as materialized (
    select * from unnest(p_documents, p_numbers, p_visibilities, p_categories, p_texts)
      as a(document_id, number, visibility, category, body)),
  found as materialized (
    select a.document_id, a.number, t.lexeme,
           least(greatest(cardinality(t.positions), 1), 255) as times
    from asked a cross join lateral unnest(to_tsvector('russian', a.body)) t),
  written as materialized (select distinct lexeme from found),
  known as materialized (
    select w.id, w.word from written f
    join knowledge_word w on w.company_id = current_company() and w.word = f.lexeme),
  fresh as (
    insert into knowledge_word (company_id, word)
    select current_company(), f.lexeme from written f
    where not exists (select from known k where k.word = f.lexeme) returning id, word),
  numbered as materialized (select * from known union all select * from fresh),
  counted as (
    select f.document_id, f.number, array_agg(n.id order by n.id) as words, sum(f.times) as length,
           string_agg(set_byte('\x00', 0, f.times), '' order by n.id) as times
    from found f join numbered n on n.word = f.lexeme group by 1, 2)
  insert into knowledge_piece (company_id, document_id, number, source_type, visibility, category,
                               length, words, times)
  select current_company(), a.document_id, a.number, d.source_type, a.visibility, coalesce(a.category, ''),
         coalesce(c.length, 0), coalesce(c.words, '{}'), coalesce(c.times, '')
  from asked a
  join knowledge_document d on d.company_id = current_company() and d.id = a.document_id
  left join counted c on c.document_id = a.document_id and c.number = a.number;
end $$;

-- The words of a question as the index knows them, how often each is asked and in how many pieces it stands.
create or replace function asked_words(p_text text)
returns table (word text, times integer, id integer, pieces integer) language sql stable as $$
  select t.lexeme, greatest(cardinality(t.positions), 1), w.id, w.pieces
  from unnest(to_tsvector('russian', p_text)) t
  left join knowledge_word w on w.company_id = current_company() and w.word = t.lexeme
$$;

-- The conditions that a search is narrowed by, every value quoted.
create or replace function narrowed_to(p_table text, p_narrow jsonb) returns text language sql immutable as $$
  select format('%I.visibility = any(%L::text[])', p_table,
                array(select jsonb_array_elements_text(p_narrow -> 'visibilities')))
    || case when p_narrow ->> 'category' is null then ''
            else format(' and %I.category = %L', p_table, p_narrow ->> 'category') end
    || case when p_narrow ->> 'source_type' is null then ''
            else format(' and %I.source_type = %L', p_table, p_narrow ->> 'source_type') end
    || case when p_narrow ->> 'document_id' is null then ''
            else format(' and %I.document_id = %s', p_table, (p_narrow ->> 'document_id')::bigint) end
    || case when p_narrow ->> 'but_document_id' is null then ''
            else format(' and %I.document_id <> %s', p_table, (p_narrow ->> 'but_document_id')::bigint) end
$$;

-- Pieces that hold any of these words, then those that hold all words of one of these sets, until there are
-- p_limit; some twice. Narrowed before they are ranked. Gives keys and numbers of words, nothing that could
-- be read. p_narrow: {visibilities: […], category, source_type, document_id, but_document_id}.
-- Always by the index over words: a limit in sight, the planner believes to meet enough of them by reading
-- the table from its beginning, and of a million pieces reads most.
create or replace function word_hits(p_any integer[], p_sets jsonb, p_narrow jsonb, p_limit integer)
returns table (document_id bigint, number integer, length integer, words integer[], times bytea)
language plpgsql stable security definer set search_path = public, pg_temp
set enable_seqscan = off set enable_indexscan = off as $$
declare
  v_narrow text := narrowed_to('k', p_narrow);
  v_branches text := (
    select string_agg(format(
             'select * from (select k.document_id, k.number, k.length, k.words, k.times from knowledge_piece k'
             ' where k.company_id = %s and %s and %s offset 0) found',
             coalesce(current_company(), 0), condition, v_narrow), ' union all ' order by place)
    from (select 0 as place, format('k.words && %L::integer[]', p_any) as condition
          where cardinality(p_any) > 0
          union all
          select place, format('k.words @> %L::integer[]', translate(s::text, '[]', '{}'))
          from jsonb_array_elements(p_sets) with ordinality as sets(s, place)) conditions);
begin
  if v_branches is not null then
    return query execute v_branches || ' limit ' || p_limit;
  end if;
end $$;

revoke execute on function word_hits(integer[], jsonb, jsonb, integer) from public;
grant execute on function word_hits(integer[], jsonb, jsonb, integer) to ticketyard_app;
