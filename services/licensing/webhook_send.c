/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The job that sends webhooks: for ten seconds it begins attempts wherever one is due, up to 32 endpoints at once and
 * one thing at a time to each, so that slow endpoints cost the worker no more than one of them would. One such job runs
 * at a time. Killed in the middle, what was under way is begun again when its lease has run out, under the same
 * webhook-id. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/crypto.h"
#include "commonhold/fetch.h"
#include "commonhold/json.h"
#include "commonhold/log.h"
#include "licensing.h"

#define AT_ONCE    32
#define ROUND_MS   10000
#define ATTEMPT_S  15
#define HOLD_S     "25" /* lease: an attempt and its recording, well under the time a vanished worker is noticed after */
#define ANSWER_MAX ((size_t)64 * 1024)

CH_FUNCTION(take, "licensing.take_webhooks", "$1::integer, $2::integer");
CH_FUNCTION(record, "licensing.record_webhook", "$1::uuid, $2::uuid, $3::uuid, $4::jsonb");

struct sender {
    struct ch_job *job;
    struct webhook_settings settings;
    struct ch_fetch_policy policy;
    struct ch_fetcher *fetcher;
    int64_t until_ms; /* no attempt is begun later; monotonic */
    int under_way;
    bool fault; /* the database did not answer: what is under way is recorded if it can be, nothing new is begun */
};

/* One attempt; in the job's arena. */
struct attempt {
    struct sender *sender;
    const char *endpoint, *event, *lease, *type;
    int number;
    int64_t began_ms, now; /* monotonic; POSIX seconds by the database's clock */
};

static void take_due(struct sender *sender);

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* ---- the end of an attempt ---- */

static const char *verdict_name(enum webhook_verdict verdict)
{
    switch (verdict) {
    case WEBHOOK_DELIVERED:
        return "delivered";
    case WEBHOOK_FAILED:
        return "failed";
    case WEBHOOK_GONE:
        break;
    }
    return "gone";
}

static const char *error_of(const struct ch_fetch_response *response)
{
    if (response->status == 0)
        return response->detail;
    return response->status >= 300 && response->status <= 399 ? "redirects are not followed" : NULL;
}

/* A test is tried once. */
static json_t *next_of(const struct attempt *attempt, const struct ch_fetch_response *response)
{
    uint32_t chance;
    int64_t ms;
    ch_random(&chance, sizeof chance);
    if (strcmp(attempt->type, "webhook.ping") == 0 ||
        !webhook_next_ms(attempt->number, chance, webhook_retry_after(response->retry_after, attempt->now),
                         attempt->sender->settings.scale_ppm, &ms))
        return json_null();
    return json_integer(ms);
}

static void record_end(struct attempt *attempt, const struct ch_fetch_response *response)
{
    struct sender *sender = attempt->sender;
    struct ch_arena *arena = sender->job->arena;
    struct ch_answer answer;
    char status[16];
    const char *error = error_of(response), *verdict = verdict_name(webhook_judge(response->status));
    const json_t *result =
        ch_json_pack(arena, "{s:s,s:o,s:s?,s:I,s:o}", "verdict", verdict, "status",
                     response->status ? json_integer(response->status) : json_null(), "error", error, "ms",
                     (json_int_t)(now_ms() - attempt->began_ms), "next_ms", next_of(attempt, response));
    enum ch_fault fault = ch_db_call(
        sender->job->db, arena, &record,
        CH_ARGS(attempt->endpoint, attempt->event, attempt->lease, ch_json_canonical(arena, result, NULL)), &answer);
    snprintf(status, sizeof status, "%d", response->status);
    ch_log(CH_LOG_INFO, "webhook attempted", "webhook", attempt->endpoint, "event", attempt->event, "verdict", verdict,
           "status", status, "why", error ? error : "", NULL);
    if (fault != CH_FAULT_NONE) {
        ch_log(CH_LOG_WARN, "the end of a webhook's attempt could not be written; it is made again", "webhook",
               attempt->endpoint, "event", attempt->event, "why", ch_db_error(sender->job->db), NULL);
        sender->fault = true;
    }
}

static void on_answer(void *arg, const struct ch_fetch_response *response)
{
    struct attempt *attempt = arg;
    record_end(attempt, response);
    attempt->sender->under_way--;
    take_due(attempt->sender);
}

/* ---- its beginning ---- */

static size_t open_keys(const struct attempt *attempt, const json_t *list, struct webhook_key keys[WEBHOOK_KEYS])
{
    struct ch_arena *arena = attempt->sender->job->arena;
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list) && count < WEBHOOK_KEYS; i++) {
        const json_t *one = json_array_get(list, i);
        struct webhook_key *key = &keys[count];
        *key = (struct webhook_key){.size = 32};
        if (webhook_scheme_of(text_of(one, "scheme"), &key->scheme) &&
            webhook_unseal(arena, &attempt->sender->settings, attempt->endpoint, text_of(one, "sealed"), key->bytes))
            count++;
    }
    return count;
}

static void post(struct attempt *attempt, const char *url, const char *body, const char *signature)
{
    struct sender *sender = attempt->sender;
    struct ch_arena *arena = sender->job->arena;
    const char *const headers[] = {
        "Content-Type: application/json",
        ch_printf(arena, "webhook-id: %s", attempt->event),
        ch_printf(arena, "webhook-timestamp: %lld", (long long)attempt->now),
        ch_printf(arena, "webhook-signature: %s", signature),
        ch_printf(arena, "Idempotency-Key: %s", attempt->event),
        NULL,
    };
    const struct ch_fetch_request request = {
        .method = "POST", .url = url, .headers = headers, .body = body, .body_size = strlen(body)};
    ch_fetch_async(sender->fetcher, &sender->policy, &request, on_answer, attempt);
}

static void begin(struct sender *sender, const json_t *item, int64_t now)
{
    struct ch_arena *arena = sender->job->arena;
    struct webhook_key keys[WEBHOOK_KEYS];
    struct attempt *attempt = ch_alloc(arena, sizeof *attempt);
    *attempt = (struct attempt){.sender = sender,
                                .endpoint = text_of(item, "endpoint_id"),
                                .event = text_of(item, "event_id"),
                                .lease = text_of(item, "lease"),
                                .type = text_of(item, "type"),
                                .number = (int)json_integer_value(json_object_get(item, "attempt")),
                                .began_ms = now_ms(),
                                .now = now};
    const char *body = text_of(item, "body"), *at = ch_printf(arena, "%lld", (long long)now);
    size_t count = open_keys(attempt, json_object_get(item, "keys"), keys);
    if (count == 0) {
        const struct ch_fetch_response none = {.detail = "the endpoint's key cannot be read by this trust"};
        ch_log(CH_LOG_ERROR, "no key of a webhook can be read: is webhook.secret the one it was made under?", "webhook",
               attempt->endpoint, NULL);
        record_end(attempt, &none);
        return;
    }
    const char *signature = webhook_signature(arena, attempt->event, at, body, strlen(body), keys, count);
    explicit_bzero(keys, sizeof keys);
    sender->under_way++;
    post(attempt, text_of(item, "url"), body, signature);
}

static void take_due(struct sender *sender)
{
    struct ch_answer answer;
    char room[16];
    if (sender->fault || now_ms() >= sender->until_ms || ch_job_stopping(sender->job) || sender->under_way >= AT_ONCE)
        return;
    snprintf(room, sizeof room, "%d", AT_ONCE - sender->under_way);
    if (ch_db_call(sender->job->db, sender->job->arena, &take, CH_ARGS(room, HOLD_S), &answer) != CH_FAULT_NONE) {
        sender->fault = true;
        return;
    }
    const json_t *taken = licensing_parse(sender->job->arena, answer.body), *items = json_object_get(taken, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        begin(sender, json_array_get(items, i), json_integer_value(json_object_get(taken, "now")));
}

/* What becomes due while slow endpoints are waited for. */
static void on_second(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    take_due(arg);
}

/* Until nothing is under way. */
static void run(struct sender *sender)
{
    const struct timeval second = {.tv_sec = 1};
    struct event_base *base = event_base_new();
    struct event *timer = event_new(base, -1, EV_PERSIST, on_second, sender);
    if (!timer || event_add(timer, &second) != 0)
        abort();
    sender->fetcher = ch_fetcher_new(base);
    take_due(sender);
    while (sender->under_way > 0 && event_base_loop(base, EVLOOP_ONCE) == 0)
        continue;
    event_free(timer);
    ch_fetcher_free(sender->fetcher);
    event_base_free(base);
}

static void warn_of_test(const struct webhook_settings *settings)
{
    static bool warned;
    if (settings->test && !warned)
        ch_log(CH_LOG_WARN, "webhook_test is on: webhooks go to private addresses, over http and to any port", NULL);
    warned = true;
}

enum ch_job_result licensing_run_send_webhooks(struct ch_job *job)
{
    struct sender sender = {.job = job, .until_ms = now_ms() + ROUND_MS};
    if (!webhook_settings_load(job->context->config, &sender.settings, job->reason, sizeof job->reason))
        return CH_JOB_RETRY;
    bool test = sender.settings.test;
    warn_of_test(&sender.settings);
    sender.policy = (struct ch_fetch_policy){
        .allow_http = test, .allow_private = test, .any_port = test, .body_max = ANSWER_MAX, .timeout_s = ATTEMPT_S};
    run(&sender);
    explicit_bzero(&sender.settings, sizeof sender.settings);
    if (sender.fault)
        snprintf(job->reason, sizeof job->reason, "the database did not answer: %.400s", ch_db_error(job->db));
    return sender.fault ? CH_JOB_RETRY : CH_JOB_DONE;
}
