-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Roles and schemas. Owner roles cannot log in; login roles may only do what grants.sql says.
-- Roles belong to the whole cluster, so they may be there already (another database of the same cluster).
DO $$
DECLARE
    v_schema text;
    v_login text;
BEGIN
    FOREACH v_schema IN ARRAY ARRAY['governance', 'licensing', 'pooldata', 'metering', 'payout', 'log', 'portal', 'job', 'audit'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'ch_' || v_schema || '_owner') THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', 'ch_' || v_schema || '_owner');
        END IF;
        -- The migrator becomes each owner in turn.
        IF NOT pg_catalog.pg_has_role(current_user, 'ch_' || v_schema || '_owner', 'MEMBER') THEN
            EXECUTE pg_catalog.format('GRANT %I TO current_user', 'ch_' || v_schema || '_owner');
        END IF;
        EXECUTE pg_catalog.format('CREATE SCHEMA %I AUTHORIZATION %I', v_schema, 'ch_' || v_schema || '_owner');
    END LOOP;
    FOREACH v_login IN ARRAY ARRAY['governance', 'licensing', 'metering', 'payout', 'log', 'portal', 'worker', 'audit'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'ch_' || v_login) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I LOGIN NOINHERIT CONNECTION LIMIT 200', 'ch_' || v_login);
        END IF;
        -- Statements here are short and called often: compiling one costs a hundred times what it saves.
        EXECUTE pg_catalog.format('ALTER ROLE %I SET jit = off', 'ch_' || v_login);
    END LOOP;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
COMMENT ON SCHEMA governance IS 'members, bodies, proposals, ballots, what is in force';
COMMENT ON SCHEMA licensing IS 'pools, contributions, consent, terms, applications, grants';
COMMENT ON SCHEMA pooldata IS 'the rows of each pool, one typed table a pool';
COMMENT ON SCHEMA metering IS 'deliveries, usage, quotas';
COMMENT ON SCHEMA payout IS 'invoices, receipts, journal, distribution, payouts';
COMMENT ON SCHEMA log IS 'transparency log, outbox, idempotency, identifiers';
COMMENT ON SCHEMA portal IS 'accounts, sign-ins, invites';
COMMENT ON SCHEMA job IS 'work of the worker';
COMMENT ON SCHEMA audit IS 'findings of the auditor';
