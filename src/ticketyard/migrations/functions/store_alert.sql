-- Keep the alert behind a ticket. p_alert: named like the columns of `alert`.
create or replace function store_alert(p_ticket_id bigint, p_alert jsonb) returns void
language sql as $$
  insert into alert (company_id, ticket_id, provider_id, vendor_alert_id, camera_id,
                     organization_id, alert_data, thumbnail_url, video_clip_url, detection_count)
  select current_company(), p_ticket_id, a.provider_id, a.vendor_alert_id, a.camera_id,
         a.organization_id, coalesce(a.alert_data, '{}'), a.thumbnail_url, a.video_clip_url,
         coalesce(a.detection_count, 0)
  from jsonb_to_record(p_alert) as a(
    provider_id text, vendor_alert_id text, camera_id integer, organization_id text,
    alert_data jsonb, thumbnail_url text, video_clip_url text, detection_count integer)
$$;
