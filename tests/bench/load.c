/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A small load generator: N keep-alive connections, each sending the next GET when the answer is there. Prints one
 * line: requests per second, 50th and 99th percentile in microseconds, errors. Usage: load PORT PATH CONNECTIONS
 * SECONDS */
#include <errno.h>
#include <sys/epoll.h>

#include "answers.h"

#define CONNECTIONS_MOST 1024

struct client {
    int fd;
    long long sent_at;
    char buffer[8192];
    size_t used;
};

static struct client clients[CONNECTIONS_MOST];
static char request[512];
static size_t request_size;

static void send_request(struct client *client)
{
    client->sent_at = now_us();
    client->used = 0;
    if (send(client->fd, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size)
        errors++;
}

static void receive(struct client *client)
{
    ssize_t got =
        recv(client->fd, client->buffer + client->used, sizeof client->buffer - 1 - client->used, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) {
            fprintf(stderr, "load: connection lost\n");
            exit(1);
        }
        return;
    }
    client->used += (size_t)got;
    if (!is_complete(client->buffer, client->used))
        return;
    count_answer(client->buffer, now_us() - client->sent_at);
    send_request(client);
}

static void connect_all(int epoll, int port, int connections)
{
    for (int i = 0; i < connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        clients[i].fd = connect_here(port);
        epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event);
        send_request(&clients[i]);
    }
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 64;
    int connections = (int)strtol(argv[3], NULL, 10), epoll = epoll_create1(0);
    long long seconds = strtol(argv[4], NULL, 10), begin = now_us(), end = begin + seconds * 1000000;
    if (connections < 1 || connections > CONNECTIONS_MOST)
        return 64;
    request_size = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argv[2]);
    connect_all(epoll, (int)strtol(argv[1], NULL, 10), connections);
    while (now_us() < end) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, 100);
        for (int i = 0; i < ready; i++)
            receive(events[i].data.ptr);
    }
    printf("%llu %u %u %lu\n", answers * 1000000ULL / (unsigned long long)(now_us() - begin), percentile(50),
           percentile(99), errors);
    return 0;
}
