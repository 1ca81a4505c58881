-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what any approval must be, whoever inserts it: of a frozen batch that the person did not make, over exactly its text, by a live key of
--          that person.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch payout.batch;
BEGIN
    SELECT * INTO v_batch FROM payout.batch WHERE id = NEW.batch_id;
    IF v_batch.state <> 'frozen' OR v_batch.made_by = NEW.member_id THEN
        RAISE EXCEPTION 'batch % is not frozen, or its maker approves it', NEW.batch_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.text IS DISTINCT FROM payout.approval_text(v_batch, NEW.office_id, pg_catalog.substring(NEW.text, E'\nat ([0-9TZ:-]+)\n$')) THEN
        RAISE EXCEPTION 'the approval is not of batch %', NEW.batch_id USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM payout.approver_key AS k WHERE k.id = NEW.key_id AND k.member_id = NEW.member_id AND k.revoked_at IS NULL) THEN
        RAISE EXCEPTION 'key % is revoked or somebody else''s', NEW.key_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
