-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Webhooks to licensees (licensing.md section 12): endpoints, their keys, events and deliveries.
SET LOCAL ROLE ch_licensing_owner;

CREATE TABLE licensing.webhook_type (
    type text PRIMARY KEY CHECK (type ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$'),
    schema_name text NOT NULL,
    about text NOT NULL
);
COMMENT ON TABLE licensing.webhook_type IS 'types an endpoint can subscribe to; whoever announces another adds it here and to docs/webhooks.md. Unlisted ones reach endpoints without a choice';

INSERT INTO licensing.webhook_type (type, schema_name, about) VALUES
    ('application.decided', 'licensing', 'an application was offered, refused or returned'),
    ('application.lapsing', 'licensing', 'an application lapses soon when nobody moves it'),
    ('grant.activated', 'licensing', 'a grant may be used from now on'),
    ('grant.suspended', 'licensing', 'a grant rests; nothing is delivered'),
    ('grant.resumed', 'licensing', 'a suspended grant is active again'),
    ('grant.revoked', 'licensing', 'a grant has ended for good'),
    ('grant.expiring', 'licensing', 'a grant ends soon'),
    ('grant.hearing', 'licensing', 'a revocation is intended: the licensee is heard first'),
    ('agreement.amendment_proposed', 'licensing', 'the trust proposes to change an agreement'),
    ('consent.tombstones', 'licensing', 'rows delivered earlier were withdrawn or erased: fetch the list'),
    ('terms.superseded', 'licensing', 'newer terms are in force for the pool of a grant'),
    ('webhook.ping', 'licensing', 'somebody asked for a test');

CREATE TABLE licensing.webhook_endpoint (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES licensing.organisation,
    url text NOT NULL CHECK (pg_catalog.octet_length(url) BETWEEN 8 AND 2048),
    description text CHECK (pg_catalog.length(description) BETWEEN 1 AND 200),
    types text[] CHECK (pg_catalog.cardinality(types) BETWEEN 1 AND 100),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    disabled_at timestamptz,
    disabled_reason text CHECK (disabled_reason IN ('gone')),
    ended_at timestamptz,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    lease uuid,
    lease_until timestamptz,
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL)),
    CHECK ((lease IS NULL) = (lease_until IS NULL))
);
CREATE INDEX webhook_endpoint_of_organisation ON licensing.webhook_endpoint (organisation_id, id) WHERE ended_at IS NULL;
COMMENT ON TABLE licensing.webhook_endpoint IS 'addresses of licensees'' programs that events are sent to';
COMMENT ON COLUMN licensing.webhook_endpoint.types IS 'NULL: all';
COMMENT ON COLUMN licensing.webhook_endpoint.disabled_reason IS 'gone: it answered 410';
COMMENT ON COLUMN licensing.webhook_endpoint.lease IS 'of the one attempt that is under way: an endpoint hears one thing at a time. Who holds no lease records nothing';

CREATE TABLE licensing.webhook_key (
    endpoint_id uuid NOT NULL REFERENCES licensing.webhook_endpoint,
    no integer NOT NULL CHECK (no > 0),
    scheme text NOT NULL CHECK (scheme IN ('v1', 'v1a')),
    sealed bytea NOT NULL CHECK (pg_catalog.octet_length(sealed) = 60),
    public_key text CHECK (public_key ~ '^whpk_[A-Za-z0-9+/]{43}=$'),
    from_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    until_at timestamptz,
    PRIMARY KEY (endpoint_id, no),
    CHECK ((scheme = 'v1a') = (public_key IS NOT NULL))
);
CREATE INDEX webhook_key_ending ON licensing.webhook_key (until_at) WHERE until_at IS NOT NULL;
COMMENT ON TABLE licensing.webhook_key IS 'signing keys: the newest, and during a rotation the one before it; deleted when they have ended';
COMMENT ON COLUMN licensing.webhook_key.sealed IS '32 bytes under AES-256-GCM (nonce, ciphertext, tag), key derived from the service secret webhook.secret, the endpoint''s id as additional data';

CREATE TABLE licensing.webhook_event (
    id uuid PRIMARY KEY,
    type text NOT NULL,
    body text NOT NULL CHECK (pg_catalog.octet_length(body) < 20000),
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE licensing.webhook_event IS 'events that at least one endpoint is told of';
COMMENT ON COLUMN licensing.webhook_event.id IS 'webhook-id';
COMMENT ON COLUMN licensing.webhook_event.body IS 'the bytes that are sent and signed, the same on each attempt';

CREATE TABLE licensing.webhook_delivery (
    endpoint_id uuid NOT NULL REFERENCES licensing.webhook_endpoint,
    event_id uuid NOT NULL REFERENCES licensing.webhook_event,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts BETWEEN 0 AND 10),
    next_at timestamptz DEFAULT pg_catalog.clock_timestamp(),
    lease uuid,
    last_attempt_at timestamptz,
    last_status integer CHECK (last_status BETWEEN 100 AND 999),
    last_error text CHECK (pg_catalog.length(last_error) <= 256),
    last_ms integer CHECK (last_ms >= 0),
    settled_at timestamptz,
    PRIMARY KEY (endpoint_id, event_id),
    CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CHECK ((state = 'waiting') = (settled_at IS NULL))
);
CREATE INDEX webhook_delivery_due ON licensing.webhook_delivery (next_at, endpoint_id) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_of_event ON licensing.webhook_delivery (event_id);
CREATE INDEX webhook_delivery_settled ON licensing.webhook_delivery (settled_at) WHERE state <> 'waiting';
COMMENT ON TABLE licensing.webhook_delivery IS 'one logical event for each endpoint that subscribed to it, whoever repeats what; kept for 90 days after its end';
COMMENT ON COLUMN licensing.webhook_delivery.attempts IS 'begun in this round of at most 10; a resend by hand begins another round';
COMMENT ON COLUMN licensing.webhook_delivery.lease IS 'lease of the endpoint under which the last attempt was begun; NULL once its end is recorded';
COMMENT ON COLUMN licensing.webhook_delivery.last_status IS 'NULL: there was no answer';

RESET ROLE;
