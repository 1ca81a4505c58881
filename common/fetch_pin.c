/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which addresses an exchange connects to. The host's name is resolved once, by a thread of its own, since getaddrinfo
 * blocks and knows no time-out. Where one of its addresses lies inside, the exchange is refused, even if others do not:
 * which one is taken first is the name server's choice. Otherwise curl is pinned to exactly these addresses, so that a
 * name that says something else a moment later changes nothing, and each is judged once more when its socket is opened.
 */
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "fetch_private.h"

#define ADDRESSES_MAX 32 /* a name with more is not one that somebody receives at */

/* Shared by the one who asks and the thread that resolves; freed by whoever leaves last. */
struct ch_look {
    atomic_int users;
    int done; /* eventfd: readable once `found` and `error` are written */
    int error;
    struct addrinfo *found;
    char *host, *port;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void ch_look_end(struct ch_look *look)
{
    if (atomic_fetch_sub(&look->users, 1) > 1)
        return;
    if (look->found)
        freeaddrinfo(look->found);
    close(look->done);
    free(look->host);
    free(look->port);
    free(look);
}

static void *resolve(void *arg)
{
    struct ch_look *look = arg;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    look->error = getaddrinfo(look->host, look->port, &hints, &look->found);
    if (eventfd_write(look->done, 1) != 0)
        abort();
    ch_look_end(look);
    return NULL;
}

/* Signals stay with the threads that know what to do with them. */
static bool start_thread(struct ch_look *look)
{
    sigset_t all, before;
    pthread_attr_t detached;
    pthread_t thread;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, &detached, resolve, look) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&detached);
    return started;
}

struct ch_look *ch_look_start(const struct ch_exchange *exchange)
{
    struct ch_look *look = calloc(1, sizeof(*look));
    if (!look)
        abort();
    look->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    look->host = strdup(exchange->host);
    look->port = strdup(exchange->port);
    if (look->done < 0 || !look->host || !look->port)
        abort();
    atomic_init(&look->users, 2);
    if (!start_thread(look)) { /* no thread: as a name server that has nothing to say */
        look->error = EAI_AGAIN;
        atomic_store(&look->users, 1);
        if (eventfd_write(look->done, 1) != 0)
            abort();
    }
    return look;
}

int ch_look_fd(const struct ch_look *look)
{
    return look->done;
}

bool ch_look_wait(const struct ch_look *look, int timeout_ms)
{
    struct pollfd fd = {.fd = look->done, .events = POLLIN};
    int64_t end = now_ms() + timeout_ms, left;
    while ((left = end - now_ms()) > 0)
        if (poll(&fd, 1, (int)left) > 0)
            return true;
    return false;
}

/* Numeric text, IPv6 in brackets, behind what is there already. */
static void write_down(struct ch_exchange *exchange, const struct addrinfo *one)
{
    char text[NI_MAXHOST];
    bool six = one->ai_family == AF_INET6;
    if (getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
        abort();
    exchange->addresses =
        ch_printf(exchange->arena, six ? "%s%s[%s]" : "%s%s%s", exchange->addresses ? exchange->addresses : "",
                  exchange->addresses ? "," : "", text);
}

static bool judge_all(struct ch_exchange *exchange, const struct addrinfo *list)
{
    unsigned count = 0;
    for (const struct addrinfo *one = list; one; one = one->ai_next)
        if (++count > ADDRESSES_MAX || ch_fetch_address_refused(one->ai_addr))
            return false;
    for (const struct addrinfo *one = list; one; one = one->ai_next)
        write_down(exchange, one);
    return true;
}

static bool fail(struct ch_exchange *exchange, enum ch_fetch_verdict verdict, const char *why)
{
    exchange->response.verdict = verdict;
    snprintf(exchange->response.detail, sizeof(exchange->response.detail), "%s", why);
    return false;
}

static void set_pins(struct ch_exchange *exchange)
{
    const char *text = ch_printf(exchange->arena, "%s:%s:%s", exchange->host, exchange->port, exchange->addresses);
    int64_t left = exchange->started_ms + 1000 * (int64_t)exchange->policy.timeout_s - now_ms();
    exchange->pins = curl_slist_append(NULL, text);
    if (!exchange->pins)
        abort();
    curl_easy_setopt(exchange->curl, CURLOPT_RESOLVE, exchange->pins);
    curl_easy_setopt(exchange->curl, CURLOPT_TIMEOUT_MS, left > 1 ? (long)left : 1L);
}

bool ch_exchange_pin(struct ch_exchange *exchange, const struct ch_look *look, bool answered)
{
    if (!answered)
        return fail(exchange, CH_FETCH_TIMEOUT, "Timeout was reached while the host's name was resolved");
    if (look->error != 0 || !look->found)
        return fail(exchange, CH_FETCH_UNREACHABLE, "the host's name cannot be resolved");
    if (!judge_all(exchange, look->found))
        return fail(exchange, CH_FETCH_REFUSED,
                    "an address of the host is not connected to (private, local, reserved), or it has too many");
    set_pins(exchange);
    return true;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct ch_exchange *exchange = arg;
    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    if (!exchange->policy.allow_private && ch_fetch_address_refused(&address->addr)) {
        exchange->refused_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void ch_exchange_guard(struct ch_exchange *exchange)
{
    exchange->started_ms = now_ms();
    exchange->looks = !exchange->policy.allow_private;
    curl_easy_setopt(exchange->curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(exchange->curl, CURLOPT_OPENSOCKETDATA, exchange);
    curl_easy_setopt(exchange->curl, CURLOPT_TIMEOUT_MS, 1000L * exchange->policy.timeout_s);
}
