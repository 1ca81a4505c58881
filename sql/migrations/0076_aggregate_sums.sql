-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Answers to queries are held against those of all grants of the organisation on the pool: they are counted, and looked up, by organisation.
-- Those kept so far are of a form that cannot be compared with new ones; they go on standing in the way of their own grant.
SET LOCAL ROLE ch_metering_owner;

CREATE TABLE metering.answer_history (
    pool_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    answers bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (pool_id, organisation_id)
);
COMMENT ON TABLE metering.answer_history IS 'answers kept of an organisation on a pool: a query that was decided on an older number is decided again';

INSERT INTO metering.answer_history (pool_id, organisation_id, answers)
SELECT q.pool_id, q.organisation_id, pg_catalog.count(*)
FROM metering.query_answer AS a JOIN metering.query AS q ON q.pool_id = a.pool_id AND q.id = a.query_id
GROUP BY q.pool_id, q.organisation_id;

DROP TABLE metering.query_history;

CREATE INDEX query_of_organisation ON metering.query (pool_id, organisation_id, id);
COMMENT ON TABLE metering.query_answer IS 'what later queries of the organisation are held against: which rows of which members went into which shown cell, as hashes or as sums of hashes';
COMMENT ON COLUMN metering.query.same_as IS 'the earlier query of the organisation that was answered from the same rows in the same cells: nothing new was kept';

-- their arguments are others now
DROP FUNCTION IF EXISTS metering.begin_query(uuid, uuid);
DROP FUNCTION IF EXISTS metering.earlier_answers(uuid, uuid);

RESET ROLE;
