-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: until when an organisation's newest attestation of non-commercial use lasts, for a tier that asks for one every p_days days;
--          NULL: it never attested.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.attested_until(p_organisation uuid, p_days integer) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.max(a.attested_at) + p_days * interval '86400 seconds' FROM licensing.attestation AS a
    WHERE a.organisation_id = p_organisation AND a.kind = 'non_commercial';
$$;
