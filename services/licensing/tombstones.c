/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tombstones as a licensee sees them: the list of delivered rows that were withdrawn or erased, as NDJSON, and the
 * declaration that they are deleted. The lists are written by metering's job (write_tombstones), which knows the names
 * of rows. */
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "licensing.h"

#define PAGE_MOST 10000

CH_READ(read_tombstones, "licensing.list_tombstones", "$1::uuid, $2::uuid, $3::integer, $4::bigint");
CH_FUNCTION(acknowledge, "licensing.acknowledge_tombstones", "$1::uuid, $2::text, $3::uuid, $4::jsonb");

struct acknowledgement {
    int64_t up_to;
};

static const struct ch_field FIELDS[] = {CH_FIELD(CH_FIELD_INT, acknowledgement, up_to, true, 1, INT64_MAX, NULL), {0}};

/* A number of at most 18 digits from `least` on; true when the parameter is absent. */
static bool is_number(const char *text, int64_t least, int64_t most)
{
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (text == NULL)
        return true;
    return digits > 0 && digits <= 18 && !text[digits] && strtoll(text, NULL, 10) >= least &&
           strtoll(text, NULL, 10) <= most;
}

static void set_number(struct ch_request *request, const char *header, const json_t *value)
{
    ch_set_header(request, header, ch_printf(ch_arena_of(request), "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
}

static struct ch_done *reply_lines(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const json_t *body = licensing_parse(arena, answer->body);
    const json_t *next = json_object_get(body, "next");
    const char *lines = json_string_value(json_object_get(body, "lines"));
    const char *limit = ch_query(request, "limit");
    set_number(request, "X-Commonhold-Last", json_object_get(body, "last"));
    set_number(request, "X-Commonhold-Acknowledged", json_object_get(body, "acknowledged"));
    if (json_is_integer(next))
        ch_set_header(
            request, "Link",
            ch_printf(arena, "</licensing/v1/grants/%s/tombstones?after=%" JSON_INTEGER_FORMAT "%s%s>; rel=\"next\"",
                      ch_path(request, "id"), json_integer_value(next), limit ? "&limit=" : "", limit ? limit : ""));
    return ch_reply_bytes(request, 200, "application/x-ndjson", lines, strlen(lines));
}

struct ch_done *licensing_get_tombstones(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id"), *org = ch_actor(request)->org;
    const char *limit = ch_query(request, "limit"), *after = ch_query(request, "after");
    if (id == NULL || org[0] == '\0')
        return ch_reply(request, "not_found", NULL);
    if (!is_number(limit, 1, PAGE_MOST) || !is_number(after, 0, INT64_MAX))
        return ch_refuse(request, "bad_request", "limit is 1 to %d, after the seq of the last line you have",
                         PAGE_MOST);
    return ch_call_then(request, &read_tombstones, CH_ARGS(org, id, limit ? limit : "1000", after), reply_lines);
}

struct ch_done *licensing_acknowledge_tombstones(struct ch_request *request)
{
    struct acknowledgement in = {0};
    const char *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, FIELDS, &in);
    if (done)
        return done;
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &acknowledge,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, ch_body_json(request)));
}
