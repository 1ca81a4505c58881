-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: announces a contribution of a member to an open pool.
-- Outcomes: created, not_found, forbidden, not_allowed_here, stale, invalid, idempotency_conflict.
-- Locks: those of log.replay; the pool's row, so that versions do not collide.
CREATE OR REPLACE FUNCTION licensing.create_contribution(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'create_contribution', p_body);
    v_pool licensing.pool;
    v_row licensing.contribution;
    v_charter integer;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF NOT licensing.is_member(p_actor) THEN
        RETURN log.refusal('forbidden', 'only active members contribute');
    END IF;
    SELECT * INTO v_pool FROM licensing.pool WHERE pool_id = (licensing.find_pool(p_body ->> 'pool')).pool_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such pool');
    ELSIF v_pool.state <> 'open' THEN
        RETURN log.refusal('not_allowed_here', 'the pool does not take uploads: it is ' || v_pool.state);
    END IF;
    SELECT pg_catalog.max(version) INTO v_charter FROM licensing.pool_version WHERE pool_id = v_pool.pool_id;
    IF (p_body #> '{licence,charter_version}') IS DISTINCT FROM pg_catalog.to_jsonb(v_charter) THEN
        RETURN log.refusal('stale', 'the licence statement must accept charter version ' || v_charter);
    END IF;
    IF p_body ->> 'replaces' IS NOT NULL AND NOT EXISTS (SELECT FROM licensing.contribution AS c WHERE c.id = (p_body ->> 'replaces')::uuid
            AND c.member_id = p_actor AND c.pool_id = v_pool.pool_id AND c.state = 'accepted') THEN
        RETURN log.refusal('invalid', 'replaces', pg_catalog.jsonb_build_array(
            licensing.field_error('/replaces', 'not an accepted contribution of yours in this pool')));
    END IF;
    INSERT INTO licensing.contribution (id, pool_id, member_id, version, format, dialect, provenance, licence, charter_version,
        accept_partial, replaces, declared_sha256)
    VALUES (log.new_id(), v_pool.pool_id, p_actor,
        1 + COALESCE((SELECT pg_catalog.max(c.version) FROM licensing.contribution AS c
                      WHERE c.pool_id = v_pool.pool_id AND c.member_id = p_actor), 0),
        p_body ->> 'format', COALESCE(p_body -> 'dialect', '{}'), p_body -> 'provenance', p_body -> 'licence', v_charter,
        COALESCE((p_body ->> 'accept_partial')::boolean, false), (p_body ->> 'replaces')::uuid, p_body ->> 'sha256')
    RETURNING * INTO v_row;
    RETURN log.remember('licensing', p_actor::text, p_key, 'create_contribution', p_body,
        log.answer('created', licensing.contribution_body(v_row)));
END
$$;
