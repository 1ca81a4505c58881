-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Comments that argue for a proposal or against it: the voting page gives both the same space.
SET LOCAL ROLE ch_governance_owner;

ALTER TABLE governance.comment ADD COLUMN stance text CHECK (stance IN ('for', 'against'));
COMMENT ON COLUMN governance.comment.stance IS 'NULL: neither, or from before stances were asked for';
