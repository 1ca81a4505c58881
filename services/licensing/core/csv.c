/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A state machine over bytes that hands on records. It knows quoting and line ends; what a cell may hold is cell.c's.
 * Runs of plain bytes are found with a table and copied at once, so that cost is per run, not per byte. A record with
 * an error is read to its line end, so that the ones behind it are still looked at. */
#include "csv.h"

#include <string.h>

#include "commonhold/utf8.h"

enum csv_state {
    CSV_START,      /* before the first byte of a cell */
    CSV_PLAIN,      /* in an unquoted cell */
    CSV_QUOTED,     /* between quotes */
    CSV_QUOTE_SEEN, /* a quote was seen between quotes: the end, or the first of two */
    CSV_CR          /* a CR was seen outside quotes: LF must follow */
};

struct ch_csv {
    void (*on_row)(void *, const struct ch_csv_row *);
    void *context;
    enum csv_state state;
    char delimiter;
    bool stops[256]; /* bytes that end a run outside quotes: delimiter, quote, CR, LF */
    unsigned head;   /* bytes of a byte order mark seen; 3: past the start */
    uint64_t line;   /* physical line being read */
    struct ch_csv_row row;
    size_t cell_start; /* of the cell being read, in `text` */
    bool cell_cut;
    size_t used; /* bytes of `text` */
    char *text;  /* the cells of the record, each followed by one LF that belongs to none */
    size_t room; /* bytes `text` has: as many as the longest record needed, CH_CSV_ROW_BYTES at most */
    struct ch_arena *arena;
    struct ch_csv_cell cells[CH_CSV_CELLS];
};

struct ch_csv *ch_csv_new(struct ch_arena *arena, char delimiter, void (*row)(void *, const struct ch_csv_row *),
                          void *context)
{
    struct ch_csv *csv = ch_alloc(arena, sizeof *csv);
    csv->on_row = row;
    csv->context = context;
    csv->delimiter = delimiter;
    csv->line = 1;
    csv->row = (struct ch_csv_row){.line = 1, .cells = csv->cells};
    csv->stops[(unsigned char)delimiter] = csv->stops['"'] = csv->stops['\r'] = csv->stops['\n'] = true;
    csv->arena = arena;
    return csv;
}

/* Room for `need` bytes of the record. Cells read already stay where they were. */
static void make_room(struct ch_csv *csv, size_t need)
{
    csv->text = ch_arena_grow(csv->arena, csv->text, &csv->room, need);
}

static void append(struct ch_csv *csv, const char *bytes, size_t size)
{
    size_t room = CH_CSV_CELL_BYTES - (csv->used - csv->cell_start);
    if (size > room) {
        size = room;
        csv->cell_cut = true;
    }
    if (size >= CH_CSV_ROW_BYTES - csv->used) { /* one byte stays for the LF behind the cell */
        csv->row.problem = CH_CELL_LENGTH;
        return;
    }
    make_room(csv, csv->used + size + 1);
    memcpy(csv->text + csv->used, bytes, size);
    csv->used += size;
}

static void end_cell(struct ch_csv *csv)
{
    make_room(csv, csv->used + 1);
    if (csv->row.count < CH_CSV_CELLS)
        csv->cells[csv->row.count] =
            (struct ch_csv_cell){csv->text + csv->cell_start, csv->used - csv->cell_start, csv->cell_cut};
    csv->row.count++;
    if (csv->row.count > CH_CSV_CELLS || csv->used + 1 >= CH_CSV_ROW_BYTES)
        csv->used = csv->cell_start; /* counted, not kept */
    else
        csv->text[csv->used++] = '\n';
    csv->cell_start = csv->used;
    csv->cell_cut = false;
    csv->state = CSV_START;
}

static void end_row(struct ch_csv *csv)
{
    end_cell(csv);
    csv->row.valid_utf8 = ch_utf8_valid(csv->text, csv->used);
    csv->on_row(csv->context, &csv->row);
    csv->used = csv->cell_start = 0;
    csv->row = (struct ch_csv_row){.line = csv->line, .number = csv->row.number + 1, .cells = csv->cells};
}

static void end_line(struct ch_csv *csv)
{
    csv->line++;
    end_row(csv);
}

/* A byte that ends a run outside quotes. */
static void stop_outside(struct ch_csv *csv, char c)
{
    if (c == csv->delimiter) {
        end_cell(csv);
    } else if (c == '\n') {
        end_line(csv);
    } else if (c == '\r') {
        csv->state = CSV_CR;
    } else if (csv->state == CSV_START) {
        csv->state = CSV_QUOTED;
    } else { /* a quote inside an unquoted cell */
        csv->row.problem = CH_CELL_QUOTE;
        append(csv, &c, 1);
    }
}

/* Reads outside quotes up to the first byte that may change the state; the bytes used. */
static size_t read_outside(struct ch_csv *csv, const char *bytes, size_t size)
{
    size_t n = 0;
    while (n < size && !csv->stops[(unsigned char)bytes[n]])
        n++;
    if (n) {
        append(csv, bytes, n);
        csv->state = CSV_PLAIN;
    }
    if (n == size)
        return n;
    stop_outside(csv, bytes[n]);
    return n + 1;
}

static size_t read_quoted(struct ch_csv *csv, const char *bytes, size_t size)
{
    const char *quote = memchr(bytes, '"', size);
    size_t n = quote ? (size_t)(quote - bytes) : size;
    for (const char *at = bytes, *end = bytes + n; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        csv->line++;
    append(csv, bytes, n);
    if (!quote)
        return n;
    csv->state = CSV_QUOTE_SEEN;
    return n + 1;
}

/* The byte behind a quote in a quoted cell. */
static void after_quote(struct ch_csv *csv, char c)
{
    csv->state = CSV_PLAIN;
    if (c == '"') {
        csv->state = CSV_QUOTED;
        append(csv, &c, 1);
    } else if (c == csv->delimiter || c == '\n' || c == '\r') {
        stop_outside(csv, c);
    } else {
        csv->row.problem = CH_CELL_QUOTE;
        append(csv, &c, 1);
    }
}

/* The byte behind a CR outside quotes. False: it is to be read again, as what it is. */
static bool after_cr(struct ch_csv *csv, char c)
{
    if (c == '\n') {
        end_line(csv);
        return true;
    }
    csv->row.problem = CH_CELL_QUOTE;
    append(csv, "\r", 1);
    csv->state = CSV_PLAIN;
    return false;
}

static void read_bytes(struct ch_csv *csv, const char *bytes, size_t size)
{
    size_t i = 0;
    while (i < size) {
        switch (csv->state) {
        case CSV_START:
        case CSV_PLAIN:
            i += read_outside(csv, bytes + i, size - i);
            break;
        case CSV_QUOTED:
            i += read_quoted(csv, bytes + i, size - i);
            break;
        case CSV_QUOTE_SEEN:
            after_quote(csv, bytes[i++]);
            break;
        case CSV_CR:
            i += after_cr(csv, bytes[i]);
            break;
        }
    }
}

void ch_csv_feed(struct ch_csv *csv, const char *bytes, size_t size)
{
    static const char mark[3] = {'\xef', '\xbb', '\xbf'};
    size_t i = 0;
    for (; csv->head < 3 && i < size; i++) {
        if (bytes[i] == mark[csv->head]) {
            csv->head++;
            continue;
        }
        unsigned held = csv->head; /* no mark after all: what was held back is data */
        csv->head = 3;
        read_bytes(csv, mark, held);
        break;
    }
    read_bytes(csv, bytes + i, size - i);
}

void ch_csv_end(struct ch_csv *csv)
{
    if (csv->head < 3) {
        static const char mark[3] = {'\xef', '\xbb', '\xbf'};
        read_bytes(csv, mark, csv->head);
    }
    if (csv->state == CSV_START && csv->row.count == 0)
        return;
    if (csv->state == CSV_QUOTED || csv->state == CSV_CR)
        csv->row.problem = CH_CELL_QUOTE;
    end_row(csv);
}
