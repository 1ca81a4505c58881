/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading filters and writing their conditions. What is not in the notation is refused, not guessed. */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word, *sql;
} OPS[] = {{"eq", "="}, {"neq", "<>"}, {"gt", ">"}, {"gte", ">="}, {"lt", "<"}, {"lte", "<="}, {"in", ""}, {"is", ""}};

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

static bool is_number(const char *text)
{
    text += *text == '-';
    size_t whole = digits(text), fraction = 0;
    text += whole;
    if (*text == '.')
        text += 1 + (fraction = digits(text + 1));
    return *text == '\0' && whole + fraction > 0 && whole <= 100 && fraction <= 100;
}

static bool is_integer(const char *text)
{
    text += *text == '-';
    return digits(text) == strlen(text) && *text && strlen(text) <= 100;
}

static int number_at(const char *text, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* `shape`: 0 stands for a digit, everything else for itself. */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; shape++, text++)
        if (*shape == '0' ? *text < '0' || *text > '9' : *text != *shape)
            return false;
    return true;
}

static bool is_day(const char *text)
{
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!has_shape(text, "0000-00-00"))
        return false;
    int year = number_at(text, 4), month = number_at(text + 5, 2), day = number_at(text + 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    return day <= LENGTHS[month - 1] + leap;
}

static bool is_date(const char *text)
{
    return strlen(text) == 10 && is_day(text);
}

/* YYYY-MM-DDTHH:MM:SS[.ffffff]Z, or the day alone: its first instant. */
static bool is_instant(const char *text)
{
    if (is_date(text))
        return true;
    if (!is_day(text) || (text[10] != 'T' && text[10] != ' ') || !has_shape(text + 11, "00:00:00"))
        return false;
    if (number_at(text + 11, 2) > 23 || number_at(text + 14, 2) > 59 || number_at(text + 17, 2) > 59)
        return false;
    const char *rest = text + 19;
    if (*rest == '.') {
        size_t fraction = digits(rest + 1);
        if (fraction == 0 || fraction > 6)
            return false;
        rest += 1 + fraction;
    }
    return strcmp(rest, "Z") == 0;
}

static const char *check_value(const struct plan_column *column, const char *value)
{
    switch (column->type) {
    case PLAN_STRING:
        return strlen(value) <= 4096 ? NULL : "the value is too long";
    case PLAN_INTEGER:
        if (column->rule == PLAN_KEEP)
            return is_integer(value) || is_number(value) ? NULL : "the value is no number";
        return is_number(value) ? NULL : "the value is no number";
    case PLAN_NUMBER:
        return is_number(value) ? NULL : "the value is no number";
    case PLAN_BOOLEAN:
        return strcmp(value, "true") == 0 || strcmp(value, "false") == 0 ? NULL : "the value is neither true nor false";
    case PLAN_DATE:
        return is_date(value) ? NULL : "the value is no date YYYY-MM-DD";
    case PLAN_DATETIME:
        return is_instant(value) ? NULL : "the value is no time YYYY-MM-DDTHH:MM:SSZ";
    }
    abort();
}

/* One element of (a,b,"c,d") into `item`; returns what follows it, NULL when it is malformed. */
static const char *read_item(const char *at, char *item)
{
    bool quoted = *at == '"';
    at += quoted;
    while (*at && (quoted ? *at != '"' : *at != ',' && *at != ')')) {
        if (quoted && *at == '\\' && at[1])
            at++;
        *item++ = *at++;
    }
    *item = '\0';
    if (quoted && *at++ != '"')
        return NULL;
    return *at == ',' || *at == ')' ? at : NULL;
}

/* An element of an array literal: always quoted, quotes and backslashes escaped. */
static char *add_element(char *out, const char *item)
{
    *out++ = '"';
    for (; *item; item++) {
        if (*item == '"' || *item == '\\')
            *out++ = '\\';
        *out++ = *item;
    }
    *out++ = '"';
    return out;
}

static const char *read_list(struct ch_arena *arena, const struct plan_column *column, const char *text,
                             const char **literal)
{
    char *item = ch_alloc(arena, strlen(text) + 1);
    char *array = ch_alloc(arena, 2 * strlen(text) + 3 * FILTER_IN_MOST + 8), *out = array;
    const char *wrong;
    size_t count = 0;
    if (*text != '(')
        return "in takes a list in parentheses";
    if (strcmp(text, "()") == 0) {
        *literal = "{}"; /* of nothing: no row */
        return NULL;
    }
    *out++ = '{';
    do {
        text = read_item(text + 1, item);
        if (!text || ++count > FILTER_IN_MOST)
            return text ? "the list is too long" : "the list is malformed";
        if ((wrong = check_value(column, item)))
            return wrong;
        if (count > 1)
            *out++ = ',';
        out = add_element(out, item);
    } while (*text == ',');
    if (text[1])
        return "something follows the list";
    *out++ = '}';
    *out = '\0';
    *literal = array;
    return NULL;
}

static const char *read_is(const struct plan_column *column, const char *value)
{
    if (strcmp(value, "null") == 0 || strcmp(value, "not_null") == 0)
        return NULL;
    if (column->type == PLAN_BOOLEAN &&
        (strcmp(value, "true") == 0 || strcmp(value, "false") == 0 || strcmp(value, "unknown") == 0))
        return NULL;
    return "is takes null, not_null, or true, false and unknown for a boolean";
}

const char *filter_read(struct ch_arena *arena, const struct plan_column *column, const char *text, struct filter *out)
{
    size_t word = strcspn(text, ".");
    size_t op = 0;
    while (op < sizeof OPS / sizeof *OPS && (strlen(OPS[op].word) != word || strncmp(OPS[op].word, text, word) != 0))
        op++;
    if (op == sizeof OPS / sizeof *OPS || text[word] != '.')
        return "a filter is eq, neq, gt, gte, lt, lte, in or is, a point, and a value";
    *out = (struct filter){.column = column, .op = (enum filter_op)op, .value = text + word + 1};
    if (out->op == FILTER_IN)
        return read_list(arena, column, text + word + 1, &out->value);
    if (out->op == FILTER_IS)
        return read_is(column, out->value);
    return check_value(column, out->value);
}

bool filter_has_value(const struct filter *filter)
{
    return filter->op != FILTER_IS;
}

static const char *sql_type(const struct plan_column *column)
{
    switch (column->type) {
    case PLAN_STRING:
        return "text";
    case PLAN_INTEGER:
    case PLAN_NUMBER:
        return "numeric";
    case PLAN_BOOLEAN:
        return "boolean";
    case PLAN_DATE:
        return "date";
    case PLAN_DATETIME:
        return "timestamptz";
    }
    abort();
}

/* Instants come with their zone and are compared in UTC; texts by their bytes, whatever the database's language. */
static const char *parameter_text(struct ch_arena *arena, const struct plan_column *column, int parameter,
                                  const char *array)
{
    const char *cast = ch_printf(arena, "$%d::%s%s", parameter, sql_type(column), array);
    if (column->type != PLAN_DATETIME)
        return cast;
    if (!*array)
        return ch_printf(arena, "(%s AT TIME ZONE 'UTC')", cast);
    return ch_printf(arena, "ARRAY(SELECT u AT TIME ZONE 'UTC' FROM pg_catalog.unnest(%s) AS u)", cast);
}

const char *filter_condition(struct ch_arena *arena, const struct filter *filter, const char *expression, int parameter)
{
    const struct plan_column *column = filter->column;
    const char *collate = column->type == PLAN_STRING ? " COLLATE \"C\"" : "";
    if (filter->op == FILTER_IS) {
        const char *what = strcmp(filter->value, "null") == 0       ? "IS NULL"
                           : strcmp(filter->value, "not_null") == 0 ? "IS NOT NULL"
                           : strcmp(filter->value, "true") == 0     ? "IS TRUE"
                           : strcmp(filter->value, "false") == 0    ? "IS FALSE"
                                                                    : "IS UNKNOWN";
        return ch_printf(arena, "(%s %s)", expression, what);
    }
    if (filter->op == FILTER_IN)
        return ch_printf(arena, "(%s%s = ANY (%s))", expression, collate,
                         parameter_text(arena, column, parameter, "[]"));
    return ch_printf(arena, "(%s%s %s %s)", expression, collate, OPS[filter->op].sql,
                     parameter_text(arena, column, parameter, ""));
}
