/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Member statements over HTTP: the stored facts of a run for one member, with the trace that C works out of the
 * member's part of the inputs; the page made of them is statement_page.c. */
#include <string.h>

#include "payout_role.h"
#include "statement_page.h"
#include "trace.h"

PAYOUT_READ(list_statements, "payout.list_statements", "$1::uuid, $2::integer, $3::uuid");
PAYOUT_READ(load_statement, "payout.load_statement", "$1::uuid, $2::uuid");

typedef struct ch_done *answer_with(struct ch_request *request, const json_t *statement);

struct wanted {
    answer_with *answer;
};

static struct ch_done *as_document(struct ch_request *request, const json_t *statement)
{
    return ch_reply(request, "ok", ch_json_canonical(ch_arena_of(request), statement, NULL));
}

/* The tlog-proof of the entry that names the root of the line tree: a file of its own. */
static struct ch_done *as_proof(struct ch_request *request, const json_t *statement)
{
    const char *proof = payout_text(statement, "proof");
    if (!proof) {
        ch_set_header(request, "Retry-After", "5");
        return ch_refuse(request, "not_yet_logged", "no checkpoint covers the result of this run yet");
    }
    ch_set_header(
        request, "Content-Disposition",
        ch_printf(ch_arena_of(request), "attachment; filename=\"%s.tlog-proof\"", payout_text(statement, "run_id")));
    return ch_reply_bytes(request, 200, "text/plain; charset=utf-8", proof, strlen(proof));
}

static struct ch_done *with_statement(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_arena *arena = ch_arena_of(request);
    const struct wanted *wanted = ch_state(request);
    json_t *loaded = payout_parse(arena, answer->body), *statement = json_object_get(loaded, "statement");
    char *trace = member_trace(arena, payout_text(loaded, "rule"), json_object_get(loaded, "part"), actor_id(request),
                               json_object_get(loaded, "head"), json_object_get(statement, "line"));
    json_object_set(statement, "trace", trace ? payout_parse(arena, trace) : json_null());
    return wanted->answer(request, statement);
}

static struct ch_done *statement(struct ch_request *request, answer_with *answer)
{
    const char *id = path_id(request);
    if (!id)
        return no_such(request);
    struct wanted *wanted = ch_alloc(ch_arena_of(request), sizeof *wanted);
    wanted->answer = answer;
    ch_set_state(request, wanted);
    return ch_call_then(request, &load_statement, CH_ARGS(actor_id(request), id), with_statement);
}

struct ch_done *get_statements(struct ch_request *request)
{
    return list_by_id(request, &list_statements);
}

struct ch_done *get_statement(struct ch_request *request)
{
    return statement(request, as_document);
}

struct ch_done *print_statement(struct ch_request *request)
{
    return statement(request, statement_page);
}

struct ch_done *prove_statement(struct ch_request *request)
{
    return statement(request, as_proof);
}
