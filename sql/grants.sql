-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Who may execute or read what. Applied by every migrate after the functions; the security review starts here.
-- Everything is taken away first: what is not written here nobody has.
DO $$
DECLARE
    v_schema text;
    v_owner text;
    v_role text;
BEGIN
    FOREACH v_schema IN ARRAY ARRAY['governance', 'licensing', 'pooldata', 'metering', 'payout', 'log', 'portal', 'job', 'audit'] LOOP
        v_owner := 'ch_' || v_schema || '_owner';
        EXECUTE pg_catalog.format('SET LOCAL ROLE %I', v_owner);
        FOR v_role IN SELECT rolname FROM pg_catalog.pg_roles WHERE rolname ~ '^ch_' AND rolname <> v_owner UNION ALL SELECT 'public' LOOP
            IF v_role = 'public' THEN
                EXECUTE pg_catalog.format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC', v_schema);
                EXECUTE pg_catalog.format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC', v_schema);
            ELSE
                EXECUTE pg_catalog.format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM %I', v_schema, v_role);
                IF v_schema <> 'pooldata' THEN
                    EXECUTE pg_catalog.format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I', v_schema, v_role);
                END IF;
                EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO %I', v_schema, v_role);
            END IF;
        END LOOP;
        RESET ROLE;
    END LOOP;
END
$$;
