/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pipeline from the bytes of a contribution to rows: reads records, finds each cell's column, converts, looks for
 * duplicates, counts, and decides at the end. It opens no file and no connection; the worker feeds it and hands the
 * rows to COPY. */
#include "ingest.h"

#include <string.h>

#include "commonhold/utf8.h"
#include "csv.h"
#include "header.h"
#include "ndjson.h"

/* A unique constraint or the primary key. */
struct unique_set {
    const size_t *fields;
    size_t count;
    struct ch_seen *seen;
    struct ch_seen_key key; /* of the row being read */
    bool has_key;           /* false when one of its cells is NULL */
};

struct ch_ingest {
    const struct ch_ingest_options *options;
    const struct ch_table_schema *schema;
    struct ch_arena *arena;
    struct ch_ingest_result result;
    struct ch_csv *csv;
    struct ch_ndjson *ndjson;
    struct ch_name_map header;
    /* CSV: what each cell of a record is; as many as the header line has. */
    int targets[CH_CSV_CELLS];
    size_t target_count;
    bool header_read;
    /* NDJSON: the names met in the line being read, and where the next is expected. */
    bool *met;
    size_t hint;
    char *buffer; /* unescaped strings of a line: never longer than the line */
    size_t buffer_room;
    /* The row being read. */
    uint64_t line, row;
    bool row_bad;
    struct ch_cell *cells; /* per column */
    char *scratch;         /* CH_CELL_SCRATCH per column */
    struct unique_set *sets;
    size_t set_count;
};

static void add_error(struct ch_ingest *ingest, const char *column, enum ch_cell_reason reason, const char *value,
                      size_t length)
{
    struct ch_ingest_result *result = &ingest->result;
    ingest->row_bad = true;
    if (result->error_count == CH_INGEST_ERRORS)
        return;
    struct ch_ingest_error *error = &result->errors[result->error_count++];
    *error = (struct ch_ingest_error){.line = ingest->line, .row = ingest->row, .column = column, .reason = reason};
    ch_utf8_show(value, length, CH_INGEST_SHOWN, error->value);
}

static void begin_row(struct ch_ingest *ingest, uint64_t line, uint64_t row)
{
    ingest->line = line;
    ingest->row = row;
    ingest->row_bad = false;
}

/* Duplicates are looked for in rows that are good otherwise, and only rows that stay good are remembered. */
static void check_unique(struct ch_ingest *ingest)
{
    for (size_t i = 0; i < ingest->set_count; i++) {
        struct unique_set *set = &ingest->sets[i];
        set->has_key = true;
        for (size_t j = 0; j < set->count; j++)
            set->has_key &= ingest->cells[set->fields[j]].text != NULL;
        if (!set->has_key)
            continue;
        set->key = ch_seen_key(ingest->schema, ingest->cells, set->fields, set->count);
        if (ch_seen_has(set->seen, set->key)) {
            const struct ch_cell *cell = &ingest->cells[set->fields[0]];
            add_error(ingest, ingest->schema->fields[set->fields[0]].name, CH_CELL_DUPLICATE, cell->text, cell->length);
        }
        ingest->result.store_failed |= ch_seen_failed(set->seen);
    }
    for (size_t i = 0; !ingest->row_bad && i < ingest->set_count; i++)
        if (ingest->sets[i].has_key)
            ch_seen_add(ingest->sets[i].seen, ingest->sets[i].key);
}

static void end_row(struct ch_ingest *ingest)
{
    if (!ingest->row_bad && ingest->set_count)
        check_unique(ingest);
    if (ingest->row_bad) {
        ingest->result.bad++;
        return;
    }
    ingest->result.good++;
    if (ingest->result.bad == 0 || ingest->options->accept_partial)
        ingest->options->row(ingest->options->context, ingest->cells, ingest->schema->field_count);
}

/* One cell of a column: converted, or an error. `whole` false: the reader kept only its beginning. */
static void read_cell(struct ch_ingest *ingest, size_t column, const char *text, size_t length, bool whole, bool valid)
{
    const struct ch_table_field *field = &ingest->schema->fields[column];
    enum ch_cell_reason reason;
    if (!whole)
        reason = CH_CELL_LENGTH;
    else if (!valid && !ch_utf8_valid(text, length))
        reason = CH_CELL_UTF8;
    else
        reason = ch_cell_convert(ingest->schema, field, text, length, ingest->scratch + column * CH_CELL_SCRATCH,
                                 &ingest->cells[column]);
    if (reason == CH_CELL_GOOD && ingest->options->unanswered && ingest->options->unanswered[column] &&
        ingest->cells[column].text)
        reason = CH_CELL_NOTICE;
    if (reason)
        add_error(ingest, field->name, reason, text, length);
}

/* --- CSV --- */

static bool is_given(const struct ch_ingest *ingest, size_t column, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (ingest->targets[i] == (int)column)
            return true;
    return false;
}

static void read_header_cell(struct ch_ingest *ingest, size_t i, const struct ch_csv_cell *cell)
{
    char name[4 * CH_INGEST_SHOWN + 1];
    size_t found = ch_name_map_find(&ingest->header, cell->text, cell->length, 0);
    int target = found < ingest->header.count ? ingest->header.names[found].target : CH_NAME_UNKNOWN;
    bool twice = target >= 0 && is_given(ingest, (size_t)target, i);
    ingest->targets[i] = target;
    if (target != CH_NAME_UNKNOWN && !twice)
        return;
    ch_utf8_show(cell->text, cell->length, CH_INGEST_SHOWN, name);
    add_error(ingest, ch_strdup(ingest->arena, name), twice ? CH_CELL_DUPLICATE : CH_CELL_FIELD_COUNT, cell->text,
              cell->length);
}

/* The header line: each name mapped or ignored, no column twice, no required column left out. */
static void read_header(struct ch_ingest *ingest, const struct ch_csv_row *row)
{
    ingest->target_count = row->count;
    ingest->header_read = true;
    if (row->problem)
        add_error(ingest, "", row->problem, "", 0);
    else if (row->count > CH_CSV_CELLS)
        add_error(ingest, "", CH_CELL_FIELD_COUNT, "", 0);
    else if (!row->valid_utf8)
        add_error(ingest, "", CH_CELL_UTF8, "", 0);
    for (size_t i = 0; !ingest->row_bad && i < row->count; i++)
        read_header_cell(ingest, i, &row->cells[i]);
    for (size_t i = 0; !ingest->row_bad && i < ingest->schema->field_count; i++)
        if (ingest->schema->fields[i].required && !is_given(ingest, i, row->count))
            add_error(ingest, ingest->schema->fields[i].name, CH_CELL_MISSING, "", 0);
    ingest->result.header_bad = ingest->row_bad;
}

static void read_record(void *context, const struct ch_csv_row *row)
{
    struct ch_ingest *ingest = context;
    if (ingest->result.header_bad)
        return;
    begin_row(ingest, row->line, row->number);
    if (row->number == 0) {
        read_header(ingest, row);
        return;
    }
    const struct ch_csv_cell *first = row->cells;
    if (row->problem)
        add_error(ingest, "", row->problem, first->text, first->length);
    else if (row->count != ingest->target_count)
        add_error(ingest, "", CH_CELL_FIELD_COUNT, first->text, first->length);
    size_t readable = ingest->row_bad ? 0 : row->count;
    for (size_t i = 0; i < readable; i++) {
        const struct ch_csv_cell *cell = &row->cells[i];
        if (ingest->targets[i] >= 0)
            read_cell(ingest, (size_t)ingest->targets[i], cell->text, cell->length, !cell->cut, row->valid_utf8);
    }
    end_row(ingest);
}

/* --- NDJSON --- */

/* JSON types must be the column's: text for strings and times, numbers or their text for numbers. */
static bool kind_fits(enum ch_json_kind kind, enum ch_column_type type)
{
    if (kind == CH_JSON_NUMBER)
        return type == CH_TYPE_NUMBER || type == CH_TYPE_INTEGER;
    return kind == CH_JSON_STRING || type == CH_TYPE_BOOLEAN;
}

static void read_member(struct ch_ingest *ingest, size_t column, enum ch_json_kind kind, const char *text,
                        size_t length)
{
    static const struct ch_table_field plain_number = {.decimal_char = '.'};
    const struct ch_table_field *field = &ingest->schema->fields[column];
    struct ch_cell *cell = &ingest->cells[column];
    if (kind == CH_JSON_STRING) {
        read_cell(ingest, column, text, length, true, true);
        return;
    }
    enum ch_cell_reason reason = CH_CELL_GOOD;
    if (kind == CH_JSON_NULL) {
        reason = field->required ? CH_CELL_MISSING : CH_CELL_GOOD;
    } else if (!kind_fits(kind, field->type)) {
        reason = CH_CELL_TYPE;
    } else if (kind == CH_JSON_BOOLEAN) {
        *cell = (struct ch_cell){*text == 't' ? "t" : "f", 1};
    } else { /* a JSON number has a point, whatever the column's texts have */
        struct ch_table_field as_json = *field;
        as_json.decimal_char = plain_number.decimal_char;
        as_json.group_char = plain_number.group_char;
        reason = ch_cell_value(&as_json, text, length, ingest->scratch + column * CH_CELL_SCRATCH, cell);
    }
    if (reason == CH_CELL_GOOD && cell->text && ingest->options->unanswered && ingest->options->unanswered[column])
        reason = CH_CELL_NOTICE;
    if (reason)
        add_error(ingest, field->name, reason, text, length);
}

/* False ends the line: a name that is unknown or stands twice. */
static bool on_member(void *context, const char *key, size_t key_length, enum ch_json_kind kind, const char *value,
                      size_t value_length)
{
    struct ch_ingest *ingest = context;
    size_t found = ch_name_map_find(&ingest->header, key, key_length, ingest->hint);
    if (found == ingest->header.count || ingest->met[found]) {
        char name[4 * CH_INGEST_SHOWN + 1];
        ch_utf8_show(key, key_length, CH_INGEST_SHOWN, name);
        const char *kept = ingest->result.error_count < CH_INGEST_ERRORS ? ch_strdup(ingest->arena, name) : "";
        add_error(ingest, kept, found == ingest->header.count ? CH_CELL_FIELD_COUNT : CH_CELL_JSON, key, key_length);
        return false;
    }
    ingest->met[found] = true;
    ingest->hint = found + 1 < ingest->header.count ? found + 1 : 0;
    int target = ingest->header.names[found].target;
    if (target >= 0)
        read_member(ingest, (size_t)target, kind, value, value_length);
    return true;
}

/* Columns that a line left out are NULL. */
static void check_left_out(struct ch_ingest *ingest)
{
    for (size_t i = 0; i < ingest->header.count; i++) {
        int target = ingest->header.names[i].target;
        if (target >= 0 && !ingest->met[i] && ingest->schema->fields[target].required)
            add_error(ingest, ingest->schema->fields[target].name, CH_CELL_MISSING, "", 0);
    }
}

static void read_line(void *context, uint64_t line, const char *text, size_t length)
{
    struct ch_ingest *ingest = context;
    begin_row(ingest, line, line);
    memset(ingest->cells, 0, ingest->schema->field_count * sizeof *ingest->cells);
    memset(ingest->met, 0, ingest->header.count * sizeof *ingest->met);
    ingest->hint = 0;
    ingest->buffer = ch_arena_grow(ingest->arena, ingest->buffer, &ingest->buffer_room, length);
    if (!text)
        add_error(ingest, "", CH_CELL_LENGTH, "", 0);
    else if (!ch_utf8_valid(text, length))
        add_error(ingest, "", CH_CELL_UTF8, text, length);
    else if (ch_ndjson_object(text, length, ingest->buffer, on_member, ingest))
        check_left_out(ingest);
    else if (!ingest->row_bad)
        add_error(ingest, "", CH_CELL_JSON, text, length);
    end_row(ingest);
}

/* --- Setting up and deciding --- */

static void add_set(struct ch_ingest *ingest, const size_t *fields, size_t count)
{
    ingest->sets[ingest->set_count++] = (struct unique_set){.fields = fields, .count = count};
}

size_t ch_ingest_keys(const struct ch_table_schema *schema)
{
    size_t count = schema->primary_key_count > 0;
    for (size_t i = 0; i < schema->field_count; i++)
        count += schema->fields[i].unique;
    return count;
}

static void make_sets(struct ch_ingest *ingest)
{
    const struct ch_table_schema *schema = ingest->schema;
    ingest->sets = ch_alloc_array(ingest->arena, schema->field_count + 1, sizeof *ingest->sets);
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].unique) {
            size_t *field = ch_alloc(ingest->arena, sizeof *field);
            *field = i;
            add_set(ingest, field, 1);
        }
    if (schema->primary_key_count)
        add_set(ingest, schema->primary_key, schema->primary_key_count);
    size_t limit = ingest->options->unique_limit;
    if (!limit && ingest->set_count)
        limit = CH_INGEST_MAX_UNIQUE / ingest->set_count;
    for (size_t i = 0; i < ingest->set_count; i++)
        ingest->sets[i].seen =
            ch_seen_new(ingest->arena, limit, ingest->options->stores ? &ingest->options->stores[i] : NULL);
}

struct ch_ingest *ch_ingest_new(struct ch_arena *arena, const struct ch_ingest_options *options)
{
    struct ch_ingest *ingest = ch_alloc(arena, sizeof *ingest);
    size_t columns = options->schema->field_count;
    ingest->options = options;
    ingest->schema = options->schema;
    ingest->arena = arena;
    ingest->cells = ch_alloc_array(arena, columns, sizeof *ingest->cells);
    ingest->scratch = ch_alloc_array(arena, columns, CH_CELL_SCRATCH);
    ch_name_map_init(arena, options, &ingest->header);
    make_sets(ingest);
    if (options->format == CH_INGEST_CSV) {
        ingest->csv = ch_csv_new(arena, options->delimiter, read_record, ingest);
    } else {
        ingest->ndjson = ch_ndjson_new(arena, read_line, ingest);
        ingest->met = ch_alloc_array(arena, ingest->header.count, sizeof *ingest->met);
    }
    return ingest;
}

void ch_ingest_feed(struct ch_ingest *ingest, const char *bytes, size_t size)
{
    ingest->result.bytes += size;
    if (ingest->csv)
        ch_csv_feed(ingest->csv, bytes, size);
    else
        ch_ndjson_feed(ingest->ndjson, bytes, size);
}

const struct ch_ingest_result *ch_ingest_result(const struct ch_ingest *ingest)
{
    return &ingest->result;
}

const struct ch_ingest_result *ch_ingest_end(struct ch_ingest *ingest)
{
    struct ch_ingest_result *result = &ingest->result;
    if (ingest->csv)
        ch_csv_end(ingest->csv);
    else
        ch_ndjson_end(ingest->ndjson);
    result->empty = result->bytes == 0;
    for (size_t i = 0; i < ingest->set_count; i++)
        result->store_failed |= ch_seen_failed(ingest->sets[i].seen);
    if (ingest->csv && !result->empty && !ingest->header_read) { /* nothing but a byte order mark */
        begin_row(ingest, 1, 0);
        add_error(ingest, "", CH_CELL_FIELD_COUNT, "", 0);
        result->header_bad = true;
    }
    bool tolerable = result->bad == 0 || (ingest->options->accept_partial &&
                                          result->bad * CH_INGEST_BAD_SHARE <= result->good + result->bad);
    result->accepted = tolerable && !result->header_bad && !result->empty && !result->store_failed;
    return result;
}
