/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the two halves of the schema reader share (table_schema.c, schema_check.c); nobody else includes it. */
#ifndef LICENSING_CORE_SCHEMA_CHECK_H
#define LICENSING_CORE_SCHEMA_CHECK_H

#include "table_schema.h"

struct ch_schema_reader {
    struct ch_faults *faults;
    size_t unsupported; /* faults that are things we do not support */
};

/* A fault that counts as unsupported. */
void ch_schema_unsupported(struct ch_schema_reader *r, const struct ch_at *at, const char *what);
/* One for each member of an object that Frictionless knows and we refuse. */
void ch_schema_refuse_known(struct ch_schema_reader *r, const struct ch_at *at, const json_t *object);
/* The texts of an array of strings, at most CH_SCHEMA_VALUES. */
const char **ch_schema_texts(struct ch_schema_reader *r, const struct ch_at *at, const json_t *list, size_t *count);
/* Reads `constraints` (NULL: none) into a field whose type and format are known. */
void ch_schema_constraints(struct ch_schema_reader *r, const struct ch_at *at, const json_t *constraints,
                           struct ch_table_field *field);

#endif
