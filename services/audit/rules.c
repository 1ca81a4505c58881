/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checks of the rules that money is shared by: which rule, by which vote, on what figures of usage, to whom, from
 * which balances, what is taken back and when it is due. What is compared stands in the queries of sql/functions/audit;
 * the sharing itself is recomputed in runs.c, the pots are pots.c's. */
#include <string.h>

#include "by_function.h"

AUDIT_JUDGE(judge_rule, AUDIT_FOUND_BY("check_run_rule"))
AUDIT_JUDGE(judge_vote, AUDIT_FOUND_BY("check_vote"))
AUDIT_JUDGE(judge_windows, AUDIT_FOUND_BY("check_windows"))
AUDIT_JUDGE(judge_people, AUDIT_SUMS_BY("check_people"))
AUDIT_JUDGE(judge_shares, AUDIT_SUMS_BY("check_shares"))
AUDIT_JUDGE(judge_balances, AUDIT_SUMS_BY("check_balances"))
AUDIT_JUDGE(judge_reserve, AUDIT_SUMS_BY("check_reserve"))
AUDIT_JUDGE(judge_clawbacks, AUDIT_SUMS_BY("check_clawbacks"))
AUDIT_JUDGE(judge_refunds, AUDIT_SUMS_BY("check_refunds"))

static bool judge_recipients(struct audit *a, const char *run)
{
    return judge_people(a, run) && judge_shares(a, run);
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
    return audit_each_unit(a, AUDIT_UNITS("units_run_rules"), judge_rule);
}

bool audit_votes(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_votes"), judge_vote);
}

bool audit_windows(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_windows"), judge_windows);
}

bool audit_shares(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_shares"), judge_recipients);
}

bool audit_balances(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_balances"), judge_target_or_reserve);
}

bool audit_clawbacks(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_clawbacks"), judge_what_goes_back);
}

bool audit_deadlines(struct audit *a)
{
    return audit_each_unit(a, AUDIT_ALWAYS("deadlines"), judge_deadlines);
}
