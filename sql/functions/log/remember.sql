-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps the answer of a keyed write and passes it on: RETURN log.remember('licensing', p_actor::text, p_key, what, p_body, answer).
--          Only successes are kept: a refusal may be repeated and be answered otherwise later. What is shown once is not kept: in the
--          stored body true stands for a secret, and the function that repeats the answer knows what to show instead.
-- Outcomes: the one given.
-- Locks: those taken by log.replay.
CREATE OR REPLACE FUNCTION log.remember(p_schema text, p_actor text, p_key text, p_what text, p_body jsonb, p_answer log.answer)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_body jsonb := p_answer.body;
    v_name text;
BEGIN
    FOREACH v_name IN ARRAY ARRAY['invite', 'client_secret', 'password', 'secret'] LOOP
        IF v_body ->> v_name IS NOT NULL THEN
            v_body := v_body || pg_catalog.jsonb_build_object(v_name, true);
        END IF;
    END LOOP;
    IF p_key IS NOT NULL THEN
        INSERT INTO log.idempotency (schema_name, actor, key, request_sha256, outcome, body)
        VALUES (p_schema, p_actor, p_key,
                pg_catalog.sha256(pg_catalog.convert_to(p_what || ' ' || COALESCE(p_body::text, ''), 'UTF8')),
                p_answer.outcome, v_body);
    END IF;
    RETURN p_answer;
END
$$;
