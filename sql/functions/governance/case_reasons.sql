-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: why a seat may say it votes as it does: a closed list, the same as CASE_REASONS in services/governance/governance.h and CaseReason
--          in docs/api/governance.yaml, which says what each means.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.case_reasons() RETURNS text[]
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY['fits_purpose', 'public_benefit', 'no_harm', 'safeguards', 'consent', 'proportionate', 'precedent', 'purpose', 'benefit', 'harm',
        'group_harm', 'discrimination', 'privacy', 'reidentification', 'security', 'disproportionate', 'unclear', 'evidence', 'legal', 'conduct',
        'capacity', 'other'];
$$;
