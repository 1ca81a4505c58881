-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a dispute is settled once; nothing else of it changes.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_dispute_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'opened' OR (pg_catalog.to_jsonb(OLD) - '{state,decision,settled_txn_id,settled_at,settled_by}'::text[])
        IS DISTINCT FROM (pg_catalog.to_jsonb(NEW) - '{state,decision,settled_txn_id,settled_at,settled_by}'::text[]) THEN
        RAISE EXCEPTION 'dispute % is settled once, and nothing else of it changes', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
