-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Sealed ballots of level L1: the keys of stewards, the boxes ballots are cast into, the ballots of closed boxes, and what was found in them. No row of
-- a ballot says when it came, or from whom. A later level puts auth and token into governance.ballot by an insert path of its own.
SET LOCAL ROLE ch_governance_owner;

ALTER TABLE governance.roll_head ADD COLUMN sealed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN governance.roll_head.sealed IS 'the ballots of this reading are sealed; else its votes are named';
ALTER TABLE governance.tally ADD COLUMN lot_seed governance.hex64;
COMMENT ON COLUMN governance.tally.lot_seed IS 'of a sealed vote: SHA-256 of commonhold-lot/1 and all keys of opened ballots, sorted by byte';
ALTER TABLE governance.ballot_log ALTER COLUMN salt DROP NOT NULL;
COMMENT ON COLUMN governance.ballot_log.salt IS 'NULL of sealed ballots: nobody guesses their hashes';
CREATE INDEX proposal_closed ON governance.proposal (state_at) WHERE state = 'closed';

CREATE TABLE governance.steward_key (
    proposal_id uuid NOT NULL REFERENCES governance.proposal,
    reading integer NOT NULL CHECK (reading BETWEEN 1 AND 2),
    class governance.class_code NOT NULL,
    member_id uuid NOT NULL REFERENCES governance.member,
    public_key bytea NOT NULL UNIQUE CHECK (pg_catalog.octet_length(public_key) = 65),
    private_key bytea CHECK (pg_catalog.octet_length(private_key) = 32),
    posted_at timestamptz NOT NULL,
    revealed_at timestamptz,
    PRIMARY KEY (proposal_id, reading, class),
    CHECK (private_key IS NULL OR revealed_at IS NOT NULL)
);
COMMENT ON TABLE governance.steward_key IS 'P-256 keys of the stewards, fresh for every reading; two of three open its box';
COMMENT ON COLUMN governance.steward_key.private_key IS 'revealed behind the close; erased with the tally where choices are unlinked';

CREATE TABLE governance.ballot_box (
    box text NOT NULL,
    record_sha256 bytea NOT NULL,
    record bytea NOT NULL,
    PRIMARY KEY (box, record_sha256),
    CHECK (record_sha256 = pg_catalog.sha256(record))
) PARTITION BY LIST (box);
COMMENT ON TABLE governance.ballot_box IS 'ballots of votes that are open, a partition a box; dropped when the vote closes, all its records then being in ballot';
COMMENT ON COLUMN governance.ballot_box.box IS 'proposal_id/reading';
COMMENT ON COLUMN governance.ballot_box.record IS 'canonical JSON';

CREATE TABLE governance.ballot (
    box text NOT NULL,
    record_sha256 bytea NOT NULL,
    record bytea NOT NULL,
    auth jsonb,
    token bytea,
    PRIMARY KEY (box, record_sha256),
    CHECK (record_sha256 = pg_catalog.sha256(record)),
    CHECK (auth IS NULL AND token IS NULL)
);
CREATE INDEX ballot_hash ON governance.ballot (record_sha256);
COMMENT ON TABLE governance.ballot IS 'ballots of closed boxes, copied in the order of their hashes in one transaction: nothing in a row tells it from its neighbours';
COMMENT ON COLUMN governance.ballot.auth IS 'of blind tokens, which do not exist yet';

CREATE TABLE governance.opened_choice (
    box text NOT NULL,
    record_sha256 bytea NOT NULL,
    key bytea NOT NULL CHECK (pg_catalog.octet_length(key) = 32),
    choice text NOT NULL,
    PRIMARY KEY (box, record_sha256),
    FOREIGN KEY (box, record_sha256) REFERENCES governance.ballot
);
COMMENT ON TABLE governance.opened_choice IS 'linked boxes: the key and the padded choice of each ballot, both of which its commit holds';
CREATE TABLE governance.spoiled_ballot (
    box text NOT NULL,
    record_sha256 bytea NOT NULL,
    PRIMARY KEY (box, record_sha256),
    FOREIGN KEY (box, record_sha256) REFERENCES governance.ballot
);
COMMENT ON TABLE governance.spoiled_ballot IS 'ballots that do not open to a choice: published, in no count';
CREATE TABLE governance.opened_merged (
    box text NOT NULL,
    class governance.class_code NOT NULL,
    choice text NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (box, class, choice)
);
COMMENT ON TABLE governance.opened_merged IS 'unlinked boxes: equal padded choices of a class together; no ballot leads to one';
CREATE TABLE governance.merged_box (
    box text PRIMARY KEY,
    lot_seed governance.hex64 NOT NULL,
    attestations jsonb NOT NULL
);
COMMENT ON TABLE governance.merged_box IS 'unlinked boxes: what the stewards'' keys signed before they were erased, [{class, signature}]';

-- A key is revealed once, of a closed vote, and erased where choices are unlinked.
CREATE FUNCTION governance.guard_steward_key() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.proposal_id, NEW.reading, NEW.class, NEW.member_id, NEW.public_key, NEW.posted_at)
           = (OLD.proposal_id, OLD.reading, OLD.class, OLD.member_id, OLD.public_key, OLD.posted_at)
       AND EXISTS (SELECT FROM governance.proposal AS p WHERE p.id = OLD.proposal_id AND p.reading = OLD.reading AND p.state = 'closed'
               AND ((OLD.revealed_at IS NULL AND NEW.private_key IS NOT NULL)
                    OR (p.rule ->> 'board_mode' = 'unlinked' AND OLD.private_key IS NOT NULL AND NEW.private_key IS NULL AND NEW.revealed_at = OLD.revealed_at))) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance.steward_key: a key is revealed once, when its vote has closed' USING ERRCODE = 'restrict_violation';
END
$$;

-- Ballots come out of their box when it is closed, and from nowhere else.
CREATE FUNCTION governance.guard_ballot() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added AS a WHERE NOT EXISTS (
                   SELECT FROM governance.ballot_box AS b WHERE b.box = a.box AND b.record_sha256 = a.record_sha256)) THEN
        RAISE EXCEPTION 'governance.ballot: ballots come out of their box' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

-- What PostgreSQL can say of an opened ballot alone: its record holds SHA-256("commonhold-choice/1" || key || choice).
CREATE FUNCTION governance.guard_opened() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added AS a JOIN governance.ballot AS b USING (box, record_sha256)
               WHERE pg_catalog.sha256(pg_catalog.convert_to('commonhold-choice/1', 'UTF8') || a.key || pg_catalog.convert_to(a.choice, 'UTF8')) IS DISTINCT FROM
                     pg_catalog.decode(pg_catalog.translate(pg_catalog.convert_from(b.record, 'UTF8')::jsonb ->> 'commit', '-_', '+/') || '=', 'base64')) THEN
        RAISE EXCEPTION 'governance.opened_choice: a key and choice are not what their ballot committed to' USING ERRCODE = 'check_violation';
    ELSIF EXISTS (SELECT FROM added AS a JOIN governance.spoiled_ballot AS s USING (box, record_sha256)) THEN
        RAISE EXCEPTION 'governance.opened_choice: a spoiled ballot was opened' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

-- Nothing is opened or merged but while the vote is closed and not tallied.
CREATE FUNCTION governance.guard_opening() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT box FROM added) AS a WHERE NOT EXISTS (
                   SELECT FROM governance.proposal AS p JOIN governance.roll_head AS h ON h.proposal_id = p.id AND h.reading = p.reading
                   WHERE p.id = pg_catalog.split_part(a.box, '/', 1)::uuid AND p.reading = pg_catalog.split_part(a.box, '/', 2)::integer
                     AND p.state = 'closed' AND h.sealed)) THEN
        RAISE EXCEPTION 'governance.%: the box is not being opened', TG_TABLE_NAME USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER guard BEFORE UPDATE ON governance.steward_key FOR EACH ROW EXECUTE FUNCTION governance.guard_steward_key();
CREATE TRIGGER no_delete BEFORE DELETE ON governance.steward_key FOR EACH ROW EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER guard AFTER INSERT ON governance.ballot REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION governance.guard_ballot();
CREATE TRIGGER guard AFTER INSERT ON governance.opened_choice REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION governance.guard_opened();
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['ballot_box', 'ballot', 'opened_choice', 'spoiled_ballot', 'opened_merged', 'merged_box'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON governance.%I FOR EACH ROW EXECUTE FUNCTION governance.refuse_change()', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['opened_choice', 'spoiled_ballot', 'opened_merged', 'merged_box'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER opening AFTER INSERT ON governance.%I REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION governance.guard_opening()', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['steward_key', 'ballot_box', 'ballot', 'opened_choice', 'spoiled_ballot', 'opened_merged', 'merged_box'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON governance.%I FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change()', v_table);
    END LOOP;
END
$$;
DO $$
DECLARE
    v_trigger record;
BEGIN
    FOR v_trigger IN SELECT t.tgname, t.tgrelid::pg_catalog.regclass AS table_name FROM pg_catalog.pg_trigger AS t
                     JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
                     WHERE c.relnamespace = 'governance'::pg_catalog.regnamespace AND NOT t.tgisinternal AND t.tgenabled <> 'A' LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', v_trigger.table_name, v_trigger.tgname);
    END LOOP;
END
$$;
RESET ROLE;
