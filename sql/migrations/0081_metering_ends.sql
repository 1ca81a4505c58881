-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Which deliveries still have a process; why an event of a contribution whose consent did not cover it is kept; jobs that ended are looked up and
-- deleted.
SET LOCAL ROLE ch_job_owner;
CREATE INDEX job_about ON job.job (kind, key, id);
CREATE INDEX job_dead ON job.job (kind, key, finished_at) WHERE state = 'dead';
CREATE INDEX job_ended ON job.job (finished_at) WHERE finished_at IS NOT NULL;
RESET ROLE;

SET LOCAL ROLE ch_licensing_owner;
CREATE OR REPLACE VIEW licensing.grant_overview AS
    SELECT g.id AS grant_id, g.organisation_id, g.pool_id, p.ref AS pool, g.purpose, g.tier, g.terms_version, g.terms_sha256, g.price,
        g.state, g.from_at, g.until_at, o.name AS organisation_name, g.actions, g.modes, g.quotas, g.epoch, g.org_class, g.notice_floor, g.explicit_only
    FROM licensing.data_grant AS g
    JOIN licensing.pool AS p USING (pool_id)
    JOIN licensing.organisation AS o USING (organisation_id);
CREATE VIEW licensing.consent_decision AS
    SELECT e.member_id, e.pool_id, e.purpose, e.recipient_class, e.state IN ('given', 'renewed') AS permits, e.type = 'explicit' AS explicit, e.notice, e.at,
        e.until AS until_at, e.seq
    FROM licensing.consent_event AS e WHERE e.state NOT IN ('requested', 'deferred');
COMMENT ON VIEW licensing.consent_decision IS 'what members decided, so that a reader can ask what stood at an instant: the last by at, of several at one instant one that does not permit, then by seq';
RESET ROLE;

SET LOCAL ROLE ch_metering_owner;

CREATE TABLE metering.delivery_beat (
    pool_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (pool_id, delivery_id)
);
COMMENT ON TABLE metering.delivery_beat IS 'deliveries under way, as the process that sends them says every 10 s, however slowly the client reads. A table of its own: a batch under way holds the delivery''s row';

ALTER TABLE metering.quarantine DROP CONSTRAINT quarantine_reason_check, ADD CONSTRAINT quarantine_reason_check CHECK (reason IN (
    'grant_not_begun', 'grant_pending', 'grant_suspended', 'grant_closed', 'grant_revoked', 'grant_expired', 'contribution_ended', 'consent_missing'));
COMMENT ON TABLE metering.quarantine IS 'events that were acknowledged and are never billed: at their time their grant was not in force, or their contribution not theirs to use. Append-only; an event is here or in usage_event';
COMMENT ON COLUMN metering.quarantine.reason IS 'what the grant was at the event''s time; contribution_ended: its contribution was withdrawn, superseded or erased by then; consent_missing: the consents of its member did not cover the grant''s purpose then';
RESET ROLE;
