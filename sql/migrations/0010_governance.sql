-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Governance: members, bodies, proposals, named votes, what is in force, the asset register. Rows of what was decided are only ever
-- added; triggers that say so, and the guards, fire always (also for the owner, also in replica mode).
SET LOCAL ROLE ch_governance_owner;

CREATE DOMAIN governance.hex64 AS text CHECK (VALUE ~ '^[0-9a-f]{64}$');
CREATE DOMAIN governance.class_code AS text CHECK (VALUE IN ('U', 'W', 'C'));
CREATE DOMAIN governance.asset_disposition AS text CHECK (VALUE IN ('held', 'licensed_only', 'succeeded'));
COMMENT ON DOMAIN governance.asset_disposition IS 'closed: there is no value for sold, pledged or privatised';
CREATE DOMAIN governance.body_name AS text CHECK (VALUE IN ('board', 'council', 'steward', 'steward_deputy', 'appeals', 'conduct',
    'treasurer', 'membership_officer', 'licensing_officer'));

CREATE TABLE governance.charter (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    name text NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'es')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    doc jsonb NOT NULL,
    canonical text NOT NULL,
    sha256 governance.hex64 NOT NULL CHECK (sha256 = pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(canonical, 'UTF8')), 'hex')),
    founded_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CHECK (canonical::jsonb = doc)
);
COMMENT ON TABLE governance.charter IS 'the founding charter, complete, without the names of its founders; one row for ever';
COMMENT ON COLUMN governance.charter.canonical IS 'RFC 8785 text that is hashed and is the first leaf behind those of the migrations';

CREATE TABLE governance.bootstrap_end (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    ended_at timestamptz NOT NULL,
    counts jsonb NOT NULL
);
COMMENT ON TABLE governance.bootstrap_end IS 'written once, when every class has enough eligible members; the bootstrap clause never returns';

CREATE TABLE governance.member (
    member_id uuid PRIMARY KEY,
    ref text UNIQUE,
    founder boolean NOT NULL,
    observer boolean NOT NULL DEFAULT false,
    joined_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE governance.member IS 'who ever applied; names are in person, standing and class are dated rows';
COMMENT ON COLUMN governance.member.ref IS 'reference of a founder in the charter, NULL for everybody else';
COMMENT ON COLUMN governance.member.observer IS 'an organisation: no vote, no seat';

CREATE TABLE governance.person (
    member_id uuid PRIMARY KEY REFERENCES governance.member,
    key_id text NOT NULL,
    wrapped_key bytea CHECK (pg_catalog.octet_length(wrapped_key) = 40),
    display_name bytea CHECK (pg_catalog.octet_length(display_name) > 28),
    email bytea CHECK (pg_catalog.octet_length(email) > 28),
    email_hash bytea UNIQUE CHECK (pg_catalog.octet_length(email_hash) = 32),
    name_withheld boolean NOT NULL DEFAULT false,
    erased_at timestamptz,
    CHECK ((erased_at IS NULL) = (wrapped_key IS NOT NULL)),
    CHECK (erased_at IS NULL OR (display_name IS NULL AND email IS NULL AND email_hash IS NULL))
);
COMMENT ON TABLE governance.person IS 'fields sealed in C (AES-256-GCM, additional data "person:" and the member id) under a key per member';
COMMENT ON COLUMN governance.person.wrapped_key IS 'the member''s key under the service secret named by key_id (RFC 3394); destroyed by erasure';
COMMENT ON COLUMN governance.person.email_hash IS 'HMAC-SHA256 of the address in lower case under the look-up secret: nobody joins twice';

CREATE TABLE governance.standing (
    member_id uuid NOT NULL REFERENCES governance.member,
    seq integer NOT NULL CHECK (seq > 0),
    standing text NOT NULL CHECK (standing IN ('applied', 'active', 'lapsed', 'suspended', 'left', 'expelled', 'deceased')),
    since_at timestamptz NOT NULL,
    by_member uuid REFERENCES governance.member,
    reason text NOT NULL,
    PRIMARY KEY (member_id, seq)
);
COMMENT ON COLUMN governance.standing.by_member IS 'the officer who decided; NULL: the member, the charter or the clock';

CREATE TABLE governance.class_spell (
    member_id uuid NOT NULL REFERENCES governance.member,
    seq integer NOT NULL CHECK (seq > 0),
    class governance.class_code NOT NULL,
    from_at timestamptz NOT NULL,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, seq)
);
COMMENT ON TABLE governance.class_spell IS 'class from a time on; a change asked for lies in the future until its notice is over';

CREATE TABLE governance.dues (
    member_id uuid NOT NULL REFERENCES governance.member,
    seq integer NOT NULL CHECK (seq > 0),
    kind text NOT NULL CHECK (kind IN ('paid', 'waived')),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL CHECK (until_at > from_at),
    recorded_by uuid NOT NULL REFERENCES governance.member,
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (member_id, seq)
);
COMMENT ON COLUMN governance.dues.kind IS 'a waiver counts as paid; only the member and the officer see which it was';

CREATE TABLE governance.person_view (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    viewer uuid NOT NULL REFERENCES governance.member,
    member_id uuid REFERENCES governance.member,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE governance.person_view IS 'looks of an officer into the register; member NULL: the list';

CREATE TABLE governance.state_move (
    from_state text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
COMMENT ON TABLE governance.state_move IS 'the moves a proposal can make at all; who makes them is in the functions';
INSERT INTO governance.state_move (from_state, to_state) VALUES
    ('draft', 'submitted'), ('draft', 'withdrawn'), ('submitted', 'withdrawn'), ('admitted', 'withdrawn'), ('discussion', 'withdrawn'),
    ('submitted', 'admitted'), ('submitted', 'not_admitted'), ('admitted', 'discussion'), ('discussion', 'referred'),
    ('referred', 'discussion'), ('referred', 'withdrawn'), ('discussion', 'frozen'), ('frozen', 'voting'), ('second_reading', 'voting'),
    ('frozen', 'lapsed'), ('second_reading', 'lapsed'), ('voting', 'closed'), ('closed', 'tallied'), ('closed', 'lapsed'),
    ('tallied', 'carried'), ('tallied', 'rejected'), ('tallied', 'lapsed'), ('carried', 'cooling'), ('cooling', 'second_reading'),
    ('cooling', 'in_force'), ('cooling', 'annulled'), ('closed', 'annulled'), ('tallied', 'annulled'), ('carried', 'annulled'),
    ('in_force', 'superseded'), ('in_force', 'expired');

CREATE TABLE governance.proposal (
    id uuid PRIMARY KEY,
    type text NOT NULL CHECK (type IN ('terms', 'benefit_rule', 'prohibit_purpose', 'permit_purpose', 'council_election',
        'board_election', 'budget_round', 'bylaw', 'entrenched', 'succession', 'expulsion', 'recall', 'policy', 'board_decision')),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    state text NOT NULL DEFAULT 'draft',
    state_at timestamptz NOT NULL,
    author uuid NOT NULL REFERENCES governance.member,
    subject text NOT NULL,
    rule jsonb,
    rule_type text,
    rule_version integer,
    sponsors_needed bigint,
    named boolean,
    reading integer NOT NULL DEFAULT 1 CHECK (reading BETWEEN 1 AND 2),
    referred boolean NOT NULL DEFAULT false,
    held jsonb,
    created_at timestamptz NOT NULL,
    frozen_at timestamptz,
    opens_at timestamptz,
    closes_at timestamptz,
    in_force_at timestamptz,
    text_sha256 governance.hex64,
    effect_sha256 governance.hex64,
    rule_sha256 governance.hex64,
    proposal_sha256 governance.hex64
);
CREATE INDEX proposal_moving ON governance.proposal (state, state_at)
    WHERE state IN ('submitted', 'admitted', 'discussion', 'referred', 'frozen', 'second_reading', 'voting', 'cooling');
CREATE INDEX proposal_subject ON governance.proposal (subject) WHERE state = 'in_force';
COMMENT ON TABLE governance.proposal IS 'one row a proposal; its state changes only by governance.move_proposal';
COMMENT ON COLUMN governance.proposal.subject IS 'what it is about (terms:air, bylaw:7): a newer one in force supersedes the older';
COMMENT ON COLUMN governance.proposal.rule IS 'the rule row in force at submission, copied: later changes of the row do not touch it';
COMMENT ON COLUMN governance.proposal.rule_type IS 'type whose row was copied: board_decision while the bootstrap clause runs';
COMMENT ON COLUMN governance.proposal.named IS 'votes are named; decided when voting opens, since it may depend on the size of the classes';
COMMENT ON COLUMN governance.proposal.held IS 'why the clock cannot freeze it: [{pointer, detail}]';
COMMENT ON COLUMN governance.proposal.proposal_sha256 IS 'hash over id, version, type and the three hashes, made at the freeze';

CREATE TABLE governance.proposal_version (
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    version integer NOT NULL CHECK (version > 0),
    title text NOT NULL,
    body_text text NOT NULL,
    effect jsonb NOT NULL,
    effect_canonical text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, version),
    CHECK (effect_canonical::jsonb = effect)
);
COMMENT ON TABLE governance.proposal_version IS 'every text a proposal had';

CREATE TABLE governance.proposal_event (
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    seq integer NOT NULL CHECK (seq > 0),
    at timestamptz NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    actor uuid REFERENCES governance.member,
    reason text,
    PRIMARY KEY (proposal_id, seq)
);
COMMENT ON COLUMN governance.proposal_event.actor IS 'NULL: the clock or the worker';

CREATE TABLE governance.sponsor (
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    member_id uuid NOT NULL REFERENCES governance.member,
    at timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, member_id)
);

CREATE TABLE governance.comment (
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    id uuid NOT NULL,
    member_id uuid NOT NULL REFERENCES governance.member,
    body_text text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, id)
);

CREATE TABLE governance.roll_head (
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    reading integer NOT NULL,
    sha256 governance.hex64 NOT NULL,
    counts jsonb NOT NULL,
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, reading)
);
COMMENT ON COLUMN governance.roll_head.sha256 IS 'of the lines class TAB member_id LF, sorted by byte';

CREATE TABLE governance.roll (
    proposal_id uuid NOT NULL,
    reading integer NOT NULL,
    member_id uuid NOT NULL REFERENCES governance.member,
    class governance.class_code NOT NULL,
    voted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (proposal_id, reading, member_id),
    FOREIGN KEY (proposal_id, reading) REFERENCES governance.roll_head DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX roll_member ON governance.roll (member_id);
COMMENT ON TABLE governance.roll IS 'who may vote, taken when voting opens; afterwards only voted changes, once, to true';

CREATE TABLE governance.named_vote (
    proposal_id uuid NOT NULL,
    reading integer NOT NULL,
    member_id uuid NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    seat text,
    choice text NOT NULL CHECK (choice IN ('yes', 'no', 'abstain')),
    at timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, reading, member_id, seq),
    FOREIGN KEY (proposal_id, reading, member_id) REFERENCES governance.roll
);
COMMENT ON TABLE governance.named_vote IS 'the last row of a member counts; others see the rows after close';
COMMENT ON COLUMN governance.named_vote.seat IS 'the board seat voted from, in a board decision';

CREATE TABLE governance.tally (
    proposal_id uuid NOT NULL,
    reading integer NOT NULL,
    counts jsonb NOT NULL,
    outcome jsonb NOT NULL,
    sha256 governance.hex64 NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, reading),
    FOREIGN KEY (proposal_id, reading) REFERENCES governance.roll_head
);
COMMENT ON COLUMN governance.tally.sha256 IS 'of the canonical {counts, outcome, proposal_sha256, reading, roll_sha256}';

CREATE TABLE governance.office (
    id uuid PRIMARY KEY,
    body governance.body_name NOT NULL,
    seat text NOT NULL,
    class governance.class_code,
    member_id uuid NOT NULL REFERENCES governance.member,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL CHECK (until_at > from_at),
    proposal_id uuid REFERENCES governance.proposal
);
CREATE INDEX office_seat ON governance.office (body, seat);
CREATE INDEX office_member ON governance.office (member_id);
COMMENT ON COLUMN governance.office.proposal_id IS 'the vote that gave it; NULL: the charter';
CREATE TABLE governance.office_end (
    office_id uuid PRIMARY KEY REFERENCES governance.office,
    at timestamptz NOT NULL,
    reason text NOT NULL,
    proposal_id uuid REFERENCES governance.proposal
);
COMMENT ON TABLE governance.office_end IS 'an office that ended before its term: left, replaced, recalled';

CREATE TABLE governance.rule_version (
    type text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    rule jsonb NOT NULL CHECK (rule ->> 'type' = type),
    canonical text NOT NULL CHECK (canonical::jsonb = rule),
    sha256 governance.hex64 NOT NULL,
    proposal_id uuid REFERENCES governance.proposal,
    from_at timestamptz NOT NULL,
    PRIMARY KEY (type, version)
);
CREATE TABLE governance.bylaw_version (
    clause text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    title text NOT NULL,
    body_text text NOT NULL,
    entrenched boolean NOT NULL,
    sha256 governance.hex64 NOT NULL,
    proposal_id uuid REFERENCES governance.proposal,
    from_at timestamptz NOT NULL,
    PRIMARY KEY (clause, version)
);
CREATE TABLE governance.terms_version (
    id uuid PRIMARY KEY,
    pool text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    doc jsonb NOT NULL,
    canonical text NOT NULL CHECK (canonical::jsonb = doc),
    sha256 governance.hex64 NOT NULL,
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    from_at timestamptz NOT NULL,
    UNIQUE (pool, version)
);
CREATE TABLE governance.pool_charter (
    id uuid PRIMARY KEY,
    pool text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    doc jsonb NOT NULL,
    canonical text NOT NULL CHECK (canonical::jsonb = doc),
    sha256 governance.hex64 NOT NULL,
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    from_at timestamptz NOT NULL,
    UNIQUE (pool, version)
);
CREATE TABLE governance.benefit_rule (
    id uuid PRIMARY KEY,
    rule text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    doc jsonb NOT NULL,
    canonical text NOT NULL CHECK (canonical::jsonb = doc),
    sha256 governance.hex64 NOT NULL,
    proposal_id uuid REFERENCES governance.proposal,
    from_at timestamptz NOT NULL,
    UNIQUE (rule, version)
);
CREATE TABLE governance.prohibition (
    id uuid PRIMARY KEY,
    purpose text NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz CHECK (until_at > from_at),
    old_grants_at timestamptz,
    proposal_id uuid REFERENCES governance.proposal
);
COMMENT ON COLUMN governance.prohibition.old_grants_at IS 'when grants that exist end, if sooner than their renewal; NULL: at renewal';
CREATE TABLE governance.prohibition_lift (
    prohibition_id uuid PRIMARY KEY REFERENCES governance.prohibition,
    at timestamptz NOT NULL,
    proposal_id uuid NOT NULL REFERENCES governance.proposal
);
CREATE TABLE governance.policy (
    id uuid PRIMARY KEY,
    title text NOT NULL,
    body_text text NOT NULL,
    spend jsonb NOT NULL DEFAULT '[]',
    from_at timestamptz NOT NULL,
    until_at timestamptz CHECK (until_at > from_at),
    proposal_id uuid NOT NULL UNIQUE REFERENCES governance.proposal
);
COMMENT ON COLUMN governance.policy.spend IS '[{account, max}]: what payout may spend under it';

CREATE TABLE governance.council_case (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('application', 'opinion', 'concurrence', 'referral', 'sanction')),
    subject uuid NOT NULL,
    version integer NOT NULL DEFAULT 1,
    body jsonb NOT NULL,
    conditions jsonb NOT NULL DEFAULT '[]' CHECK (pg_catalog.jsonb_typeof(conditions) = 'array'),
    body_name text NOT NULL CHECK (body_name IN ('council', 'board')),
    state text NOT NULL CHECK (state IN ('open', 'decided')),
    opened_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    decided_at timestamptz,
    approved boolean,
    kept_conditions jsonb,
    CHECK ((state = 'decided') = (decided_at IS NOT NULL AND approved IS NOT NULL AND kept_conditions IS NOT NULL))
);
CREATE UNIQUE INDEX council_case_open ON governance.council_case (kind, subject) WHERE state = 'open';
COMMENT ON COLUMN governance.council_case.body_name IS 'who decides now: the council, or the board when the council could not';
COMMENT ON COLUMN governance.council_case.version IS 'of the proposal it is about; 1 for other subjects';

CREATE TABLE governance.council_vote (
    case_id uuid NOT NULL REFERENCES governance.council_case,
    body_name text NOT NULL CHECK (body_name IN ('council', 'board')),
    seat text NOT NULL,
    member_id uuid NOT NULL REFERENCES governance.member,
    conflict text,
    choice text CHECK (choice IN ('yes', 'no')),
    reason_code text CHECK (reason_code ~ '^[a-z][a-z0-9_-]{0,63}$'),
    reason_text text,
    conditions jsonb,
    at timestamptz,
    PRIMARY KEY (case_id, body_name, seat),
    CHECK (conflict IS NULL OR choice IS NULL),
    CHECK (choice IS NULL OR (reason_code IS NOT NULL AND reason_text IS NOT NULL AND at IS NOT NULL AND conditions IS NOT NULL))
);
COMMENT ON TABLE governance.council_vote IS 'a row per seat, made when the case opens; filled once';

CREATE TABLE governance.opinion (
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    version integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('opinion', 'concurrence')),
    case_id uuid NOT NULL REFERENCES governance.council_case,
    approved boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (proposal_id, version, kind)
);
COMMENT ON TABLE governance.opinion IS 'what the council came to on a version of a proposal; its reasons are the votes of the case';

CREATE TABLE governance.sanction (
    id uuid PRIMARY KEY,
    organisation_id uuid,
    person_id uuid,
    purpose text,
    pool text,
    from_at timestamptz NOT NULL,
    until_at timestamptz CHECK (until_at > from_at),
    reason text NOT NULL,
    case_id uuid NOT NULL UNIQUE REFERENCES governance.council_case,
    proposal_id uuid REFERENCES governance.proposal,
    proposed_by uuid REFERENCES governance.member,
    CHECK ((organisation_id IS NULL) <> (person_id IS NULL)),
    CHECK ((proposal_id IS NULL) <> (proposed_by IS NULL))
);
COMMENT ON TABLE governance.sanction IS 'proposed by an office or a board decision; in force only when its council case approved it';

CREATE TABLE governance.asset (
    id uuid PRIMARY KEY,
    ref text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('pool', 'software', 'name', 'fund', 'other')),
    title text NOT NULL,
    provenance text NOT NULL,
    sha256 governance.hex64,
    disposition governance.asset_disposition NOT NULL,
    proposal_id uuid REFERENCES governance.proposal,
    registered_at timestamptz NOT NULL
);
COMMENT ON TABLE governance.asset IS 'what the trust holds; only the disposition ever changes, under the guard';
COMMENT ON COLUMN governance.asset.proposal_id IS 'the vote that set the present disposition; NULL: the charter';
CREATE TABLE governance.asset_event (
    asset_id uuid NOT NULL REFERENCES governance.asset,
    seq integer NOT NULL CHECK (seq > 0),
    disposition governance.asset_disposition NOT NULL,
    proposal_id uuid REFERENCES governance.proposal,
    at timestamptz NOT NULL,
    PRIMARY KEY (asset_id, seq)
);

CREATE TABLE governance.notice_preference (
    member_id uuid NOT NULL REFERENCES governance.member,
    kind text NOT NULL CHECK (kind IN ('discussion_opened', 'voting_opened', 'voting_reminder', 'result', 'in_force', 'annulled', 'referred',
        'steward_key_due', 'steward_reveal_due', 'case_opened', 'case_due', 'appeal_decided')),
    PRIMARY KEY (member_id, kind)
);
COMMENT ON TABLE governance.notice_preference IS 'kinds a member has switched off';

RESET ROLE;
