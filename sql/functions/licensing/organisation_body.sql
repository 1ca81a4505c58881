-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an organisation as its persons and the licensing officer see it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.organisation_body(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', o.organisation_id, 'name', o.name, 'country', o.country, 'vat_id', o.vat_id,
        'address', o.address, 'claimed_class', o.claimed_class, 'class', licensing.class_of(p_id),
        'registered_at', log.time_text(o.registered_at),
        'attested_at', (SELECT log.time_text(pg_catalog.max(a.attested_at)) FROM licensing.attestation AS a
                        WHERE a.organisation_id = p_id AND a.kind = 'non_commercial'))
    FROM licensing.organisation AS o WHERE o.organisation_id = p_id;
$$;
