-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what stands for a text in audit.progress; bound as audit.month_of is.
-- Outcomes: none; NULL counts as the empty text.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.digest(p_text text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(COALESCE(p_text, ''), 'UTF8')), 'hex');
