-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes the founding charter, its founders with their offices and invites, its assets, prohibitions, rule rows,
--          bylaws and benefit rule: all in one transaction. p_founders carries what was sealed in C, in the order of the
--          charter: [{member_id, key_id, wrapped_key, display_name, email, email_hash}], bytes in hex.
-- Outcomes: created, already_founded, invalid.
-- Locks: advisory transaction lock on the founding.
CREATE OR REPLACE FUNCTION governance.found(p_canonical text, p_founders jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    d jsonb := p_canonical::jsonb;
    v_errors jsonb;
    v_founders jsonb;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.found', 1));
    IF EXISTS (SELECT FROM governance.charter) THEN
        RETURN log.refusal('already_founded', (SELECT 'this database holds the trust "' || c.name || '", founded ' || log.time_text(c.founded_at)
            || '; a charter is written once' FROM governance.charter AS c));
    END IF;
    v_errors := governance.check_document('payout.check_benefit_rule(jsonb)', d -> 'benefit_rule', '/benefit_rule');
    IF v_errors <> '[]' THEN
        RETURN log.refusal('invalid', 'the benefit rule is not right', v_errors);
    END IF;
    INSERT INTO governance.charter (name, language, currency, doc, canonical, sha256)
    VALUES (d ->> 'name', d ->> 'language', d ->> 'currency', d, p_canonical, governance.hash_text(p_canonical));
    PERFORM log.append_leaf('charter', 'charter', governance.hash_text(p_canonical), '{"name":"charter"}');
    v_founders := governance.found_members(d, p_founders);
    PERFORM governance.found_texts(d);
    RETURN log.answer('created', pg_catalog.jsonb_build_object('name', d ->> 'name', 'sha256', governance.hash_text(p_canonical),
        'founded_at', log.time_text(pg_catalog.now()), 'founders', v_founders,
        'missing_guards', pg_catalog.array_to_string(migrate.missing_guards(), ', ')));
END
$$;
