/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many requests each client has in flight, so that one cannot take the whole process. Counts per process; clients
 * without requests are forgotten at once, so the table is never larger than what is in flight. */
#include <stdlib.h>
#include <string.h>

#include "http_private.h"

#define BUCKETS 1024

struct ch_client {
    struct ch_client *next; /* in its bucket */
    unsigned in_flight;
    unsigned bucket;
    char name[];
};

struct ch_clients {
    unsigned most;
    struct ch_client *buckets[BUCKETS];
};

static unsigned hash(const char *name)
{
    unsigned sum = 2166136261u;
    for (; *name; name++)
        sum = (sum ^ (unsigned char)*name) * 16777619u;
    return sum % BUCKETS;
}

struct ch_clients *ch_clients_new(unsigned most)
{
    struct ch_clients *clients = calloc(1, sizeof *clients);
    if (!clients)
        abort();
    clients->most = most;
    return clients;
}

void ch_clients_free(struct ch_clients *clients)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        for (struct ch_client *client = clients->buckets[i], *next; client; client = next) {
            next = client->next;
            free(client);
        }
    }
    free(clients);
}

static struct ch_client *find(struct ch_clients *clients, const char *name)
{
    unsigned bucket = hash(name);
    struct ch_client *client = clients->buckets[bucket];
    while (client && strcmp(client->name, name) != 0)
        client = client->next;
    if (client)
        return client;
    size_t size = strlen(name) + 1;
    client = calloc(1, sizeof *client + size);
    if (!client)
        abort();
    memcpy(client->name, name, size);
    client->bucket = bucket;
    client->next = clients->buckets[bucket];
    clients->buckets[bucket] = client;
    return client;
}

struct ch_client *ch_client_enter(struct ch_clients *clients, const char *name)
{
    struct ch_client *client = find(clients, name);
    if (client->in_flight >= clients->most)
        return NULL;
    client->in_flight++;
    return client;
}

void ch_client_leave(struct ch_clients *clients, struct ch_client *client)
{
    if (!client || --client->in_flight > 0)
        return;
    struct ch_client **place = &clients->buckets[client->bucket];
    while (*place != client)
        place = &(*place)->next;
    *place = client->next;
    free(client);
}
