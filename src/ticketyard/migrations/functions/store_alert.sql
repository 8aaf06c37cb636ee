-- One row of `alert`. p_alert: named like its columns; what is not said takes the column's default.
create or replace function insert_alert(p_alert jsonb) returns bigint
language sql as $$
  insert into alert (
    company_id, ticket_id, provider_id, shared_in, fingerprint, vendor_alert_id, camera_id,
    organization_id, title, description, severity, state, is_event, is_latched, alarm_type, alert_data, labels,
    link_url, thumbnail_url, video_clip_url, detection_count, started_at, fired_at, first_occurred_at,
    last_occurred_at, recovered_at, changed_states, flapping_since, group_key, storm_id, suppressed_by,
    created_at)
  select current_company(), a.ticket_id, a.provider_id, a.shared_in, a.fingerprint,
    a.vendor_alert_id, a.camera_id, a.organization_id, coalesce(a.title, ''), coalesce(a.description, ''),
    coalesce(a.severity, 'medium'), coalesce(a.state, 'firing'), coalesce(a.is_event, false),
    coalesce(a.is_latched, false), a.alarm_type, coalesce(a.alert_data, '{}'),
    coalesce(a.labels, '{}'), a.link_url, a.thumbnail_url, a.video_clip_url,
    coalesce(a.detection_count, 0), a.started_at,
    case when coalesce(a.state, 'firing') = 'firing' then coalesce(a.created_at, now()) end,
    coalesce(a.occurred_at, now()),
    coalesce(a.occurred_at, now()), a.recovered_at, coalesce(a.changed_states, array[coalesce(a.created_at, now())]),
    a.flapping_since, a.group_key, a.storm_id, a.suppressed_by,
    coalesce(a.created_at, now())
  from jsonb_to_record(p_alert) as a(
    ticket_id bigint, provider_id text, shared_in text, fingerprint text, vendor_alert_id text, camera_id integer,
    organization_id text, title text, description text, severity text, state text, is_event boolean,
    is_latched boolean, alarm_type text, alert_data jsonb, labels jsonb, link_url text,
    thumbnail_url text, video_clip_url text, detection_count integer, started_at timestamptz,
    occurred_at timestamptz, recovered_at timestamptz, changed_states timestamptz[],
    flapping_since timestamptz, group_key text, storm_id bigint, suppressed_by integer, created_at timestamptz)
  returning id
$$;

-- Keep the alert behind a ticket that came as a message (intake/receiving.py). p_alert: named like the
-- columns of `alert`.
create or replace function store_alert(p_ticket_id bigint, p_alert jsonb) returns void
language sql as $$
  select insert_alert(p_alert || jsonb_build_object(
    'ticket_id', p_ticket_id, 'is_event', true,
    'fingerprint', coalesce('id:' || (p_alert ->> 'vendor_alert_id'), 'one:' || gen_random_uuid())))
$$;
