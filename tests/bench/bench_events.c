/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Load for bench_events.sh: posts of usage events over keep-alive connections, each with ids of its own, and the bare
 * COPY they are compared with.
 *
 *   bench_events post PORT TOKEN BATCH CONNECTIONS SECONDS RATE LINES [PATH]
 *       RATE: requests a second altogether, 0: as fast as it goes; latency is counted from the moment a request was
 * due. LINES: a file of `source grant pool contribution` (contribution -: none), drawn from at random. Prints: events a
 * second, 50th and 99th percentile in microseconds, answers that were not 200. bench_events copy CONNINFO SECONDS LINES
 *       Binary COPY in 10,000s into metering.usage_event; LINES as above, with ids for source and pool. Prints rows a
 *       second. */
#include <errno.h>
#include <libpq-fe.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "answers.h"
#include "commonhold/id.h"

#define CONNECTIONS_MOST 256
#define LINES_MOST       200000
#define COPY_ROWS        10000

struct line {
    char source[128], grant[37], pool[37], contribution[37];
};

struct client {
    int fd;
    long long due_at;
    bool waits; /* for its answer */
    char *request;
    size_t size, sent;
    size_t *ids; /* where each event's id stands in the request */
    char answer[65536];
    size_t used;
};

static struct line *lines;
static size_t lines_count;
static struct client clients[CONNECTIONS_MOST];
static uint64_t serial, noise = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t chance(void)
{
    noise ^= noise << 13;
    noise ^= noise >> 7;
    noise ^= noise << 17;
    return noise;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_events: %s\n", what);
    exit(1);
}

static void read_lines(const char *path)
{
    FILE *file = fopen(path, "re");
    lines = calloc(LINES_MOST, sizeof *lines);
    if (!file || !lines)
        die("cannot read the lines");
    for (struct line *l = lines; lines_count < LINES_MOST; l++, lines_count++)
        if (fscanf(file, "%127s %36s %36s %36s", l->source, l->grant, l->pool, l->contribution) != 4)
            break;
    fclose(file);
    if (lines_count == 0)
        die("there are no lines");
}

/* 16 bytes that nobody made before, with the time in front: a UUID of `version`. */
static void fresh_id(uint8_t id[16], uint8_t version)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000, tail = ++serial;
    for (int i = 0; i < 6; i++)
        id[i] = (uint8_t)(ms >> (40 - 8 * i));
    id[6] = (uint8_t)(version << 4 | (noise & 15));
    id[7] = (uint8_t)(noise >> 8);
    id[8] = (uint8_t)(0x80 | (noise >> 16 & 63));
    id[9] = (uint8_t)(noise >> 24);
    for (int i = 0; i < 6; i++)
        id[10 + i] = (uint8_t)(tail >> (40 - 8 * i));
}

/* ---- posts ---- */

static void make_request(struct client *client, const char *path, const char *token, size_t batch)
{
    char time_text[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(time_text, sizeof time_text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    size_t room = batch * 640 + 16, at = 0;
    char *body = malloc(room), head[2048];
    client->ids = calloc(batch, sizeof *client->ids);
    if (!body || !client->ids)
        abort();
    body[at++] = '[';
    for (size_t i = 0; i < batch; i++) {
        const struct line *l = &lines[chance() % lines_count];
        at +=
            (size_t)snprintf(body + at, room - at,
                             "%s{\"specversion\":\"1.0\",\"type\":\"commonhold.usage.v1\",\"source\":\"%s\",\"id\":\"",
                             i > 0 ? "," : "", l->source);
        client->ids[i] = at;
        at +=
            (size_t)snprintf(body + at, room - at,
                             "%036d\",\"time\":\"%s\",\"subject\":\"%s\",\"data\":{\"pool\":\"%s\",\"meter\":\"rows\","
                             "\"units\":%u%s%.36s%s}}",
                             0, time_text, l->grant, l->pool, (unsigned)(chance() % 1000 + 1),
                             l->contribution[0] == '-' ? "" : ",\"contribution\":\"",
                             l->contribution[0] == '-' ? "" : l->contribution, l->contribution[0] == '-' ? "" : "\"");
    }
    body[at++] = ']';
    int size = snprintf(head, sizeof head,
                        "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                        "Content-Type: application/cloudevents-batch+json\r\nContent-Length: %zu\r\n\r\n",
                        path, token, at);
    client->size = (size_t)size + at;
    client->request = malloc(client->size);
    if (!client->request)
        abort();
    memcpy(client->request, head, (size_t)size);
    memcpy(client->request + size, body, at);
    for (size_t i = 0; i < batch; i++)
        client->ids[i] += (size_t)size;
    free(body);
}

static void renew_ids(struct client *client, size_t batch)
{
    uint8_t id[16];
    char text[37];
    chance();
    for (size_t i = 0; i < batch; i++) {
        fresh_id(id, 7);
        ch_id_format(id, text);
        memcpy(client->request + client->ids[i], text, 36);
    }
}

static void go_on_sending(struct client *client)
{
    while (client->sent < client->size) {
        ssize_t got =
            send(client->fd, client->request + client->sent, client->size - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got < 0)
            die("connection lost while sending");
        client->sent += (size_t)got;
    }
}

static void begin_request(struct client *client, size_t batch)
{
    renew_ids(client, batch);
    client->sent = client->used = 0;
    client->waits = true;
    go_on_sending(client);
}

static bool receive(struct client *client)
{
    ssize_t got =
        recv(client->fd, client->answer + client->used, sizeof client->answer - 1 - client->used, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return false;
    if (got <= 0)
        die("connection lost");
    client->used += (size_t)got;
    if (!is_complete(client->answer, client->used))
        return false;
    if (!count_answer(client->answer, now_us() - client->due_at) && errors == 1)
        fprintf(stderr, "bench_events: %.300s\n", client->answer);
    client->waits = false;
    return true;
}

static void connect_all(int epoll, int port, int connections)
{
    int on = 1;
    for (int i = 0; i < connections; i++) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = &clients[i]};
        clients[i].fd = connect_here(port);
        setsockopt(clients[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event);
    }
}

/* Requests that are due go out; with no rate that is at once. */
static void send_due(int connections, size_t batch, long long between)
{
    long long now = now_us();
    for (int i = 0; i < connections; i++) {
        if (clients[i].waits || clients[i].due_at > now)
            continue;
        if (between == 0)
            clients[i].due_at = now;
        begin_request(&clients[i], batch);
    }
}

static int post(int argc, char **argv)
{
    if (argc < 9)
        return 64;
    size_t batch = strtoul(argv[4], NULL, 10);
    int connections = (int)strtol(argv[5], NULL, 10), epoll = epoll_create1(0);
    long long seconds = strtol(argv[6], NULL, 10), rate = strtol(argv[7], NULL, 10), begin, end;
    long long between = rate > 0 ? 1000000LL * connections / rate : 0;
    if (connections < 1 || connections > CONNECTIONS_MOST)
        return 64;
    read_lines(argv[8]);
    for (int i = 0; i < connections; i++)
        make_request(&clients[i], argc > 9 ? argv[9] : "/metering/v1/events", argv[3], batch);
    connect_all(epoll, (int)strtol(argv[2], NULL, 10), connections);
    begin = now_us();
    end = begin + seconds * 1000000;
    for (int i = 0; i < connections; i++)
        clients[i].due_at = begin + between * i / connections;
    while (now_us() < end) {
        struct epoll_event events[64];
        send_due(connections, batch, between);
        int ready = epoll_wait(epoll, events, 64, between > 0 ? 1 : 100);
        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            if (client->sent < client->size && client->waits)
                go_on_sending(client);
            if (client->waits && receive(client))
                client->due_at += between;
        }
    }
    double taken = (double)(now_us() - begin) / 1e6;
    printf("%.0f %u %u %lu\n", (double)(answers * batch) / taken, percentile(50), percentile(99), errors);
    return 0;
}

/* ---- bare COPY ---- */

static char *put32(char *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, 4);
    return at + 4;
}

static char *put_field(char *at, const void *bytes, uint32_t size)
{
    at = put32(at, size);
    memcpy(at, bytes, size);
    return at + size;
}

static char *put_number(char *at, int64_t number)
{
    at = put32(at, 8);
    return put32(put32(at, (uint32_t)((uint64_t)number >> 32)), (uint32_t)number);
}

static char *put_row(char *at, const struct line *l, int64_t at_us)
{
    uint8_t id[16], hash[32];
    *at++ = 0;
    *at++ = 9;
    at = put32(put32(at, 4), (uint32_t)strtoul(l->source, NULL, 10));
    fresh_id(id, 8);
    at = put_field(at, id, 16);
    ch_id_parse(l->grant, id);
    at = put_field(at, id, 16);
    ch_id_parse(l->pool, id);
    at = put_field(at, id, 16);
    at = put_field(at, "rows", 4);
    at = put_number(at, (int64_t)(chance() % 1000 + 1));
    if (ch_id_parse(l->contribution, id))
        at = put_field(at, id, 16);
    else
        at = put32(at, UINT32_MAX);
    at = put_number(at, at_us);
    for (int i = 0; i < 4; i++) {
        uint64_t word = chance();
        memcpy(hash + 8 * i, &word, 8);
    }
    return put_field(at, hash, 32);
}

static void copy_once(PGconn *db, char *bytes)
{
    static const char HEAD[19] = "PGCOPY\n\377\r\n";
    int64_t at_us = ((int64_t)time(NULL) - 946684800) * 1000000;
    char *at = bytes;
    memcpy(at, HEAD, sizeof HEAD);
    at += sizeof HEAD;
    for (int i = 0; i < COPY_ROWS; i++)
        at = put_row(at, &lines[chance() % lines_count], at_us);
    memcpy(at, "\377\377", 2);
    PQclear(PQexec(db,
                   "COPY metering.usage_event (source_no, event_key, grant_id, pool_id, meter, units, contribution_id, "
                   "occurred_at, content_hash) FROM STDIN (FORMAT binary)"));
    if (PQputCopyData(db, bytes, (int)(at + 2 - bytes)) != 1 || PQputCopyEnd(db, NULL) != 1)
        die(PQerrorMessage(db));
    for (PGresult *result; (result = PQgetResult(db)); PQclear(result))
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            die(PQerrorMessage(db));
}

static int copy(int argc, char **argv)
{
    if (argc != 5)
        return 64;
    PGconn *db = PQconnectdb(argv[2]);
    long long end, begin, rows = 0;
    char *bytes = malloc((size_t)COPY_ROWS * 200 + 64);
    if (!bytes || PQstatus(db) != CONNECTION_OK)
        die(PQerrorMessage(db));
    read_lines(argv[4]);
    begin = now_us();
    end = begin + strtol(argv[3], NULL, 10) * 1000000;
    while (now_us() < end) {
        copy_once(db, bytes);
        rows += COPY_ROWS;
    }
    printf("%.0f\n", (double)rows * 1e6 / (double)(now_us() - begin));
    PQfinish(db);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    noise ^= (uint64_t)now.tv_nsec * 2654435761u + (uint64_t)getpid();
    serial = (uint64_t)now.tv_sec << 22;
    if (argc > 2 && strcmp(argv[1], "post") == 0)
        return post(argc, argv);
    if (argc > 2 && strcmp(argv[1], "copy") == 0)
        return copy(argc, argv);
    return 64;
}
