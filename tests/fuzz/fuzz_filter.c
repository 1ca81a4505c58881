/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a question for rows: the first chooses the column, the second what is read (a filter, or the Accept
 * header), the rest is its text. What is taken for a filter makes a condition that holds constants alone, whatever the
 * value, with one parameter at most. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/metering/core/accept.h"
#include "../../services/metering/core/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

/* Everything a condition may consist of beside the expression: so nothing of a value can be there. */
static bool is_constant(const char *sql)
{
    static const char *const WORDS[] = {"E",         "COLLATE",
                                        "\"C\"",     "=",
                                        "<>",        ">=",
                                        "<=",        ">",
                                        "<",         "ANY",
                                        "IS",        "NOT",
                                        "NULL",      "TRUE",
                                        "FALSE",     "UNKNOWN",
                                        "ARRAY",     "SELECT",
                                        "u",         "FROM",
                                        "AS",        "AT",
                                        "TIME",      "ZONE",
                                        "'UTC'",     "pg_catalog.unnest",
                                        "$6",        "::text",
                                        "::numeric", "::boolean",
                                        "::date",    "::timestamptz",
                                        "[]",        "(",
                                        ")",         " "};
    while (*sql) {
        size_t longest = 0;
        for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
            size_t length = strlen(WORDS[i]);
            if (length > longest && strncmp(sql, WORDS[i], length) == 0)
                longest = length;
        }
        if (longest == 0)
            return false;
        sql += longest;
    }
    return true;
}

/* An array literal whose elements are quoted: no quote ends one but its own. */
static bool is_literal(const char *text)
{
    if (strcmp(text, "{}") == 0)
        return true;
    if (*text++ != '{')
        return false;
    do {
        if (*text++ != '"')
            return false;
        while (*text && *text != '"')
            text += *text == '\\' && text[1] ? 2 : 1;
        if (*text++ != '"')
            return false;
    } while (*text++ == ',');
    return text[-1] == '}' && *text == '\0';
}

static void read_filter(struct ch_arena *arena, const struct plan_column *column, const char *text)
{
    struct filter filter;
    const char *wrong = filter_read(arena, column, text, &filter);
    if (wrong)
        return;
    const char *sql = filter_condition(arena, &filter, "E", 6);
    require(is_constant(sql));
    require(filter_has_value(&filter) == (strstr(sql, "$6") != NULL));
    if (filter.op == FILTER_IN)
        require(is_literal(filter.value));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const TYPES[] = {"text/csv", "application/x-ndjson"};
    if (size < 2 || memchr(bytes, '\0', size))
        return 0; /* the HTTP reader lets no NUL through */
    struct ch_arena *arena = ch_arena_new();
    const struct plan_column column = {.name = "x", .type = (enum plan_type)(bytes[0] % 6)};
    const char *text = ch_printf(arena, "%.*s", (int)(size - 2), (const char *)bytes + 2);
    if (bytes[1] % 8 == 0)
        require(accept_choose(text, TYPES, 2) >= -1);
    else
        read_filter(arena, &column, text);
    ch_arena_free(arena);
    return 0;
}
