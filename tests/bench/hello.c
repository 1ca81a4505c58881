/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The measure of all things here: a bare evhttp server that answers every request with the same small JSON. Nothing of
 * the project in it. Usage: hello PORT */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>

static void answer(struct evhttp_request *request, void *arg)
{
    struct evbuffer *body = evbuffer_new();
    (void)arg;
    evbuffer_add(body, "{\"hello\":\"world\"}", 17);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "application/json");
    evhttp_send_reply(request, 200, "OK", body);
    evbuffer_free(body);
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    if (argc != 2 || evhttp_bind_socket(http, "127.0.0.1", (unsigned short)strtol(argv[1], NULL, 10)) != 0) {
        fprintf(stderr, "usage: hello PORT (free)\n");
        return 64;
    }
    evhttp_set_gencb(http, answer, NULL);
    event_base_dispatch(base);
    return 0;
}
