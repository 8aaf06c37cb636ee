-- Take in one message that is a ticket: raw, ticket, files and alert, once, in a single statement.
-- Nothing is locked in advance: two that bring the same message at the same moment meet at a unique
-- index, one of them fails as a whole, and its caller asks again and finds the other's ticket.
--
-- p_message: {source, identity, by_key, sha256, content_type}; by_key: the identity is a key of the
-- sender's choosing, so the same with another content is a mistake and not a new version.
-- `joins` in it: the ticket that the message continues, which it is kept under instead of opening one.
-- p_ticket: as open_tickets takes it.  p_files: named like the columns of attachment, or null.
-- o_outcome: created; joined; repeated (filed before); replayed (the same key again); other_body (the same
-- key for something else); key_revoked.
create or replace function receive_ticket(
  p_company integer, p_message jsonb, p_raw bytea, p_ticket jsonb, p_files jsonb, p_alert jsonb,
  p_by jsonb, p_listeners text[],
  out o_outcome text, out o_id bigint, out o_number text, out o_status text)
language plpgsql as $$
declare
  v_source text := p_message ->> 'source';
  v_identity text := p_message ->> 'identity';
  v_sha256 text := p_message ->> 'sha256';
  v_by_key boolean := (p_message ->> 'by_key')::boolean;
  v_reference text := p_ticket ->> 'source_reference';
  v_known inbound_message;
begin
  perform enter_company(p_company);
  if p_by ->> 'kind' = 'integration' and not exists (
    select from api_key k where k.id = (p_by ->> 'id')::integer and k.revoked_at is null) then
    o_outcome := 'key_revoked';
    return;
  end if;

  select * into v_known from inbound_message m
  where m.company_id = p_company and m.source = v_source and m.identity = v_identity;
  if v_known.ticket_id is not null then
    if v_by_key and v_known.sha256 <> v_sha256 then
      o_outcome := 'other_body';
      return;
    end if;
    o_outcome := case when v_by_key then 'replayed' else 'repeated' end;
    select t.id, t.number, t.status into o_id, o_number, o_status
    from ticket t where t.id = v_known.ticket_id;
    perform note_repeat(v_known, v_sha256, p_message ->> 'content_type', p_raw);
    return;
  end if;

  if v_reference is not null then
    select t.id, t.number, t.status into o_id, o_number, o_status from ticket t
    where t.company_id = p_company and t.source = v_source and t.source_reference = v_reference;
  end if;
  if o_id is not null then
    o_outcome := 'repeated';
  elsif p_message ->> 'joins' is not null then
    o_outcome := 'joined';
    select t.id, t.number, t.status into strict o_id, o_number, o_status
    from ticket t where t.company_id = p_company and t.id = (p_message ->> 'joins')::bigint;
  else
    o_outcome := 'created';
    o_status := coalesce(p_ticket ->> 'status', 'open');
    select o.id, o.number into o_id, o_number
    from open_tickets(jsonb_build_array(with_own_category(p_ticket)), p_by, p_listeners) o;
    if p_files is not null then
      insert into attachment (company_id, ticket_id, filename, content_type, size_bytes, sha256,
                              blob_key, foreign_reference)
      select p_company, o_id, f.filename, f.content_type, f.size_bytes, f.sha256, f.blob_key,
             f.foreign_reference
      from jsonb_to_recordset(p_files) as f(
        filename text, content_type text, size_bytes bigint, sha256 text, blob_key text,
        foreign_reference text);
    end if;
    if p_alert is not null then
      perform store_alert(o_id, p_alert);
    end if;
  end if;

  if v_known.id is null then
    insert into inbound_message (company_id, source, identity, sha256, content_type, raw, ticket_id)
    values (p_company, v_source, v_identity, v_sha256, p_message ->> 'content_type', p_raw, o_id);
  else
    -- Its ticket was deleted since: the message opened a new one.
    update inbound_message m set ticket_id = o_id, repeats = repeats + 1 where m.id = v_known.id;
  end if;
end $$;

-- A message that is known came again. With other words than before it is kept beside the first.
create or replace function note_repeat(
  p_known inbound_message, p_sha256 text, p_content_type text, p_raw bytea)
returns void language plpgsql as $$
begin
  if p_known.sha256 = p_sha256 then
    update inbound_message set repeats = repeats + 1 where id = p_known.id;
  else
    insert into inbound_message as m (company_id, source, identity, sha256, content_type, raw,
                                      ticket_id)
    values (p_known.company_id, p_known.source, p_known.identity || '#' || p_sha256, p_sha256,
            p_content_type, p_raw, p_known.ticket_id)
    on conflict (company_id, source, identity) do update set repeats = m.repeats + 1;
  end if;
end $$;

-- The ticket with a category of the company's own list or none: the source's word itself where the
-- list has it, under its present or a former name, else what we mapped it to.
create or replace function with_own_category(p_ticket jsonb) returns jsonb
language plpgsql stable as $$
declare
  v_word text := p_ticket ->> 'source_category';
  v_mapped text := p_ticket ->> 'category';
  v_name text;
  v_is_theirs boolean;
begin
  if v_word is null and v_mapped is null then
    return p_ticket;
  end if;
  select n.name, n.called = lower(v_word) into v_name, v_is_theirs
  from (
    select c.name, lower(c.name) as called from category c
    where c.company_id = current_company() and c.is_active
    union all
    select c.name, lower(former.name) from category c
    join company k on k.id = c.company_id
    cross join lateral jsonb_array_elements_text(
      coalesce(k.settings -> 'former_categories' -> c.name, '[]')) as former(name)
    where c.company_id = current_company() and c.is_active) n
  where n.called = lower(v_word) or n.called = lower(v_mapped)
  order by (n.called = lower(v_word)) desc nulls last limit 1;
  return p_ticket || jsonb_build_object(
    'category', v_name,
    'category_by', case
      when v_name is null then 'default'
      when v_is_theirs then 'source'
      else p_ticket ->> 'category_by' end);
end $$;
