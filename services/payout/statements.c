/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Member statements over HTTP: the stored facts of a run for one member, and the trace that C works out again on a
 * helper thread. */
#include <string.h>

#include "html.h"
#include "payout_role.h"
#include "trace.h"

PAYOUT_READ(list_statements, "payout.list_statements", "$1::uuid, $2::integer, $3::uuid");
PAYOUT_READ(load_statement, "payout.load_statement", "$1::uuid, $2::uuid");

struct trace_work {
    struct ch_arena *arena; /* of the work alone */
    const char *rule, *inputs, *run_id, *member;
    json_t *statement;
    char *trace;
    bool print;
};

struct ch_done *get_statements(struct ch_request *request)
{
    return list_by_id(request, &list_statements);
}

static void free_arena(void *arena)
{
    ch_arena_free(arena);
}

static void work_trace(void *state)
{
    struct trace_work *work = state;
    work->trace = member_trace(work->arena, work->rule, work->inputs, work->run_id, work->member);
}

static void print_steps(struct evbuffer *page, const json_t *statement, const char *currency)
{
    evbuffer_add_printf(page,
                        "<h2>How the pot was shared</h2><table><tr><th>Step</th><th>Kind</th><th>To</th><th>Of</th>"
                        "<th>Amount</th><th>Remaining</th></tr>\n");
    size_t i;
    json_t *step;
    json_array_foreach(json_object_get(statement, "steps"), i, step)
    {
        static const char *const TEXTS[] = {"id", "kind", "to"};
        evbuffer_add_printf(page, "<tr>");
        for (size_t t = 0; t < 3; t++) {
            evbuffer_add_printf(page, "<td>");
            html_text(page, payout_text(step, TEXTS[t]));
            evbuffer_add_printf(page, "</td>");
        }
        html_amount(page, payout_integer(step, "base"), currency);
        html_amount(page, payout_integer(step, "amount"), currency);
        html_amount(page, payout_integer(step, "remaining"), currency);
        evbuffer_add_printf(page, "</tr>\n");
    }
    evbuffer_add_printf(page, "</table>\n");
}

static void print_trace(struct evbuffer *page, const json_t *statement, const char *currency)
{
    evbuffer_add_printf(page,
                        "<h2>Your share of each part</h2><table><tr><th>Step</th><th>Level</th><th>Your weight</th>"
                        "<th>Of</th><th>Amount</th></tr>\n");
    size_t i, k;
    json_t *step, *row;
    json_array_foreach(json_object_get(json_object_get(statement, "trace"), "steps"), i, step)
        json_array_foreach(json_object_get(step, "rows"), k, row)
    {
        static const char *const TEXTS[] = {"level", "weight", "weight_total", "amount"};
        evbuffer_add_printf(page, "<tr><td>");
        html_text(page, payout_text(step, "id"));
        evbuffer_add_printf(page, "</td>");
        for (size_t t = 0; t < 4; t++) {
            evbuffer_add_printf(page, t ? "<td class=\"n\">" : "<td>");
            html_text(page, payout_text(row, TEXTS[t]));
            evbuffer_add_printf(page, "</td>");
        }
        evbuffer_add_printf(page, "</tr>\n");
    }
    evbuffer_add_printf(page, "</table><p>Amounts of this table in minor units of %s.</p>\n", currency);
}

static void print_payments(struct evbuffer *page, const json_t *statement, const char *currency)
{
    evbuffer_add_printf(page, "<h2>Held and paid</h2><table>\n");
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(statement, "holds"), i, item)
    {
        evbuffer_add_printf(page, "<tr><th>Held: ");
        html_text(page, payout_text(item, "reason"));
        evbuffer_add_printf(page, "</th>");
        html_amount(page, payout_integer(item, "amount"), currency);
        evbuffer_add_printf(page, "</tr>\n");
    }
    json_array_foreach(json_object_get(statement, "payments"), i, item)
    {
        evbuffer_add_printf(page, "<tr><th>Payment ");
        html_text(page, payout_text(item, "end_to_end_id"));
        evbuffer_add_printf(page, ", %s ", payout_text(item, "state"));
        html_text(page, payout_text(item, "booked_on"));
        evbuffer_add_printf(page, "</th>");
        html_amount(page, payout_integer(item, "amount"), currency);
        evbuffer_add_printf(page, "</tr>\n");
    }
    evbuffer_add_printf(page, "</table>\n");
}

static struct ch_done *print(struct ch_request *request, const json_t *statement)
{
    const char *currency = payout_text(statement, "currency");
    struct evbuffer *page = evbuffer_new();
    html_begin(page, ch_printf(ch_arena_of(request), "Statement: pool %s, %s", payout_text(statement, "pool"),
                               payout_text(statement, "month")));
    evbuffer_add_printf(page, "<table>\n");
    html_row(page, "Run", payout_text(statement, "run_id"));
    html_row(page, "Rule", payout_text(statement, "rule"));
    html_row(page, "Rule's hash", payout_text(statement, "rule_sha256"));
    html_row(page, "Resolution", payout_text(statement, "resolution"));
    evbuffer_add_printf(page, "<tr><th>Pot</th>");
    html_amount(page, payout_integer(statement, "pot"), currency);
    evbuffer_add_printf(page, "</tr>\n<tr><th>Yours</th>");
    html_amount(page, payout_integer(statement, "amount"), currency);
    evbuffer_add_printf(page, "</tr></table>\n");
    print_steps(page, statement, currency);
    print_trace(page, statement, currency);
    print_payments(page, statement, currency);
    evbuffer_add_printf(page, "<h2>Proof</h2><table>\n");
    html_row(page, "Lines' root", payout_text(statement, "lines_root"));
    html_row(page, "Result's hash", payout_text(statement, "result_hash"));
    evbuffer_add_printf(page, "</table>\n");
    return html_reply(request, page);
}

static struct ch_done *with_trace(struct ch_request *request, void *state)
{
    struct trace_work *work = state;
    struct ch_arena *arena = ch_arena_of(request);
    if (work->trace)
        json_object_set(work->statement, "trace", payout_parse(arena, work->trace));
    if (work->print)
        return print(request, work->statement);
    return ch_reply(request, "ok", ch_json_canonical(arena, work->statement, NULL));
}

static struct ch_done *with_statement(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct trace_work *work = ch_state(request);
    json_t *loaded = payout_parse(ch_arena_of(request), answer->body);
    work->statement = json_object_get(loaded, "statement");
    work->rule = payout_text(loaded, "rule");
    work->inputs = payout_text(loaded, "inputs");
    work->run_id = payout_text(work->statement, "run_id");
    work->member = actor_id(request);
    work->arena = ch_arena_new();
    ch_arena_on_free(ch_arena_of(request), free_arena, work->arena);
    return ch_offload(request, work_trace, with_trace, work);
}

static struct ch_done *statement(struct ch_request *request, bool printed)
{
    const char *id = path_id(request);
    if (!id)
        return no_such(request);
    struct trace_work *work = ch_alloc(ch_arena_of(request), sizeof *work);
    work->print = printed;
    ch_set_state(request, work);
    return ch_call_then(request, &load_statement, CH_ARGS(actor_id(request), id), with_statement);
}

struct ch_done *get_statement(struct ch_request *request)
{
    return statement(request, false);
}

struct ch_done *print_statement(struct ch_request *request)
{
    return statement(request, true);
}
