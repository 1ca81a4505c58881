-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends the bootstrap clause when every class has enough eligible members. True when it ended now.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.end_bootstrap() RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_counts jsonb;
BEGIN
    IF NOT governance.is_bootstrap() OR NOT EXISTS (SELECT FROM governance.charter) THEN
        RETURN false;
    END IF;
    SELECT pg_catalog.jsonb_object_agg(o.code, (SELECT pg_catalog.count(*) FROM governance.member_standing AS s WHERE s.class = o.code AND s.eligible))
    INTO v_counts FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) AS o (code);
    IF EXISTS (SELECT FROM pg_catalog.jsonb_each_text(v_counts) AS c, governance.charter AS h
               WHERE c.value::bigint < (h.doc -> 'bootstrap' ->> 'min_per_class')::bigint) THEN
        RETURN false;
    END IF;
    INSERT INTO governance.bootstrap_end (ended_at, counts) VALUES (pg_catalog.now(), v_counts) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;
