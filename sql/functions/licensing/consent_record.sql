-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the whole record of one consent event in the words of ISO/IEC TS 27560:2023 as profiled by DPV: what the row says, and what the
--          immutable rows say that it cites (notice, version of the pool, purpose). Where a charter is silent on a field, what holds
--          for every pool is said.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.consent_record(p_event licensing.consent_event) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object(
        '@context', '{"dpv":"https://w3id.org/dpv#","dct":"http://purl.org/dc/terms/","eu-gdpr":"https://w3id.org/dpv/legal/eu/gdpr#"}'::jsonb,
        '@type', 'dpv:ConsentRecord', 'dct:conformsTo', 'https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr',
        'dct:identifier', p_event.id, 'record_id', p_event.record_id, 'receipt_id', p_event.id, 'pool', p.ref, 'dct:title', v.charter -> 'title',
        'dpv:hasDataSubject', p_event.member_id,
        'dpv:hasNotice', pg_catalog.jsonb_build_object('number', n.n, 'sha256', n.sha256, 'language', n.language),
        'dct:language', p_event.language,
        'dpv:hasPurpose', pg_catalog.jsonb_build_object('code', q.code, 'match', q.match, 'iri', q.dpv, 'duo', q.duo),
        'dpv:hasPersonalData', pg_catalog.jsonb_build_object('schema_version', v.version, 'schema_sha256', v.schema_sha256,
            'special_category', v.charter -> 'special_category',
            'types', (SELECT COALESCE(pg_catalog.jsonb_agg(DISTINCT f.v -> 'ch:data_type') FILTER (WHERE f.v ? 'ch:data_type'), '[]')
                      FROM pg_catalog.jsonb_array_elements(v.schema -> 'fields') AS f (v)),
            'columns', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', f.v -> 'name',
                            'sensitivity', f.v -> 'ch:sensitivity', 'type', f.v -> 'ch:data_type')), '[]')
                        FROM pg_catalog.jsonb_array_elements(v.schema -> 'fields') AS f (v))),
        'dpv:hasDataController', v.charter -> 'controller',
        'dpv:hasStorageCondition', pg_catalog.jsonb_build_object('countries', v.charter -> 'storage_countries',
            'retention_days', v.charter -> 'retention_days'),
        'dpv:hasJurisdiction', v.charter -> 'jurisdiction', 'processing_countries', v.charter -> 'processing_countries',
        'dpv:hasLocation', v.charter -> 'processing_countries',
        'dpv:hasProcessing', pg_catalog.jsonb_build_object(
            'collection_method', COALESCE(v.charter ->> 'collection_method', 'uploaded by the data subject'),
            'processing_method', COALESCE(v.charter ->> 'processing_method',
                'pooled, generalised as the voted terms say, and delivered under licence to the recipient named here')),
        'dpv:hasRecipient', p_event.recipient_class, 'dpv:hasConsentControl', '/me/consents',
        'dct:date', log.time_text(p_event.at), 'dct:valid', log.time_text(p_event.until),
        'dpv:isImplementedByEntity', CASE p_event.actor WHEN 'member' THEN pg_catalog.to_jsonb(p_event.member_id)
            ELSE v.charter #> '{controller,id}' END, 'acted', p_event.actor,
        'dpv:hasLegalBasis', p_event.type, 'legal_basis', v.charter -> 'legal_basis',
        'dpv:hasRight', COALESCE(v.charter -> 'rights',
            '["eu-gdpr:A7-3","eu-gdpr:A13","eu-gdpr:A15","eu-gdpr:A16","eu-gdpr:A17","eu-gdpr:A18","eu-gdpr:A20","eu-gdpr:A77"]'::jsonb),
        'dpv:hasAuthority', COALESCE(v.charter ->> 'authority', 'the supervisory authority of ' || (v.charter ->> 'jurisdiction')),
        'dpv:hasNecessity', COALESCE(v.charter ->> 'necessity', 'dpv:Optional'),
        'state', p_event.state, 'dpv:hasConsentStatus', (SELECT w.dpv_status FROM licensing.consent_writer AS w
            WHERE w.state = p_event.state ORDER BY w.actor LIMIT 1))
    FROM licensing.pool AS p
    JOIN licensing.purpose AS q ON q.code = p_event.purpose
    LEFT JOIN licensing.notice AS n ON n.pool_id = p.pool_id AND n.n = p_event.notice
    LEFT JOIN LATERAL (SELECT x.* FROM licensing.pool_version AS x WHERE x.pool_id = p.pool_id AND CASE
            WHEN p_event.charter_version IS NULL THEN x.from_at <= p_event.at ELSE x.version = p_event.charter_version END
        ORDER BY x.version DESC LIMIT 1) AS v ON true
    WHERE p.pool_id = p_event.pool_id;
$$;
