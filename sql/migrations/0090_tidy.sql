-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What nobody calls goes; what is kept of answers for aggregates is packed quickly: it is close to random, and packing it well took longer than storing it.
DROP FUNCTION IF EXISTS payout.list_suspense(uuid, integer, integer, uuid);
ALTER TABLE metering.query_answer ALTER COLUMN sketch SET COMPRESSION lz4;
