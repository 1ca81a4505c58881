-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The public register is asked for one pool and one state too: the function takes its place under another signature.
DROP FUNCTION IF EXISTS licensing.list_register(integer, uuid);
