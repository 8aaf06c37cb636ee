-- What runs with its owner's power is for the program alone, not for whoever else has an account in
-- this PostgreSQL.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select oid from pg_proc where prosecdef and pronamespace = 'public'::regnamespace
      and proowner = (select oid from pg_roles where rolname = current_user)
  loop
    execute format('revoke execute on function %s from public', v_function);
    execute format('grant execute on function %s to ticketyard_app', v_function);
  end loop;
end $$;
