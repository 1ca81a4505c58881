-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an account's path as an export of p_format writes it. Beancount reads components of letters, digits and hyphens that begin with a capital or a digit:
--          another has X- in front, and what is neither letter, digit nor a single hyphen becomes -- and two hex digits.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.export_name(p_format text, p_path text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_format <> 'beancount' THEN p_path ELSE (
        SELECT pg_catalog.string_agg(CASE WHEN c.part ~ '^[A-Z0-9][A-Za-z0-9-]*$' AND c.part !~ '^X-' THEN c.part ELSE 'X-' || (
            SELECT pg_catalog.string_agg(CASE WHEN l.letter ~ '^[A-Za-z0-9]$' OR l.letter = '-' AND l.next ~ '^[A-Za-z0-9]$' THEN l.letter
                ELSE '--' || pg_catalog.upper(pg_catalog.lpad(pg_catalog.to_hex(pg_catalog.ascii(l.letter)), 2, '0')) END, '' ORDER BY l.place)
            FROM (SELECT x.letter, x.ordinality AS place, pg_catalog.lead(x.letter) OVER (ORDER BY x.ordinality) AS next FROM pg_catalog.regexp_split_to_table(c.part, '') WITH ORDINALITY AS x (letter)) AS l) END,
            ':' ORDER BY c.ordinality)
        FROM pg_catalog.regexp_split_to_table(p_path, ':') WITH ORDINALITY AS c (part)) END;
$$;
