/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The list of refusals every calculator fills. It knows nothing of rules, plans or money. */
#include "refusals.h"

#include <stdarg.h>
#include <string.h>

struct ch_refusals *ch_refusals_new(struct ch_arena *arena, const char *document)
{
    struct ch_refusals *list = ch_alloc(arena, sizeof *list);
    list->arena = arena;
    list->document = document;
    return list;
}

/* Foreign text may have got into a detail; the list itself is printed as canonical JSON. */
static void make_printable(char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            *text = '?';
}

bool ch_refusal_add(struct ch_refusals *list, const char *pointer, const char *format, ...)
{
    if (list->count == CH_REFUSALS_MAX) {
        list->more++;
        return false;
    }
    va_list args;
    va_start(args, format);
    char *detail = ch_vprintf(list->arena, format, args);
    va_end(args);
    if (list->document)
        detail = ch_printf(list->arena, "%s: %s", list->document, detail);
    make_printable(detail);
    char *where = ch_strdup(list->arena, pointer);
    make_printable(where);
    list->item[list->count++] = (struct ch_refusal){where, detail};
    return false;
}

bool ch_refusals_none(const struct ch_refusals *list)
{
    return list->count == 0;
}

char *ch_refusals_text(const struct ch_refusals *list)
{
    json_t *errors = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(
            errors, json_pack("{s:s, s:s}", "pointer", list->item[i].pointer, "detail", list->item[i].detail));
    json_t *document = ch_json_pack(list->arena, "{s:o}", "errors", errors);
    return ch_json_canonical(list->arena, document, NULL);
}

const char *ch_pointer_name(struct ch_arena *arena, const char *parent, const char *name)
{
    char *escaped = ch_alloc(arena, 2 * strlen(name) + 1);
    char *to = escaped;
    for (; *name; name++) {
        if (*name == '~' || *name == '/') {
            *to++ = '~';
            *to++ = *name == '~' ? '0' : '1';
        } else {
            *to++ = *name;
        }
    }
    return ch_printf(arena, "%s/%s", parent, escaped);
}

const char *ch_pointer_index(struct ch_arena *arena, const char *parent, size_t index)
{
    return ch_printf(arena, "%s/%zu", parent, index);
}
