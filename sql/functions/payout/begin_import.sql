-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a reader of a bank file needs: an id for what it stages, the book's currency and the digits of its minor unit, as the rule in force writes them.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.begin_import() RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', log.new_id(), 'currency', payout.currency(), 'minor_digits',
        COALESCE((SELECT (b.doc->>'minor_digits')::integer FROM governance.benefit_rule_in_force AS b WHERE b.until_at IS NULL ORDER BY b.from_at DESC LIMIT 1), 2));
$$;
