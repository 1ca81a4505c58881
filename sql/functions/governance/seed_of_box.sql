-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the seed of a sealed vote's lots: SHA-256 of commonhold-lot/1 and the keys of all opened ballots, sorted by byte. Of an unlinked box, whose
--          keys are kept nowhere, what its opening said.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.seed_of_box(p_box text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT m.lot_seed::text FROM governance.merged_box AS m WHERE m.box = p_box),
        (SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to('commonhold-lot/1', 'UTF8') || COALESCE(pg_catalog.string_agg(o.key, ''::bytea ORDER BY o.key), '')), 'hex')
         FROM governance.opened_choice AS o WHERE o.box = p_box));
$$;
