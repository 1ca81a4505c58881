-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes one event of one key and keeps consent_current, the fold: the latest deciding event, and of several at one
--          instant one that does not permit. The leaf's id is a commitment, SHA-256 of a salt and the event, and its hash is
--          salted too, so that deleting the salt erases it. The caller holds the pool's lock.
-- Outcomes: none; the event's id.
-- Locks: none of its own.
CREATE OR REPLACE FUNCTION licensing.append_consent(p_event licensing.consent_event) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
    v_salt bytea := pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid());
    v_data bytea;
    v_permits boolean := p_event.state IN ('given', 'renewed');
BEGIN
    -- two UUIDs carry 244 random bits; hashing spreads them over the 32 bytes
    v_salt := pg_catalog.sha256(v_salt);
    INSERT INTO licensing.consent_event (id, record_id, member_id, pool_id, purpose, recipient_class, state, type, notice, language, at,
        until, actor)
    VALUES (v_id, p_event.record_id, p_event.member_id, p_event.pool_id, p_event.purpose, p_event.recipient_class, p_event.state,
        p_event.type, p_event.notice, p_event.language, p_event.at, p_event.until, p_event.actor);
    INSERT INTO licensing.consent_salt (event_id, salt) VALUES (v_id, v_salt);
    v_data := pg_catalog.convert_to(log.canonical(pg_catalog.jsonb_build_object('id', v_id, 'member', p_event.member_id,
        'pool', p_event.pool_id, 'purpose', p_event.purpose, 'recipient_class', p_event.recipient_class, 'state', p_event.state,
        'type', p_event.type, 'notice', p_event.notice, 'at', log.time_text(p_event.at), 'until', log.time_text(p_event.until))), 'UTF8');
    PERFORM log.append_leaf('consent', pg_catalog.encode(pg_catalog.sha256(v_salt || v_data), 'hex'),
        pg_catalog.encode(pg_catalog.sha256(v_data || v_salt), 'hex'), '{}');
    IF p_event.state NOT IN ('requested', 'deferred') THEN
        INSERT INTO licensing.consent_current AS c (pool_id, purpose, recipient_class, member_id, event_id, permits, explicit, notice, at, until)
        VALUES (p_event.pool_id, p_event.purpose, p_event.recipient_class, p_event.member_id, v_id, v_permits, p_event.type = 'explicit',
            p_event.notice, p_event.at, p_event.until)
        ON CONFLICT (pool_id, purpose, recipient_class, member_id) DO UPDATE SET event_id = EXCLUDED.event_id,
            permits = EXCLUDED.permits, explicit = EXCLUDED.explicit, notice = EXCLUDED.notice, at = EXCLUDED.at, until = EXCLUDED.until
        WHERE c.at < EXCLUDED.at OR c.at = EXCLUDED.at AND c.permits;
    END IF;
    RETURN v_id;
END
$$;
