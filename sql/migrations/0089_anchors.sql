-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others say of the log's checkpoints: cosignatures of witnesses, and timestamps of an authority. Kept beside the checkpoint they are of, by
-- its size and root, so that those of a log that could not be continued are never taken for another's.
SET LOCAL ROLE ch_log_owner;

CREATE TABLE log.witness (
    vkey text NOT NULL,
    origin text NOT NULL,
    size bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
    failures integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    reason text,
    asked_at timestamptz,
    PRIMARY KEY (vkey, origin)
);
COMMENT ON TABLE log.witness IS 'the witnesses of [log] policy as the worker last met them';
COMMENT ON COLUMN log.witness.size IS 'the size it cosigned last, as it told';
COMMENT ON COLUMN log.witness.reason IS 'why the last request gave nothing; NULL: it cosigned';

CREATE TABLE log.cosignature (
    size bigint NOT NULL CHECK (size >= 0),
    root bytea NOT NULL CHECK (pg_catalog.octet_length(root) = 32),
    vkey text NOT NULL,
    line text NOT NULL,
    time timestamptz NOT NULL,
    PRIMARY KEY (size, root, vkey)
);
COMMENT ON TABLE log.cosignature IS 'signature lines of witnesses, verified before they were stored; published behind the checkpoint''s own';

CREATE TABLE log.timestamp (
    size bigint NOT NULL CHECK (size >= 0),
    root bytea NOT NULL CHECK (pg_catalog.octet_length(root) = 32),
    token bytea NOT NULL,
    time timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (size, root)
);
COMMENT ON TABLE log.timestamp IS 'RFC 3161 answers over the three lines of a checkpoint, verified before they were stored';
COMMENT ON COLUMN log.timestamp.time IS 'what the authority says';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['cosignature', 'timestamp'] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON log.%I FOR EACH ROW EXECUTE FUNCTION log.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE log.%I ENABLE ALWAYS TRIGGER append_only', v_table);
        EXECUTE pg_catalog.format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON log.%I FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()', v_table);
        EXECUTE pg_catalog.format('ALTER TABLE log.%I ENABLE ALWAYS TRIGGER no_truncate', v_table);
    END LOOP;
END
$$;
RESET ROLE;
