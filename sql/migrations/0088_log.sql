-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The log: nobody changes what was logged, tiles are kept once, a log that cannot be continued is kept beside the new one, ballots have leaves, and
-- objects written before their type had leaves get theirs.
-- needs: functions/log/time_text.sql
-- needs: functions/log/hash_vkey.sql
-- needs: functions/log/canonical.sql
-- needs: functions/log/check_leaf.sql
-- needs: functions/log/append_leaf.sql
-- needs: functions/governance/hash_text.sql
-- needs: functions/governance/hash_policy.sql
-- needs: functions/governance/hash_ballots.sql
-- needs: functions/governance/log_ballots.sql
SET LOCAL ROLE ch_log_owner;

-- ---- what was logged stays ----

CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'log.%: rows are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION log.guard_tile() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR NOT EXISTS (SELECT FROM log.tile AS t WHERE t.level = OLD.level AND t.number = OLD.number AND t.width > OLD.width
                                       AND pg_catalog.substr(t.hashes, 1, OLD.width * 32) = OLD.hashes) THEN
        RAISE EXCEPTION 'log.tile: hashes are only ever added' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;

CREATE FUNCTION log.guard_key() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.vkey, NEW.from_at, NEW.reason) IS DISTINCT FROM (OLD.vkey, OLD.from_at, OLD.reason) OR NEW.until_at IS NULL OR NEW.until_at > OLD.until_at THEN
        RAISE EXCEPTION 'log.key: a key''s time only ever ends, or ends sooner' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

-- Of a tile the widest row is enough: narrower ones are its beginning.
DELETE FROM log.tile AS t USING log.tile AS w WHERE w.level = t.level AND w.number = t.number AND w.width > t.width;
COMMENT ON TABLE log.tile IS 'C2SP tlog-tiles: each tile in its present width; a width that a checkpoint had is the beginning of it';
CREATE TRIGGER keeps_hashes BEFORE UPDATE OR DELETE ON log.tile FOR EACH ROW EXECUTE FUNCTION log.guard_tile();
ALTER TABLE log.tile ENABLE ALWAYS TRIGGER keeps_hashes;
CREATE TRIGGER ends_only BEFORE UPDATE ON log.key FOR EACH ROW EXECUTE FUNCTION log.guard_key();
ALTER TABLE log.key ENABLE ALWAYS TRIGGER ends_only;
CREATE TRIGGER no_delete BEFORE DELETE ON log.key FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
ALTER TABLE log.key ENABLE ALWAYS TRIGGER no_delete;

-- ---- logs that could not be continued ----

CREATE TABLE log.former (
    no integer PRIMARY KEY,
    known_text text,
    known_size bigint,
    stored_size bigint NOT NULL,
    ended_at timestamptz NOT NULL
);
COMMENT ON TABLE log.former IS 'logs of this trust that could not be continued: `commonhold log recover` began another';
COMMENT ON COLUMN log.former.known_text IS 'the last checkpoint known of it, from the file outside the database; NULL: none';
COMMENT ON COLUMN log.former.stored_size IS 'how many of its leaves the database had';
CREATE TABLE log.former_entry (
    no integer NOT NULL REFERENCES log.former,
    index bigint NOT NULL,
    outbox_id bigint NOT NULL,
    type text NOT NULL,
    object_id text NOT NULL,
    object_sha256 text NOT NULL,
    prev bigint NOT NULL,
    at timestamptz NOT NULL,
    leaf_hash bytea NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (no, index)
);
CREATE INDEX former_object ON log.former_entry (type, object_id);
CREATE TABLE log.former_checkpoint (
    no integer NOT NULL REFERENCES log.former,
    size bigint NOT NULL,
    root bytea NOT NULL,
    frontier bytea NOT NULL,
    text text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (no, size)
);

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['entry', 'checkpoint', 'former', 'former_entry', 'former_checkpoint'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON log.%I FOR EACH ROW EXECUTE FUNCTION log.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE log.%I ENABLE ALWAYS TRIGGER append_only', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['entry', 'checkpoint', 'tile', 'key', 'former', 'former_entry', 'former_checkpoint'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON log.%I FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE log.%I ENABLE ALWAYS TRIGGER no_truncate', v_table);
    END LOOP;
END
$$;

-- ---- leaves that wait: in their order, and by what they are about ----

CREATE INDEX outbox_leaf ON log.outbox (id) WHERE topic = 'leaf' AND done_at IS NULL;
CREATE INDEX outbox_object ON log.outbox ((payload ->> 'type'), (payload ->> 'id')) WHERE topic = 'leaf' AND done_at IS NULL;

-- Keys that were retired before this was told to the log.
SELECT log.append_leaf('key_event', k.vkey, log.hash_vkey(k.vkey), pg_catalog.jsonb_build_object('vkey', k.vkey, 'event', 'retired', 'until', log.time_text(k.until_at)))
FROM log.key AS k WHERE k.until_at IS NOT NULL ORDER BY k.until_at;
RESET ROLE;

-- ---- ballots ----

SET LOCAL ROLE ch_governance_owner;
CREATE TABLE governance.ballot_log (
    proposal_id uuid NOT NULL,
    reading integer NOT NULL,
    no integer NOT NULL CHECK (no > 0),
    at timestamptz NOT NULL,
    counts jsonb NOT NULL,
    salt bytea NOT NULL CHECK (pg_catalog.octet_length(salt) = 32),
    sha256 governance.hex64 NOT NULL,
    PRIMARY KEY (proposal_id, reading, no),
    FOREIGN KEY (proposal_id, reading) REFERENCES governance.roll_head
);
COMMENT ON TABLE governance.ballot_log IS 'what the log was told of a box: hourly while a vote runs, and at its close';
COMMENT ON COLUMN governance.ballot_log.sha256 IS 'of salt and the lines hash LF of the ballots cast until then, sorted; the salt, so that few ballots cannot be guessed';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON governance.ballot_log FOR EACH ROW EXECUTE FUNCTION governance.refuse_change();
ALTER TABLE governance.ballot_log ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON governance.ballot_log FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
ALTER TABLE governance.ballot_log ENABLE ALWAYS TRIGGER no_truncate;

-- Votes that ended, bylaws of the charter and policies had no leaves of their own.
SELECT governance.log_ballots(t.proposal_id, t.reading) FROM governance.tally AS t ORDER BY t.at, t.proposal_id, t.reading;
SELECT log.append_leaf('rule', 'bylaw:' || b.clause, b.sha256, pg_catalog.jsonb_build_object('version', b.version, 'proposal', 'charter'))
FROM governance.bylaw_version AS b WHERE b.proposal_id IS NULL ORDER BY b.clause COLLATE "C";
SELECT log.append_leaf('rule', 'policy:' || p.id, governance.hash_policy(p), pg_catalog.jsonb_build_object('version', 1, 'proposal', p.proposal_id))
FROM governance.policy AS p ORDER BY p.from_at, p.id;
RESET ROLE;

-- ---- changes of batches that had none ----

SET LOCAL ROLE ch_payout_owner;
SELECT log.append_leaf('batch_event', e.batch_id::text, b.file_sha256, pg_catalog.jsonb_build_object('state', e.state))
FROM payout.batch_event AS e JOIN payout.batch AS b ON b.id = e.batch_id WHERE e.state = 'frozen' ORDER BY e.at, e.batch_id;
RESET ROLE;
