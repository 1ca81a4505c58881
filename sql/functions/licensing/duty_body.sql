-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one time a duty is due, with its proof; p_whole: with the document's bytes.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.duty_body(p_id uuid, p_whole boolean) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', d.id, 'duty', d.duty, 'act', d.act, 'proof', d.proof, 'n', d.n, 'from', log.time_text(d.from_at),
        'due_at', log.time_text(d.due_at), 'met_at', log.time_text(d.met_at), 'state', CASE WHEN d.proof = 'automatic' THEN 'automatic'
            WHEN d.met_at IS NOT NULL THEN 'met' WHEN d.cancelled_at IS NOT NULL THEN 'cancelled'
            WHEN d.due_at <= pg_catalog.clock_timestamp() THEN 'overdue' ELSE 'open' END,
        'statement', p.statement, 'done_on', p.done_on, 'document', CASE WHEN p.document_name IS NOT NULL THEN pg_catalog.jsonb_build_object(
            'name', p.document_name, 'media_type', p.document_type, 'sha256', p.document_sha256, 'size', pg_catalog.length(p.document), 'url', p.document_url)
            || CASE WHEN p_whole THEN pg_catalog.jsonb_build_object('content',
                pg_catalog.translate(pg_catalog.encode(p.document, 'base64'), E'\n', '')) ELSE '{}' END END)
    FROM licensing.duty_due AS d LEFT JOIN licensing.duty_proof AS p ON p.duty_due_id = d.id WHERE d.id = p_id;
$$;
