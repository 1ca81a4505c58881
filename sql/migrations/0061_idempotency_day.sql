-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Remembered answers live for a day and hold no secret: an index for log.tick, which deletes the older ones, and codes kept so far go.
SET LOCAL ROLE ch_log_owner;

CREATE INDEX idempotency_at ON log.idempotency (at);
UPDATE log.idempotency SET body = body || '{"invite": true}' WHERE body ->> 'invite' IS NOT NULL;
COMMENT ON TABLE log.idempotency IS 'answers of keyed writes for 24 hours: same key and same request, the same answer again; secrets in it are replaced by true';

RESET ROLE;
