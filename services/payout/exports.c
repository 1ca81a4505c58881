/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Exports of the journal over HTTP: begin, accounts, then postings page by page as the client takes them. What is
 * written is core/export.c. An export is still: it ends at the transaction that was last when it began. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/export.h"
#include "payout_role.h"

#define PAGE "4000"

PAYOUT_READ(begin_export, "payout.begin_export", "$1::uuid, $2::date, $3::date");

static const struct ch_statement ACCOUNTS = {
    .name = "payout.export_accounts",
    .text =
        "SELECT account_id, path, before_minor FROM payout.export_accounts($1::uuid, $2::date, $3::date, $4::bigint)",
    .shape = CH_SHAPE_ROWS,
    .columns = 3,
    .read_only = true,
};
static const struct ch_statement POSTINGS = {
    .name = "payout.export_postings",
    .text = "SELECT txn_no, line, account_id, minor, occurred_on, kind, recorded_at, evidence, leaf, resolution, "
            "concerns, reverses FROM payout.export_postings($1::uuid, $2::date, $3::bigint, $4::date, $5::bigint, "
            "$6::integer, " PAGE ")",
    .shape = CH_SHAPE_ROWS,
    .columns = 12,
    .read_only = true,
};

/* Lives until the last of stream and statement is over; not in the request's arena, which a client that leaves takes
 * with it. */
struct export
{
    struct ch_pool *pool;
    struct ch_stream *stream; /* NULL: the client left */
    bool asking;              /* a statement is under way */
    char actor[37], from[11], to[11], last_no[24], currency[4], opening[65];
    char day[11], no[24], line[16]; /* where the next page begins */
    PGresult *accounts;             /* paths point into it */
    struct ch_export writer;
    struct ch_out out;
    struct evbuffer *body;
};

static void add_to_body(void *body, const void *bytes, size_t size)
{
    evbuffer_add(body, bytes, size);
}

static void free_export(struct export *e)
{
    PQclear(e->accounts);
    free(e->writer.accounts);
    free(e->writer.by_id);
    evbuffer_free(e->body);
    free(e);
}

/* ---- the pages ---- */

static const char *cell(const PGresult *rows, int row, int column)
{
    return PQgetisnull(rows, row, column) ? NULL : PQgetvalue(rows, row, column);
}

static bool write_row(struct export *e, const PGresult *rows, int row)
{
    return ch_export_posting(&e->writer, &(struct ch_export_posting){
                                             .txn_no = strtoll(PQgetvalue(rows, row, 0), NULL, 10),
                                             .line = (int)strtol(PQgetvalue(rows, row, 1), NULL, 10),
                                             .account_id = strtoll(PQgetvalue(rows, row, 2), NULL, 10),
                                             .minor = strtoll(PQgetvalue(rows, row, 3), NULL, 10),
                                             .occurred_on = cell(rows, row, 4),
                                             .kind = cell(rows, row, 5),
                                             .recorded_at = cell(rows, row, 6),
                                             .evidence = cell(rows, row, 7),
                                             .leaf = cell(rows, row, 8),
                                             .resolution = cell(rows, row, 9),
                                             .concerns = cell(rows, row, 10),
                                             .reverses = cell(rows, row, 11),
                                         });
}

static void give(struct export *e)
{
    ch_out_flush(&e->out);
    if (evbuffer_get_length(e->body) > 0)
        ch_stream_write(e->stream, e->body);
}

/* A fault in the middle. The status is long said, so the file says it, in a line that none of the tools reads. */
static void stop(struct export *e)
{
    struct ch_stream *stream = e->stream;
    ch_out_text(&e->out, "\n!! incomplete: export again !!\n");
    give(e);
    ch_stream_end(stream);
    free_export(e);
}

static void finish(struct export *e)
{
    struct ch_stream *stream = e->stream;
    ch_export_end(&e->writer, e->to);
    give(e);
    ch_stream_end(stream);
    free_export(e);
}

static void page_is_here(void *arg, enum ch_fault fault, const PGresult *rows)
{
    struct export *e = arg;
    e->asking = false;
    if (!e->stream) {
        free_export(e);
        return;
    }
    int count = fault == CH_FAULT_NONE ? PQntuples(rows) : -1;
    for (int row = 0; row < count; row++)
        if (!write_row(e, rows, row))
            count = -1;
    if (count < 0) {
        stop(e);
        return;
    }
    if (count < (int)strtol(PAGE, NULL, 10)) {
        finish(e);
        return;
    }
    snprintf(e->day, sizeof e->day, "%s", PQgetvalue(rows, count - 1, 4));
    snprintf(e->no, sizeof e->no, "%s", PQgetvalue(rows, count - 1, 0));
    snprintf(e->line, sizeof e->line, "%s", PQgetvalue(rows, count - 1, 1));
    give(e);
}

static void ask_for_page(struct export *e)
{
    e->asking = true;
    ch_pool_run(e->pool, &POSTINGS, CH_ARGS(e->actor, e->to, e->last_no, e->day, e->no, e->line), page_is_here, e);
}

/* ---- the accounts ---- */

static void take_accounts(struct export *e, const PGresult *rows)
{
    size_t count = (size_t)PQntuples(rows);
    e->accounts = PQcopyResult(rows, PG_COPYRES_TUPLES);
    e->writer.accounts = calloc(count + 1, sizeof *e->writer.accounts);
    e->writer.by_id = calloc(count + 1, sizeof *e->writer.by_id);
    if (!e->accounts || !e->writer.accounts || !e->writer.by_id)
        abort();
    e->writer.count = count;
    for (size_t i = 0; i < count; i++)
        e->writer.accounts[i] =
            (struct ch_export_account){.id = strtoll(PQgetvalue(e->accounts, (int)i, 0), NULL, 10),
                                       .path = PQgetvalue(e->accounts, (int)i, 1),
                                       .balance = strtoll(PQgetvalue(e->accounts, (int)i, 2), NULL, 10)};
}

static void accounts_are_here(void *arg, enum ch_fault fault, const PGresult *rows)
{
    struct export *e = arg;
    e->asking = false;
    if (!e->stream) {
        free_export(e);
        return;
    }
    if (fault != CH_FAULT_NONE) {
        stop(e);
        return;
    }
    take_accounts(e, rows);
    ch_export_begin(&e->writer, e->from, e->opening);
    ch_out_flush(&e->out);
    ask_for_page(e);
}

/* ---- the stream ---- */

static void want(struct ch_stream *stream, void *state)
{
    struct export *e = state;
    e->stream = stream;
    if (e->asking)
        return;
    if (e->accounts) {
        ask_for_page(e);
        return;
    }
    e->asking = true;
    ch_pool_run(e->pool, &ACCOUNTS, CH_ARGS(e->actor, e->from, e->to, e->last_no), accounts_are_here, e);
}

static void gone(struct ch_stream *stream, void *state)
{
    struct export *e = state;
    (void)stream;
    e->stream = NULL;
    if (!e->asking)
        free_export(e);
}

static struct ch_done *start(struct ch_request *request, const struct ch_answer *answer)
{
    static const struct ch_stream_calls CALLS = {want, gone};
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const json_t *head = payout_parse(ch_arena_of(request), answer->body);
    const enum ch_export_format *format = ch_state(request);
    struct export *e = calloc(1, sizeof *e);
    if (!e || !(e->body = evbuffer_new()))
        abort();
    e->pool = ch_pool_of(request);
    snprintf(e->actor, sizeof e->actor, "%s", actor_id(request));
    snprintf(e->from, sizeof e->from, "%s", payout_text(head, "from"));
    snprintf(e->to, sizeof e->to, "%s", payout_text(head, "to"));
    snprintf(e->day, sizeof e->day, "%s", e->from);
    snprintf(e->no, sizeof e->no, "0");
    snprintf(e->line, sizeof e->line, "0");
    snprintf(e->last_no, sizeof e->last_no, "%lld", (long long)payout_integer(head, "last_no"));
    snprintf(e->currency, sizeof e->currency, "%s", payout_text(head, "currency"));
    snprintf(e->opening, sizeof e->opening, "%s", payout_text(head, "opening"));
    ch_out_begin(&e->out, add_to_body, e->body);
    e->writer = (struct ch_export){
        .format = *format, .out = &e->out, .currency = e->currency, .digits = ch_currency_digits(e->currency)};
    return ch_stream_start(request, 200, ch_export_types[*format], &CALLS, e);
}

struct ch_done *get_export(struct ch_request *request)
{
    const char *name = ch_path(request, "format"), *from = ch_query(request, "from"), *to = ch_query(request, "to");
    enum ch_export_format *format = ch_alloc(ch_arena_of(request), sizeof *format);
    for (*format = 0; *format < CH_EXPORT_FORMATS && strcmp(name, ch_export_names[*format]) != 0; (*format)++)
        ;
    if (*format == CH_EXPORT_FORMATS)
        return ch_refuse(request, "not_found", "Formats are hledger, ledger, beancount, csv.");
    if ((from && !ch_is_date(from)) || (to && !ch_is_date(to)) || (from && to && strcmp(from, to) > 0))
        return ch_refuse(request, "bad_request", "from and to are days, YYYY-MM-DD, from not behind to.");
    ch_set_state(request, format);
    return ch_call_then(request, &begin_export, CH_ARGS(actor_id(request), from, to), start);
}
