-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes that a vote touches an agreement, tells the licensee, and queues the match under the new terms. p_ends is when the old version
--          ends, at least 30 days after it was proposed here; the clock looks at the agreement then.
-- Outcomes: none.
-- Locks: the unique key of licensing.amendment.
CREATE OR REPLACE FUNCTION licensing.propose_amendment(p_agreement uuid, p_origin uuid, p_terms text, p_ends timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
    v_ends timestamptz := GREATEST(pg_catalog.date_trunc('second', p_ends),
        pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() + interval '2592001 seconds'));
BEGIN
    INSERT INTO licensing.amendment (id, agreement_id, cause, origin, terms_sha256, ends_at)
    VALUES (v_id, p_agreement, 'terms', p_origin, p_terms, v_ends) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO licensing.agreement_due (agreement_id, due_at) VALUES (p_agreement, v_ends) ON CONFLICT DO NOTHING;
        PERFORM job.enqueue('amend_agreement', v_id::text, pg_catalog.jsonb_build_object('amendment', v_id));
        PERFORM log.announce(a.organisation_id, 'agreement.amendment_proposed', v_id::text, pg_catalog.jsonb_build_object('agreement_id', p_agreement,
            'amendment_id', v_id, 'terms_sha256', p_terms, 'ends_at', log.time_text(v_ends)))
        FROM licensing.agreement AS a WHERE a.id = p_agreement;
    END IF;
END
$$;
