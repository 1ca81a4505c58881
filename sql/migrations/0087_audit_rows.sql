-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Rows of contributions are counted for all of them at once.
DROP FUNCTION IF EXISTS audit.count_rows(uuid, uuid);
