/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checks of the rules that money is shared by: which rule, by which vote, on what figures of usage, to whom, from
 * which balances, what is taken back and when it is due. What is compared stands in the queries of sql/functions/audit;
 * the sharing itself is recomputed in runs.c, the pots are pots.c's. */
#include <string.h>

#include "by_function.h"
#include "inputs.h"

/* Usage in the window of the run's rule. */
static const char CLEAR_WINDOW[] = "TRUNCATE audit.work_used";
static const struct pipe WINDOW[] = {{"COPY (SELECT w.* FROM audit.window_of(" INPUTS_RUN
                                      ") AS w WHERE audit.rule_of(" INPUTS_RUN ") IS NOT NULL) TO STDOUT",
                                      "COPY audit.work_used FROM STDIN"},
                                     {NULL, NULL}};

/* Who should be listed as what, by the books and the file of outside weights, and what each had of which step. */
#define OUTSIDE(what)                                                                                                  \
    "COPY (SELECT '" what "', x.id, x.external FROM payout.run AS r JOIN payout.evidence AS e ON e.sha256 = "          \
    "r.external_sha256 CROSS JOIN LATERAL pg_catalog.json_to_recordset(pg_catalog.convert_from(e.bytes, "              \
    "'UTF8')::json -> '" what "s') AS x (id text, external bigint) WHERE r.id = " INPUTS_RUN ") TO STDOUT",            \
        "COPY audit.work_outside FROM STDIN"
static const char CLEAR_BOOKS[] =
    "TRUNCATE audit.work_person, audit.work_owned, audit.work_outside, audit.work_split, audit.work_step";
static const struct pipe BOOKS[] = {
    {"COPY (SELECT p.id, p.status, p.verified, p.tenure, p.sure FROM audit.people_of(" INPUTS_RUN ") AS p) TO STDOUT",
     "COPY audit.work_person FROM STDIN"},
    {"COPY (SELECT c.id, c.member_id, c.quality_ppm FROM payout.run AS r JOIN licensing.contribution AS c ON c.pool_id "
     "= r.pool_id WHERE r.id = " INPUTS_RUN " AND c.rows IS NOT NULL) TO STDOUT",
     "COPY audit.work_owned FROM STDIN"},
    {OUTSIDE("recipient")},
    {OUTSIDE("contribution")},
    {"COPY (SELECT s.* FROM audit.splits_of(" INPUTS_RUN ") AS s) TO STDOUT", "COPY audit.work_split FROM STDIN"},
    {"COPY (SELECT l.member_id, g ->> 'id', g ->> 'amount' FROM payout.run_line AS l CROSS JOIN LATERAL "
     "pg_catalog.json_array_elements(l.line::json -> 'steps') AS g WHERE l.run = " INPUTS_RUN ") TO STDOUT",
     "COPY audit.work_step FROM STDIN"},
    {NULL, NULL}};

#define JUDGE_WORK(name, query)                                                                                        \
    static bool name(struct audit *a, const char *unit)                                                                \
    {                                                                                                                  \
        return audit_collect(a, a->findings, query, AUDIT_ARGS(unit));                                                 \
    }

AUDIT_JUDGE(judge_rule, AUDIT_FOUND_BY("check_run_rule"))
AUDIT_JUDGE(judge_vote, AUDIT_FOUND_BY("check_vote"))
AUDIT_JUDGE(judge_own_use, AUDIT_FOUND_BY("check_own_use"))
JUDGE_WORK(judge_window, AUDIT_FOUND_BY("check_windows"))
JUDGE_WORK(judge_people, AUDIT_SUMS_BY("check_people"))
JUDGE_WORK(judge_shares, AUDIT_SUMS_BY("check_shares"))
AUDIT_JUDGE(judge_reserve, AUDIT_SUMS_BY("check_reserve"))
AUDIT_JUDGE(judge_clawbacks, AUDIT_SUMS_BY("check_clawbacks"))
AUDIT_JUDGE(judge_refunds, AUDIT_SUMS_BY("check_refunds"))

static bool judge_windows(struct audit *a, const char *run)
{
    return inputs_load(a, run) && audit_query(a, a->findings, CLEAR_WINDOW, AUDIT_NO_ARGS) && inputs_pipe(a, WINDOW) &&
           judge_window(a, run) && judge_own_use(a, run);
}

static bool judge_balances(struct audit *a, const char *run)
{
    const char *inputs;
    return inputs_rest(a, run, &inputs) &&
           audit_collect(a, a->source, AUDIT_SUMS_GIVEN("check_balances"), AUDIT_ARGS(run, inputs));
}

static bool judge_recipients(struct audit *a, const char *run)
{
    return inputs_load(a, run) && audit_query(a, a->findings, CLEAR_BOOKS, AUDIT_NO_ARGS) && inputs_pipe(a, BOOKS) &&
           judge_people(a, run) && judge_shares(a, run);
}

static bool judge_target_or_reserve(struct audit *a, const char *unit)
{
    return strcmp(unit, "reserve") == 0 ? judge_reserve(a, unit) : judge_balances(a, unit);
}

static bool judge_what_goes_back(struct audit *a, const char *unit)
{
    return strcmp(unit, "refunds") == 0 ? judge_refunds(a, unit) : judge_clawbacks(a, unit);
}

static bool judge_deadlines(struct audit *a, const char *unit)
{
    (void)unit;
    return audit_collect(a, a->source, AUDIT_SUMS_BY("check_deadlines"), AUDIT_ARGS(a->as_of));
}

bool audit_run_rules(struct audit *a)
{
    return inputs_units(a, AUDIT_UNITS_GIVEN("units_run_rules"), judge_rule);
}

bool audit_votes(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_votes"), judge_vote);
}

bool audit_windows(struct audit *a)
{
    return inputs_units(a, AUDIT_UNITS_GIVEN("units_windows"), judge_windows);
}

bool audit_shares(struct audit *a)
{
    return inputs_units(a, AUDIT_UNITS_GIVEN("units_shares"), judge_recipients);
}

bool audit_balances(struct audit *a)
{
    return inputs_units(a, AUDIT_UNITS_GIVEN("units_balances"), judge_target_or_reserve);
}

bool audit_clawbacks(struct audit *a)
{
    return inputs_units(a, AUDIT_UNITS_GIVEN("units_clawbacks"), judge_what_goes_back);
}

bool audit_deadlines(struct audit *a)
{
    return audit_each_unit(a, AUDIT_ALWAYS("deadlines"), judge_deadlines);
}
