/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The witnesses of this log: who they are by the policy file, and requests to all of them at once. */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "anchors.h"
#include "commonhold/cli.h"

enum { POLICY_MAX = 256 * 1024, SECONDS = 3, ANSWER_MAX = 256 * 1024 };

bool log_read_policy(struct ch_arena *arena, const struct ch_config *config, const struct ch_tlog_policy **policy,
                     char *reason)
{
    const char *path = ch_config_text(config, "log", "policy");
    char error[256];
    size_t size;
    *policy = NULL;
    if (*path == '\0')
        return true;
    const char *text = ch_read_file(arena, path, POLICY_MAX, &size, error);
    if (text != NULL)
        *policy = ch_tlog_policy_read(arena, text, size, error);
    if (*policy == NULL)
        snprintf(reason, LOG_REASON, "[log] policy = %.200s: %s", path, error);
    return *policy != NULL;
}

static const char *group_text(struct ch_arena *arena, const struct ch_tlog_policy *policy,
                              const struct ch_tlog_policy_node *node)
{
    const char *text = ch_printf(arena, "group %s %zu", node->name, node->needed);
    for (size_t i = 0; i < node->count; i++)
        text = ch_printf(arena, "%s %s", text, policy->nodes[node->members[i]].name);
    return ch_printf(arena, "%s\n", text);
}

const char *log_policy_text(struct ch_arena *arena, const struct ch_tlog_policy *policy)
{
    const char *text = "";
    for (size_t i = 0; policy != NULL && i < policy->node_count; i++) {
        const struct ch_tlog_policy_node *node = &policy->nodes[i];
        if (node->count > 0)
            text = ch_printf(arena, "%s%s", text, group_text(arena, policy, node));
        else
            text = ch_printf(arena, "%switness %s %s%s%s\n", text, node->name, ch_vkey_text(arena, &node->key),
                             node->url != NULL ? " " : "", node->url != NULL ? node->url : "");
    }
    return ch_printf(arena, "%squorum %s\n", text,
                     policy != NULL && policy->quorum != NULL ? policy->quorum->name : "none");
}

/* One round: how many calls have not ended. */
struct round {
    struct ch_fetcher *fetcher;
    size_t left;
};
struct sent {
    struct round *round;
    struct log_witness_call *call;
};

static void on_answer(void *arg, const struct ch_fetch_response *response);

/* The addresses are this log's own configuration: those of partners on an inner network are as good as any. */
static void send_call(struct sent *sent)
{
    static const struct ch_fetch_policy policy = {
        .allow_http = true, .allow_private = true, .any_port = true, .body_max = ANSWER_MAX, .timeout_s = SECONDS};
    struct ch_arena *arena = ch_arena_new();
    const char *body = sent->call->body, *url = sent->call->node->url;
    size_t length = strlen(url);
    const struct ch_fetch_request request = {
        .method = sent->call->method,
        .url = ch_printf(arena, "%.*s%s", (int)(length > 0 && url[length - 1] == '/' ? length - 1 : length), url,
                         sent->call->path),
        .body = body,
        .body_size = body != NULL ? strlen(body) : 0};
    ch_fetch_async(sent->round->fetcher, &policy, &request, on_answer, sent);
    ch_arena_free(arena);
}

static void on_answer(void *arg, const struct ch_fetch_response *response)
{
    struct sent *sent = arg;
    if (sent->call->answered(sent->call, response))
        send_call(sent);
    else
        sent->round->left--;
}

void log_call_witnesses(struct log_witness_call *calls, size_t count)
{
    struct ch_arena *arena = ch_arena_new();
    struct event_base *base = event_base_new();
    struct round round = {ch_fetcher_new(base), count};
    struct sent *sent = ch_alloc_array(arena, count, sizeof *sent);
    for (size_t i = 0; i < count; i++) {
        sent[i] = (struct sent){&round, &calls[i]};
        send_call(&sent[i]);
    }
    while (round.left > 0 && event_base_loop(base, EVLOOP_ONCE) == 0)
        continue;
    ch_fetcher_free(round.fetcher);
    event_base_free(base);
    ch_arena_free(arena);
}
