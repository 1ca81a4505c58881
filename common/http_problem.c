/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one place that writes RFC 9457 problem documents. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "http_private.h"

/* What stands between the braces of an object, or NULL when there is nothing. */
static const char *inside(const char *members, size_t *length)
{
    static const char BLANKS[] = " \t\r\n";
    if (!members)
        return NULL;
    members += strspn(members, BLANKS);
    if (*members != '{')
        return NULL;
    members++;
    members += strspn(members, BLANKS);
    const char *end = strrchr(members, '}');
    if (!end || end == members)
        return NULL;
    *length = (size_t)(end - members);
    return members;
}

const char *ch_problem_text(struct ch_arena *arena, const struct ch_outcome *outcome, const char *members)
{
    size_t length = 0;
    const char *more = inside(members, &length);
    return ch_printf(arena, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d%s%.*s}", outcome->slug,
                     outcome->title, outcome->status, more ? "," : "", (int)length, more ? more : "");
}

struct ch_done *ch_refuse(struct ch_request *request, const char *outcome, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *detail = ch_vprintf(request->arena, format, args);
    va_end(args);
    json_t *members = json_pack("{s:s}", "detail", detail);
    if (!members) /* not UTF-8: a detail that quotes a stranger's bytes */
        members = json_pack("{s:s}", "detail", "The request has bytes that are not UTF-8.");
    char *text = members ? json_dumps(members, JSON_COMPACT) : NULL;
    struct ch_done *done = ch_reply(request, outcome, text);
    json_decref(members);
    free(text);
    return done;
}
