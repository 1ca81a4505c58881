-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the licensing officer says which client reports usage under a source. Body: client_id, uri. A source that is the client's already is
--          answered as it is.
-- Outcomes: created, ok, forbidden, invalid, source_taken, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION metering.register_source(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('metering', p_actor::text, p_key, 'register_source', p_body);
    v_source metering.source_overview;
    v_new boolean;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF NOT governance.is_office(p_actor, 'licensing_officer') THEN
        RETURN log.refusal('forbidden', 'only the licensing officer registers sources');
    ELSIF NOT EXISTS (SELECT FROM licensing.client_overview AS c WHERE c.client_id = p_body ->> 'client_id' AND c.data_plane AND c.ended_at IS NULL) THEN
        RETURN log.refusal('invalid', 'client_id', '[{"pointer":"/client_id","detail":"is no client registered as a data plane"}]');
    END IF;
    INSERT INTO metering.source (client_id, uri, registered_by) VALUES (p_body ->> 'client_id', p_body ->> 'uri', p_actor) ON CONFLICT DO NOTHING;
    v_new := FOUND;
    SELECT * INTO v_source FROM metering.source_overview AS s WHERE s.uri = p_body ->> 'uri';
    IF v_source.client_id <> p_body ->> 'client_id' THEN
        RETURN log.refusal('source_taken', 'another client reports under this source');
    END IF;
    RETURN log.remember('metering', p_actor::text, p_key, 'register_source', p_body,
        log.answer(CASE WHEN v_new THEN 'created' ELSE 'ok' END, metering.source_body(v_source)));
END
$$;
