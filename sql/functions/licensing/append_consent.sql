-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes one event of one key and keeps consent_current, the fold: the latest deciding event, and of several at one
--          instant one that does not permit. A clock that was set back does not let an older event win: the new one is dated by what
--          stands then. The leaf's id is a commitment, SHA-256 of a salt and the event, and its hash is salted too, so that deleting
--          the salt erases it. Where coverage is lost the tombstones of delivered rows are asked for. The caller has raised the
--          pool's consent epoch and so holds its lock.
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
    v_decides boolean := p_event.state NOT IN ('requested', 'deferred');
    v_permits boolean := p_event.state IN ('given', 'renewed');
    v_before licensing.consent_current;
BEGIN
    -- two UUIDs carry 244 random bits; hashing spreads them over the 32 bytes
    v_salt := pg_catalog.sha256(v_salt);
    IF v_decides THEN
        SELECT * INTO v_before FROM licensing.consent_current AS c WHERE c.pool_id = p_event.pool_id AND c.purpose = p_event.purpose
            AND c.recipient_class = p_event.recipient_class AND c.member_id = p_event.member_id;
        IF v_before.at > p_event.at THEN
            p_event.at := v_before.at + CASE WHEN v_permits THEN interval '1 microsecond' ELSE interval '0' END;
        END IF;
    END IF;
    INSERT INTO licensing.consent_event (id, record_id, member_id, pool_id, purpose, recipient_class, state, type, notice, language, at,
        until, actor, charter_version)
    VALUES (v_id, p_event.record_id, p_event.member_id, p_event.pool_id, p_event.purpose, p_event.recipient_class, p_event.state,
        p_event.type, p_event.notice, p_event.language, p_event.at, p_event.until, p_event.actor,
        (SELECT pg_catalog.max(v.version) FROM licensing.pool_version AS v WHERE v.pool_id = p_event.pool_id));
    INSERT INTO licensing.consent_salt (event_id, salt) VALUES (v_id, v_salt);
    v_data := pg_catalog.convert_to(log.canonical(pg_catalog.jsonb_build_object('id', v_id, 'member', p_event.member_id,
        'pool', p_event.pool_id, 'purpose', p_event.purpose, 'recipient_class', p_event.recipient_class, 'state', p_event.state,
        'type', p_event.type, 'notice', p_event.notice, 'at', log.time_text(p_event.at), 'until', log.time_text(p_event.until))), 'UTF8');
    PERFORM log.append_leaf('consent', pg_catalog.encode(pg_catalog.sha256(v_salt || v_data), 'hex'),
        pg_catalog.encode(pg_catalog.sha256(v_data || v_salt), 'hex'), '{}');
    IF NOT v_decides THEN
        RETURN v_id;
    END IF;
    INSERT INTO licensing.consent_current AS c (pool_id, purpose, recipient_class, member_id, event_id, permits, explicit, notice, at, until, epoch)
    VALUES (p_event.pool_id, p_event.purpose, p_event.recipient_class, p_event.member_id, v_id, v_permits, p_event.type = 'explicit',
        p_event.notice, p_event.at, p_event.until,
        COALESCE((SELECT e.epoch FROM licensing.consent_epoch AS e WHERE e.pool_id = p_event.pool_id), 0))
    ON CONFLICT (pool_id, purpose, recipient_class, member_id) DO UPDATE SET event_id = EXCLUDED.event_id,
        permits = EXCLUDED.permits, explicit = EXCLUDED.explicit, notice = EXCLUDED.notice, at = EXCLUDED.at, until = EXCLUDED.until,
        epoch = EXCLUDED.epoch
    WHERE c.at < EXCLUDED.at OR c.at = EXCLUDED.at AND (c.permits OR NOT EXCLUDED.permits);
    IF v_before.permits AND (NOT v_permits OR v_before.explicit AND p_event.type <> 'explicit' OR p_event.notice < v_before.notice) THEN
        PERFORM job.enqueue('write_tombstones', p_event.pool_id::text, pg_catalog.jsonb_build_object('pool', p_event.pool_id));
    END IF;
    RETURN v_id;
END
$$;
