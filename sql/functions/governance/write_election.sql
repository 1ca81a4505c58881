-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes an election as the clock proposes it, in the charter's language, submitted under the rule row in force. Its id.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_election(p_rule governance.rule_version, p_subject text, p_effect jsonb) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
    v_spanish boolean := (SELECT c.language = 'es' FROM governance.charter AS c);
    v_title text := CASE WHEN p_effect ->> 'body' = 'council' THEN CASE WHEN v_spanish THEN 'Elección del consejo de ética' ELSE 'Election of the ethics council' END
        ELSE CASE WHEN v_spanish THEN 'Elección de la junta, clase ' ELSE 'Election of the board, class ' END || (p_effect ->> 'class') END;
    v_text text := CASE WHEN v_spanish THEN '%s puestos hasta %s. Quien puede votar puede presentarse; %s personas más deben proponer cada candidatura.'
        ELSE '%s seats until %s. Whoever may vote may stand; %s others must nominate a candidate.' END;
BEGIN
    INSERT INTO governance.proposal (id, type, state_at, author, subject, created_at)
    VALUES (v_id, p_rule.type, pg_catalog.now(), NULL, p_subject, pg_catalog.now());
    PERFORM governance.write_version(v_id, 1, pg_catalog.jsonb_build_object('title', v_title, 'effect', p_effect,
        'text', pg_catalog.format(v_text, p_effect ->> 'seats', p_effect ->> 'until', p_rule.rule ->> 'sponsors_min')));
    UPDATE governance.proposal SET rule = p_rule.rule, rule_type = p_rule.type, rule_version = p_rule.version, sponsors_needed = 0 WHERE id = v_id;
    PERFORM governance.move_proposal(v_id, 'submitted', NULL, NULL);
    RETURN v_id;
END
$$;
