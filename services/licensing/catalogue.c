/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The public catalogue: a job makes each pool's Dataset of stored facts and keeps it; the handlers put a page of kept
 * ones together without looking into them. What a Dataset says is decided in core/catalogue.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/json.h"
#include "core/catalogue.h"
#include "licensing.h"
#include "publish.h"

#define LD "application/ld+json"

CH_READ(read_page, "licensing.list_catalogue", "$1::integer, $2::text");
CH_READ(read_entry, "licensing.get_catalogue_entry", "$1::text");
CH_READ(load_catalogue, "licensing.load_catalogue", "$1::uuid");
CH_READ(count_coverage, "licensing.count_coverage", "$1::uuid, $2::jsonb, $3::boolean");
CH_FUNCTION(store_catalogue, "licensing.store_catalogue",
            "$1::uuid, $2::text, $3::text, $4::jsonb, $5::timestamptz, $6::timestamptz, $7::integer");

/* ---- making entries ---- */

/* One pool being looked at. */
struct entry {
    struct ch_job *job;
    const char *pool; /* its id */
    const json_t *facts;
    const struct ch_terms *terms; /* NULL: none are in force */
    const json_t *offered;        /* when the trust prohibits nothing */
    const json_t *dataset;        /* NULL: nothing is offered now */
    char count_ms[24];
};

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Terms in force passed check_terms, so that they can be read: else it is a bug, and the entry says nothing. */
static void read_terms(struct entry *entry)
{
    struct ch_faults faults;
    const char *text = ch_text_of(entry->facts, "terms");
    ch_faults_init(&faults, entry->job->arena);
    entry->terms = text ? ch_terms_read(&faults, text, strlen(text)) : NULL;
    entry->offered = entry->terms ? ch_catalogue_offered(entry->job->arena, entry->terms, NULL)
                                  : ch_json_own(entry->job->arena, json_array());
}

static bool count(struct entry *entry, const json_t *offered, const json_t **coverage)
{
    struct ch_arena *arena = entry->job->arena;
    struct ch_answer answer;
    int64_t began = now_ms();
    if (ch_db_call(entry->job->db, arena, &count_coverage,
                   CH_ARGS(entry->pool, ch_json_canonical(arena, offered, NULL),
                           entry->terms->special_category ? "true" : "false"),
                   &answer) != CH_FAULT_NONE)
        return false;
    snprintf(entry->count_ms, sizeof entry->count_ms, "%lld", (long long)(now_ms() - began));
    *coverage = licensing_parse(arena, answer.body);
    return true;
}

static bool make_dataset(struct entry *entry)
{
    struct ch_arena *arena = entry->job->arena;
    const json_t *coverage;
    if (!entry->terms || json_is_null(json_object_get(entry->facts, "charter")))
        return true;
    const json_t *offered = ch_catalogue_offered(arena, entry->terms, json_object_get(entry->facts, "prohibitions"));
    if (!count(entry, offered, &coverage))
        return false;
    entry->dataset = ch_catalogue_dataset(arena, entry->facts, entry->terms, coverage, entry->job->context->issuer);
    return true;
}

static bool store(const struct entry *entry)
{
    struct ch_arena *arena = entry->job->arena;
    struct ch_answer answer;
    char hash[65];
    const char *text = entry->dataset ? ch_json_canonical(arena, entry->dataset, NULL) : NULL;
    if (text)
        ch_json_sha256(arena, entry->dataset, hash);
    return ch_db_call(entry->job->db, arena, &store_catalogue,
                      CH_ARGS(entry->pool, text, text ? hash : NULL, ch_json_canonical(arena, entry->offered, NULL),
                              ch_text_of(entry->facts, "loaded_at"), ch_text_of(entry->facts, "look_at"),
                              entry->count_ms),
                      &answer) == CH_FAULT_NONE; /* stale: a later reading is kept already */
}

enum ch_job_result licensing_run_refresh_catalogue(struct ch_job *job)
{
    struct ch_answer answer;
    struct entry entry = {.job = job, .pool = ch_text_of(job->payload, "pool"), .count_ms = "0"};
    if (ch_db_call(job->db, job->arena, &load_catalogue, CH_ARGS(entry.pool), &answer) != CH_FAULT_NONE)
        return licensing_later(job, ch_db_error(job->db));
    if (strcmp(answer.outcome, "ok") != 0)
        return CH_JOB_DONE; /* a draft */
    entry.facts = licensing_parse(job->arena, answer.body);
    read_terms(&entry);
    return make_dataset(&entry) && store(&entry) ? CH_JOB_DONE : licensing_later(job, ch_db_error(job->db));
}

/* ---- reading them ---- */

/* Cuts the first line off: it, and *rest behind it. The body is ours and has it. */
static char *cut_line(struct ch_arena *arena, const char *text, const char **rest)
{
    const char *end = strchr(text, '\n');
    if (!end)
        abort();
    *rest = end + 1;
    return ch_printf(arena, "%.*s", (int)(end - text), text);
}

static struct ch_done *published_page(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    const char *origin = ch_context(request)->issuer, *limit = ch_state(request), *rest, *datasets, *next = NULL;
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const char *hash = cut_line(arena, answer->body, &rest), *cursor = cut_line(arena, rest, &datasets);
    if (*cursor) {
        next = ch_printf(arena, "%s/licensing/v1/catalogue?limit=%s&after=%s", origin, limit, cursor);
        ch_set_header(request, "Link", ch_printf(arena, "<%s>; rel=\"next\"", next));
    }
    return licensing_publish(request, LD, hash,
                             ch_catalogue_page(arena, origin, datasets, *cursor ? cursor : NULL, next));
}

static struct ch_done *published_entry(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    const char *text;
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, NULL);
    const char *hash = cut_line(arena, answer->body, &text);
    return licensing_publish(request, LD, hash,
                             ch_json_canonical(arena, ch_catalogue_alone(arena, licensing_parse(arena, text)), NULL));
}

static bool is_cursor(const char *text)
{
    size_t length = strlen(text);
    return length >= 1 && length <= 32 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

struct ch_done *licensing_get_catalogue(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, false, &limit, &after);
    if (done)
        return done;
    if (after && !is_cursor(after))
        return ch_refuse(request, "bad_request", "after is not a cursor of this list.");
    ch_set_state(request, ch_strdup(ch_arena_of(request), limit));
    return ch_call_then(request, &read_page, CH_ARGS(limit, after), published_page);
}

struct ch_done *licensing_get_catalogue_entry(struct ch_request *request)
{
    return ch_call_then(request, &read_entry, CH_ARGS(ch_path(request, "pool")), published_entry);
}
