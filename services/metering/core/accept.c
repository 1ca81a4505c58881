/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Media ranges and their weights. Parameters of a range other than q are passed over. */
#include "accept.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* What the header says of a type. */
struct opinion {
    int closeness; /* 0 none, 1 any type, 2 its half in front, 3 itself */
    int weight;    /* thousandths */
    size_t place;  /* in the header */
};

static size_t trimmed(const char *text, size_t length)
{
    while (length > 0 && strchr(" \t", text[length - 1]))
        length--;
    return length;
}

static int closeness(const char *range, size_t length, const char *type)
{
    size_t half = strcspn(type, "/") + 1;
    if (length == strlen(type) && strncasecmp(range, type, length) == 0)
        return 3;
    if (length == half + 1 && strncasecmp(range, type, half) == 0 && range[half] == '*')
        return 2;
    return length == 3 && strncmp(range, "*/*", 3) == 0 ? 1 : 0;
}

/* 0 to 1 with at most three decimals; anything else counts as 0. */
static int read_weight(const char *text, size_t length)
{
    int weight = 0, unit = 100;
    if (length == 0 || length > 5 || (text[0] != '0' && text[0] != '1') || (length > 1 && text[1] != '.'))
        return 0;
    for (size_t i = 2; i < length; i++, unit /= 10) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        weight += (text[i] - '0') * unit;
    }
    weight += (text[0] - '0') * 1000;
    return weight <= 1000 ? weight : 0;
}

/* Of the parameters between the range and the next comma. */
static int weight_of(const char *params, const char *end)
{
    while (params < end) {
        params += strspn(params, "; \t");
        const char *stop = params + strcspn(params, ";,");
        if (stop - params >= 2 && strncasecmp(params, "q=", 2) == 0)
            return read_weight(params + 2, trimmed(params + 2, (size_t)(stop - params) - 2));
        params = stop;
        if (*params != ';')
            break;
    }
    return 1000;
}

static struct opinion opinion_on(const char *header, const char *type)
{
    struct opinion best = {0};
    for (const char *at = header, *end; *at; at = *end ? end + 1 : end) {
        at += strspn(at, " \t");
        end = at + strcspn(at, ",");
        size_t length = trimmed(at, strcspn(at, ";,"));
        int close = closeness(at, length, type);
        if (close > best.closeness)
            best = (struct opinion){close, weight_of(at + length, end), (size_t)(at - header)};
    }
    return best;
}

static bool is_better(const struct opinion *a, const struct opinion *b)
{
    if (a->weight != b->weight)
        return a->weight > b->weight;
    return a->closeness == 3 && (b->closeness != 3 || a->place < b->place);
}

int accept_choose(const char *header, const char *const *types, size_t count)
{
    int chosen = -1;
    struct opinion best = {0};
    if (!header || !*header)
        return 0;
    for (size_t i = 0; i < count; i++) {
        struct opinion opinion = opinion_on(header, types[i]);
        if (opinion.weight == 0 || (chosen >= 0 && !is_better(&opinion, &best)))
            continue;
        chosen = (int)i;
        best = opinion;
    }
    return chosen;
}
