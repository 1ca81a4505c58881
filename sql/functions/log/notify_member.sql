-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: queues a notice for a member in the caller's transaction; once for each member, subject and kind, however often it is said.
-- Outcomes: none.
-- Locks: the unique key of log.outbox.
CREATE OR REPLACE FUNCTION log.notify_member(p_member uuid, p_subject text, p_kind text, p_body jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO log.outbox (topic, unique_key, payload)
    VALUES ('notice', 'notice:' || p_member || ':' || p_subject || ':' || p_kind,
        pg_catalog.jsonb_build_object('member', p_member, 'subject', p_subject, 'kind', p_kind, 'body', COALESCE(p_body, '{}')))
    ON CONFLICT (unique_key) DO NOTHING;
$$;
