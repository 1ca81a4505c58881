/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* POST /batches/{id}/read-status: a status report of the bank, read on a helper thread and applied in one call. */
#include <string.h>

#include "commonhold/crypto.h"
#include "payout_role.h"
#include "status_file.h"

CH_FUNCTION(read_status, "payout.read_status", "$1::uuid, $2::uuid, $3::bytea, $4::jsonb");

struct report {
    struct ch_arena *arena; /* of the work alone: the request's is the loop's */
    const char *bytes;
    size_t size;
    const char *document, *error;
};

static void free_arena(void *arena)
{
    ch_arena_free(arena);
}

static void read_report(void *state)
{
    struct report *report = state;
    report->document = status_file_read(report->arena, report->bytes, report->size, &report->error);
}

static struct ch_done *apply_report(struct ch_request *request, void *state)
{
    struct report *report = state;
    if (!report->document)
        return ch_refuse(request, "invalid", "%s", report->error);
    char *hex = ch_alloc(ch_arena_of(request), 2 * report->size + 3);
    memcpy(hex, "\\x", 2);
    ch_hex(report->bytes, report->size, hex + 2);
    return ch_call(request, &read_status, CH_ARGS(actor_id(request), path_id(request), hex, report->document));
}

struct ch_done *post_status_report(struct ch_request *request)
{
    if (!path_id(request))
        return no_such(request);
    struct report *report = ch_alloc(ch_arena_of(request), sizeof *report);
    report->bytes = ch_body(request, &report->size);
    report->arena = ch_arena_new();
    ch_arena_on_free(ch_arena_of(request), free_arena, report->arena);
    return ch_offload(request, read_report, apply_report, report);
}
