-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the whole consent record of one of the actor's events, in the words of ISO/IEC TS 27560:2023 as profiled by DPV, for
--          signing.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_receipt(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_event licensing.consent_event;
    v_charter jsonb;
    v_notice licensing.notice;
BEGIN
    SELECT * INTO v_event FROM licensing.consent_event WHERE id = p_id AND member_id = p_actor;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    SELECT * INTO v_notice FROM licensing.notice WHERE pool_id = v_event.pool_id AND n = v_event.notice;
    SELECT v.charter INTO v_charter FROM licensing.pool_version AS v WHERE v.pool_id = v_event.pool_id AND v.from_at <= v_event.at
    ORDER BY v.version DESC LIMIT 1;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object(
        'dct:conformsTo', 'https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr', 'dct:identifier', v_event.id,
        'record_id', v_event.record_id, 'dpv:hasDataSubject', v_event.member_id,
        'dpv:hasNotice', pg_catalog.jsonb_build_object('number', v_notice.n, 'sha256', v_notice.sha256),
        'dct:language', v_event.language,
        'dpv:hasPurpose', pg_catalog.jsonb_build_object('code', q.code, 'match', q.match, 'iri', q.dpv),
        'dpv:hasPersonalData', pg_catalog.jsonb_build_object('schema_sha256', p.schema_sha256,
            'special_category', v_charter -> 'special_category',
            'types', (SELECT COALESCE(pg_catalog.jsonb_agg(f.v -> 'ch:data_type') FILTER (WHERE f.v ? 'ch:data_type'), '[]')
                      FROM pg_catalog.jsonb_array_elements(p.schema -> 'fields') AS f (v))),
        'dpv:hasDataController', v_charter -> 'controller',
        'dpv:hasStorageCondition', pg_catalog.jsonb_build_object('countries', v_charter -> 'storage_countries',
            'retention_days', v_charter -> 'retention_days'),
        'dpv:hasJurisdiction', v_charter -> 'jurisdiction', 'processing_countries', v_charter -> 'processing_countries',
        'dpv:hasRecipient', v_event.recipient_class, 'dpv:hasConsentControl', '/me/consents',
        'dct:date', log.time_text(v_event.at), 'dct:valid', log.time_text(v_event.until),
        'dpv:isImplementedByEntity', v_event.actor, 'dpv:hasLegalBasis', v_event.type, 'legal_basis', v_charter -> 'legal_basis',
        'state', v_event.state, 'dpv:hasConsentStatus', CASE v_event.state WHEN 'requested' THEN 'dpv:ConsentRequested'
            WHEN 'deferred' THEN 'dpv:ConsentRequestDeferred' WHEN 'given' THEN 'dpv:ConsentGiven'
            WHEN 'renewed' THEN 'dpv:RenewedConsentGiven' WHEN 'refused' THEN 'dpv:ConsentRefused'
            WHEN 'withdrawn' THEN 'dpv:ConsentWithdrawn' WHEN 'terminated' THEN 'dpv:ConsentRevoked'
            WHEN 'expired' THEN 'dpv:ConsentExpired' WHEN 'invalidated' THEN 'dpv:ConsentInvalidated' ELSE 'dpv:ConsentUnknown' END))
        FROM licensing.pool AS p, licensing.purpose AS q WHERE p.pool_id = v_event.pool_id AND q.code = v_event.purpose);
END
$$;
