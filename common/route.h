/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tree of routes: built once from the tables of all roles in a process, then only read. */
#ifndef COMMON_ROUTE_H
#define COMMON_ROUTE_H

#include "commonhold/http.h"

#define CH_PARAMS_MAX 8 /* {names} in one path; more is a bug of the table */

struct ch_router;
struct ch_service_context;

/* One row of a table, and the role it belongs to. */
struct ch_routed {
    const struct ch_route *route;
    struct ch_service_context *context;
    unsigned index; /* 0, 1, ... in order of adding: for metrics */
};

struct ch_param {
    const char *name; /* inside the route's path: ends with '}' or "...}" */
    size_t name_length;
    const char *value; /* decoded, in the arena */
};

enum ch_match_verdict { CH_MATCH_FOUND, CH_MATCH_NO_ROUTE, CH_MATCH_OTHER_METHOD, CH_MATCH_MALFORMED };

struct ch_match {
    const struct ch_routed *routed; /* FOUND */
    unsigned methods;               /* bit 1 << method of what the address takes; FOUND and OTHER_METHOD */
    struct ch_param params[CH_PARAMS_MAX];
    size_t nparams;
};

struct ch_router *ch_router_new(void);
void ch_router_free(struct ch_router *router);
/* Two rows for one method and address are a bug and abort. `routes` may be NULL; it must outlive the router. */
void ch_router_add(struct ch_router *router, const struct ch_route *routes, struct ch_service_context *context);
/* Rows added so far, by index. */
size_t ch_router_count(const struct ch_router *router);
const struct ch_routed *ch_router_at(const struct ch_router *router, size_t index);
/* `path` is the raw path of the request, without query. Literals win over {names}, names over {rest...}; a rest
 * directly below the root does not take over /<role>/v1/..., /log/... and /.well-known/.... */
enum ch_match_verdict ch_router_match(const struct ch_router *router, struct ch_arena *arena, enum ch_method method,
                                      const char *path, struct ch_match *match);
/* "GET, HEAD, POST" for a bit set of methods. */
const char *ch_methods_text(struct ch_arena *arena, unsigned methods);
const char *ch_method_name(enum ch_method method);

#endif
