-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Work tables in which the auditor compares a run with the books: a million recipients are rows there, read once, and no document that each check parses.
SET LOCAL ROLE ch_audit_owner;

CREATE UNLOGGED TABLE audit.work_inputs (
    doc jsonb NOT NULL
);
COMMENT ON TABLE audit.work_inputs IS 'what the frozen inputs say beside recipients and contributions; no row where their bytes are not those that were frozen';
CREATE UNLOGGED TABLE audit.work_line (
    id text COLLATE "C" PRIMARY KEY,
    minor numeric NOT NULL,
    line text NOT NULL
);
COMMENT ON TABLE audit.work_line IS 'the lines of a run as recomputed';
CREATE UNLOGGED TABLE audit.work_person (
    id text COLLATE "C" PRIMARY KEY,
    status text NOT NULL,
    verified boolean NOT NULL,
    tenure bigint NOT NULL,
    sure boolean NOT NULL
);
COMMENT ON TABLE audit.work_person IS 'who was to be listed in the inputs, by the books';
CREATE UNLOGGED TABLE audit.work_owned (
    id text COLLATE "C" PRIMARY KEY,
    member text NOT NULL,
    quality bigint
);
COMMENT ON TABLE audit.work_owned IS 'contributions of the pool, by the books';
CREATE UNLOGGED TABLE audit.work_outside (
    what text NOT NULL,
    id text COLLATE "C" NOT NULL,
    external bigint
);
COMMENT ON TABLE audit.work_outside IS 'the file of outside weights';
CREATE UNLOGGED TABLE audit.work_used (
    contribution text COLLATE "C" NOT NULL,
    member text COLLATE "C",
    licensee uuid,
    units numeric NOT NULL,
    sure boolean,
    own boolean
);
COMMENT ON TABLE audit.work_used IS 'sealed usage that the run, or the window of its rule, rests on';
CREATE UNLOGGED TABLE audit.work_split (
    step text NOT NULL,
    part integer NOT NULL,
    share numeric NOT NULL,
    weight text NOT NULL,
    through boolean NOT NULL,
    alone boolean NOT NULL,
    amount numeric NOT NULL,
    whole numeric NOT NULL,
    statuses jsonb,
    min_units numeric NOT NULL,
    min_licensees numeric NOT NULL,
    floor numeric,
    cap numeric,
    leftover numeric
);
COMMENT ON TABLE audit.work_split IS 'parts of the split steps that gave something';
CREATE UNLOGGED TABLE audit.work_step (
    id text COLLATE "C" NOT NULL,
    step text NOT NULL,
    amount numeric
);
COMMENT ON TABLE audit.work_step IS 'what each stored line had of each step';
-- Filled once and read whole.
ALTER TABLE audit.work_weight DROP CONSTRAINT work_weight_pkey;
RESET ROLE;

-- These take rows instead of a run now.
DROP FUNCTION IF EXISTS audit.recipients_of(uuid);
DROP FUNCTION IF EXISTS audit.weights_of(uuid);
-- What these say of runs is asked once for all of them.
DROP FUNCTION IF EXISTS audit.units_run_rules(date[]);
DROP FUNCTION IF EXISTS audit.units_windows(date[]);
DROP FUNCTION IF EXISTS audit.units_shares(date[]);
DROP FUNCTION IF EXISTS audit.units_balances(date[]);
DROP FUNCTION IF EXISTS audit.units_clawbacks(date[]);
DROP FUNCTION IF EXISTS audit.units_runs(date[]);
DROP FUNCTION IF EXISTS audit.units_seals(date[]);
