/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The column contract of a pool: a Frictionless Table Schema, restricted to what PostgreSQL holds exactly
 * (licensing.md section 1). Parsed once, then used to read cells (cell.h). */
#ifndef LICENSING_CORE_TABLE_SCHEMA_H
#define LICENSING_CORE_TABLE_SCHEMA_H

#include "decimal.h"
#include "doc.h"
#include "words.h"

#define CH_SCHEMA_COLUMNS 200
#define CH_SCHEMA_VALUES  1000 /* most values of an enum, of missingValues, of trueValues */
#define CH_STRING_LENGTH  4096 /* most code points of a string cell */

/* A value by which cells are bounded: decimal of a number; seconds of a datetime; days of a date; an integer. */
struct ch_bound {
    bool set;
    struct ch_decimal decimal;
    int64_t integer; /* integer; days; microseconds */
};

struct ch_table_field {
    const char *name;
    enum ch_column_type type;
    enum ch_sensitivity sensitivity;
    const char *unit, *data_type; /* ch:unit, ch:data_type; NULL when not given */
    bool required, unique;
    struct ch_bound minimum, maximum;
    size_t min_length, max_length; /* code points, of a string */
    const char **values;           /* enum, as canonical cell texts; NULL: any */
    size_t value_count;
    struct ch_decimal *decimals;   /* the same of a number */
    char decimal_char, group_char; /* group_char 0: none */
    const char **true_values, **false_values;
    size_t true_count, false_count;
    bool has_zone;
    int zone_minutes; /* ch:timezone: minutes east of UTC */
};

struct ch_table_schema {
    struct ch_table_field *fields;
    size_t field_count;
    const char **missing; /* missingValues: [""] unless given */
    size_t missing_count;
    size_t *primary_key; /* field indexes */
    size_t primary_key_count;
    const json_t *doc;
};

/* Parses a schema; its tree must live as long as the result (the arena of `faults`). NULL with faults otherwise;
 * *unsupported is then true when all of them are things Frictionless knows and we do not (`schema_unsupported`). */
struct ch_table_schema *ch_table_schema_parse(struct ch_faults *faults, const json_t *doc, bool *unsupported);
/* field_count when there is none of that name; the name need not end with NUL. */
size_t ch_table_schema_field(const struct ch_table_schema *schema, const char *name, size_t length);
/* Column names: [a-z][a-z0-9_]{0,39}. */
bool ch_column_name_valid(const char *name);

/* Reads "UTC", "Z" or "+HH:MM"/"-HH:MM" (to 14 hours). */
bool ch_zone_parse(const char *text, size_t length, int *minutes);

/* May `next` follow `before` (licensing.md section 1)? Faults point into `next`: it may add nullable columns, relax
 * constraints and take further texts for a value; it may not change a type, drop a column, lower a sensitivity, tighten
 * anything, or read or mean a stored column otherwise (unit, zone, decimal and group character). *new_notice becomes
 * true when a new column is quasi or direct: rows of members who have not answered must then hold NULL there. */
void ch_table_schema_growth(struct ch_faults *faults, const struct ch_table_schema *before,
                            const struct ch_table_schema *next, bool *new_notice);

#endif
