-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a batch goes forward; what was frozen stays; three people before release.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_batch_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'batches are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'draft' AND (pg_catalog.to_jsonb(OLD) - '{state,txn_id,reason}'::text[])
        IS DISTINCT FROM (pg_catalog.to_jsonb(NEW) - '{state,txn_id,reason}'::text[]) THEN
        RAISE EXCEPTION 'batch % is frozen: nothing changes any more', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.txn_id IS NOT NULL AND OLD.txn_id IS DISTINCT FROM NEW.txn_id THEN
        RAISE EXCEPTION 'batch % is released already', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'frozen'), ('draft', 'cancelled'), ('frozen', 'approved'),
        ('frozen', 'cancelled'), ('approved', 'releasing'), ('approved', 'cancelled'), ('releasing', 'sent'), ('releasing', 'refused'),
        ('releasing', 'unknown'), ('unknown', 'sent'), ('unknown', 'refused'), ('sent', 'closed'), ('refused', 'closed')) THEN
        RAISE EXCEPTION 'batch % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    -- Y8: three people, two offices, before anything is released.
    IF NEW.state IN ('approved', 'releasing') AND OLD.state <> NEW.state AND (
        SELECT pg_catalog.count(DISTINCT a.member_id) < 2 OR pg_catalog.bool_and(a.body = 'treasurer') FROM payout.approval AS a
        WHERE a.batch_id = NEW.id AND a.member_id <> NEW.made_by) THEN
        RAISE EXCEPTION 'batch % has not been approved by two people other than its maker, of two offices with the treasurer''s', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
