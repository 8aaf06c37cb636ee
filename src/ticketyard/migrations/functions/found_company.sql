-- A new company has to be made before anybody can act in it. Gives its id.
create or replace function found_company(
  p_name text, p_slug text, p_locale text, p_timezone text, p_languages text[], p_at timestamptz default null)
returns integer language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_id integer;
begin
  insert into company (name, slug, locale, timezone, languages)
  values (p_name, p_slug, p_locale, p_timezone, p_languages) returning id into v_id;
  perform seed_sla(v_id, p_timezone, coalesce(p_at, now()));
  perform seed_solutions(v_id);
  return v_id;
end $$;

revoke execute on function found_company(text, text, text, text, text[], timestamptz) from public;
grant execute on function found_company(text, text, text, text, text[], timestamptz) to ticketyard_app;
