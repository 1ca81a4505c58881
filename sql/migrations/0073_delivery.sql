-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Deliveries know the chain they are part of: a licensee may resume an earlier one a second time, and what any delivery of the chain
-- has counted is not counted again.
SET LOCAL ROLE ch_metering_owner;

ALTER TABLE metering.delivery ADD COLUMN chain_id uuid;
COMMENT ON COLUMN metering.delivery.chain_id IS 'the first delivery of the chain; NULL: this one';

WITH RECURSIVE chain AS (
    SELECT d.pool_id, d.id, d.id AS root FROM metering.delivery AS d WHERE d.resumed_from IS NULL
    UNION ALL
    SELECT d.pool_id, d.id, c.root FROM chain AS c JOIN metering.delivery AS d ON d.pool_id = c.pool_id AND d.resumed_from = c.id)
UPDATE metering.delivery AS d SET chain_id = c.root FROM chain AS c WHERE d.pool_id = c.pool_id AND d.id = c.id AND c.root <> c.id;

CREATE INDEX delivery_of_chain ON metering.delivery (pool_id, chain_id, id) WHERE chain_id IS NOT NULL;

RESET ROLE;
