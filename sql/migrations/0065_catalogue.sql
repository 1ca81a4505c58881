-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The public catalogue: one stored dataset per pool, made again when what it tells of changes.
SET LOCAL ROLE ch_licensing_owner;

CREATE TABLE licensing.catalogue_entry (
    pool_id uuid PRIMARY KEY REFERENCES licensing.pool,
    sort_key text NOT NULL UNIQUE,
    doc text,
    etag text,
    offered text[] NOT NULL DEFAULT '{}',
    loaded_at timestamptz,
    count_ms integer NOT NULL DEFAULT 0,
    look_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CHECK ((doc IS NULL) = (etag IS NULL))
);
CREATE INDEX catalogue_listed ON licensing.catalogue_entry (sort_key) WHERE doc IS NOT NULL;
CREATE INDEX catalogue_look ON licensing.catalogue_entry (look_at);
COMMENT ON TABLE licensing.catalogue_entry IS 'the Dataset object of each pool that is no draft, made by services/licensing/core/catalogue.c; derived, and made again at will';
COMMENT ON COLUMN licensing.catalogue_entry.sort_key IS 'the pool''s ref: the order of the catalogue and the cursor of its pages';
COMMENT ON COLUMN licensing.catalogue_entry.doc IS 'RFC 8785 text; NULL: the pool offers nothing now, so it is not in the catalogue';
COMMENT ON COLUMN licensing.catalogue_entry.offered IS 'purposes its terms offer when the trust prohibits nothing: a prohibition on another one does not concern it';
COMMENT ON COLUMN licensing.catalogue_entry.loaded_at IS 'when the facts it was made of were read: an older reading never replaces a newer';
COMMENT ON COLUMN licensing.catalogue_entry.count_ms IS 'how long counting took: what is dear is counted less often (licensing.recount_catalogue)';
COMMENT ON COLUMN licensing.catalogue_entry.look_at IS 'when to make it again unasked: its terms begin or end to be valid, or six hours have passed';

CREATE TABLE licensing.catalogue_watch (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    prohibitions jsonb NOT NULL DEFAULT '[]'
);
INSERT INTO licensing.catalogue_watch DEFAULT VALUES;
COMMENT ON TABLE licensing.catalogue_watch IS 'what licensing.watch_catalogue saw last';
COMMENT ON COLUMN licensing.catalogue_watch.prohibitions IS 'purposes the trust prohibited then';

-- What covers a purpose, without a look at the rows themselves: licensing.count_coverage and the covered members of an evaluation.
CREATE INDEX consent_covering ON licensing.consent_current (pool_id, purpose, recipient_class) INCLUDE (member_id, notice, until, explicit)
    WHERE permits;

CREATE FUNCTION licensing.note_for_catalogue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_ARGV[0] = 'refresh' THEN
        PERFORM licensing.refresh_catalogue(NEW.pool_id);
    ELSE
        PERFORM licensing.recount_catalogue(NEW.pool_id);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION licensing.note_for_catalogue() IS 'so that nobody who changes a pool, its charter, terms, consents or contributions has to think of the catalogue';
CREATE TRIGGER catalogue_new AFTER INSERT ON licensing.pool FOR EACH ROW WHEN (NEW.state <> 'draft')
    EXECUTE FUNCTION licensing.note_for_catalogue('refresh');
CREATE TRIGGER catalogue AFTER UPDATE ON licensing.pool FOR EACH ROW
    WHEN (NEW.state <> 'draft' AND (OLD.state <> NEW.state OR OLD.schema_sha256 <> NEW.schema_sha256))
    EXECUTE FUNCTION licensing.note_for_catalogue('refresh');
CREATE TRIGGER catalogue AFTER INSERT ON licensing.pool_version FOR EACH ROW EXECUTE FUNCTION licensing.note_for_catalogue('refresh');
CREATE TRIGGER catalogue AFTER INSERT ON licensing.terms_enacted FOR EACH ROW EXECUTE FUNCTION licensing.note_for_catalogue('refresh');
CREATE TRIGGER catalogue AFTER INSERT OR UPDATE ON licensing.consent_epoch FOR EACH ROW
    EXECUTE FUNCTION licensing.note_for_catalogue('recount');
CREATE TRIGGER catalogue AFTER UPDATE OF state ON licensing.contribution FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state = 'accepted' OR NEW.state = 'accepted'))
    EXECUTE FUNCTION licensing.note_for_catalogue('recount');

INSERT INTO licensing.catalogue_entry (pool_id, sort_key) SELECT pool_id, ref FROM licensing.pool WHERE state <> 'draft';

-- The register and the refusals page by id; a list of refusals must not walk all applications.
CREATE INDEX application_refused ON licensing.application (id) WHERE state IN ('refused', 'appealed');

RESET ROLE;
