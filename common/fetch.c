/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Outgoing HTTP, one exchange: the URL is judged before it starts, the addresses before the first socket is opened (see
 * fetch_pin.c), the answer while it arrives. Redirects are not followed: the caller sees the 3xx. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch_private.h"

#define BODY_MAX_DEFAULT  (64 * 1024)
#define HEAD_MAX          (32 * 1024)
#define TIMEOUT_DEFAULT_S 15

static bool refuse(struct ch_exchange *exchange, const char *why)
{
    exchange->response.verdict = CH_FETCH_REFUSED;
    snprintf(exchange->response.detail, sizeof(exchange->response.detail), "%s", why);
    return false;
}

/* A part of the URL as curl reads it, so that we judge what it will do; NULL when there is none. */
static const char *part(struct ch_exchange *exchange, CURLU *url, CURLUPart what)
{
    char *text = NULL;
    if (curl_url_get(url, what, &text, what == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) != CURLUE_OK)
        return NULL;
    const char *copy = ch_strdup(exchange->arena, text);
    curl_free(text);
    return copy;
}

/* Any spelling of an address in place of a name: dotted, decimal, octal, hexadecimal, shortened, in brackets. */
static bool is_literal(const char *host)
{
    if (*host == '[' || strchr(host, ':'))
        return true;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) == 0) {
        freeaddrinfo(found);
        return true;
    }
    const char *last = strrchr(host, '.');
    last = last && last[1] != '\0' ? last + 1 : host;
    return strspn(last, "0123456789") == strlen(last) || strncasecmp(last, "0x", 2) == 0;
}

static bool check_host(struct ch_exchange *exchange, const char *host)
{
    if (!host || *host == '\0')
        return refuse(exchange, "the URL names no host");
    if (exchange->policy.allow_private)
        return true;
    if (is_literal(host))
        return refuse(exchange, "the URL holds an address in place of a host name");
    for (const char *c = host; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || *c == '%')
            return refuse(exchange, "the host's name is not written in plain ASCII");
    size_t size = strlen(host);
    if (strcasecmp(host, "localhost") == 0 || (size > 10 && strcasecmp(host + size - 10, ".localhost") == 0))
        return refuse(exchange, "the host is this machine");
    return true;
}

static bool check_parts(struct ch_exchange *exchange, CURLU *url)
{
    const struct ch_fetch_policy *policy = &exchange->policy;
    const char *scheme = part(exchange, url, CURLUPART_SCHEME);
    const char *port = part(exchange, url, CURLUPART_PORT);
    bool https = scheme && strcmp(scheme, "https") == 0;
    if (!https && !(policy->allow_http && scheme && strcmp(scheme, "http") == 0))
        return refuse(exchange, policy->allow_http ? "only http and https are fetched" : "only https is fetched");
    if (part(exchange, url, CURLUPART_USER) || part(exchange, url, CURLUPART_PASSWORD))
        return refuse(exchange, "the URL holds a user or a password");
    if (!policy->any_port && (!port || strcmp(port, https ? "443" : "80") != 0))
        return refuse(exchange, "only the scheme's own port is connected to");
    exchange->host = part(exchange, url, CURLUPART_HOST);
    exchange->port = port;
    return check_host(exchange, exchange->host);
}

static bool check_url(struct ch_exchange *exchange, const char *text)
{
    CURLU *url = curl_url();
    if (!url)
        abort();
    bool fine = strlen(text) <= 2048 && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK
                    ? check_parts(exchange, url)
                    : refuse(exchange, "it is no URL of at most 2048 characters");
    curl_url_cleanup(url);
    return fine;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct ch_exchange *exchange = arg;
    size_t length = size * count;
    if (length > exchange->policy.body_max - exchange->size) {
        exchange->too_large = exchange->body_over = true;
        return 0;
    }
    exchange->body = ch_arena_grow(exchange->arena, exchange->body, &exchange->room, exchange->size + length + 1);
    memcpy(exchange->body + exchange->size, bytes, length);
    exchange->size += length;
    return length;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *arg)
{
    static const char name[] = "retry-after:";
    struct ch_exchange *exchange = arg;
    size_t length = size * count;
    exchange->head_size += length;
    if (exchange->head_size > HEAD_MAX) {
        exchange->too_large = true;
        return 0;
    }
    if (length < sizeof(name) || length > 256 || strncasecmp(bytes, name, sizeof(name) - 1) != 0)
        return length;
    char *value = ch_memdup(exchange->arena, bytes + sizeof(name) - 1, length - sizeof(name) + 1);
    value += strspn(value, " \t");
    value[strcspn(value, "\r\n")] = '\0';
    exchange->retry_after = value;
    return length;
}

static void set_request(struct ch_exchange *exchange, const struct ch_fetch_request *request)
{
    CURL *curl = exchange->curl;
    for (size_t i = 0; request->headers && request->headers[i]; i++)
        exchange->headers = curl_slist_append(exchange->headers, request->headers[i]);
    exchange->headers = curl_slist_append(exchange->headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, exchange->headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "commonhold");
    if (strcmp(request->method, "GET") == 0)
        return;
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, request->body_size > 0 ? request->body : "");
}

static void set_limits(struct ch_exchange *exchange)
{
    CURL *curl = exchange->curl;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, exchange->policy.allow_http ? "http,https" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)exchange->policy.body_max);
    /* A kept connection would skip the check of its address. */
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    /* A name server that does not answer must not hold the end of an exchange. */
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
}

bool ch_exchange_start(struct ch_exchange *exchange, struct ch_arena *arena, const struct ch_fetch_policy *policy,
                       const struct ch_fetch_request *request)
{
    *exchange = (struct ch_exchange){.arena = arena, .policy = *policy};
    if (exchange->policy.body_max == 0)
        exchange->policy.body_max = BODY_MAX_DEFAULT;
    if (exchange->policy.timeout_s == 0)
        exchange->policy.timeout_s = TIMEOUT_DEFAULT_S;
    if (!check_url(exchange, request->url))
        return false;
    exchange->curl = curl_easy_init();
    if (!exchange->curl)
        abort();
    set_request(exchange, request);
    set_limits(exchange);
    ch_exchange_guard(exchange);
    return true;
}

static enum ch_fetch_verdict verdict_of(const struct ch_exchange *exchange, CURLcode code)
{
    if (exchange->refused_address)
        return CH_FETCH_REFUSED;
    if (exchange->too_large || code == CURLE_FILESIZE_EXCEEDED)
        return CH_FETCH_TOO_LARGE;
    if (code == CURLE_OK)
        return CH_FETCH_OK;
    return code == CURLE_OPERATION_TIMEDOUT ? CH_FETCH_TIMEOUT : CH_FETCH_UNREACHABLE;
}

static const char *detail_of(const struct ch_exchange *exchange, CURLcode code)
{
    switch (exchange->response.verdict) {
    case CH_FETCH_OK:
        return "";
    case CH_FETCH_REFUSED:
        return "an address of the host is not connected to (private, local, reserved), or it has too many";
    case CH_FETCH_TOO_LARGE:
        return "the answer is over the limit";
    case CH_FETCH_UNREACHABLE:
    case CH_FETCH_TIMEOUT:
        break;
    }
    return curl_easy_strerror(code);
}

/* What curl has to say; of what it has, when all went well. */
static void read_result(struct ch_exchange *exchange, CURLcode code)
{
    struct ch_fetch_response *response = &exchange->response;
    long status = 0;
    curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
    response->verdict = verdict_of(exchange, code);
    snprintf(response->detail, sizeof(response->detail), "%s", detail_of(exchange, code));
    if (response->verdict == CH_FETCH_TOO_LARGE && (exchange->body_over || code == CURLE_FILESIZE_EXCEEDED))
        response->status = (int)status;
    if (response->verdict != CH_FETCH_OK)
        return;
    response->status = (int)status;
    response->body = exchange->body ? exchange->body : "";
    response->size = exchange->size;
    response->retry_after = exchange->retry_after;
    if (exchange->body)
        exchange->body[exchange->size] = '\0';
}

void ch_exchange_end(struct ch_exchange *exchange, CURLcode code)
{
    if (exchange->response.verdict == CH_FETCH_OK)
        read_result(exchange, code);
    curl_easy_cleanup(exchange->curl);
    curl_slist_free_all(exchange->headers);
    curl_slist_free_all(exchange->pins);
    exchange->curl = NULL;
    exchange->headers = exchange->pins = NULL;
}

static bool look(struct ch_exchange *exchange)
{
    struct ch_look *looking = ch_look_start(exchange);
    bool fine = ch_exchange_pin(exchange, looking, ch_look_wait(looking, 1000 * exchange->policy.timeout_s));
    ch_look_end(looking);
    return fine;
}

void ch_fetch(struct ch_arena *arena, const struct ch_fetch_policy *policy, const struct ch_fetch_request *request,
              struct ch_fetch_response *response)
{
    struct ch_exchange exchange;
    if (ch_exchange_start(&exchange, arena, policy, request)) {
        bool fine = !exchange.looks || look(&exchange);
        ch_exchange_end(&exchange, fine ? curl_easy_perform(exchange.curl) : CURLE_OK);
    }
    *response = exchange.response;
}
