-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a commitment is spent or lapses and nothing else; what lapsed is over.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_commitment_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'commitments are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.lapsed_at IS NOT NULL OR pg_catalog.to_jsonb(OLD) - '{spent,lapsed,lapse_txn_id,lapse_reason,lapsed_at}'::text[]
        IS DISTINCT FROM pg_catalog.to_jsonb(NEW) - '{spent,lapsed,lapse_txn_id,lapse_reason,lapsed_at}'::text[] THEN
        RAISE EXCEPTION 'commitment % does not change this way', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
