-- shape: rows 4
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Public halves of all signing keys: hex, use, from and until in POSIX seconds (until NULL: no end).
SELECT pg_catalog.encode(k.public_key, 'hex'),
       k.use,
       EXTRACT(epoch FROM k.from_at)::bigint,
       EXTRACT(epoch FROM k.until_at)::bigint
FROM log.signing_key AS k
ORDER BY k.from_at, k.kid
