-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Sources of live clients, by client ($1) and URI ($2), beside one another.
-- shape: rows 4
SELECT s.source_no, s.client_id, s.uri, s.organisation_id
FROM unnest($1::text[], $2::text[]) AS x (client_id, uri)
JOIN metering.source_overview AS s ON s.uri = x.uri AND s.client_id = x.client_id
WHERE s.ended_at IS NULL;
