/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers of known length: from an outcome and a body to bytes on the connection. Every request passes here or through
 * http_stream.c exactly once; a second answer is a bug and aborts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "commonhold/log.h"
#include "http_private.h"

#define HEAD_MOST ((size_t)8192) /* what one answer's headers may come to */

struct text {
    char bytes[HEAD_MOST];
    size_t length;
};

static void add(struct text *text, const char *more)
{
    size_t length = strlen(more);
    if (length > HEAD_MOST - text->length) {
        fprintf(stderr, "commonhold: the headers of an answer are over %zu bytes\n", HEAD_MOST);
        abort();
    }
    memcpy(text->bytes + text->length, more, length);
    text->length += length;
}

static void add_header(struct text *text, const char *name, const char *value)
{
    add(text, name);
    add(text, ": ");
    add(text, value);
    add(text, "\r\n");
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } REASONS[] = {{200, "OK"},
                   {201, "Created"},
                   {202, "Accepted"},
                   {204, "No Content"},
                   {206, "Partial Content"},
                   {302, "Found"},
                   {303, "See Other"},
                   {304, "Not Modified"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {406, "Not Acceptable"},
                   {408, "Request Timeout"},
                   {409, "Conflict"},
                   {410, "Gone"},
                   {412, "Precondition Failed"},
                   {413, "Content Too Large"},
                   {414, "URI Too Long"},
                   {415, "Unsupported Media Type"},
                   {422, "Unprocessable Content"},
                   {423, "Locked"},
                   {428, "Precondition Required"},
                   {429, "Too Many Requests"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {503, "Service Unavailable"}};
    for (size_t i = 0; i < sizeof REASONS / sizeof *REASONS; i++)
        if (REASONS[i].status == status)
            return REASONS[i].text;
    return "";
}

static const char *date_of(struct ch_server *server)
{
    time_t now = time(NULL);
    if (now != server->date_at) {
        struct tm utc;
        gmtime_r(&now, &utc);
        strftime(server->date, sizeof server->date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
        server->date_at = now;
    }
    return server->date;
}

const char *ch_out_header(const struct ch_request *request, const char *name)
{
    for (const struct ch_out_header *header = request->out; header; header = header->next)
        if (strcasecmp(header->name, name) == 0)
            return header->value;
    return NULL;
}

static void add_defaults(struct text *text, struct ch_request *request)
{
    add_header(text, "Date", date_of(request->server));
    add_header(text, "X-Request-Id", request->id);
    if (request->slug)
        add_header(text, "X-Commonhold-Outcome", request->slug);
    if (!ch_out_header(request, "X-Content-Type-Options"))
        add_header(text, "X-Content-Type-Options", "nosniff");
    if (!ch_out_header(request, "Cache-Control"))
        add_header(text, "Cache-Control", "no-store");
}

static void add_framing(struct text *text, struct ch_request *request, int64_t length)
{
    char number[24];
    if (length >= 0) {
        snprintf(number, sizeof number, "%lld", (long long)length);
        add_header(text, "Content-Length", number);
    } else if (length == -2 && request->head.minor == 1) {
        add_header(text, "Transfer-Encoding", "chunked");
    } else if (length == -2) {
        request->keep_alive = false;
    }
    if (!request->conn || !ch_conn_skip_body(request->conn) || request->server->draining || request->conn->close)
        request->keep_alive = false;
    if (!request->keep_alive)
        add_header(text, "Connection", "close");
    else if (request->head.minor == 0)
        add_header(text, "Connection", "keep-alive");
}

const char *ch_answer_head(struct ch_request *request, const char *content_type, int64_t length, size_t *size)
{
    struct text text;
    char status[64];
    text.length = 0;
    snprintf(status, sizeof status, "HTTP/1.1 %d %s\r\n", request->status, reason(request->status));
    add(&text, status);
    add_defaults(&text, request);
    if (content_type)
        add_header(&text, "Content-Type", content_type);
    for (const struct ch_out_header *header = request->out; header; header = header->next)
        add_header(&text, header->name, header->value);
    add_framing(&text, request, length);
    add(&text, "\r\n");
    if (request->conn && !request->keep_alive)
        request->conn->close = true;
    *size = text.length;
    return ch_memdup(request->arena, text.bytes, text.length);
}

struct ch_done *ch_answer(struct ch_request *request, const char *content_type, const void *body, size_t size)
{
    size_t head_size;
    bool bodiless = request->status == 204 || request->status == 304;
    if (request->answered) {
        fprintf(stderr, "commonhold: %s answered twice\n", ch_request_pattern(request));
        abort();
    }
    request->answered = true;
    if (request->conn) {
        const char *head = ch_answer_head(request, content_type, bodiless ? -1 : (int64_t)size, &head_size);
        if (bodiless || request->method == CH_HEAD)
            size = 0;
        request->sent = size;
        ch_conn_send(request->conn, head, head_size, body, size);
    }
    ch_request_finish(request);
    return &CH_DONE;
}

/* Line breaks would let a value start a header of its own. */
static bool is_header_text(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' && *text != '\t')
            return false;
    return true;
}

void ch_set_header(struct ch_request *request, const char *name, const char *value)
{
    if (!is_header_text(name) || !is_header_text(value)) {
        ch_log(CH_LOG_ERROR, "header with control characters dropped", "request", request->id, "header", name, NULL);
        return;
    }
    struct ch_out_header *header = ch_alloc(request->arena, sizeof *header);
    header->name = ch_strdup(request->arena, name);
    header->value = ch_strdup(request->arena, value);
    *request->out_end = header;
    request->out_end = &header->next;
}

static struct ch_done *reply_problem(struct ch_request *request, const struct ch_outcome *outcome, const char *members)
{
    const char *text = ch_problem_text(request->arena, outcome, members);
    if ((outcome->status == 503 || outcome->status == 429) && !ch_out_header(request, "Retry-After"))
        ch_set_header(request, "Retry-After", outcome->status == 503 ? "2" : "1");
    if (outcome->status == 401 && !ch_out_header(request, "WWW-Authenticate"))
        ch_set_header(request, "WWW-Authenticate", "Bearer realm=\"commonhold\"");
    return ch_answer(request, "application/problem+json", text, strlen(text));
}

static bool take_etag(struct ch_request *request, const char *body)
{
    const char *etag = ch_find_etag(request, body);
    if (!etag)
        return false;
    ch_set_header(request, "ETag", etag);
    const char *known = ch_header(request, "If-None-Match");
    return known && (request->method == CH_GET || request->method == CH_HEAD) && ch_etag_matches(known, etag);
}

struct ch_done *ch_reply(struct ch_request *request, const char *slug, const char *body)
{
    const struct ch_outcome *outcome = ch_outcome_find(slug);
    if (!outcome) {
        ch_log(CH_LOG_ERROR, "outcome is not in errors.def", "request", request->id, "route",
               ch_request_pattern(request), "slug", slug, NULL);
        outcome = ch_outcome_find("internal");
        body = NULL;
    }
    request->slug = outcome->told;
    request->status = outcome->status;
    if (outcome->status >= 400)
        return reply_problem(request, outcome, body);
    if (outcome->status == 204 || outcome->status == 304)
        return ch_answer(request, NULL, NULL, 0);
    if (!body)
        body = "{}";
    if (ch_request_has_flag(request, CH_ROUTE_ETAG) && take_etag(request, body)) {
        request->slug = "not_modified";
        request->status = 304;
        return ch_answer(request, NULL, NULL, 0);
    }
    return ch_answer(request, "application/json", body, strlen(body));
}

struct ch_done *ch_reply_bytes(struct ch_request *request, int status, const char *content_type, const void *bytes,
                               size_t size)
{
    request->status = status;
    if (!request->slug)
        request->slug = status < 300 ? "ok" : NULL;
    return ch_answer(request, content_type, bytes, size);
}

struct ch_done *ch_reply_fault(struct ch_request *request, enum ch_fault fault)
{
    switch (fault) {
    case CH_FAULT_BUSY:
        return ch_refuse(request, "unavailable", "The database is busy.");
    case CH_FAULT_UNAVAILABLE:
        return ch_refuse(request, "unavailable", "The database cannot be reached.");
    case CH_FAULT_UNKNOWN:
        return ch_refuse(request, "unavailable",
                         "The connection to the database was lost: the request may or may not have taken effect.");
    case CH_FAULT_NONE:
    case CH_FAULT_BUG:
        return ch_reply(request, "internal", NULL);
    }
    abort();
}
