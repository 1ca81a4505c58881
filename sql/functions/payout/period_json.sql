-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a month of the book as people see it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.period_json(p_month date) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT pg_catalog.jsonb_build_object('id', pg_catalog.to_char(p.month, 'YYYY-MM'), 'state', p.state, 'closed_at', log.time_text(p.closed_at),
        'closed_by', p.closed_by, 'balance_sha256', p.balance_sha256) FROM payout.period AS p WHERE p.month = p_month);
END
$$;
