/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Small readings of a request that all handlers of the role need. */
#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "payout_role.h"

#include <stdlib.h>
#include <string.h>

const char *actor_id(const struct ch_request *request)
{
    const struct ch_actor *actor = ch_actor(request);
    return actor->known && actor->id[0] ? actor->id : NULL;
}

const char *actor_org(const struct ch_request *request)
{
    const struct ch_actor *actor = ch_actor(request);
    return actor->known && actor->org[0] ? actor->org : NULL;
}

static bool is_id(const char *text)
{
    uint8_t bytes[16];
    return text && ch_id_parse(text, bytes);
}

const char *path_id(const struct ch_request *request)
{
    const char *id = ch_path(request, "id");
    return is_id(id) ? id : NULL;
}

struct ch_done *no_such(struct ch_request *request)
{
    return ch_refuse(request, "not_found", "The identifier in the address is none.");
}

const char *fresh_text(const struct ch_request *request)
{
    return ch_signed_in_freshly(request) ? "true" : "false";
}

const char *payee_request_mark(struct ch_request *request, const uint8_t kek[32])
{
    const char *body = ch_body_json(request);
    uint8_t mac[32];
    char hex[65];
    ch_hmac_sha256(kek, 32, body, strlen(body), mac);
    ch_hex(mac, sizeof mac, hex);
    return ch_printf(ch_arena_of(request), "{\"mark\":\"%s\"}", hex);
}

const char *page_limit(const struct ch_request *request)
{
    const char *limit = ch_query(request, "limit");
    if (!limit)
        return "50";
    size_t length = strspn(limit, "0123456789");
    if (length == 0 || length > 3 || limit[length] != '\0')
        return NULL;
    long value = strtol(limit, NULL, 10);
    return value >= 1 && value <= 100 ? limit : NULL;
}

bool page_after(const struct ch_request *request, const char **after)
{
    *after = ch_query(request, "after");
    return !*after || is_id(*after);
}

bool names_month(const char *text)
{
    return strlen(text) == 7 && strspn(text, "0123456789-") == 7 && text[4] == '-' && strncmp(text, "0000", 4) != 0 &&
           strchr(text, '-') == text + 4 && !strchr(text + 5, '-') && strcmp(text + 5, "00") > 0 &&
           strcmp(text + 5, "12") <= 0;
}

struct ch_done *bad_page(struct ch_request *request)
{
    return ch_refuse(request, "bad_request", "limit is 1 to 100, after the cursor of the page before.");
}

struct ch_done *refuse_field(struct ch_request *request, const char *pointer, const char *detail)
{
    json_t *body = ch_json_pack(ch_arena_of(request), "{s:s, s:[{s:s, s:s}]}", "detail", "A field is not right.",
                                "errors", "pointer", pointer, "detail", detail);
    return ch_reply(request, "invalid", ch_json_canonical(ch_arena_of(request), body, NULL));
}

struct ch_done *act_with_body(struct ch_request *request, const struct ch_statement *statement,
                              const struct ch_field *fields, void *into)
{
    const char *id = path_id(request);
    if (!id)
        return no_such(request);
    struct ch_done *refused = ch_decode(request, fields, into);
    return refused ? refused
                   : ch_call(request, statement,
                             CH_ARGS(actor_id(request), ch_idempotency_key(request), id, ch_body_json(request)));
}

struct ch_done *act_on(struct ch_request *request, const struct ch_statement *statement)
{
    const char *id = path_id(request);
    return id ? ch_call(request, statement, CH_ARGS(actor_id(request), id)) : no_such(request);
}

struct ch_done *act_with_reason(struct ch_request *request, const struct ch_statement *statement)
{
    struct reason_body {
        const char *reason;
    } body = {0};
    static const struct ch_field fields[] = {CH_FIELD(CH_FIELD_TEXT, reason_body, reason, true, 3, 500), {0}};
    const char *id = path_id(request);
    struct ch_done *refused = ch_decode(request, fields, &body);
    if (refused || !id)
        return refused ? refused : no_such(request);
    return ch_call(request, statement, CH_ARGS(actor_id(request), id, ch_body_json(request)));
}

struct ch_done *list_by_id(struct ch_request *request, const struct ch_statement *statement)
{
    const char *limit = page_limit(request), *after;
    if (!limit || !page_after(request, &after))
        return bad_page(request);
    return ch_call(request, statement, CH_ARGS(actor_id(request), limit, after));
}
