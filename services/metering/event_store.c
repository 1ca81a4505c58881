/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A group of events as PostgreSQL takes it: the rows of a binary COPY, and arrays for the functions that end the group
 * or store it row by row. Decides nothing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/id.h"
#include "events.h"

#define POSTGRES_EPOCH INT64_C(946684800000000) /* 2000-01-01 in microseconds since 1970 */

/* BEGIN goes along: a transaction of its own round trip would cost as much as the rows. */
const struct ch_statement EVENT_COPY = {
    .name = "metering.copy_events",
    .text = "BEGIN; COPY metering.usage_event (source_no, event_key, grant_id, pool_id, meter, units, contribution_id, "
            "occurred_at, content_hash) FROM STDIN (FORMAT binary)",
    .shape = CH_SHAPE_NONE};

static const struct ch_statement CLOSE = {
    .name = "metering.close_events",
    .text = "SELECT metering.close_events($1::integer[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::uuid[], "
            "$7::bigint[], $8::uuid[], $9::date[], $10::uuid[], $11::text[], $12::uuid[], $13::bigint[])",
    .shape = CH_SHAPE_ROWS,
    .columns = 1};
static const struct ch_statement COMMIT = {.name = "commit", .text = "COMMIT", .shape = CH_SHAPE_NONE};

static const struct ch_statement STORE = {
    .name = "metering.store_events",
    .text = "SELECT metering.store_events($1::integer[], $2::uuid[], $3::bigint[], $4::uuid[], $5::bigint[], "
            "$6::integer[], $7::uuid[], $8::uuid[], $9::uuid[], $10::text[], $11::bigint[], $12::uuid[], "
            "$13::bigint[], $14::text[], $15::text[], $16::text[])",
    .shape = CH_SHAPE_ROWS,
    .columns = 1};

/* ---- order ---- */

static int compare(const void *a, const void *b)
{
    const struct usage_event *one = ((const struct event_entry *)a)->event;
    const struct usage_event *other = ((const struct event_entry *)b)->event;
    if (one->source_no != other->source_no)
        return one->source_no < other->source_no ? -1 : 1;
    int order = memcmp(one->event_key, other->event_key, 16);
    const struct event_entry *first = a, *second = b;
    return order ? order : first->place < second->place ? -1 : 1;
}

void event_entries_sort(struct event_entry *entries, size_t count)
{
    size_t i = 1;
    while (i < count && compare(&entries[i - 1], &entries[i]) < 0)
        i++;
    if (i < count)
        qsort(entries, count, sizeof *entries, compare);
}

/* ---- binary COPY: PostgreSQL's manual, COPY, "Binary Format" ---- */

static char *put16(char *at, uint16_t value)
{
    at[0] = (char)(value >> 8);
    at[1] = (char)value;
    return at + 2;
}

static char *put32(char *at, uint32_t value)
{
    return put16(put16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

static char *put_bytes(char *at, const void *bytes, size_t size)
{
    at = put32(at, (uint32_t)size);
    memcpy(at, bytes, size);
    return at + size;
}

static char *put_int64(char *at, int64_t value)
{
    at = put32(at, 8);
    return put32(put32(at, (uint32_t)((uint64_t)value >> 32)), (uint32_t)value);
}

static char *put_row(char *at, const struct usage_event *event)
{
    const char *meter = usage_meter_name(event->meter);
    at = put16(at, 9);
    at = put32(at, 4);
    at = put32(at, (uint32_t)event->source_no);
    at = put_bytes(at, event->event_key, 16);
    at = put_bytes(at, event->grant, 16);
    at = put_bytes(at, event->pool_id, 16);
    at = put_bytes(at, meter, strlen(meter));
    at = put_int64(at, event->units);
    at = event->has_contribution ? put_bytes(at, event->contribution, 16) : put32(at, UINT32_MAX);
    at = put_int64(at, event->time - POSTGRES_EPOCH);
    return put_bytes(at, event->content_hash, 32);
}

void event_write_copy(struct out *out, const struct event_entry *entries, size_t count)
{
    static const char HEAD[19] = "PGCOPY\n\377\r\n";
    const size_t row = 192; /* the longest is under it */
    out->size = 0;
    char *begin = out_reserve(out, sizeof HEAD + count * row + 2), *at = begin;
    memcpy(at, HEAD, sizeof HEAD);
    at += sizeof HEAD;
    for (size_t i = 0; i < count; i++)
        at = put_row(at, entries[i].event);
    at = put16(at, UINT16_MAX);
    out->size = (size_t)(at - begin);
}

/* ---- arrays ---- */

static void begin(struct out *array)
{
    array->size = 0;
    out_byte(array, '{');
}

static void end(struct out *array)
{
    if (array->bytes[array->size - 1] == ',')
        array->size--;
    out_add(array, "}", 2);
}

static void add_number(struct out *array, int64_t number)
{
    char *at = out_reserve(array, 24);
    array->size += (size_t)snprintf(at, 24, "%" PRId64 ",", number);
}

static void add_id(struct out *array, const uint8_t id[16])
{
    char *at = out_reserve(array, 38);
    ch_id_format(id, at);
    at[36] = ',';
    array->size += 37;
}

static void add_plain(struct out *array, const char *text)
{
    out_text(array, text);
    out_byte(array, ',');
}

static void add_quoted(struct out *array, const char *text, size_t size)
{
    out_byte(array, '"');
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"' || text[i] == '\\')
            out_byte(array, '\\');
        out_byte(array, text[i]);
    }
    out_add(array, "\",", 2);
}

static void add_hex(struct out *array, const uint8_t *bytes, size_t size)
{
    static const char DIGITS[] = "0123456789abcdef";
    char *at = out_reserve(array, 2 * size + 1);
    for (size_t i = 0; i < size; i++) {
        *at++ = DIGITS[bytes[i] >> 4];
        *at++ = DIGITS[bytes[i] & 15];
    }
    *at = ',';
    array->size += 2 * size + 1;
}

/* Days since 1970 as PostgreSQL reads a date: by its own arithmetic on Julian days, 1970-01-01 being 2440588. */
static void add_day(struct out *array, int32_t day)
{
    char *at = out_reserve(array, 16);
    array->size += (size_t)snprintf(at, 16, "J%d,", day + 2440588);
}

/* ---- statements ---- */

static int take_lists(struct event_args *args, struct event_facts *facts, bool spans)
{
    struct event_lists *lists = &args->lists;
    int n = 0;
    event_facts_list(facts, lists);
    args->args[n++] = lists->sources.bytes;
    if (spans) {
        args->args[n++] = lists->low.bytes;
        args->args[n++] = lists->high.bytes;
    }
    args->args[n++] = lists->pools.bytes;
    args->args[n++] = lists->consent_epochs.bytes;
    args->args[n++] = lists->grants.bytes;
    args->args[n++] = lists->grant_epochs.bytes;
    return n;
}

static int take_columns(struct event_args *args, int n, int columns)
{
    for (int i = 0; i < columns; i++) {
        end(&args->columns[i]);
        args->args[n++] = args->columns[i].bytes;
    }
    return n;
}

void event_send_close(struct event_args *args, struct event_facts *facts, struct usage_rollup *rollup,
                      struct ch_session *session, const struct event_close_calls *calls, void *arg)
{
    struct out *column = args->columns;
    size_t count;
    const struct usage_line *lines = usage_rollup_lines(rollup, &count);
    int n = take_lists(args, facts, true);
    for (int i = 0; i < 6; i++)
        begin(&column[i]);
    for (size_t i = 0; i < count; i++) {
        add_id(&column[0], lines[i].pool);
        add_day(&column[1], lines[i].day);
        add_id(&column[2], lines[i].grant);
        add_plain(&column[3], usage_meter_name(lines[i].meter));
        if (lines[i].has_contribution)
            add_id(&column[4], lines[i].contribution);
        else
            add_plain(&column[4], "NULL");
        add_number(&column[5], lines[i].units);
    }
    n = take_columns(args, n, 6);
    ch_session_send(session, &CLOSE, args->args, n, true, calls->row, calls->closed, arg);
    ch_session_send(session, &COMMIT, CH_NO_ARGS, false, NULL, calls->committed, arg);
}

static void add_entry(struct out *column, const struct event_entry *entry)
{
    const struct usage_event *event = entry->event;
    add_number(&column[0], event->source_no);
    add_id(&column[1], event->event_key);
    add_id(&column[2], event->grant);
    add_id(&column[3], event->pool_id);
    add_plain(&column[4], usage_meter_name(event->meter));
    add_number(&column[5], event->units);
    if (event->has_contribution)
        add_id(&column[6], event->contribution);
    else
        add_plain(&column[6], "NULL");
    add_number(&column[7], event->time);
    add_hex(&column[8], event->content_hash, 32);
    if (entry->fate->kind == EVENT_KEPT) {
        add_quoted(&column[9], event->id, event->id_size);
        add_plain(&column[10], entry->fate->reason);
    } else {
        add_plain(&column[9], "NULL");
        add_plain(&column[10], "NULL");
    }
}

void event_send_store(struct event_args *args, struct event_facts *facts, const struct event_entry *entries,
                      size_t count, struct ch_session *session, ch_session_done *done, void *arg)
{
    int n = take_lists(args, facts, false);
    for (int i = 0; i < 11; i++)
        begin(&args->columns[i]);
    for (size_t i = 0; i < count; i++)
        add_entry(args->columns, &entries[i]);
    n = take_columns(args, n, 11);
    ch_session_send(session, &STORE, args->args, n, false, NULL, done, arg);
}

void event_args_free(struct event_args *args)
{
    struct event_lists *lists = &args->lists;
    struct out *const outs[] = {&lists->sources,        &lists->low,    &lists->high,        &lists->pools,
                                &lists->consent_epochs, &lists->grants, &lists->grant_epochs};
    for (size_t i = 0; i < sizeof outs / sizeof *outs; i++)
        out_free(outs[i]);
    for (size_t i = 0; i < sizeof args->columns / sizeof *args->columns; i++)
        out_free(&args->columns[i]);
}
