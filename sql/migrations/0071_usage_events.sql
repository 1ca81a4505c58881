-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Usage events of other data planes: whose a source is, what is kept but not billed, and a partition for every key.
SET LOCAL ROLE ch_licensing_owner;
CREATE VIEW licensing.client_overview AS
    SELECT c.id AS client_id, c.organisation_id, c.data_plane, c.ended_at FROM licensing.client AS c;
COMMENT ON VIEW licensing.client_overview IS 'clients as metering must know them: whose, whether a data plane, when ended';
CREATE VIEW licensing.consent_epoch_overview AS
    SELECT e.pool_id, e.epoch FROM licensing.consent_epoch AS e;
COMMENT ON VIEW licensing.consent_epoch_overview IS 'rises with every change of what may be used of a pool: what was read of contributions under another epoch is out of date';
GRANT SELECT ON licensing.client_overview, licensing.consent_epoch_overview TO ch_metering_owner;
RESET ROLE;

SET LOCAL ROLE ch_metering_owner;

-- One URI names one data plane: were it two sources, the same event would be another one by the other's client.
CREATE UNIQUE INDEX source_uri ON metering.source (uri);
CREATE VIEW metering.source_overview AS
    SELECT s.source_no, s.uri, s.client_id, c.organisation_id, s.registered_by, s.registered_at, c.ended_at
    FROM metering.source AS s JOIN licensing.client_overview AS c USING (client_id);
COMMENT ON VIEW metering.source_overview IS 'sources with the organisation whose grants their client reports for; ended_at: of the client';

-- All rows of a transaction have its beginning as their time: metering.add_usage repeats where a month was sealed meanwhile.
ALTER TABLE metering.usage_event ALTER COLUMN received_at SET DEFAULT pg_catalog.now();
COMMENT ON COLUMN metering.usage_event.received_at IS 'beginning of the transaction that accepted it; with it metering.place_usage says again in which month it was counted';
-- The time in an identifier is the sender's word: what lies outside the months that have a partition is unique here.
CREATE TABLE metering.usage_event_other PARTITION OF metering.usage_event DEFAULT;

CREATE TABLE metering.quarantine (
    id uuid PRIMARY KEY DEFAULT log.new_id(),
    source_no integer NOT NULL REFERENCES metering.source,
    event_key uuid NOT NULL,
    event_id text NOT NULL,
    grant_id uuid NOT NULL,
    pool_id uuid NOT NULL,
    meter text NOT NULL CHECK (meter IN ('rows', 'bytes', 'requests', 'queries', 'seconds', 'tokens')),
    units bigint NOT NULL CHECK (units BETWEEN 1 AND 1099511627776),
    contribution_id uuid,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    content_hash bytea NOT NULL CHECK (pg_catalog.octet_length(content_hash) = 32),
    reason text NOT NULL CHECK (reason IN ('grant_not_begun', 'grant_pending', 'grant_suspended', 'grant_closed', 'grant_revoked', 'grant_expired',
                                           'contribution_ended')),
    UNIQUE (source_no, event_key)
);
CREATE INDEX quarantine_of_grant ON metering.quarantine (grant_id, id);
COMMENT ON TABLE metering.quarantine IS 'events that were acknowledged and are never billed: their grant was not in force at their time. Append-only; an event is here or in usage_event';
COMMENT ON COLUMN metering.quarantine.reason IS 'what the grant was at the event''s time; contribution_ended: its contribution was withdrawn, superseded or erased by then';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON metering.quarantine
    FOR EACH STATEMENT EXECUTE FUNCTION metering.refuse_change();
ALTER TABLE metering.quarantine ENABLE ALWAYS TRIGGER append_only;

RESET ROLE;
