-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes the offer row: body, agreement body, hashes, 30 days of validity (a new version: until it begins). p_from is when the
--          agreement would begin. Members and rows covered today are for information; fewer than 5 are not told.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.freeze_offer(p_offer uuid, p_application uuid, p_case uuid, p_base jsonb, p_conditions jsonb, p_kind text,
    p_replaces uuid, p_from timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_app licensing.application;
    v_at timestamptz := pg_catalog.date_trunc('second', pg_catalog.clock_timestamp());
    v_from timestamptz := pg_catalog.date_trunc('second', p_from);
    v_end timestamptz := LEAST(v_from + (p_base ->> 'max_days')::integer * interval '86400 seconds', (p_base ->> 'limit_at')::timestamptz);
    v_members integer := (p_base ->> 'members_covered')::integer;
    v_rows bigint;
    v_body jsonb;
    v_agreement jsonb;
BEGIN
    SELECT * INTO v_app FROM licensing.application WHERE id = p_application;
    SELECT COALESCE(pg_catalog.sum(c.rows), 0)::bigint INTO v_rows FROM licensing.contribution AS c WHERE c.id IN (
        SELECT k.contribution_id FROM licensing.covered_contribution AS k WHERE k.pool_id = v_app.pool_id AND k.purpose = v_app.purpose
            AND k.recipient_class = p_base ->> 'org_class' AND k.notice >= (p_base ->> 'notice_floor')::integer);
    v_body := p_base - ARRAY['types', 'limit_at', 'evaluation'] || pg_catalog.jsonb_build_object('offer', 1, 'id', p_offer,
        'kind', p_kind, 'replaces', p_replaces, 'application', p_application, 'conditions', COALESCE(p_conditions, '[]'), 'exclusive', false,
        'transferable', false, 'licensee', v_app.organisation_id, 'not_before', log.time_text(v_from), 'not_after', log.time_text(v_end),
        'notice_period_days', 30, 'members_covered', CASE WHEN v_members >= 5 THEN v_members END,
        'rows_covered', CASE WHEN v_members >= 5 AND v_rows >= 5 THEN v_rows END);
    v_agreement := v_body || pg_catalog.jsonb_build_object('agreement', 1, 'at', log.time_text(v_at), 'parties', pg_catalog.jsonb_build_object(
        'licensor', (SELECT c.name FROM governance.charter_in_force AS c LIMIT 1),
        'licensee', (SELECT o.name FROM licensing.organisation AS o WHERE o.organisation_id = v_app.organisation_id)));
    INSERT INTO licensing.offer (id, application_id, evaluation_id, case_id, kind, replaces, body, sha256, agreement, agreement_hash, valid_until)
    VALUES (p_offer, p_application, (p_base ->> 'evaluation')::uuid, p_case, p_kind, p_replaces, v_body,
        pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(v_body), 'UTF8')), 'hex'), v_agreement,
        pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(v_agreement), 'UTF8')), 'hex'), 
        CASE p_kind WHEN 'amendment' THEN v_from ELSE v_at + interval '2592000 seconds' END);
END
$$;
