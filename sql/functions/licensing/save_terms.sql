-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores a draft (p_id NULL: a new one) and what C decided on it. p_context is what C decided with: stale when the terms
--          in force, the schema or the notices have moved. Errors do not prevent saving a draft.
-- Outcomes: created, ok, not_found, forbidden, stale, not_allowed_here, idempotency_conflict.
-- Locks: those of log.replay; the draft's row.
CREATE OR REPLACE FUNCTION licensing.save_terms(p_actor uuid, p_key text, p_id uuid, p_revision bigint, p_canonical text, p_context jsonb,
    p_review jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_what text := 'save_terms ' || COALESCE(p_id::text, 'new');
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, v_what, p_canonical::jsonb);
    v_now jsonb;
    v_hash text := pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p_canonical, 'UTF8')), 'hex');
    v_row licensing.terms;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    v_answer := licensing.load_terms_context(p_actor, p_context ->> 'pool');
    IF v_answer.outcome <> 'ok' THEN
        RETURN v_answer;
    END IF;
    v_now := v_answer.body;
    IF (v_now ->> 'compared_with', v_now ->> 'schema_sha256', v_now ->> 'notice')
        IS DISTINCT FROM (p_context ->> 'compared_with', p_context ->> 'schema_sha256', p_context ->> 'notice') THEN
        RETURN log.answer('stale');
    END IF;
    IF p_id IS NULL THEN
        INSERT INTO licensing.terms (id, pool_id, version, sha256, doc, canonical, author)
        VALUES (log.new_id(), (v_now ->> 'pool_id')::uuid, (p_canonical::jsonb ->> 'version')::integer, v_hash, p_canonical::jsonb, p_canonical, p_actor)
        RETURNING * INTO v_row;
    ELSE
        SELECT * INTO v_row FROM licensing.terms WHERE id = p_id AND author = p_actor FOR UPDATE;
        IF NOT FOUND OR v_row.pool_id <> (v_now ->> 'pool_id')::uuid THEN
            RETURN log.answer('not_found');
        ELSIF v_row.submitted_at IS NOT NULL THEN
            RETURN log.refusal('not_allowed_here', 'a submitted document is immutable: draft another');
        ELSIF v_row.revision <> p_revision THEN
            RETURN log.answer('stale');
        END IF;
        UPDATE licensing.terms SET sha256 = v_hash, doc = p_canonical::jsonb, canonical = p_canonical, revision = revision + 1,
            version = (p_canonical::jsonb ->> 'version')::integer, updated_at = pg_catalog.clock_timestamp()
        WHERE id = p_id RETURNING * INTO v_row;
    END IF;
    INSERT INTO licensing.terms_review (sha256, compared_with, schema_sha256, notice, errors, narrowing, floor)
    VALUES (v_hash, v_now ->> 'compared_with', v_now ->> 'schema_sha256', (v_now ->> 'notice')::integer, p_review -> 'errors',
        p_review -> 'narrowing', (v_now ->> 'new_notice')::integer)
    ON CONFLICT DO NOTHING;
    RETURN log.remember('licensing', p_actor::text, p_key, v_what, p_canonical::jsonb,
        log.answer(CASE WHEN p_id IS NULL THEN 'created' ELSE 'ok' END, licensing.terms_body(v_row)));
END
$$;
