/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Freezing a batch: its file is written page by page and stored piece by piece, so that a file of any length costs the
 * memory of a page; the last statement joins the pieces and freezes. Whoever is killed on the way leaves a draft. */
#include <string.h>

#include "batch_file.h"
#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "payee_seal.h"
#include "payout_role.h"

#define PROFILE_MAX 65536
#define PAGE        "500"

PAYOUT_READ(load_batch, "payout.load_batch", "$1::uuid, $2::uuid");
PAYOUT_READ(load_payments, "payout.load_payments", "$1::uuid, $2::uuid, $3::uuid, $4::integer, $5::bigint");
CH_FUNCTION(store_piece, "payout.store_piece", "$1::uuid, $2::uuid, $3::uuid, $4::integer, $5::bytea");
CH_FUNCTION(freeze, "payout.freeze_batch", "$1::uuid, $2::uuid, $3::uuid, $4::timestamptz");

struct freezing {
    struct ch_request *request;
    struct ch_arena *arena;      /* of the file */
    struct ch_arena *page_arena; /* of the page at hand, NULL between pages */
    struct batch_file *file;
    const char *id, *at;
    char attempt[37];
    int pieces;
    const char *page;  /* as the database gave it */
    const char *error; /* of the page, NULL: written */
};

static void release(void *state)
{
    struct freezing *f = state;
    if (f->page_arena)
        ch_arena_free(f->page_arena);
    ch_arena_free(f->arena);
}

static void end_page(struct freezing *f)
{
    ch_arena_free(f->page_arena);
    f->page_arena = NULL;
}

static void ask_page(struct freezing *f);

/* True when the statement answered "ok"; else the request is answered. */
static bool is_ok(struct freezing *f, enum ch_fault fault, const PGresult *result)
{
    if (fault != CH_FAULT_NONE)
        (void)ch_reply_fault(f->request, fault);
    else if (strcmp(PQgetvalue(result, 0, 0), "ok") != 0)
        (void)ch_reply(f->request, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1));
    else
        return true;
    return false;
}

static void piece_stored(void *arg, enum ch_fault fault, const PGresult *result)
{
    struct freezing *f = arg;
    if (!is_ok(f, fault, result))
        return;
    f->pieces++;
    if (batch_file_done(f->file))
        (void)ch_call(f->request, &freeze, CH_ARGS(actor_id(f->request), f->id, f->attempt, f->at));
    else
        ask_page(f);
}

static void write_page(void *state)
{
    struct freezing *f = state;
    f->error = NULL;
    batch_file_add(f->file, f->page, &f->error);
}

static struct ch_done *page_written(struct ch_request *request, void *state)
{
    struct freezing *f = state;
    if (f->error)
        return ch_reply(request, "invalid", f->error);
    size_t size;
    const void *bytes = batch_file_take(f->file, &size);
    char *hex = ch_alloc(f->page_arena, 2 * size + 3);
    memcpy(hex, "\\x", 2);
    ch_hex(bytes, size, hex + 2);
    const char *no = ch_printf(f->page_arena, "%d", f->pieces);
    ch_pool_run(ch_pool_of(request), &store_piece, CH_ARGS(actor_id(request), f->id, f->attempt, no, hex), piece_stored,
                f);
    end_page(f);
    return ch_promise(request);
}

static void page_loaded(void *arg, enum ch_fault fault, const PGresult *result)
{
    struct freezing *f = arg;
    if (!is_ok(f, fault, result))
        return;
    f->page_arena = ch_arena_new();
    f->page = ch_strdup(f->page_arena, PQgetvalue(result, 0, 1));
    (void)ch_offload(f->request, write_page, page_written, f);
}

static void ask_page(struct freezing *f)
{
    const char *after = batch_file_last(f->file);
    const char *block = ch_printf(f->arena, "%lld", (long long)batch_file_block(f->file));
    ch_pool_run(ch_pool_of(f->request), &load_payments,
                CH_ARGS(actor_id(f->request), f->id, after[0] ? after : NULL, PAGE, block), page_loaded, f);
}

static struct ch_done *with_head(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_arena *arena = ch_arena_of(request);
    struct payout_settings settings = payout_settings(ch_context(request));
    const json_t *head = payout_parse(arena, answer->body);
    struct freezing *f = ch_alloc(arena, sizeof *f);
    *f = (struct freezing){.request = request, .arena = ch_arena_new(), .id = path_id(request)};
    ch_arena_on_free(arena, release, f);
    f->at = payout_text(head, "at");
    ch_id_new(f->attempt);
    char error[256];
    size_t size;
    const char *path = ch_printf(arena, "%s/%s.json", settings.profiles, payout_text(head, "profile")), *errors;
    const char *profile = ch_read_file(arena, path, PROFILE_MAX, &size, error);
    uint8_t kek[32];
    if (!profile)
        return ch_refuse(request, "invalid", "The bank profile cannot be read: %s", error);
    if (!payee_wrapping_key(settings.member_secret, kek))
        return ch_refuse(request, "unavailable", "Payee accounts cannot be opened at the moment.");
    f->file = batch_file_new(f->arena, kek, answer->body, profile, &errors);
    if (!f->file)
        return ch_reply(request, "invalid", errors);
    ask_page(f);
    return ch_promise(request);
}

struct ch_done *freeze_batch(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call_then(request, &load_batch, CH_ARGS(actor_id(request), id), with_head) : no_such(request);
}
