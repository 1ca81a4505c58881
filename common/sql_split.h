/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cuts an SQL script into statements, so that an error can be told with its line. */
#ifndef COMMONHOLD_SQL_SPLIT_H
#define COMMONHOLD_SQL_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

struct ch_sql_script {
    const char *next; /* what is not cut yet; ends with NUL */
    int line;         /* of *next, 1-based */
};

struct ch_sql_piece {
    const char *text; /* first byte that is neither white space nor comment */
    size_t size;      /* up to and with the semicolon, or to the end of the script */
    int line;         /* of the first byte */
};

/* The next statement; false when only white space and comments are left. Knows quoted strings (E'' too), quoted
 * identifiers, dollar quotes, nested comments, parentheses, and BEGIN ATOMIC bodies of functions. */
bool ch_sql_next(struct ch_sql_script *script, struct ch_sql_piece *piece);

/* Line of the `position`th character (1-based, UTF-8 characters, as the server counts) of a piece. */
int ch_sql_line(const struct ch_sql_piece *piece, long position);

#endif
