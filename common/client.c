/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The commands' HTTP client: cookies are libcurl's, the sign-in is renewed where a token ran out, a problem becomes a
 * sentence. Where the sign-in is kept is client_state.c's business. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client_private.h"
#include "commonhold/cli.h"
#include "commonhold/id.h"
#include "commonhold/json.h"

#define BODY_MAX  ((size_t)64 << 20) /* bytes of one answer */
#define ASK_FIRST ((size_t)64 << 10) /* a body over this many bytes waits for 100 Continue */
#define STALLED_S 60L                /* an exchange without a byte for so long is given up */

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct ch_client *client = arg;
    size_t length = size * count;
    long status = 0;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    if (client->request->received && status == 200)
        return client->request->received(client->request->arg, bytes, length) ? length : 0;
    if (client->body_size + length > BODY_MAX)
        return 0;
    client->body = ch_arena_grow(client->arena, client->body, &client->body_room, client->body_size + length + 1);
    memcpy(client->body + client->body_size, bytes, length);
    client->body_size += length;
    client->body[client->body_size] = '\0';
    return length;
}

static int show_sent(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    const struct ch_client_request *request = arg;
    (void)down_total, (void)down, (void)up_total;
    request->sent(request->arg, (uint64_t)up);
    return 0;
}

/* The cookie's value, from libcurl's list of tab-separated lines; NULL when there is none. */
static const char *cookie(struct ch_client *client, const char *name)
{
    struct curl_slist *list = NULL;
    const char *value = NULL;
    curl_easy_getinfo(client->curl, CURLINFO_COOKIELIST, &list);
    for (struct curl_slist *line = list; line; line = line->next) {
        const char *last = strrchr(line->data, '\t');
        size_t size = strlen(name);
        if (last && last - line->data > (ptrdiff_t)size && strncmp(last - size, name, size) == 0 &&
            last[-(ptrdiff_t)size - 1] == '\t')
            value = ch_strdup(client->arena, last + 1);
    }
    curl_slist_free_all(list);
    return value;
}

static struct curl_slist *headers_of(struct ch_client *client, const struct ch_client_request *request, const char *key)
{
    /* A refusal should come before megabytes are sent for nothing. */
    struct curl_slist *list = curl_slist_append(NULL, request->size > ASK_FIRST ? "Expect: 100-continue" : "Expect:");
    const char *csrf = cookie(client, "ch_csrf");
    if (csrf)
        list = curl_slist_append(list, ch_printf(client->arena, "X-CSRF-Token: %s", csrf));
    if (strcmp(request->method, "POST") == 0)
        list = curl_slist_append(list, ch_printf(client->arena, "Idempotency-Key: %s", key));
    if (!request->bytes)
        list = curl_slist_append(list, "Content-Type: application/json");
    for (size_t i = 0; request->headers && request->headers[i]; i++)
        list = curl_slist_append(list, request->headers[i]);
    return list;
}

static void set_body(struct ch_client *client, const struct ch_client_request *request)
{
    const char *bytes = request->bytes ? request->bytes : "";
    size_t size = request->size;
    if (request->json)
        bytes = ch_json_canonical(client->arena, request->json, &size);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, bytes);
}

static void set_request(struct ch_client *client, const struct ch_client_request *request)
{
    CURL *curl = client->curl;
    bool get = strcmp(request->method, "GET") == 0, head = strcmp(request->method, "HEAD") == 0;
    curl_easy_setopt(curl, CURLOPT_URL, ch_printf(client->arena, "%s%s", client->origin, request->path));
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(curl, CURLOPT_NOBODY, head ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, get || head ? NULL : request->method);
    if (!get && !head)
        set_body(client, request);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, request->sent ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, show_sent);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, request);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, STALLED_S);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, request->compressed ? "gzip" : NULL);
    client->request = request;
    client->body_size = 0;
}

static struct ch_client_answer read_answer(struct ch_client *client)
{
    static const struct ch_json_limits LIMITS = {.bytes = BODY_MAX, .depth = 32};
    struct ch_client_answer answer = {.outcome = "", .detail = ""};
    struct ch_json_error error;
    long status = 0;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = (int)status;
    answer.outcome = ch_client_header(client, "X-Commonhold-Outcome") ?: "";
    if (client->body_size > 0)
        answer.json = ch_json_parse(client->arena, client->body, client->body_size, &LIMITS, &error);
    if (status >= 400)
        answer.detail = json_string_value(json_object_get(answer.json, "detail"))
                            ?: json_string_value(json_object_get(answer.json, "title")) ?: "";
    return answer;
}

static struct ch_client_answer exchange(struct ch_client *client, const struct ch_client_request *request,
                                        const char *key)
{
    struct curl_slist *headers = headers_of(client, request, key);
    set_request(client, request);
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(client->curl);
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    if (code == CURLE_OK)
        return read_answer(client);
    return (struct ch_client_answer){.outcome = "", .detail = curl_easy_strerror(code)};
}

struct ch_client_answer ch_client_send(struct ch_client *client, const struct ch_client_request *request)
{
    static const struct ch_client_request RENEW = {.method = "GET", .path = "/portal/v1/sign-ins/current"};
    char key[37];
    ch_id_new(key);
    struct ch_client_answer answer = exchange(client, request, key);
    if (strcmp(answer.outcome, "not_signed_in") != 0 || exchange(client, &RENEW, key).status != 200)
        return answer;
    return exchange(client, request, key);
}

const char *ch_client_header(struct ch_client *client, const char *name)
{
    struct curl_header *header;
    if (curl_easy_header(client->curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return ch_strdup(client->arena, header->value);
}

const char *ch_client_origin(const struct ch_client *client)
{
    return client->origin;
}

const char *ch_client_escape(struct ch_client *client, const char *text)
{
    char *escaped = curl_easy_escape(client->curl, text, 0);
    if (!escaped)
        abort();
    const char *kept = ch_strdup(client->arena, escaped);
    curl_free(escaped);
    return kept;
}

int ch_client_complain(const struct ch_client_request *request, const struct ch_client_answer *answer)
{
    size_t index;
    json_t *error;
    const char *more = strcmp(answer->outcome, "not_signed_in") == 0 ? " (commonhold sign-in opens a session)" : "";
    if (answer->status == 0)
        return ch_say(CH_EXIT_FAULT, "%s %s: no answer: %s", request->method, request->path, answer->detail);
    ch_say(0, "%s %s: %d %s: %s%s", request->method, request->path, answer->status, answer->outcome, answer->detail,
           more);
    json_array_foreach(json_object_get(answer->json, "errors"), index, error)
        ch_say(0, "  %s: %s", json_string_value(json_object_get(error, "pointer")) ?: "",
               json_string_value(json_object_get(error, "detail")) ?: "");
    return answer->status >= 500 ? CH_EXIT_FAULT : CH_EXIT_REFUSED;
}
