-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a salt is kept or erased, which is 32 zeros, and nothing else ever becomes of it.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_salt_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.run, OLD.block, pg_catalog.octet_length(OLD.salts)) = (NEW.run, NEW.block, pg_catalog.octet_length(NEW.salts))
        AND NOT EXISTS (SELECT FROM pg_catalog.generate_series(0, pg_catalog.octet_length(OLD.salts) / 32 - 1) AS g
            WHERE pg_catalog.substr(NEW.salts, g * 32 + 1, 32) NOT IN (pg_catalog.substr(OLD.salts, g * 32 + 1, 32), pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex'))) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of payout.run_salt is refused: a salt is kept or erased', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
