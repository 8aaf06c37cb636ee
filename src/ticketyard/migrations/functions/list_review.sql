-- Whether a person is to say what a ticket is about: triage was unsure, nobody else said it, and the
-- ticket is still worked on. The one meaning of "waits for review"; plain, so that it is inlined.
create or replace function waits_for_review(p_need_admin boolean, p_state text, p_category_by text,
                                            p_status text, p_merged_into bigint) returns boolean
language sql immutable as $$
  select p_need_admin and p_state <> 'pending' and p_category_by in ('default', 'triage')
    and p_status in ('open', 'assigned', 'in_progress', 'pending') and p_merged_into is null
$$;
