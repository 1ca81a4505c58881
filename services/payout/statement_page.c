/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page of a statement, section by section, out of the document itself: what is printed is what is verified. */
#include "statement_page.h"

#include <stdlib.h>
#include <string.h>

#include "settings.h"

/* A column of a table: a member's name, and whether it is an amount. */
struct column {
    const char *title, *name;
    bool amount;
};

static void cell(struct evbuffer *page, const json_t *value)
{
    evbuffer_add_printf(page, "<td>");
    if (json_is_string(value))
        html_text(page, json_string_value(value));
    else if (json_is_integer(value))
        evbuffer_add_printf(page, "%lld", (long long)json_integer_value(value));
    evbuffer_add_printf(page, "</td>");
}

/* An amount stands bare or as money. */
static int64_t minor_of(const json_t *value)
{
    return json_is_object(value) ? payout_integer(value, "minor") : json_integer_value(value);
}

static void table(struct evbuffer *page, const json_t *rows, const struct column *columns, const char *currency)
{
    if (json_array_size(rows) == 0)
        return;
    evbuffer_add_printf(page, "<table><tr>");
    for (const struct column *column = columns; column->title; column++)
        evbuffer_add_printf(page, "<th>%s</th>", column->title);
    evbuffer_add_printf(page, "</tr>\n");
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        evbuffer_add_printf(page, "<tr>");
        for (const struct column *column = columns; column->title; column++) {
            const json_t *value = json_object_get(row, column->name);
            if (column->amount)
                html_amount(page, minor_of(value), currency);
            else
                cell(page, value);
        }
        evbuffer_add_printf(page, "</tr>\n");
    }
    evbuffer_add_printf(page, "</table>\n");
}

static void heading(struct evbuffer *page, const char *text)
{
    evbuffer_add_printf(page, "<h2>%s</h2>\n", text);
}

static void amount_row(struct evbuffer *page, const char *name, int64_t minor, const char *currency)
{
    evbuffer_add_printf(page, "<tr><th>%s</th>", name);
    html_amount(page, minor, currency);
    evbuffer_add_printf(page, "</tr>\n");
}

static void print_head(struct evbuffer *page, const json_t *s, const char *currency)
{
    evbuffer_add_printf(page, "<table>\n");
    html_row(page, "Run", payout_text(s, "run_id"));
    html_row(page, "Rule", payout_text(s, "rule"));
    evbuffer_add_printf(page, "<tr><th>Version</th><td>%lld</td></tr>\n", (long long)payout_integer(s, "rule_version"));
    html_row(page, "Rule's hash", payout_text(s, "rule_sha256"));
    html_row(page, "Resolution", payout_text(s, "resolution"));
    amount_row(page, "Pot", payout_integer(s, "pot"), currency);
    amount_row(page, "Of it carried in", payout_integer(s, "carried_in"), currency);
    amount_row(page, "Yours", payout_integer(s, "amount"), currency);
    evbuffer_add_printf(page, "</table>\n");
}

static const struct {
    const char *why, *text;
} NONE[] = {
    {"aborted", "The rule stopped this run: nothing was shared."},
    {"not_listed", "You had contributed nothing to this pool by the end of the month."},
    {"not_eligible", "Nothing of yours met the conditions of the rule: see below which figure failed."},
    {"no_weight", "Nothing of yours was used in this month."},
    {"too_small", "Your share is less than the smallest unit of money, and no unit of the rest fell to you."},
};

static void print_why(struct evbuffer *page, const json_t *s)
{
    const char *why = payout_text(s, "why_none");
    for (size_t i = 0; why && i < sizeof NONE / sizeof *NONE; i++)
        if (strcmp(why, NONE[i].why) == 0)
            evbuffer_add_printf(page, "<p>You have no line in this run. %s</p>\n", NONE[i].text);
}

static void print_eligibility(struct evbuffer *page, const json_t *s)
{
    size_t i;
    const json_t *each;
    json_array_foreach(json_object_get(s, "eligibility"), i, each)
    {
        const char *failed = payout_text(each, "failed");
        evbuffer_add_printf(page, "<p>Step ");
        html_text(page, payout_text(each, "step"));
        evbuffer_add_printf(page, ": your own figures %s", failed ? "do not pass: " : "pass.</p>\n");
        if (!failed)
            continue;
        char *has = json_dumps(json_object_get(each, "has"), JSON_ENCODE_ANY | JSON_COMPACT);
        char *needs = json_dumps(json_object_get(each, "needs"), JSON_ENCODE_ANY | JSON_COMPACT);
        html_text(page, failed);
        evbuffer_add_printf(page, " is ");
        html_text(page, has);
        evbuffer_add_printf(page, ", needed ");
        html_text(page, needs);
        evbuffer_add_printf(page, ".</p>\n");
        free(has);
        free(needs);
    }
}

static void print_trace(struct evbuffer *page, const json_t *s, const char *currency)
{
    static const struct column ROW[] = {{"Level", "level", false},
                                        {"Contribution", "contribution", false},
                                        {"Of", "total", false},
                                        {"Your weight", "weight", false},
                                        {"Weights in all", "weight_total", false},
                                        {"Whole units", "quotient", false},
                                        {"Remainder", "remainder", false},
                                        {"Extra", "extra", false},
                                        {"Amount", "amount", false},
                                        {NULL, NULL, false}};
    size_t i;
    const json_t *step;
    json_array_foreach(json_object_get(json_object_get(s, "trace"), "steps"), i, step)
    {
        const json_t *rows = json_object_get(step, "rows");
        if (json_array_size(rows) == 0)
            continue;
        evbuffer_add_printf(page, "<h2>Your share of step ");
        html_text(page, payout_text(step, "id"));
        evbuffer_add_printf(page, "</h2>\n");
        table(page, rows, ROW, currency);
        evbuffer_add_printf(page, "<p>Figures of this table are weights, and minor units of %s.</p>\n", currency);
    }
}

static void print_money(struct evbuffer *page, const json_t *s, const char *currency)
{
    static const struct column HOLD[] = {{"Held: reason", "reason", false},
                                         {"Since", "since", false},
                                         {"Who can lift it", "lifted_by", false},
                                         {"Amount", "amount", true},
                                         {NULL, NULL, false}};
    static const struct column PAYMENT[] = {{"Payment", "end_to_end_id", false},
                                            {"Batch", "batch", false},
                                            {"State", "state", false},
                                            {"Bank's reference", "bank_reference", false},
                                            {"Booked on", "booked_on", false},
                                            {"Amount", "amount", true},
                                            {NULL, NULL, false}};
    static const struct column CLAWBACK[] = {{"Taken back by", "run_id", false},
                                             {"At", "at", false},
                                             {"Amount", "amount", true},
                                             {"Of it you owe", "owed", true},
                                             {NULL, NULL, false}};
    static const struct column NETTING[] = {
        {"Paid off a debt in", "txn", false}, {"Amount", "amount", true}, {NULL, NULL, false}};
    heading(page, "Held and paid");
    table(page, json_object_get(s, "holds"), HOLD, currency);
    table(page, json_object_get(s, "payments"), PAYMENT, currency);
    table(page, json_object_get(s, "clawbacks"), CLAWBACK, currency);
    table(page, json_object_get(s, "netting"), NETTING, currency);
}

static void print_proof(struct evbuffer *page, const json_t *s)
{
    heading(page, "Proof");
    evbuffer_add_printf(page, "<table>\n");
    html_row(page, "Result's hash", payout_text(s, "result_hash"));
    html_row(page, "Root of the lines", payout_text(s, "lines_root"));
    html_row(page, "Your salt", payout_text(s, "salt"));
    evbuffer_add_printf(page,
                        "</table>\n<p>The statement as a document holds the whole proof: salt and line, their path to "
                        "the root, the log entry that names it, and the proof that the log has this entry. "
                        "<code>commonhold verify statement</code> checks it without this service.</p>\n");
}

struct ch_done *statement_page(struct ch_request *request, const json_t *s)
{
    static const struct column STEP[] = {
        {"Step", "id", false},      {"Kind", "kind", false},          {"To", "to", false}, {"Of", "base", true},
        {"Amount", "amount", true}, {"Remaining", "remaining", true}, {NULL, NULL, false}};
    const char *currency = payout_text(s, "currency");
    struct evbuffer *page = evbuffer_new();
    html_begin(page, ch_printf(ch_arena_of(request), "Statement: pool %s, %s", payout_text(s, "pool"),
                               payout_text(s, "month")));
    print_head(page, s, currency);
    print_why(page, s);
    heading(page, "How the pot was shared");
    table(page, json_object_get(s, "steps"), STEP, currency);
    print_eligibility(page, s);
    print_trace(page, s, currency);
    print_money(page, s, currency);
    print_proof(page, s);
    return html_reply(request, page);
}
