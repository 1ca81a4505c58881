/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* /log/policy: which keys sign this log, and whose cosignatures its checkpoints are to have (C2SP tlog-policy). */
#include <string.h>

#include "anchors.h"
#include "commonhold/json.h"
#include "commonhold/log.h"

CH_FUNCTION(read_keys, "log.read_keys", "");

static const struct ch_json_limits OWN_DOCUMENT = {
    .bytes = 1024 * 1024, .depth = 8, .string = 0, .integers = true, .ascii = false};

/* One HTTP process: the lines behind those of the log, as the file had them at start. */
static const char *others;

bool log_policy_start(struct ch_service_context *context)
{
    static struct ch_arena *kept;
    const struct ch_tlog_policy *policy;
    char reason[LOG_REASON];
    if (kept == NULL)
        kept = ch_arena_new();
    if (!log_read_policy(kept, context->config, &policy, reason)) {
        ch_log(CH_LOG_ERROR, "the policy of the log cannot be read", "reason", reason, NULL);
        return false;
    }
    others = log_policy_text(kept, policy);
    return true;
}

static struct ch_done *keys_read(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct ch_json_error error;
    const json_t *keys = ch_json_parse(arena, answer->body, strlen(answer->body), &OWN_DOCUMENT, &error), *item;
    const char *text = "# who signs this log, and who cosigns it\n";
    size_t i;
    json_array_foreach(json_object_get(keys, "items"), i, item) text =
        ch_printf(arena, "%slog %s\n", text, json_string_value(json_object_get(item, "vkey")));
    text = ch_printf(arena, "%s%s", text, others);
    ch_set_header(request, "Cache-Control", "public, max-age=60");
    return ch_reply_bytes(request, 200, "text/plain; charset=utf-8", text, strlen(text));
}

struct ch_done *get_log_policy(struct ch_request *request)
{
    return ch_call_then(request, &read_keys, CH_NO_ARGS, keys_read);
}
