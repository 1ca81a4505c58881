/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A small load generator: N keep-alive connections, each sending the next GET when the answer is there. Prints one
 * line: requests per second, 50th and 99th percentile in microseconds, errors. Usage: load PORT PATH CONNECTIONS
 * SECONDS */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MOST 1024
#define BUCKETS          1000000 /* one a microsecond */

struct client {
    int fd;
    long long sent_at;
    char buffer[8192];
    size_t used;
};

static struct client clients[CONNECTIONS_MOST];
static unsigned counts[BUCKETS];
static unsigned long answers, errors;
static char request[512];
static size_t request_size;

static long long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void send_request(struct client *client)
{
    client->sent_at = now_us();
    client->used = 0;
    if (send(client->fd, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size)
        errors++;
}

/* The answer is complete when its head and Content-Length bytes are there. */
static int is_complete(struct client *client)
{
    client->buffer[client->used] = '\0';
    const char *end = strstr(client->buffer, "\r\n\r\n");
    const char *length = strcasestr(client->buffer, "\r\nContent-Length:");
    if (!end || !length)
        return 0;
    size_t size = (size_t)(end + 4 - client->buffer) + strtoul(length + 17, NULL, 10);
    return client->used >= size;
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
    if (!is_complete(client))
        return;
    long long took = now_us() - client->sent_at;
    counts[took < BUCKETS ? took : BUCKETS - 1]++;
    answers++;
    if (strncmp(client->buffer, "HTTP/1.1 200", 12) != 0)
        errors++;
    send_request(client);
}

static void connect_all(int epoll, int port, int connections)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        clients[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(clients[i].fd, (struct sockaddr *)&address, sizeof address) != 0) {
            perror("load: connect");
            exit(1);
        }
        epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event);
        send_request(&clients[i]);
    }
}

static unsigned percentile(unsigned percent)
{
    unsigned long sum = 0;
    for (unsigned us = 0; us < BUCKETS; us++) {
        sum += counts[us];
        if (sum * 100 >= answers * percent)
            return us;
    }
    return BUCKETS;
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
