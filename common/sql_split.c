/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A lexer of PostgreSQL's SQL that only finds where statements end (as psql does). It judges nothing: what it cuts
 * wrongly the server refuses. */
#include "sql_split.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct scan {
    const char *p;
    int line;
    int parens;   /* open ( */
    int blocks;   /* open BEGIN or CASE of a BEGIN ATOMIC body */
    int words;    /* identifiers seen so far */
    bool creates; /* the statement begins with CREATE */
    bool routine; /* ... [OR REPLACE] FUNCTION or PROCEDURE */
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static void step(struct scan *scan)
{
    if (*scan->p == '\n')
        scan->line++;
    scan->p++;
}

/* Behind the closing quote; a doubled quote stays inside, and so does a backslash's follower when `escapes`. */
static void skip_quoted(struct scan *scan, char quote, bool escapes)
{
    step(scan);
    while (*scan->p != '\0') {
        if (escapes && *scan->p == '\\' && scan->p[1] != '\0') {
            step(scan);
        } else if (*scan->p == quote) {
            step(scan);
            if (*scan->p != quote)
                return;
        }
        step(scan);
    }
}

/* $tag$ ... $tag$; a lone dollar (parameter) is one byte. */
static void skip_dollar(struct scan *scan)
{
    size_t size = 1;
    while (is_word(scan->p[size]))
        size++;
    if (scan->p[size] != '$' || isdigit((unsigned char)scan->p[1])) {
        step(scan);
        return;
    }
    size++;
    const char *tag = scan->p;
    for (size_t i = 0; i < size; i++)
        step(scan);
    while (*scan->p != '\0' && strncmp(scan->p, tag, size) != 0)
        step(scan);
    for (size_t i = 0; i < size && *scan->p != '\0'; i++)
        step(scan);
}

static void skip_block_comment(struct scan *scan)
{
    int depth = 0;
    do {
        if (scan->p[0] == '/' && scan->p[1] == '*') {
            depth++;
            step(scan);
        } else if (scan->p[0] == '*' && scan->p[1] == '/') {
            depth--;
            step(scan);
        }
        step(scan);
    } while (depth > 0 && *scan->p != '\0');
}

/* True when a comment was there and is behind us. */
static bool skip_comment(struct scan *scan)
{
    if (scan->p[0] == '/' && scan->p[1] == '*') {
        skip_block_comment(scan);
        return true;
    }
    if (scan->p[0] != '-' || scan->p[1] != '-')
        return false;
    while (*scan->p != '\0' && *scan->p != '\n')
        step(scan);
    return true;
}

static bool same(const char *word, size_t size, const char *keyword)
{
    return strlen(keyword) == size && strncasecmp(word, keyword, size) == 0;
}

/* Semicolons inside BEGIN ATOMIC ... END end no statement. Dollar-quoted bodies never come here. */
static void note_word(struct scan *scan, const char *word, size_t size)
{
    scan->words++;
    if (scan->words == 1)
        scan->creates = same(word, size, "create");
    if (scan->creates && scan->words <= 4 && (same(word, size, "function") || same(word, size, "procedure")))
        scan->routine = true;
    if (!scan->routine)
        return;
    if (same(word, size, "begin") || (scan->blocks > 0 && same(word, size, "case")))
        scan->blocks++;
    else if (scan->blocks > 0 && same(word, size, "end"))
        scan->blocks--;
}

static void take_word(struct scan *scan)
{
    const char *word = scan->p;
    while (is_word(*scan->p) || *scan->p == '$')
        step(scan);
    size_t size = (size_t)(scan->p - word);
    if (*scan->p == '\'' && size == 1 && (*word == 'e' || *word == 'E'))
        skip_quoted(scan, '\'', true);
    else
        note_word(scan, word, size);
}

/* One token; true when it was the semicolon that ends the statement. */
static bool take_token(struct scan *scan)
{
    char c = *scan->p;
    if (is_word(c)) {
        take_word(scan);
    } else if (c == '\'' || c == '"') {
        skip_quoted(scan, c, false);
    } else if (c == '$') {
        skip_dollar(scan);
    } else if (!skip_comment(scan)) {
        if (c == '(')
            scan->parens++;
        else if (c == ')' && scan->parens > 0)
            scan->parens--;
        step(scan);
        return c == ';' && scan->parens == 0 && scan->blocks == 0;
    }
    return false;
}

bool ch_sql_next(struct ch_sql_script *script, struct ch_sql_piece *piece)
{
    struct scan scan = {.p = script->next, .line = script->line};
    while (*scan.p != '\0' && (isspace((unsigned char)*scan.p) || *scan.p == ';' || skip_comment(&scan))) {
        if (isspace((unsigned char)*scan.p) || *scan.p == ';')
            step(&scan);
    }
    piece->text = scan.p;
    piece->line = scan.line;
    while (*scan.p != '\0' && !take_token(&scan))
        continue;
    piece->size = (size_t)(scan.p - piece->text);
    script->next = scan.p;
    script->line = scan.line;
    return piece->size > 0;
}

int ch_sql_line(const struct ch_sql_piece *piece, long position)
{
    int line = piece->line;
    for (size_t i = 0; i < piece->size && position > 1; i++) {
        if (piece->text[i] == '\n')
            line++;
        /* The first byte of the next character, not a continuation byte, counts. */
        if (i + 1 < piece->size && ((unsigned char)piece->text[i + 1] & 0xc0) != 0x80)
            position--;
    }
    return line;
}
