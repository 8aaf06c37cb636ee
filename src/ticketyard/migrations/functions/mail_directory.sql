-- Which mailboxes are to be read, across companies: the mail process asks every other second. `mark`
-- changes when something changes that it has to connect anew for; it says nothing of what that is.
create or replace function mailbox_directory()
returns table (company_id integer, mailbox_id integer, mark text)
language sql stable security definer set search_path = public, pg_temp as $$
  select m.company_id, m.id,
         md5(row(m.imap_server, m.imap_port, m.imap_security, m.username, m.auth, m.secret, m.folder,
                 m.poll_seconds, m.look_back_hours, m.after_filing, m.move_to)::text)
  from mailbox m where m.is_enabled order by m.company_id, m.id
$$;

-- Companies whose mail waits to be filed.
create or replace function waiting_mail() returns table (company_id integer)
language sql stable security definer set search_path = public, pg_temp as $$
  select distinct m.company_id from mail_message m where m.outcome = 'waiting' and m.ready_at <= now()
$$;

-- How each mailbox of the whole installation is doing, for the counters.
create or replace function mailbox_health()
returns table (mailbox_id integer, is_failing boolean, seconds_since_success double precision)
language sql stable security definer set search_path = public, pg_temp as $$
  select m.id, m.failing_since is not null,
         extract(epoch from now() - coalesce(m.succeeded_at, m.created_at))
  from mailbox m where m.is_enabled order by m.id
$$;

revoke execute on function mailbox_directory(), waiting_mail(), mailbox_health() from public;
grant execute on function mailbox_directory(), waiting_mail(), mailbox_health() to ticketyard_app;
