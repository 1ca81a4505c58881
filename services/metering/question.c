/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a query string to statements. What is not in the plan is refused by name, so that nobody wonders why a filter
 * did nothing. */
#include "question.h"

#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/json.h"
#include "core/accept.h"

static const char *const RESERVED[] = {"select", "after", "limit", "trailer", NULL};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; RESERVED[i]; i++)
        if (strcmp(name, RESERVED[i]) == 0)
            return true;
    return false;
}

static struct ch_done *refuse_field(struct ch_request *request, const char *name, const char *why)
{
    struct ch_arena *arena = ch_arena_of(request);
    const json_t *body =
        ch_json_pack(arena, "{s:[{s:s, s:s}]}", "errors", "pointer", ch_printf(arena, "/%s", name), "detail", why);
    return ch_reply(request, "invalid", ch_json_canonical(arena, body, NULL));
}

/* ---- what needs no grant ---- */

static const struct rows_writer *choose_writer(const char *header)
{
    static const char *const TYPES[] = {"text/csv", "application/x-ndjson"};
    static const struct rows_writer *const WRITERS[] = {&ROWS_CSV, &ROWS_NDJSON};
    int chosen = accept_choose(header, TYPES, 2);
    return chosen < 0 ? NULL : WRITERS[chosen];
}

static bool read_limit(const char *text, int64_t *limit)
{
    char *end;
    *limit = -1;
    if (!text)
        return true;
    if (*text < '0' || *text > '9' || strlen(text) > 15)
        return false;
    *limit = strtoll(text, &end, 10);
    return *end == '\0' && *limit > 0;
}

struct ch_done *question_read(struct ch_request *request, struct question *question)
{
    const char *trailer = ch_query(request, "trailer");
    question->writer = choose_writer(ch_header(request, "Accept"));
    if (!question->writer)
        return ch_refuse(request, "not_acceptable", "text/csv and application/x-ndjson can be had");
    if (!read_limit(ch_query(request, "limit"), &question->limit))
        return refuse_field(request, "limit", "must be an integer over 0");
    if (trailer && strcmp(trailer, "0") != 0 && strcmp(trailer, "1") != 0)
        return refuse_field(request, "trailer", "must be 0 or 1");
    question->trailer = !trailer || *trailer == '1';
    question->after = ch_query(request, "after");
    return NULL;
}

/* Names only, in double quotes, with what could end the literal taken out: a column of such a name exists nowhere. */
static void add_name(struct out *out, const char *name, size_t length)
{
    out_byte(out, out->size > 1 ? ',' : '"');
    if (out->size > 2)
        out_byte(out, '"');
    for (size_t i = 0; i < length; i++)
        out_byte(out, name[i] == '"' || name[i] == '\\' || (unsigned char)name[i] < 32 ? '?' : name[i]);
    out_byte(out, '"');
}

static const char *close_names(struct ch_arena *arena, struct out *names)
{
    out_byte(names, '}');
    const char *text = ch_printf(arena, "%.*s", (int)names->size, names->bytes);
    out_free(names);
    return text;
}

static const char *next_name(const char *at, size_t *length)
{
    *length = strcspn(at, ",");
    return at[*length] ? at + *length + 1 : NULL;
}

const char *question_selected(struct ch_request *request)
{
    struct out names = {0};
    const char *at = ch_query(request, "select"), *name, *value;
    size_t length, cursor = 0;
    out_byte(&names, '{');
    for (const char *next; at && *at; at = next) {
        next = next_name(at, &length);
        add_name(&names, at, length);
    }
    while (ch_query_each(request, &cursor, &name, &value))
        if (!is_reserved(name))
            add_name(&names, name, strlen(name));
    return close_names(ch_arena_of(request), &names);
}

/* ---- against the plan ---- */

static struct ch_done *refuse_column(struct ch_request *request, const char *name, size_t length)
{
    return ch_refuse(request, "column_not_granted", "not in the grant: %.*s", length > 64 ? 64 : (int)length, name);
}

static bool is_chosen(const struct question *question, const struct plan_column *column)
{
    for (size_t i = 0; i < question->count; i++)
        if (question->columns[i] == column)
            return true;
    return false;
}

static struct ch_done *bind_columns(struct ch_request *request, struct ch_arena *arena, const struct plan *plan,
                                    struct question *question)
{
    const char *at = ch_query(request, "select");
    size_t length;
    question->columns = ch_alloc_array(arena, plan->count + 1, sizeof *question->columns);
    if (!at || !*at) {
        for (size_t i = 0; i < plan->count; i++)
            question->columns[question->count++] = &plan->columns[i];
        return NULL;
    }
    for (const char *next; at; at = next) {
        next = next_name(at, &length);
        const struct plan_column *column = plan_find(plan, ch_printf(arena, "%.*s", (int)length, at));
        if (!column)
            return refuse_column(request, at, length);
        if (is_chosen(question, column))
            return refuse_field(request, "select", "names a column twice");
        question->columns[question->count++] = column;
    }
    return NULL;
}

static struct ch_done *bind_filters(struct ch_request *request, struct ch_arena *arena, const struct plan *plan,
                                    struct question *question)
{
    size_t cursor = 0;
    const char *name, *value, *wrong;
    while (ch_query_each(request, &cursor, &name, &value)) {
        if (is_reserved(name))
            continue;
        const struct plan_column *column = plan_find(plan, name);
        if (!column)
            return refuse_column(request, name, strlen(name));
        if (question->filter_count == FILTERS_MOST)
            return refuse_field(request, name, "there are too many filters");
        wrong = filter_read(arena, column, ch_strdup(arena, value), &question->filters[question->filter_count]);
        if (wrong)
            return refuse_field(request, name, wrong);
        question->filter_count++;
    }
    return NULL;
}

static void add_hash(struct ch_sha256 *hash, const char *text)
{
    ch_sha256_add(hash, text, strlen(text) + 1);
}

static void hash_question(struct ch_arena *arena, struct question *question)
{
    struct ch_sha256 *hash = ch_sha256_begin();
    for (size_t i = 0; i < question->count; i++) {
        add_hash(hash, question->columns[i]->name);
        add_hash(hash, plan_rule_text(arena, question->columns[i]));
    }
    add_hash(hash, "where");
    for (size_t i = 0; i < question->filter_count; i++) {
        const struct filter *filter = &question->filters[i];
        add_hash(hash, filter->column->name);
        add_hash(hash, ch_printf(arena, "%d", (int)filter->op));
        add_hash(hash, filter->value);
    }
    ch_sha256_end(hash, question->hash);
}

struct ch_done *question_bind(struct ch_request *request, struct ch_arena *arena, const struct plan *plan,
                              struct question *question)
{
    struct out names = {0};
    struct ch_done *refused = bind_columns(request, arena, plan, question);
    if (!refused)
        refused = bind_filters(request, arena, plan, question);
    if (refused)
        return refused;
    out_byte(&names, '{');
    for (size_t i = 0; i < question->count; i++) {
        add_name(&names, question->columns[i]->name, strlen(question->columns[i]->name));
        question->any_length |= question->columns[i]->type == PLAN_STRING;
    }
    question->column_array = close_names(arena, &names);
    hash_question(arena, question);
    return NULL;
}
