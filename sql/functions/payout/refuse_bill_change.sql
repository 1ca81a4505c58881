-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a bill stands as it was made; it can be withdrawn, once, while no payment of it is under way.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_bill_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'bills are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.withdrawn_at IS NOT NULL OR pg_catalog.to_jsonb(OLD) - '{withdrawn_at,withdrawn_by}'::text[]
        IS DISTINCT FROM pg_catalog.to_jsonb(NEW) - '{withdrawn_at,withdrawn_by}'::text[] THEN
        RAISE EXCEPTION 'bill % does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
