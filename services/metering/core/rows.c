/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows as CSV and as NDJSON, straight from PostgreSQL's texts. */
#include "rows.h"

#include <jansson.h>
#include <stdbool.h>

static const char BLANK[] = "0000000000000";

/* "YYYY-MM-DD HH:MM:SS[.ffffff]" becomes "YYYY-MM-DDTHH:MM:SS[.ffffff]Z"; what is no such text (years over 9999,
 * infinity) stays as it is. */
static void add_instant(struct out *out, const char *value, size_t length)
{
    if (length < 19 || value[4] != '-' || value[10] != ' ' || value[length - 1] < '0' || value[length - 1] > '9') {
        out_add(out, value, length);
        return;
    }
    char *to = out_reserve(out, length + 1);
    memcpy(to, value, length);
    to[10] = 'T';
    to[length] = 'Z';
    out->size += length + 1;
}

/* ---- CSV ---- */

static bool must_quote(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (value[i] == '"' || value[i] == ',' || value[i] == '\r' || value[i] == '\n')
            return true;
    return length == 0 || value[0] == ' ' || value[length - 1] == ' ';
}

static void add_quoted(struct out *out, const char *value, size_t length)
{
    char *to = out_reserve(out, 2 * length + 2), *start = to;
    *to++ = '"';
    for (size_t i = 0; i < length; i++) {
        if (value[i] == '"')
            *to++ = '"';
        *to++ = value[i];
    }
    *to++ = '"';
    out->size += (size_t)(to - start);
}

static void csv_cell(struct out *out, enum plan_type type, const char *value, size_t length)
{
    switch (type) {
    case PLAN_STRING:
        if (must_quote(value, length))
            add_quoted(out, value, length);
        else
            out_add(out, value, length);
        return;
    case PLAN_DATETIME:
        add_instant(out, value, length);
        return;
    case PLAN_BOOLEAN:
        out_text(out, *value == 't' ? "true" : "false");
        return;
    case PLAN_INTEGER:
    case PLAN_NUMBER:
    case PLAN_DATE:
        out_add(out, value, length);
        return;
    }
}

static void csv_begin(struct out *out, const struct plan_column *const *columns, size_t count)
{
    out_text(out, "_row");
    for (size_t i = 0; i < count; i++) {
        out_byte(out, ',');
        out_text(out, columns[i]->name);
    }
    out_text(out, "\r\n");
}

static size_t csv_row(struct out *out, const struct plan_column *const *columns, size_t count,
                      const char *const *values, const int *lengths)
{
    size_t at = out->size;
    out_add(out, BLANK, ROW_REF);
    for (size_t i = 0; i < count; i++) {
        out_byte(out, ',');
        if (values[i])
            csv_cell(out, columns[i]->type, values[i], (size_t)lengths[i]);
    }
    out_add(out, "\r\n", 2);
    return at;
}

/* One line for each member: "# name: value". */
static void csv_end(struct out *out, const char *members)
{
    json_t *object = json_loads(members, 0, NULL);
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        const char *plain = json_string_value(value);
        out_text(out, "# ");
        out_text(out, name);
        out_text(out, ": ");
        out_text(out, plain ? plain : text);
        out_text(out, "\r\n");
        free(text);
    }
    json_decref(object);
}

/* ---- NDJSON ---- */

/* RFC 8259, section 7: the two escapes that must be, and controls. The text is UTF-8 already: the database checked it.
 */
static void add_json_text(struct out *out, const char *value, size_t length)
{
    static const char HEX[] = "0123456789abcdef";
    char *to = out_reserve(out, 6 * length + 2), *start = to;
    *to++ = '"';
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];
        if (c == '"' || c == '\\') {
            *to++ = '\\';
            *to++ = (char)c;
        } else if (c < 0x20) {
            memcpy(to, "\\u00", 4);
            to[4] = HEX[c >> 4];
            to[5] = HEX[c & 15];
            to += 6;
        } else {
            *to++ = (char)c;
        }
    }
    *to++ = '"';
    out->size += (size_t)(to - start);
}

/* NaN and Infinity are numbers to PostgreSQL and none to JSON. */
static bool is_json_number(const char *value, size_t length)
{
    return length > 0 && value[length - 1] >= '0' && value[length - 1] <= '9';
}

static void json_cell(struct out *out, enum plan_type type, const char *value, size_t length)
{
    switch (type) {
    case PLAN_INTEGER:
    case PLAN_NUMBER:
        if (is_json_number(value, length))
            out_add(out, value, length);
        else
            add_json_text(out, value, length);
        return;
    case PLAN_BOOLEAN:
        out_text(out, *value == 't' ? "true" : "false");
        return;
    case PLAN_DATETIME:
        out_byte(out, '"');
        add_instant(out, value, length);
        out_byte(out, '"');
        return;
    case PLAN_DATE:
    case PLAN_STRING:
        add_json_text(out, value, length);
        return;
    }
}

static void json_begin(struct out *out, const struct plan_column *const *columns, size_t count)
{
    (void)out, (void)columns, (void)count;
}

static size_t json_row(struct out *out, const struct plan_column *const *columns, size_t count,
                       const char *const *values, const int *lengths)
{
    out_text(out, "{\"_row\":\"");
    size_t at = out->size;
    out_add(out, BLANK, ROW_REF);
    out_byte(out, '"');
    for (size_t i = 0; i < count; i++) {
        out_text(out, ",\""); /* names of columns need no escapes */
        out_text(out, columns[i]->name);
        out_text(out, "\":");
        if (values[i])
            json_cell(out, columns[i]->type, values[i], (size_t)lengths[i]);
        else
            out_text(out, "null");
    }
    out_text(out, "}\n");
    return at;
}

static void json_end(struct out *out, const char *members)
{
    out_text(out, "{\"_end\":");
    out_text(out, members);
    out_text(out, "}\n");
}

const struct rows_writer ROWS_CSV = {"text/csv; charset=utf-8; header=present", csv_begin, csv_row, csv_end};
const struct rows_writer ROWS_NDJSON = {"application/x-ndjson", json_begin, json_row, json_end};
