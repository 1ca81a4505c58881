/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Matching an address to a route: a tree with one node per path segment, so that the cost grows with the segments of
 * the address and not with the number of routes. It decides nothing about who may come in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/utf8.h"
#include "route.h"

#define SEGMENTS_MAX 32 /* of a request's path; deeper addresses match nothing */
#define METHODS      7

struct node {
    char *literal;      /* NULL for the root and for {name} nodes */
    struct node *next;  /* sibling among literals */
    struct node *child; /* literal children */
    struct node *param; /* {name} child */
    struct node *rest;  /* {name...} child */
    struct ch_routed *routed[METHODS];
    unsigned methods; /* bits of the filled ones, HEAD with GET */
};

struct ch_router {
    struct node root;
    struct ch_routed **all;
    size_t count, room;
};

/* A path being matched: decoded segments, and the raw place where each begins (for {rest...}). */
struct walk {
    struct ch_arena *arena;
    char *segments[SEGMENTS_MAX];
    const char *raw[SEGMENTS_MAX];
    size_t count;
    enum ch_method method;
    const char *values[SEGMENTS_MAX];
    size_t nvalues;
    unsigned methods; /* of addresses that match but for the method */
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void bug(const char *what, const char *path)
{
    fprintf(stderr, "commonhold: route %s: %s\n", path, what);
    abort();
}

const char *ch_method_name(enum ch_method method)
{
    static const char *const NAMES[METHODS] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return NAMES[method];
}

const char *ch_methods_text(struct ch_arena *arena, unsigned methods)
{
    char text[64] = "";
    size_t used = 0;
    for (unsigned m = 0; m < METHODS; m++)
        if (methods & 1u << m)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "",
                                     ch_method_name((enum ch_method)m));
    return ch_strdup(arena, text);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool ch_percent_decode(char *text, bool plus)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        if (*in == '%') {
            int high = hex_digit(in[1]), low = high < 0 ? -1 : hex_digit(in[2]);
            if (low < 0 || (high == 0 && low == 0))
                return false;
            *out++ = (char)(high * 16 + low);
            in += 2;
        } else {
            *out++ = plus && *in == '+' ? ' ' : *in;
        }
    }
    *out = '\0';
    return ch_utf8_valid(text, (size_t)(out - text));
}

/* ---- building ---- */

static struct node *literal_child(struct node *node, const char *text, size_t length)
{
    for (struct node *child = node->child; child; child = child->next)
        if (strlen(child->literal) == length && memcmp(child->literal, text, length) == 0)
            return child;
    struct node *child = must(calloc(1, sizeof *child));
    child->literal = must(strndup(text, length));
    child->next = node->child;
    node->child = child;
    return child;
}

static struct node *special_child(struct node **place)
{
    if (!*place)
        *place = must(calloc(1, sizeof **place));
    return *place;
}

static struct node *descend(struct node *node, const char *segment, size_t length, const char *path)
{
    if (segment[0] != '{')
        return literal_child(node, segment, length);
    if (length < 3 || segment[length - 1] != '}')
        bug("a {name} fills a whole segment", path);
    if (length < 7 || memcmp(segment + length - 4, "...", 3) != 0)
        return special_child(&node->param);
    if (segment[length] != '\0')
        bug("a {name...} comes last", path);
    return special_child(&node->rest);
}

static void set_route(struct node *node, struct ch_routed *routed)
{
    unsigned method = (unsigned)routed->route->method;
    if (node->routed[method])
        bug("two rows for one method and address", routed->route->path);
    node->routed[method] = routed;
    node->methods |= 1u << method;
    if (method == CH_GET)
        node->methods |= 1u << CH_HEAD;
}

static void add_one(struct ch_router *router, const struct ch_route *route, struct ch_service_context *context)
{
    if (route->path[0] != '/')
        bug("does not begin with /", route->path);
    if (router->count == router->room) {
        router->room = router->room ? router->room * 2 : 64;
        router->all = must(realloc(router->all, router->room * sizeof(struct ch_routed *)));
    }
    struct ch_routed *routed = must(calloc(1, sizeof *routed));
    *routed = (struct ch_routed){.route = route, .context = context, .index = (unsigned)router->count};
    router->all[router->count++] = routed;
    struct node *node = &router->root;
    size_t params = 0;
    for (const char *at = route->path + 1;; at++) {
        size_t length = strcspn(at, "/");
        params += *at == '{';
        node = descend(node, at, length, route->path);
        at += length;
        if (*at == '\0')
            break;
    }
    if (params > CH_PARAMS_MAX)
        bug("too many {names}", route->path);
    set_route(node, routed);
}

struct ch_router *ch_router_new(void)
{
    return must(calloc(1, sizeof(struct ch_router)));
}

static void free_node(struct node *node)
{
    for (struct node *child = node->child, *next; child; child = next) {
        next = child->next;
        free_node(child);
        free(child);
    }
    if (node->param)
        free_node(node->param);
    if (node->rest)
        free_node(node->rest);
    free(node->param);
    free(node->rest);
    free(node->literal);
}

void ch_router_free(struct ch_router *router)
{
    if (!router)
        return;
    free_node(&router->root);
    for (size_t i = 0; i < router->count; i++)
        free(router->all[i]);
    free(router->all);
    free(router);
}

void ch_router_add(struct ch_router *router, const struct ch_route *routes, struct ch_service_context *context)
{
    for (; routes && routes->path; routes++)
        add_one(router, routes, context);
}

size_t ch_router_count(const struct ch_router *router)
{
    return router->count;
}

const struct ch_routed *ch_router_at(const struct ch_router *router, size_t index)
{
    return router->all[index];
}

/* ---- matching ---- */

static enum ch_match_verdict split(struct walk *walk, const char *path)
{
    if (path[0] != '/')
        return CH_MATCH_NO_ROUTE;
    for (const char *at = path + 1;; at++) {
        if (walk->count == SEGMENTS_MAX)
            return CH_MATCH_NO_ROUTE;
        size_t length = strcspn(at, "/");
        char *segment = ch_memdup(walk->arena, at, length);
        if (!ch_percent_decode(segment, false))
            return CH_MATCH_MALFORMED;
        if (strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)
            return CH_MATCH_NO_ROUTE;
        walk->raw[walk->count] = at;
        walk->segments[walk->count++] = segment;
        at += length;
        if (*at == '\0')
            return CH_MATCH_FOUND;
    }
}

static const struct ch_routed *routed_at(struct walk *walk, const struct node *node)
{
    enum ch_method method = walk->method;
    if (method == CH_HEAD && !node->routed[CH_HEAD])
        method = CH_GET;
    if (node->routed[method])
        walk->methods = node->methods;
    else
        walk->methods |= node->methods;
    return node->routed[method];
}

/* Addresses of the interface never become pages: a wrong one is told so. */
static bool is_interface(const struct walk *walk)
{
    const char *first = walk->segments[0];
    return first[0] == '.' || strcmp(first, "log") == 0 || (walk->count > 1 && strcmp(walk->segments[1], "v1") == 0);
}

static const struct ch_routed *take_rest(struct walk *walk, const struct node *node, size_t depth)
{
    if (!node->rest || (depth == 0 && is_interface(walk)))
        return NULL;
    char *rest = ch_strdup(walk->arena, walk->raw[depth]);
    if (!ch_percent_decode(rest, false))
        return NULL;
    const struct ch_routed *found = routed_at(walk, node->rest);
    if (found)
        walk->values[walk->nvalues++] = rest;
    return found;
}

static const struct ch_routed *find(struct walk *walk, const struct node *node, size_t depth)
{
    if (depth == walk->count)
        return routed_at(walk, node);
    const char *segment = walk->segments[depth];
    const struct node *child = node->child;
    while (child && strcmp(child->literal, segment) != 0)
        child = child->next;
    const struct ch_routed *found = child ? find(walk, child, depth + 1) : NULL;
    if (found)
        return found;
    if (node->param && segment[0] != '\0') {
        size_t mark = walk->nvalues;
        walk->values[walk->nvalues++] = segment;
        found = find(walk, node->param, depth + 1);
        if (found)
            return found;
        walk->nvalues = mark;
    }
    return take_rest(walk, node, depth);
}

static void name_params(const struct walk *walk, struct ch_match *match)
{
    const char *at = match->routed->route->path;
    for (size_t i = 0; i < walk->nvalues; i++) {
        at = strchr(at, '{') + 1;
        match->params[i] = (struct ch_param){at, strcspn(at, ".}"), walk->values[i]};
    }
    match->nparams = walk->nvalues;
}

enum ch_match_verdict ch_router_match(const struct ch_router *router, struct ch_arena *arena, enum ch_method method,
                                      const char *path, struct ch_match *match)
{
    struct walk walk;
    walk.arena = arena;
    walk.count = walk.nvalues = 0;
    walk.method = method;
    walk.methods = 0;
    match->routed = NULL;
    match->nparams = 0;
    match->methods = 0;
    enum ch_match_verdict verdict = split(&walk, path);
    if (verdict != CH_MATCH_FOUND)
        return verdict;
    match->routed = find(&walk, &router->root, 0);
    match->methods = walk.methods;
    if (match->routed) {
        name_params(&walk, match);
        return CH_MATCH_FOUND;
    }
    return walk.methods ? CH_MATCH_OTHER_METHOD : CH_MATCH_NO_ROUTE;
}
