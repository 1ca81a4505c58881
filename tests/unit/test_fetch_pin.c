/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* common/fetch_pin.c: what a name resolves to decides, all of it, and once. getaddrinfo and connect of this program
 * stand in for the C library's: the test is the name server, and connections to public addresses end at its own server
 * on the loopback. Also answers that never end: heads, bodies, and bodies that drip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "commonhold/fetch.h"

/* ---- the name server ---- */

static const char *const *answers[4]; /* of the first, second, ... question; each NULL-ended */
static atomic_int questions;
static atomic_bool silent;  /* the name server does not answer until it is false again */
static atomic_int silenced; /* questions that wait for that */

static struct addrinfo *make_address(const char *text, struct addrinfo *next)
{
    struct addrinfo *made = calloc(1, sizeof *made + sizeof(struct sockaddr_in6));
    struct sockaddr_in *in = (void *)(made + 1);
    struct sockaddr_in6 *in6 = (void *)(made + 1);
    bool six = strchr(text, ':');
    *made = (struct addrinfo){.ai_family = six ? AF_INET6 : AF_INET,
                              .ai_socktype = SOCK_STREAM,
                              .ai_protocol = IPPROTO_TCP,
                              .ai_addrlen = six ? sizeof *in6 : sizeof *in,
                              .ai_addr = (void *)(made + 1),
                              .ai_next = next};
    made->ai_addr->sa_family = (sa_family_t)made->ai_family;
    if (inet_pton(made->ai_family, text, six ? (void *)&in6->sin6_addr : (void *)&in->sin_addr) != 1)
        abort();
    return made;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    (void)name, (void)service;
    if (hints && hints->ai_flags & AI_NUMERICHOST)
        return EAI_NONAME;
    const struct timespec tick = {.tv_nsec = 1000000};
    int question = atomic_fetch_add(&questions, 1);
    atomic_fetch_add(&silenced, 1);
    while (atomic_load(&silent))
        nanosleep(&tick, NULL);
    atomic_fetch_sub(&silenced, 1);
    const char *const *list = question < 4 ? answers[question] : NULL;
    size_t count = 0;
    while (list && list[count])
        count++;
    *found = NULL;
    while (count > 0)
        *found = make_address(list[--count], *found);
    return *found ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

/* ---- the network ---- */

static char connected[8][INET6_ADDRSTRLEN];
static atomic_int connects;
static in_port_t server_port;

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    int number = atomic_fetch_add(&connects, 1) % 8;
    struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = server_port};
    const void *bytes = address->sa_family == AF_INET
                            ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                            : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    (void)size;
    inet_ntop(address->sa_family, bytes, connected[number], INET6_ADDRSTRLEN);
    return (int)syscall(SYS_connect, fd, &server, sizeof server);
}

struct server {
    int fd;
    const char *head, *again; /* sent once; then, while it can be, this */
    int pause_ms;             /* between two of `again` */
    pthread_t thread;
};

static bool send_all(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        text += sent;
        left -= (size_t)sent;
    }
    return true;
}

static void *serve(void *arg)
{
    struct server *server = arg;
    const struct timespec pause = {.tv_nsec = server->pause_ms * 1000000L};
    char request[4096];
    int fd = accept(server->fd, NULL, NULL);
    if (recv(fd, request, sizeof request, 0) < 0)
        perror("recv");
    bool open = send_all(fd, server->head);
    while (open && server->again) {
        nanosleep(&pause, NULL);
        open = send_all(fd, server->again);
    }
    close(fd);
    return NULL;
}

static void start(struct server *server, const char *head, const char *again, int pause_ms)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *server =
        (struct server){.fd = socket(AF_INET, SOCK_STREAM, 0), .head = head, .again = again, .pause_ms = pause_ms};
    assert_int_equal(bind(server->fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server->fd, 1), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
    server_port = address.sin_port;
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
    pthread_join(server->thread, NULL);
    close(server->fd);
}

/* ---- exchanges ---- */

#define FINE      "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* As webhooks have it, but over http, so that the server needs no certificate. */
static const struct ch_fetch_policy STRICT = {.allow_http = true, .timeout_s = 5};
static const struct ch_fetch_request HOOK = {
    .method = "POST", .url = "http://hook.example/", .body = "{}", .body_size = 2};

static void forget(const char *const *first, const char *const *second)
{
    atomic_store(&questions, 0);
    atomic_store(&connects, 0);
    answers[0] = first;
    answers[1] = second;
}

static void fetch(void **state, const struct ch_fetch_policy *policy, struct ch_fetch_response *response)
{
    ch_fetch(*state, policy, &HOOK, response);
}

static void test_a_public_name(void **state)
{
    struct server server;
    struct ch_fetch_response response;
    start(&server, FINE, NULL, 0);
    forget(LIST("8.8.8.8"), LIST("9.9.9.9"));
    fetch(state, &STRICT, &response);
    stop(&server);
    assert_int_equal(response.verdict, CH_FETCH_OK);
    assert_int_equal(response.status, 204);
    assert_int_equal(atomic_load(&questions), 1);
    assert_int_equal(atomic_load(&connects), 1);
    assert_string_equal(connected[0], "8.8.8.8");
}

static void test_one_inside_address_is_enough(void **state)
{
    static const char *const lists[][4] = {{"127.0.0.1"},
                                           {"169.254.169.254"},
                                           {"8.8.8.8", "10.0.0.1"},
                                           {"10.0.0.1", "8.8.8.8"},
                                           {"8.8.8.8", "9.9.9.9", "192.168.1.1"},
                                           {"8.8.8.8", "::ffff:10.0.0.1"},
                                           {"2a00:1450::1", "fd00::1"},
                                           {"2a00:1450::1", "::1"},
                                           {"8.8.8.8", "64:ff9b::a00:1"},
                                           {"8.8.8.8", "2002:a00:1::"},
                                           {"8.8.8.8", "100.64.0.1"},
                                           {"0.0.0.0"}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct ch_fetch_response response;
        forget(lists[i], NULL);
        fetch(state, &STRICT, &response);
        if (response.verdict != CH_FETCH_REFUSED || atomic_load(&connects) != 0)
            fail_msg("list %zu: verdict %d, %d connections", i, response.verdict, atomic_load(&connects));
        assert_int_equal(response.status, 0);
    }
}

/* DNS rebinding: the name says something public when it is checked and this machine when it is used. */
static void test_a_name_that_changes(void **state)
{
    struct server server;
    struct ch_fetch_response response;
    start(&server, FINE, NULL, 0);
    forget(LIST("8.8.8.8"), LIST("127.0.0.1"));
    fetch(state, &STRICT, &response);
    stop(&server);
    assert_int_equal(response.verdict, CH_FETCH_OK);
    assert_int_equal(atomic_load(&questions), 1);
    assert_string_equal(connected[0], "8.8.8.8");
    fetch(state, &STRICT, &response);
    assert_int_equal(response.verdict, CH_FETCH_REFUSED);
    assert_int_equal(atomic_load(&questions), 2);
    assert_int_equal(atomic_load(&connects), 1);
}

static void on_done(void *arg, const struct ch_fetch_response *response)
{
    *(enum ch_fetch_verdict *)arg = response->verdict;
}

/* On one loop too, where curl keeps names: an earlier pin is no answer. */
static void test_a_name_that_changes_on_the_loop(void **state)
{
    (void)state;
    struct server server;
    enum ch_fetch_verdict first = CH_FETCH_TIMEOUT, second = CH_FETCH_TIMEOUT;
    struct event_base *base = event_base_new();
    struct ch_fetcher *fetcher = ch_fetcher_new(base);
    start(&server, FINE, NULL, 0);
    forget(LIST("8.8.8.8"), LIST("127.0.0.1"));
    ch_fetch_async(fetcher, &STRICT, &HOOK, on_done, &first);
    event_base_dispatch(base);
    stop(&server);
    ch_fetch_async(fetcher, &STRICT, &HOOK, on_done, &second);
    event_base_dispatch(base);
    ch_fetcher_free(fetcher);
    event_base_free(base);
    assert_int_equal(first, CH_FETCH_OK);
    assert_int_equal(second, CH_FETCH_REFUSED);
    assert_int_equal(atomic_load(&connects), 1);
    assert_string_equal(connected[0], "8.8.8.8");
}

static void test_no_address_and_too_many(void **state)
{
    static const char *many[34];
    struct ch_fetch_response response;
    forget(NULL, NULL);
    fetch(state, &STRICT, &response);
    assert_int_equal(response.verdict, CH_FETCH_UNREACHABLE);
    for (size_t i = 0; i < 33; i++)
        many[i] = "8.8.8.8";
    forget(many, NULL);
    fetch(state, &STRICT, &response);
    assert_int_equal(response.verdict, CH_FETCH_REFUSED);
    assert_int_equal(atomic_load(&connects), 0);
}

/* The last of 32 is looked at as the first. */
static void test_the_last_of_many(void **state)
{
    static const char *many[33];
    struct ch_fetch_response response;
    for (size_t i = 0; i < 32; i++)
        many[i] = i < 31 ? "8.8.8.8" : "10.0.0.1";
    for (int round = 0; round < 20; round++) {
        forget(many, NULL);
        fetch(state, &STRICT, &response);
        assert_int_equal(response.verdict, CH_FETCH_REFUSED);
        assert_int_equal(atomic_load(&connects), 0);
    }
}

static void test_a_name_server_that_says_nothing(void **state)
{
    const struct timespec tick = {.tv_nsec = 1000000};
    struct ch_fetch_response response;
    struct ch_fetch_policy impatient = STRICT;
    impatient.timeout_s = 1;
    time_t before = time(NULL);
    forget(LIST("8.8.8.8"), NULL);
    atomic_store(&silent, true);
    fetch(state, &impatient, &response);
    assert_int_equal(response.verdict, CH_FETCH_TIMEOUT);
    assert_true(time(NULL) - before < 10);
    atomic_store(&silent, false);
    while (atomic_load(&silenced) > 0)
        nanosleep(&tick, NULL);
    assert_int_equal(atomic_load(&connects), 0);
}

static void test_a_body_without_end(void **state)
{
    static const char *const heads[] = {"HTTP/1.1 200 OK\r\n\r\n",
                                        "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"};
    char *piece = calloc(1, 16385);
    memset(piece, 'x', 16384);
    for (size_t i = 0; i < 2; i++) {
        struct server server;
        struct ch_fetch_response response;
        start(&server, heads[i], piece, 0);
        forget(LIST("8.8.8.8"), NULL);
        fetch(state, &STRICT, &response);
        stop(&server);
        assert_int_equal(response.verdict, CH_FETCH_TOO_LARGE);
        assert_int_equal(response.status, 200);
    }
    free(piece);
    assert_true(ch_arena_used(*state) < 4 * 1024 * 1024);
}

static void test_a_head_without_end(void **state)
{
    struct server server;
    struct ch_fetch_response response;
    start(&server, "HTTP/1.1 200 OK\r\n", "X-Bomb: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 0);
    forget(LIST("8.8.8.8"), NULL);
    fetch(state, &STRICT, &response);
    stop(&server);
    assert_int_equal(response.verdict, CH_FETCH_TOO_LARGE);
    assert_int_equal(response.status, 0);
}

static void test_a_dripping_body(void **state)
{
    struct server server;
    struct ch_fetch_response response;
    struct ch_fetch_policy impatient = STRICT;
    impatient.timeout_s = 1;
    start(&server, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", "x", 20);
    forget(LIST("8.8.8.8"), NULL);
    fetch(state, &impatient, &response);
    stop(&server);
    assert_int_equal(response.verdict, CH_FETCH_TIMEOUT);
    assert_int_equal(response.status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_public_name),
        cmocka_unit_test(test_one_inside_address_is_enough),
        cmocka_unit_test(test_a_name_that_changes),
        cmocka_unit_test(test_a_name_that_changes_on_the_loop),
        cmocka_unit_test(test_no_address_and_too_many),
        cmocka_unit_test(test_the_last_of_many),
        cmocka_unit_test(test_a_name_server_that_says_nothing),
        cmocka_unit_test(test_a_body_without_end),
        cmocka_unit_test(test_a_head_without_end),
        cmocka_unit_test(test_a_dripping_body),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
