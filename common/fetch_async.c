/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The same exchange on the event loop: libcurl's multi interface over libevent. Names are resolved by threads, so
 * nothing blocks. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_private.h"

struct pending {
    struct pending *next;
    struct ch_fetcher *fetcher;
    struct ch_exchange exchange;
    ch_fetch_done *done;
    void *arg;
    bool refused;           /* before it began */
    struct ch_look *look;   /* while the host's name is resolved: curl does not know of it yet */
    struct event *resolved; /* with it */
};

struct ch_fetcher {
    struct event_base *base;
    CURLM *multi;
    struct event *timer;
    struct event *kick; /* tells those that were refused before they began */
    struct pending *all;
};

static void end(struct pending *pending)
{
    struct pending **at = &pending->fetcher->all;
    while (*at != pending)
        at = &(*at)->next;
    *at = pending->next;
    ch_arena_free(pending->exchange.arena);
    free(pending);
}

/* Hands over what curl has finished; `done` may start the next fetch. */
static void collect(struct ch_fetcher *fetcher)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(fetcher->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct pending *pending;
        CURLcode code = message->data.result;
        CURL *curl = message->easy_handle;
        curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&pending);
        curl_multi_remove_handle(fetcher->multi, curl);
        ch_exchange_end(&pending->exchange, code);
        pending->done(pending->arg, &pending->exchange.response);
        end(pending);
    }
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct ch_fetcher *fetcher = arg;
    int running, flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(fetcher->multi, fd, flags, &running);
    collect(fetcher);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct ch_fetcher *fetcher = arg;
    int running;
    curl_multi_socket_action(fetcher->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(fetcher);
}

static int watch_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    (void)curl;
    struct ch_fetcher *fetcher = arg;
    struct event *event = socket_arg;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short flags = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);
        event = event_new(fetcher->base, fd, flags | EV_PERSIST, on_socket, fetcher);
        if (!event || event_add(event, NULL) != 0)
            abort();
    }
    curl_multi_assign(fetcher->multi, fd, event);
    return 0;
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    struct ch_fetcher *fetcher = arg;
    const struct timeval after = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    if (ms < 0)
        evtimer_del(fetcher->timer);
    else
        evtimer_add(fetcher->timer, &after);
    return 0;
}

static void on_kick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct ch_fetcher *fetcher = arg;
    for (;;) {
        struct pending *pending = fetcher->all;
        while (pending && !pending->refused)
            pending = pending->next;
        if (!pending)
            return;
        pending->refused = false;
        pending->done(pending->arg, &pending->exchange.response);
        end(pending);
    }
}

static void give_to_curl(struct pending *pending)
{
    if (curl_multi_add_handle(pending->fetcher->multi, pending->exchange.curl) != CURLM_OK)
        abort();
}

static void end_look(struct pending *pending)
{
    event_free(pending->resolved);
    ch_look_end(pending->look);
    pending->resolved = NULL;
    pending->look = NULL;
}

static void on_resolved(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    struct pending *pending = arg;
    bool fine = ch_exchange_pin(&pending->exchange, pending->look, what & EV_READ);
    end_look(pending);
    if (fine) {
        give_to_curl(pending);
        return;
    }
    ch_exchange_end(&pending->exchange, CURLE_OK);
    pending->done(pending->arg, &pending->exchange.response);
    end(pending);
}

static void start_look(struct pending *pending)
{
    const struct timeval most = {.tv_sec = pending->exchange.policy.timeout_s};
    pending->look = ch_look_start(&pending->exchange);
    pending->resolved = event_new(pending->fetcher->base, ch_look_fd(pending->look), EV_READ, on_resolved, pending);
    if (!pending->resolved || event_add(pending->resolved, &most) != 0)
        abort();
}

void ch_fetch_async(struct ch_fetcher *fetcher, const struct ch_fetch_policy *policy,
                    const struct ch_fetch_request *request, ch_fetch_done *done, void *arg)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    if (!pending)
        abort();
    pending->fetcher = fetcher;
    pending->done = done;
    pending->arg = arg;
    pending->next = fetcher->all;
    fetcher->all = pending;
    pending->refused = !ch_exchange_start(&pending->exchange, ch_arena_new(), policy, request);
    if (pending->refused) {
        event_active(fetcher->kick, EV_TIMEOUT, 1);
        return;
    }
    curl_easy_setopt(pending->exchange.curl, CURLOPT_PRIVATE, pending);
    if (pending->exchange.looks)
        start_look(pending);
    else
        give_to_curl(pending);
}

struct ch_fetcher *ch_fetcher_new(struct event_base *base)
{
    struct ch_fetcher *fetcher = calloc(1, sizeof(*fetcher));
    CURLM *multi = curl_multi_init();
    if (!fetcher || !multi)
        abort();
    fetcher->base = base;
    fetcher->multi = multi;
    fetcher->timer = evtimer_new(base, on_timer, fetcher);
    fetcher->kick = event_new(base, -1, 0, on_kick, fetcher);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, fetcher);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, fetcher);
    return fetcher;
}

/* What is under way is told that it was cut off. */
void ch_fetcher_free(struct ch_fetcher *fetcher)
{
    if (!fetcher)
        return;
    while (fetcher->all) {
        struct pending *pending = fetcher->all;
        if (pending->look)
            end_look(pending);
        if (!pending->refused) {
            curl_multi_remove_handle(fetcher->multi, pending->exchange.curl);
            ch_exchange_end(&pending->exchange, CURLE_ABORTED_BY_CALLBACK);
        }
        pending->done(pending->arg, &pending->exchange.response);
        end(pending);
    }
    curl_multi_cleanup(fetcher->multi);
    event_free(fetcher->timer);
    event_free(fetcher->kick);
    free(fetcher);
}
