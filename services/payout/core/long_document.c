/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads and hashes documents with one long array. Which members the rest must have is the business of its readers. */
#include "long_document.h"

#include <inttypes.h>
#include <string.h>

#include "benefit_rule.h"
#include "commonhold/crypto.h"
#include "fields.h"
#include "out.h"

#define MEMBERS_MAX 64 /* of one object; results have 16 */

static size_t count_items(struct ch_scan *scan)
{
    size_t count = 0;
    bool first = true;
    ch_scan_enter(scan, '[');
    while (ch_scan_item(scan, &first)) {
        ch_scan_skip(scan);
        count++;
    }
    return count;
}

/* Finds the array and where it ends, passing all else. Where it stands a second time it stays in the head, which is
 * refused for it. */
static const char *find_rows(struct ch_long_document *d, struct ch_scan *scan)
{
    const char *end = NULL;
    struct ch_text name;
    bool first = true;
    ch_scan_enter(scan, '{');
    while (ch_scan_member(scan, &first, &name)) {
        if (d->rows || !ch_text_is(name, d->array) || ch_scan_kind(scan) != '[') {
            ch_scan_skip(scan);
            continue;
        }
        d->rows = scan->at;
        d->row_count = count_items(scan);
        end = scan->at;
    }
    ch_scan_end(scan);
    return end;
}

bool ch_long_read(struct ch_long_document *d, const char *text, size_t length, const char *array,
                  struct ch_refusals *list)
{
    struct ch_scan scan;
    *d = (struct ch_long_document){.text = text, .length = length, .array = array};
    ch_scan_begin(&scan, text, length, list);
    const char *end = ch_scan_kind(&scan) == '{' ? find_rows(d, &scan) : NULL;
    if (scan.broken)
        return false;
    if (d->rows) {
        text = ch_printf(list->arena, "%.*s[]%.*s", (int)(d->rows - text), text, (int)(text + length - end), end);
        length = strlen(text);
    }
    d->head = ch_calc_parse(text, length, list);
    return d->head != NULL;
}

enum { HAS_ID = 1, HAS_AMOUNT = 2, HAS_ARRAY = 4 };

/* The row being read. Its pointer is made only when something is refused. */
struct row {
    struct ch_scan *scan;
    const char *array;
    size_t index;
    const struct ch_long_row_form *form;
    unsigned seen;
    bool good;
    struct ch_text id;
    int64_t amount;
};

static void refuse(struct row *row, const char *member, const char *detail)
{
    struct ch_refusals *list = row->scan->list;
    const char *at = ch_printf(list->arena, "/%s/%zu", row->array, row->index);
    row->good = false;
    if (!row->scan->broken)
        ch_refusal_add(list, member ? ch_pointer_name(list->arena, at, member) : at, "%s", detail);
}

static void read_id(struct row *row)
{
    char text[65] = "";
    if (ch_scan_kind(row->scan) != '"') {
        refuse(row, "id", "must be a string");
        ch_scan_skip(row->scan);
        return;
    }
    ch_scan_string(row->scan, &row->id);
    if (row->id.length < sizeof text)
        memcpy(text, row->id.bytes, row->id.length);
    if (!row->form->is_id(text))
        refuse(row, "id", ch_printf(row->scan->list->arena, "must be %s", row->form->must_be));
}

static void read_amount(struct row *row)
{
    if (ch_scan_kind(row->scan) != '0') {
        refuse(row, "amount", "must be an integer");
        ch_scan_skip(row->scan);
    } else if (ch_scan_integer(row->scan, &row->amount) && (row->amount < 0 || row->amount > CH_PAYOUT_MAX)) {
        refuse(row, "amount", ch_printf(row->scan->list->arena, "must lie between 0 and %" PRId64, CH_PAYOUT_MAX));
    }
}

static void read_array(struct row *row)
{
    if (ch_scan_kind(row->scan) != '[')
        refuse(row, row->form->array, "must be an array");
    ch_scan_skip(row->scan);
}

static void read_member(struct row *row, struct ch_text name)
{
    unsigned which = ch_text_is(name, "id") ? HAS_ID : ch_text_is(name, "amount") ? HAS_AMOUNT : 0;
    if (row->form->array && ch_text_is(name, row->form->array))
        which = HAS_ARRAY;
    if (!which || row->seen & which) {
        refuse(row, ch_memdup(row->scan->list->arena, name.bytes, name.length),
               which ? "is there twice" : "is not a known member");
        ch_scan_skip(row->scan);
        return;
    }
    row->seen |= which;
    if (which == HAS_ID)
        read_id(row);
    else if (which == HAS_AMOUNT)
        read_amount(row);
    else
        read_array(row);
}

static void read_row(struct row *row)
{
    struct ch_text name;
    bool first = true;
    row->seen = 0;
    row->good = true;
    if (ch_scan_kind(row->scan) != '{') {
        refuse(row, NULL, "must be an object");
        ch_scan_skip(row->scan);
        return;
    }
    ch_scan_enter(row->scan, '{');
    while (ch_scan_member(row->scan, &first, &name))
        read_member(row, name);
    if (!(row->seen & HAS_ID))
        refuse(row, "id", "is required");
    if (!(row->seen & HAS_AMOUNT))
        refuse(row, "amount", "is required");
    if (row->form->array && !(row->seen & HAS_ARRAY))
        refuse(row, row->form->array, "is required");
}

void ch_long_rows(const struct ch_long_document *d, const struct ch_long_row_form *form, struct ch_refusals *list,
                  void (*each)(void *context, size_t index, const char *id, int64_t amount), void *context)
{
    struct ch_scan scan;
    struct row row = {.scan = &scan, .array = d->array, .form = form};
    bool first = true;
    if (!d->rows)
        return;
    ch_scan_begin(&scan, d->rows, (size_t)(d->text + d->length - d->rows), list);
    ch_scan_enter(&scan, '[');
    for (; ch_scan_item(&scan, &first); row.index++) {
        read_row(&row);
        if (row.good)
            each(context, row.index, ch_memdup(list->arena, row.id.bytes, row.id.length), row.amount);
    }
}

struct member {
    struct ch_text name;
    const char *value;
};

/* Puts a member of an object among those before it, by name. False: it is there already, or there are too many. */
static bool insert_member(struct member *members, size_t count, struct ch_text name, const char *value)
{
    size_t at = count;
    if (count == MEMBERS_MAX)
        return false;
    while (at > 0) {
        const struct ch_text *other = &members[at - 1].name;
        size_t shorter = name.length < other->length ? name.length : other->length;
        int order = shorter ? memcmp(name.bytes, other->bytes, shorter) : 0;
        if (order == 0 && name.length == other->length)
            return false;
        if (order > 0 || (order == 0 && name.length > other->length))
            break;
        members[at] = members[at - 1];
        at--;
    }
    members[at] = (struct member){name, value};
    return true;
}

static void write_value(struct ch_scan *scan, const char *without, struct ch_out *out);

/* Finds the members first, then writes them in their order. */
static void write_object(struct ch_scan *scan, const char *without, struct ch_out *out)
{
    struct member members[MEMBERS_MAX];
    struct ch_text name;
    size_t count = 0;
    bool first = true;
    ch_scan_enter(scan, '{');
    while (ch_scan_member(scan, &first, &name)) {
        if (!(without && ch_text_is(name, without)) && !insert_member(members, count++, name, scan->at)) {
            ch_scan_break(scan, "a member that is there twice, or one of too many,");
            return;
        }
        ch_scan_skip(scan);
    }
    const char *end = scan->at;
    ch_out_text(out, "{");
    for (size_t i = 0; i < count; i++) {
        ch_out_text(out, i ? "," : "");
        ch_out_string(out, members[i].name.bytes, members[i].name.length);
        ch_out_text(out, ":");
        scan->at = members[i].value;
        write_value(scan, NULL, out);
    }
    ch_out_text(out, "}");
    if (!scan->broken)
        scan->at = end;
}

static void write_array(struct ch_scan *scan, struct ch_out *out)
{
    bool first = true;
    ch_scan_enter(scan, '[');
    ch_out_text(out, "[");
    for (size_t i = 0; ch_scan_item(scan, &first); i++) {
        ch_out_text(out, i ? "," : "");
        write_value(scan, NULL, out);
    }
    ch_out_text(out, "]");
}

/* Words and integers have one form only. */
static void write_value(struct ch_scan *scan, const char *without, struct ch_out *out)
{
    struct ch_text text;
    const char *from;
    switch (ch_scan_kind(scan)) {
    case '{':
        write_object(scan, without, out);
        return;
    case '[':
        write_array(scan, out);
        return;
    case '"':
        ch_scan_string(scan, &text);
        ch_out_string(out, text.bytes, text.length);
        return;
    default:
        from = scan->at;
        ch_scan_skip(scan);
        ch_out_bytes(out, from, scan->broken ? 0 : (size_t)(scan->at - from));
    }
}

bool ch_long_sha256(const struct ch_long_document *d, const char *without, struct ch_refusals *list, char hex[65])
{
    struct ch_scan scan;
    struct ch_out out;
    struct ch_sha256 *hash = ch_sha256_begin();
    uint8_t digest[32];
    ch_scan_begin(&scan, d->text, d->length, list);
    ch_out_begin(&out, ch_out_to_sha256, hash);
    write_value(&scan, without, &out);
    ch_out_flush(&out);
    ch_sha256_end(hash, digest);
    ch_hex(digest, sizeof digest, hex);
    return !scan.broken;
}
