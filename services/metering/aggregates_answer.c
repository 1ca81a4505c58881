/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The answer of a query as JSON and as CSV. Numbers stand as PostgreSQL's exact decimal texts. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "aggregates.h"

/* ---- JSON ---- */

static void add_string(struct out *out, const char *text)
{
    json_t *value = json_string(text);
    char *quoted = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    if (!quoted)
        abort(); /* the database checked that it is UTF-8 */
    out_text(out, quoted);
    free(quoted);
    json_decref(value);
}

/* NaN and Infinity are numbers to PostgreSQL and none to JSON. */
static bool stands_bare(enum plan_type type, const char *text)
{
    size_t length = strlen(text);
    return type == PLAN_BOOLEAN || ((type == PLAN_INTEGER || type == PLAN_NUMBER) && length > 0 &&
                                    text[length - 1] >= '0' && text[length - 1] <= '9');
}

static void add_member(struct out *out, const char *name, enum plan_type type, const char *text, bool first)
{
    if (!first)
        out_byte(out, ',');
    add_string(out, name);
    out_byte(out, ':');
    if (!text)
        out_text(out, "null");
    else if (stands_bare(type, text))
        out_text(out, text);
    else
        add_string(out, text);
}

static enum plan_type type_of(const struct measure *measure)
{
    return measure->column ? measure->column->type : PLAN_INTEGER;
}

static const char *value_of(const struct query *query, size_t cell, size_t measure)
{
    return query->shown[cell][measure] ? query->cells[cell].values[measure] : NULL;
}

static void json_cell(struct out *out, const struct query *query, size_t cell)
{
    const struct aggregate *aggregate = &query->aggregate;
    out_byte(out, '{');
    for (size_t i = 0; i < aggregate->by_count; i++)
        add_member(out, aggregate->by[i]->name, aggregate->by[i]->type, query->cells[cell].by[i], i == 0);
    for (size_t m = 0; m < aggregate->measure_count; m++)
        add_member(out, aggregate->measures[m].name, type_of(&aggregate->measures[m]), value_of(query, cell, m),
                   aggregate->by_count + m == 0);
    out_byte(out, '}');
}

static bool is_withheld(const struct query *query, size_t measure)
{
    for (size_t i = 0; i < query->cell_count; i++)
        if (query->cell_shown[i] && !query->shown[i][measure])
            return true;
    return false;
}

static void json_names(struct out *out, const struct query *query)
{
    const struct aggregate *aggregate = &query->aggregate;
    bool first = true;
    out_text(out, ",\"by\":[");
    for (size_t i = 0; i < aggregate->by_count; i++) {
        out_text(out, i ? "," : "");
        add_string(out, aggregate->by[i]->name);
    }
    out_text(out, "],\"measures\":[");
    for (size_t m = 0; m < aggregate->measure_count; m++) {
        out_text(out, m ? "," : "");
        add_string(out, aggregate->measures[m].name);
    }
    out_text(out, "],\"withheld\":[");
    for (size_t m = 0; m < aggregate->measure_count; m++) {
        if (!is_withheld(query, m))
            continue;
        out_text(out, first ? "" : ",");
        add_string(out, aggregate->measures[m].name);
        first = false;
    }
    out_byte(out, ']');
}

static struct ch_done *reply_json(struct query *query)
{
    struct out out = {0};
    bool first = true;
    out_text(&out, ch_printf(query->request_arena,
                             "{\"query_id\":\"%s\",\"pool\":\"%s\",\"min_cohort\":%" PRId64 ",\"rows\":%" PRIu64
                             ",\"suppressed\":%s",
                             query->id, ch_path(query->request, "pool"), query->k, query->shown_rows,
                             query->suppressed ? "true" : "false"));
    json_names(&out, query);
    out_text(&out, ",\"cells\":[");
    for (size_t i = 0; i < query->cell_count; i++) {
        if (!query->cell_shown[i])
            continue;
        out_text(&out, first ? "\n" : ",\n");
        json_cell(&out, query, i);
        first = false;
    }
    out_add(&out, "]}", 3);
    const char *body = ch_strdup(query->request_arena, out.bytes);
    out_free(&out);
    return ch_reply(query->request, "ok", body);
}

/* ---- CSV, RFC 4180 ---- */

static void csv_field(struct out *out, const char *text, bool is_text, bool first)
{
    if (!first)
        out_byte(out, ',');
    if (!text)
        return;
    if (!is_text || (*text && !strpbrk(text, "\",\r\n ")))
        out_text(out, text);
    else {
        out_byte(out, '"');
        for (; *text; text++) {
            if (*text == '"')
                out_byte(out, '"');
            out_byte(out, *text);
        }
        out_byte(out, '"');
    }
}

static void csv_cell(struct out *out, const struct query *query, size_t cell)
{
    const struct aggregate *aggregate = &query->aggregate;
    for (size_t i = 0; i < aggregate->by_count; i++)
        csv_field(out, query->cells[cell].by[i], aggregate->by[i]->type == PLAN_STRING, i == 0);
    for (size_t m = 0; m < aggregate->measure_count; m++)
        csv_field(out, value_of(query, cell, m), false, aggregate->by_count + m == 0);
    out_text(out, "\r\n");
}

static struct ch_done *reply_csv(struct query *query)
{
    struct out out = {0};
    const struct aggregate *aggregate = &query->aggregate;
    for (size_t i = 0; i < aggregate->by_count; i++)
        csv_field(&out, aggregate->by[i]->name, true, i == 0);
    for (size_t m = 0; m < aggregate->measure_count; m++)
        csv_field(&out, aggregate->measures[m].name, true, aggregate->by_count + m == 0);
    out_text(&out, "\r\n");
    for (size_t i = 0; i < query->cell_count; i++)
        if (query->cell_shown[i])
            csv_cell(&out, query, i);
    struct ch_done *done =
        ch_reply_bytes(query->request, 200, "text/csv; charset=utf-8; header=present", out.bytes, out.size);
    out_free(&out);
    return done;
}

struct ch_done *aggregates_answer(struct query *query)
{
    const char *terms = json_string_value(json_object_get(query->grant, "terms_sha256"));
    ch_set_header(query->request, "X-Commonhold-Query", query->id);
    ch_set_header(query->request, "X-Commonhold-Terms", terms ? terms : "");
    ch_set_header(query->request, "X-Commonhold-Suppressed", query->suppressed ? "true" : "false");
    return query->csv ? reply_csv(query) : reply_json(query);
}
