-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What rules are about is worked out for all of them at once: audit.reach.
DROP FUNCTION IF EXISTS audit.touches(jsonb, text, text), audit.is_open(jsonb, text, text), audit.lifts_prohibition(jsonb, jsonb, text, text);
