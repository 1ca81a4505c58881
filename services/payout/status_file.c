/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From the reader's statuses to one document. */
#include "status_file.h"

#include "core/pain002.h"
#include "json_out.h"
#include "memory_out.h"

static bool on_status(void *context, const struct ch_status *status)
{
    static const char *const levels[] = {"group", "payment", "transaction"};
    struct memory_out *document = context;
    struct ch_out *out = &document->out;
    ch_out_text(out, ",{\"level\":");
    json_out_text(out, levels[status->level]);
    json_out_member(out, "status", status->status);
    json_out_member(out, "reason", status->reason);
    json_out_member(out, "info", status->info);
    json_out_member(out, "payment_info_id", status->payment_info_id);
    json_out_member(out, "instruction_id", status->instruction_id);
    json_out_member(out, "end_to_end_id", status->end_to_end_id);
    json_out_member(out, "uetr", status->uetr);
    json_out_member(out, "servicer_ref", status->servicer_ref);
    ch_out_text(out, "}");
    return true;
}

char *status_file_read(struct ch_arena *arena, const char *bytes, size_t size, const char **error)
{
    struct memory_out statuses, document;
    struct ch_arena *own = ch_arena_new(); /* of the reader */
    const struct ch_pain002_calls calls = {on_status, &statuses};
    struct ch_pain002 *pain = ch_pain002_new(own, &calls);
    memory_out_begin(&statuses, arena);
    memory_out_begin(&document, arena);
    char *text = NULL;
    if (ch_pain002_feed(pain, bytes, size, true)) {
        const char *list = memory_out_text(&statuses);
        ch_out_text(&document.out, "{\"statuses\":[");
        ch_out_text(&document.out, *list ? list + 1 : list); /* without the first comma */
        ch_out_text(&document.out, "]");
        json_out_member(&document.out, "original_id", ch_pain002_original_id(pain));
        json_out_member(&document.out, "message_id", ch_pain002_message_id(pain));
        ch_out_text(&document.out, "}");
        text = memory_out_text(&document);
    } else {
        *error = ch_strdup(arena, ch_pain002_detail(pain));
    }
    ch_arena_free(own);
    return text;
}
