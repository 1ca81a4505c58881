/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Content negotiation, conditional requests and the Idempotency-Key: what RFC 9110 says about single headers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_private.h"

static const char JSON_TYPE[] = "application/json";

/* A piece of a header: text between separators, blanks around it left out. */
struct piece {
    const char *text;
    size_t length;
};

static struct piece cut(const char **at, char separator)
{
    const char *text = *at + strspn(*at, " \t");
    const char stops[] = {separator, '\0'};
    size_t length = strcspn(text, stops);
    *at = text[length] ? text + length + 1 : text + length;
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    return (struct piece){text, length};
}

static bool same(struct piece a, struct piece b)
{
    return a.length == b.length && strncasecmp(a.text, b.text, a.length) == 0;
}

/* "q=0", "q=0.0", ...: not acceptable. */
static bool is_refused(const char *params)
{
    while (*params) {
        struct piece param = cut(&params, ';');
        if (param.length >= 3 && strncasecmp(param.text, "q=0", 3) == 0)
            return strspn(param.text + 3, ".0") == param.length - 3;
    }
    return false;
}

/* One media range of Accept against one type. */
static bool range_takes(struct piece range, struct piece type)
{
    if (range.length == 3 && memcmp(range.text, "*/*", 3) == 0)
        return true;
    if (range.length > 2 && memcmp(range.text + range.length - 2, "/*", 2) == 0)
        return type.length >= range.length && strncasecmp(range.text, type.text, range.length - 1) == 0;
    return same(range, type);
}

static bool entry_takes(struct piece entry, const char *types)
{
    char copy[256];
    if (entry.length >= sizeof copy)
        return false;
    memcpy(copy, entry.text, entry.length);
    copy[entry.length] = '\0';
    const char *at = copy;
    struct piece range = cut(&at, ';');
    if (is_refused(at))
        return false;
    while (*types)
        if (range_takes(range, cut(&types, ' ')))
            return true;
    return false;
}

bool ch_accepts(const char *accept, const char *types)
{
    if (!accept || !*accept)
        return true;
    while (*accept)
        if (entry_takes(cut(&accept, ','), types))
            return true;
    return false;
}

bool ch_takes_type(const struct ch_request *request, const char *types)
{
    return ch_accepts(ch_header(request, "Accept"), types);
}

bool ch_takes_gzip(const struct ch_request *request)
{
    const char *accept = ch_header(request, "Accept-Encoding");
    return accept && *accept && ch_accepts(accept, "gzip");
}

bool ch_type_is(const char *content_type, const char *types)
{
    if (strcmp(types, "*") == 0)
        return true;
    if (!content_type)
        return false;
    struct piece given = cut(&content_type, ';');
    while (*types)
        if (same(given, cut(&types, ' ')))
            return true;
    return false;
}

static struct ch_done *check_accept(struct ch_request *request)
{
    const char *types = request->routed->route->produces;
    if (types && !*types)
        return NULL;
    if (!types)
        types = JSON_TYPE;
    if (ch_takes_type(request, types))
        return NULL;
    return ch_refuse(request, "not_acceptable", "Here can be made: %s.", types);
}

static bool has_body(const struct ch_request *request)
{
    return request->head.chunked || request->head.body_bytes > 0;
}

static struct ch_done *check_content_type(struct ch_request *request)
{
    const char *types = request->routed->route->consumes;
    const char *given = ch_header(request, "Content-Type");
    if (request->method == CH_GET || request->method == CH_HEAD || (!has_body(request) && (!given || !types)))
        return NULL;
    if (!types)
        types = JSON_TYPE;
    if (!ch_type_is(given, types))
        return ch_refuse(request, "unsupported_type", "Expected here: %s.", types);
    return NULL;
}

/* RFC 9110, 8.4 and 15.5.16: bodies are read as they come, and a coding nobody undoes would be taken for content. */
static struct ch_done *check_content_coding(struct ch_request *request)
{
    const char *coding = ch_header(request, "Content-Encoding");
    if (!has_body(request) || !coding || !*coding || strcasecmp(coding, "identity") == 0)
        return NULL;
    ch_set_header(request, "Accept-Encoding", "identity");
    return ch_refuse(request, "unsupported_type",
                     "Bodies are not read with a Content-Encoding here. Send it again as it is, without that header.");
}

static struct ch_done *check_key(struct ch_request *request)
{
    const char *key = ch_header(request, "Idempotency-Key");
    if (!key)
        return NULL;
    size_t length = strlen(key);
    bool ok = length >= 1 && length <= 128;
    for (size_t i = 0; i < length; i++)
        ok = ok && key[i] >= ' ' && key[i] <= '~';
    if (!ok)
        return ch_refuse(request, "bad_request", "Idempotency-Key is not 1 to 128 printable ASCII characters.");
    request->key = key;
    return NULL;
}

struct ch_done *ch_check_headers(struct ch_request *request)
{
    struct ch_done *done = check_accept(request);
    if (!done)
        done = check_content_type(request);
    if (!done)
        done = check_content_coding(request);
    return done ? done : check_key(request);
}

/* ---- conditional requests ---- */

const char *ch_find_etag(struct ch_request *request, const char *body)
{
    json_t *tree = json_loads(body, 0, NULL);
    const json_t *version = tree ? json_object_get(tree, "version") : NULL;
    const char *etag = NULL;
    if (json_is_integer(version))
        etag = ch_printf(request->arena, "\"v%lld\"", (long long)json_integer_value(version));
    json_decref(tree);
    return etag;
}

/* Weak comparison (RFC 9110, 8.8.3.2): a leading W/ does not count. */
bool ch_etag_matches(const char *if_none_match, const char *etag)
{
    struct piece ours = {etag, strlen(etag)};
    while (if_none_match && *if_none_match) {
        struct piece tag = cut(&if_none_match, ',');
        if (tag.length == 1 && tag.text[0] == '*')
            return true;
        if (tag.length > 2 && tag.text[0] == 'W' && tag.text[1] == '/')
            tag = (struct piece){tag.text + 2, tag.length - 2};
        if (tag.length == ours.length && memcmp(tag.text, ours.text, ours.length) == 0)
            return true;
    }
    return false;
}

bool ch_if_none_match(struct ch_request *request, const char *etag)
{
    const char *known = ch_header(request, "If-None-Match");
    /* What ch_etag_matches compares with has no W/: the comparison is weak. */
    const char *opaque = strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
    ch_set_header(request, "ETag", etag);
    return known && (request->method == CH_GET || request->method == CH_HEAD) && ch_etag_matches(known, opaque);
}

/* The version behind the quotes and, where the skeleton made the tag, a v. */
static int64_t version_of(const char *tag)
{
    const char *digits = tag + (strncmp(tag, "\"v", 2) == 0 ? 2 : *tag == '"');
    size_t count = digits > tag ? strspn(digits, "0123456789") : 0;
    return count > 0 && count <= 9 && strcmp(digits + count, "\"") == 0 ? strtoll(digits, NULL, 10) : -1;
}

struct ch_done *ch_if_match(struct ch_request *request, const char **version)
{
    const char *tag = ch_header(request, "If-Match");
    if (!tag || strcmp(tag, "*") == 0)
        return ch_reply(request, "precondition_required", NULL);
    int64_t known = version_of(tag);
    if (known < 0)
        return ch_refuse(request, "stale", "If-Match names no version of this.");
    *version = ch_printf(request->arena, "%lld", (long long)known);
    return NULL;
}
