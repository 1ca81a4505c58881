-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Accounts and sign-in. No name and no e-mail address is stored here: an address only as keyed hash, for look-up.
SET LOCAL ROLE ch_portal_owner;

CREATE TABLE portal.account (
    account_id uuid PRIMARY KEY DEFAULT log.new_id(),
    kind text NOT NULL CHECK (kind IN ('member', 'person')),
    subject uuid NOT NULL UNIQUE,
    organisation uuid,
    email_hash bytea NOT NULL UNIQUE CHECK (pg_catalog.octet_length(email_hash) = 32),
    password text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    password_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CHECK ((kind = 'person') = (organisation IS NOT NULL))
);
COMMENT ON TABLE portal.account IS 'who can sign in: a member, or a person of an organisation';
COMMENT ON COLUMN portal.account.subject IS 'member id, or person id of an organisation: sub of the signed token';
COMMENT ON COLUMN portal.account.email_hash IS 'HMAC-SHA-256 of the address in lower case under the service''s secret';
COMMENT ON COLUMN portal.account.password IS 'scrypt, see ch_password_hash';

CREATE TABLE portal.sign_in (
    token_sha256 bytea PRIMARY KEY CHECK (pg_catalog.octet_length(token_sha256) = 32),
    account_id uuid NOT NULL REFERENCES portal.account,
    csrf text NOT NULL,
    with_totp boolean NOT NULL,
    started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    used_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    ended_at timestamptz
);
CREATE INDEX sign_in_account ON portal.sign_in (account_id) WHERE ended_at IS NULL;
COMMENT ON TABLE portal.sign_in IS 'one row a sign-in; the opaque cookie ch_signin is stored as its SHA-256 only';
COMMENT ON COLUMN portal.sign_in.used_at IS 'renewed on use; 12 hours without use end it';

CREATE TABLE portal.totp_key (
    account_id uuid PRIMARY KEY REFERENCES portal.account,
    sealed bytea NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE portal.totp_key IS 'RFC 6238 secret, sealed under the service''s secret with the subject as additional data';
COMMENT ON COLUMN portal.totp_key.last_step IS 'newest time step accepted: a code works once';

CREATE TABLE portal.invite (
    code_sha256 bytea PRIMARY KEY CHECK (pg_catalog.octet_length(code_sha256) = 32),
    kind text NOT NULL CHECK (kind IN ('member', 'person')),
    subject uuid NOT NULL,
    organisation uuid,
    email_hash bytea CHECK (pg_catalog.octet_length(email_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    used_at timestamptz,
    CHECK ((kind = 'person') = (organisation IS NOT NULL))
);
COMMENT ON TABLE portal.invite IS 'one-time codes that let somebody set a password; 30 days';
COMMENT ON COLUMN portal.invite.email_hash IS 'address the invite was meant for; NULL: any';

CREATE TABLE portal.failure (
    email_hash bytea NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX failure_email ON portal.failure (email_hash, at);
CREATE INDEX failure_address ON portal.failure (address, at);
COMMENT ON TABLE portal.failure IS 'failed sign-ins of the last 15 minutes: 10 an account, 50 an address';

RESET ROLE;
