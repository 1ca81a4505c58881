-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the handler sets the hard limits the offer will carry: {"quotas":[{"meter","period","limit"}]}, one for each meter and
--          period; an empty list takes them away. Once the offer is made it is frozen.
-- Outcomes: ok, not_found, forbidden, not_allowed_here, invalid.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.set_quotas(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_app licensing.application;
    v_errors jsonb;
BEGIN
    IF NOT licensing.is_officer(p_actor) THEN
        RETURN log.refusal('forbidden', 'only the licensing officer sets quotas');
    END IF;
    SELECT * INTO v_app FROM licensing.application WHERE id = p_id FOR UPDATE;
    IF NOT FOUND OR v_app.state = 'draft' THEN
        RETURN log.answer('not_found');
    ELSIF v_app.state NOT IN ('screening', 'returned', 'council_review') THEN
        RETURN log.refusal('not_allowed_here', 'quotas are part of the offer, and this application is ' || v_app.state);
    END IF;
    SELECT pg_catalog.jsonb_agg(licensing.field_error('/quotas/' || (q.n - 1), 'meter of rows, bytes, requests, queries, seconds, tokens; period of day, month, '
        || 'grant; limit from 1 to 2^53 - 1; once for each meter and period')) INTO v_errors
    FROM pg_catalog.jsonb_array_elements(p_body -> 'quotas') WITH ORDINALITY AS q (v, n)
    WHERE COALESCE(q.v - ARRAY['meter', 'period', 'limit'] <> '{}' OR q.v ->> 'meter' NOT IN ('rows', 'bytes', 'requests', 'queries', 'seconds', 'tokens')
            OR q.v ->> 'period' NOT IN ('day', 'month', 'grant') OR pg_catalog.jsonb_typeof(q.v -> 'limit') <> 'number'
            OR (q.v ->> 'limit')::numeric NOT BETWEEN 1 AND 9007199254740991, true)
        OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(p_body -> 'quotas') WITH ORDINALITY AS o (v, n)
                   WHERE o.n < q.n AND o.v ->> 'meter' = q.v ->> 'meter' AND o.v ->> 'period' = q.v ->> 'period');
    IF v_errors IS NOT NULL THEN
        RETURN log.refusal('invalid', 'quotas that are not right', v_errors);
    END IF;
    UPDATE licensing.application SET quotas = p_body -> 'quotas', revision = revision + 1, changed_at = pg_catalog.clock_timestamp()
    WHERE id = p_id AND quotas <> p_body -> 'quotas';
    RETURN log.answer('ok', licensing.application_body(p_id));
END
$$;
