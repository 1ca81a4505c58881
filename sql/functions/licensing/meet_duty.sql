-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the licensee's proof of a duty of a grant: a dated declaration, with a document where the duty asks for one (p_body: duty, statement,
--          done_on, document {name, media_type and either content in base64 or sha256 and url}). Meets the oldest open row of that duty
--          that has begun: no report on a year that lies ahead. A report takes an overdue report's suspension away at once.
-- Outcomes: created, invalid, not_allowed_here.
-- Locks: the caller's: advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.meet_duty(p_actor uuid, p_grant licensing.data_grant, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_row licensing.duty_due;
    v_bytes bytea := pg_catalog.decode(p_body #>> '{document,content}', 'base64');
    v_on date := COALESCE((p_body ->> 'done_on')::date, (v_now AT TIME ZONE 'UTC')::date);
BEGIN
    SELECT * INTO v_row FROM licensing.duty_due AS d WHERE d.grant_id = p_grant.id AND d.duty = p_body ->> 'duty' AND d.met_at IS NULL
        AND d.cancelled_at IS NULL AND (d.from_at <= v_now OR d.due_at <= v_now) ORDER BY d.n LIMIT 1;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM licensing.duty_due AS d WHERE d.grant_id = p_grant.id AND d.duty = p_body ->> 'duty') THEN
        RETURN log.refusal('invalid', 'no such duty', pg_catalog.jsonb_build_array(licensing.field_error('/duty', 'not a duty of this grant')));
    ELSIF v_row.id IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'nothing of this duty is open');
    ELSIF v_row.proof = 'automatic' THEN
        RETURN log.refusal('not_allowed_here', 'this duty is proven by what is metered and paid');
    ELSIF v_on > (v_now AT TIME ZONE 'UTC')::date THEN
        RETURN log.refusal('invalid', 'done_on', pg_catalog.jsonb_build_array(licensing.field_error('/done_on', 'lies ahead')));
    ELSIF v_row.proof = 'document' AND p_body -> 'document' IS NULL THEN
        RETURN log.refusal('invalid', 'a document is needed', pg_catalog.jsonb_build_array(licensing.field_error('/document', 'this duty asks for one')));
    END IF;
    INSERT INTO licensing.duty_proof (duty_due_id, statement, done_on, document, document_url, document_name, document_type, document_sha256, person)
    VALUES (v_row.id, p_body ->> 'statement', v_on, v_bytes, p_body #>> '{document,url}', p_body #>> '{document,name}',
        p_body #>> '{document,media_type}', COALESCE(pg_catalog.encode(pg_catalog.sha256(v_bytes), 'hex'), p_body #>> '{document,sha256}'), p_actor);
    UPDATE licensing.duty_due SET met_at = v_now WHERE id = v_row.id;
    PERFORM licensing.review_grant(p_grant.id);
    RETURN log.answer('created', licensing.duty_body(v_row.id, false));
END
$$;
