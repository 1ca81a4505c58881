/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* common/fetch*.c: which addresses and URLs are refused, by tables of literals; and exchanges with a server of one
 * answer on the loopback, blocking and on the loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "commonhold/fetch.h"

static bool is_refused(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return ch_fetch_address_refused((const struct sockaddr *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return ch_fetch_address_refused((const struct sockaddr *)&in6);
}

static void test_inside_addresses(void **state)
{
    (void)state;
    static const char *const inside[] = {"0.0.0.0",
                                         "0.255.255.255",
                                         "10.0.0.1",
                                         "10.255.255.255",
                                         "100.64.0.1",
                                         "100.127.255.255",
                                         "127.0.0.1",
                                         "127.255.255.255",
                                         "169.254.169.254",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.0.0.1",
                                         "192.0.0.170",
                                         "192.0.2.1",
                                         "192.31.196.1",
                                         "192.52.193.1",
                                         "192.88.99.1",
                                         "192.168.0.1",
                                         "192.168.255.255",
                                         "192.175.48.1",
                                         "198.18.0.1",
                                         "198.19.255.255",
                                         "198.51.100.1",
                                         "203.0.113.1",
                                         "224.0.0.1",
                                         "239.255.255.255",
                                         "240.0.0.1",
                                         "255.255.255.255",
                                         "::",
                                         "::1",
                                         "::127.0.0.1",
                                         "::ffff:10.0.0.1",
                                         "::ffff:8.8.8.8",
                                         "::8.8.8.8",
                                         "64:ff9b::10.0.0.1",
                                         "64:ff9b::8.8.8.8",
                                         "64:ff9b:1::1",
                                         "100::1",
                                         "2001::1",
                                         "2001:0:4136:e378::1",
                                         "2001:2::1",
                                         "2001:10::1",
                                         "2001:20::1",
                                         "2001:1ff::1",
                                         "2001:db8::1",
                                         "2002:0a00:0001::",
                                         "2002:0808:0808::",
                                         "2620:4f:8000::1",
                                         "3ffe::1",
                                         "3fff::1",
                                         "3fff:fff::1",
                                         "5f00::1",
                                         "fc00::1",
                                         "fdff::1",
                                         "fe80::1",
                                         "febf::1",
                                         "fec0::1",
                                         "ff02::1",
                                         "ffff::1",
                                         "4000::1"};
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
        if (!is_refused(inside[i]))
            fail_msg("%s is let through", inside[i]);
}

static void test_outside_addresses(void **state)
{
    (void)state;
    static const char *const outside[] = {
        "1.0.0.0",          "8.8.8.8",      "9.255.255.255",   "11.0.0.0",     "100.63.255.255",  "100.128.0.0",
        "126.255.255.255",  "128.0.0.0",    "169.253.255.255", "169.255.0.0",  "172.15.255.255",  "172.32.0.0",
        "192.0.1.0",        "192.0.3.0",    "192.167.255.255", "192.169.0.0",  "198.17.255.255",  "198.20.0.0",
        "198.51.99.255",    "198.51.101.0", "203.0.112.255",   "203.0.114.0",  "223.255.255.255", "2001:200::1",
        "2001:db7:ffff::1", "2001:db9::1",  "2003::1",         "2606:4700::1", "2620:4f:7fff::1", "2a00:1450::1",
        "3ffd::1",          "3fff:1000::1"};
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
        if (is_refused(outside[i]))
            fail_msg("%s is refused", outside[i]);
    struct sockaddr local = {.sa_family = AF_UNIX};
    assert_true(ch_fetch_address_refused(&local));
}

static void fetch(const struct ch_fetch_policy *policy, const char *url, struct ch_fetch_response *response,
                  struct ch_arena *arena)
{
    const struct ch_fetch_request request = {.method = "GET", .url = url};
    ch_fetch(arena, policy, &request, response);
}

static void test_refused_urls(void **state)
{
    static const char *const refused[] = {"http://coop.example/",
                                          "ftp://coop.example/",
                                          "file:///etc/passwd",
                                          "gopher://coop.example/",
                                          "https://user@coop.example/",
                                          "https://user:pass@coop.example/",
                                          "https://coop.example:8443/",
                                          "https://coop.example:22/",
                                          "https://127.0.0.1/",
                                          "https://8.8.8.8/",
                                          "https://2130706433/",
                                          "https://0x7f000001/",
                                          "https://0177.0.0.1/",
                                          "https://127.1/",
                                          "https://[::1]/",
                                          "https://[2606:4700::1]/",
                                          "https://localhost/",
                                          "https://x.localhost/",
                                          "https://",
                                          "coop.example",
                                          ""};
    const struct ch_fetch_policy strict = {0};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct ch_fetch_response response;
        fetch(&strict, refused[i], &response, *state);
        if (response.verdict != CH_FETCH_REFUSED)
            fail_msg("%s was not refused: %d %s", refused[i], response.verdict, response.detail);
        assert_true(response.detail[0] != '\0');
    }
}

/* ---- one answer on the loopback ---- */

struct server {
    int fd;
    char url[64];
    const char *answer;    /* NULL: none, until the client goes */
    char request[1024];    /* another thread's until stop() */
    atomic_bool requested; /* it has arrived */
    pthread_t thread;
};

static void *serve(void *arg)
{
    struct server *server = arg;
    int fd = accept(server->fd, NULL, NULL);
    ssize_t used = recv(fd, server->request, sizeof(server->request) - 1, 0);
    server->request[used > 0 ? used : 0] = '\0';
    atomic_store(&server->requested, true);
    char end[16];
    if (server->answer && send(fd, server->answer, strlen(server->answer), MSG_NOSIGNAL) < 0)
        perror("send");
    if (server->answer)
        shutdown(fd, SHUT_WR);
    while (recv(fd, end, sizeof(end), 0) > 0)
        continue;
    close(fd);
    return NULL;
}

static void start(struct server *server, const char *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    server->answer = answer;
    atomic_init(&server->requested, false);
    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server->fd, 1), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d/hook", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
    pthread_join(server->thread, NULL);
    close(server->fd);
}

static const struct ch_fetch_policy OPEN = {
    .allow_http = true, .allow_private = true, .any_port = true, .body_max = 100, .timeout_s = 5};

static void test_an_exchange(void **state)
{
    struct server server;
    struct ch_fetch_response response;
    const char *const headers[] = {"X-Test: yes", NULL};
    start(&server, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nlater");
    const struct ch_fetch_request request = {
        .method = "POST", .url = server.url, .headers = headers, .body = "{\"a\":1}", .body_size = 7};
    ch_fetch(*state, &OPEN, &request, &response);
    stop(&server);
    assert_int_equal(response.verdict, CH_FETCH_OK);
    assert_int_equal(response.status, 503);
    assert_string_equal(response.body, "later");
    assert_int_equal(response.size, 5);
    assert_string_equal(response.retry_after, "7");
    assert_non_null(strstr(server.request, "POST /hook HTTP/1.1\r\n"));
    assert_non_null(strstr(server.request, "X-Test: yes\r\n"));
    assert_non_null(strstr(server.request, "\r\n\r\n{\"a\":1}"));
}

static void test_redirects_are_shown_not_followed(void **state)
{
    struct server server;
    struct ch_fetch_response response;
    start(&server, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    fetch(&OPEN, server.url, &response, *state);
    stop(&server);
    assert_int_equal(response.verdict, CH_FETCH_OK);
    assert_int_equal(response.status, 302);
}

static void test_too_large(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n"
        "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"};
    for (size_t i = 0; i < 2; i++) {
        struct server server;
        struct ch_fetch_response response;
        start(&server, answers[i]);
        fetch(&OPEN, server.url, &response, *state);
        stop(&server);
        assert_int_equal(response.verdict, CH_FETCH_TOO_LARGE);
        assert_null(response.body);
    }
}

static void test_timeout(void **state)
{
    struct server server;
    struct ch_fetch_response response;
    struct ch_fetch_policy impatient = OPEN;
    impatient.timeout_s = 1;
    start(&server, NULL);
    fetch(&impatient, server.url, &response, *state);
    stop(&server);
    assert_int_equal(response.verdict, CH_FETCH_TIMEOUT);
}

/* Nobody listens where a listener has just closed. */
static void test_unreachable(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    struct ch_fetch_response response;
    char url[64];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
    fetch(&OPEN, url, &response, *state);
    close(fd);
    assert_int_equal(response.verdict, CH_FETCH_UNREACHABLE);
}

/* ---- on the loop ---- */

struct heard {
    struct event_base *base;
    int calls, expected;
    enum ch_fetch_verdict verdicts[4];
    char body[16];
};

static void on_heard(void *arg, const struct ch_fetch_response *response)
{
    struct heard *heard = arg;
    heard->verdicts[heard->calls++] = response->verdict;
    if (response->verdict == CH_FETCH_OK)
        snprintf(heard->body, sizeof(heard->body), "%s", response->body);
    if (heard->calls == heard->expected)
        event_base_loopbreak(heard->base);
}

static void test_on_the_loop(void **state)
{
    (void)state;
    struct server server;
    struct heard heard = {.base = event_base_new(), .expected = 1};
    struct ch_fetcher *fetcher = ch_fetcher_new(heard.base);
    start(&server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    const struct ch_fetch_request request = {.method = "GET", .url = server.url};
    ch_fetch_async(fetcher, &OPEN, &request, on_heard, &heard);
    assert_int_equal(heard.calls, 0);
    event_base_dispatch(heard.base);
    stop(&server);
    assert_int_equal(heard.verdicts[0], CH_FETCH_OK);
    assert_string_equal(heard.body, "hi");
    /* Refused before it begins, and cut off by the end: each is told once. */
    const struct ch_fetch_policy strict = {0};
    heard.expected = 2;
    ch_fetch_async(fetcher, &strict, &request, on_heard, &heard);
    assert_int_equal(heard.calls, 1);
    event_base_dispatch(heard.base);
    assert_int_equal(heard.verdicts[1], CH_FETCH_REFUSED);
    start(&server, NULL);
    ch_fetch_async(fetcher, &OPEN, &request, on_heard, &heard);
    heard.expected = 9;
    while (event_base_loop(heard.base, EVLOOP_NONBLOCK) == 0 && !atomic_load(&server.requested))
        continue;
    ch_fetcher_free(fetcher);
    stop(&server);
    assert_int_equal(heard.calls, 3);
    assert_int_equal(heard.verdicts[2], CH_FETCH_UNREACHABLE);
    event_base_free(heard.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inside_addresses),
        cmocka_unit_test(test_outside_addresses),
        cmocka_unit_test(test_refused_urls),
        cmocka_unit_test(test_an_exchange),
        cmocka_unit_test(test_redirects_are_shown_not_followed),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_on_the_loop),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
