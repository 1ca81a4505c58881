/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The operator's log: one logfmt line an event, made in a buffer and written with one write(2), so that lines of
 * several processes on one pipe do not mix. It is not an audit trail: what must not be lost is a row. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commonhold/log.h"

#define LINE_MAX_BYTES 4096 /* PIPE_BUF: writes up to this size are atomic */

struct line {
    char text[LINE_MAX_BYTES];
    size_t length;
};

static enum ch_log_level least = CH_LOG_INFO;
static char role_name[32] = "commonhold";
static pid_t role_pid;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over `waiting` */
static struct line waiting;
static void (*soon)(void *arg); /* NULL: lines do not wait */
static void *soon_arg;
static pthread_t owner;

static void add_bytes(struct line *line, const char *bytes, size_t size)
{
    size_t room = sizeof line->text - 1 - line->length; /* one byte is kept for the line feed */
    if (size > room)
        size = room;
    memcpy(line->text + line->length, bytes, size);
    line->length += size;
}

static void add_text(struct line *line, const char *text)
{
    add_bytes(line, text, strlen(text));
}

/* Bare words are what every logfmt reader takes without quotes. */
static bool is_bare(const char *value)
{
    if (*value == '\0')
        return false;
    for (; *value; value++)
        if (*value <= ' ' || *value == '"' || *value == '=' || *value == '\\' || *value == 0x7f)
            return false;
    return true;
}

static void add_escaped(struct line *line, unsigned char byte)
{
    char text[8];
    if (byte == '"' || byte == '\\')
        snprintf(text, sizeof text, "\\%c", byte);
    else if (byte == '\n')
        snprintf(text, sizeof text, "\\n");
    else if (byte < ' ' || byte == 0x7f)
        snprintf(text, sizeof text, "\\x%02x", byte);
    else
        snprintf(text, sizeof text, "%c", byte);
    add_text(line, text);
}

static void add_value(struct line *line, const char *value)
{
    if (!value) {
        add_text(line, "null");
        return;
    }
    if (is_bare(value)) {
        add_text(line, value);
        return;
    }
    add_text(line, "\"");
    for (; *value; value++)
        add_escaped(line, (unsigned char)*value);
    add_text(line, "\"");
}

/* Seconds are formatted once a second: a line costs no gmtime. */
static void add_time(struct line *line)
{
    static _Thread_local time_t second;
    static _Thread_local char prefix[32];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != second || !prefix[0]) {
        struct tm utc;
        gmtime_r(&now.tv_sec, &utc);
        strftime(prefix, sizeof prefix, "ts=%Y-%m-%dT%H:%M:%S", &utc);
        second = now.tv_sec;
    }
    char millis[32];
    snprintf(millis, sizeof millis, ".%03ldZ", now.tv_nsec / 1000000);
    add_text(line, prefix);
    add_text(line, millis);
}

static void begin_line(struct line *line, enum ch_log_level level, const char *msg)
{
    static const char *const NAMES[] = {"debug", "info", "warn", "error"};
    char head[96];
    line->length = 0;
    add_time(line);
    snprintf(head, sizeof head, " level=%s role=%s pid=%ld msg=", NAMES[level], role_name,
             (long)(role_pid ? role_pid : getpid()));
    add_text(line, head);
    add_value(line, msg);
}

static void write_all(const char *bytes, size_t left)
{
    while (left > 0) {
        ssize_t written = write(STDERR_FILENO, bytes, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* nobody to tell */
        bytes += written;
        left -= (size_t)written;
    }
}

static void flush_locked(void)
{
    write_all(waiting.text, waiting.length);
    waiting.length = 0;
}

/* True when the line waits as the first one. */
static bool put_line(struct line *line, bool may_wait)
{
    line->text[line->length++] = '\n';
    if (line->length > sizeof waiting.text - waiting.length)
        flush_locked();
    if (!may_wait) {
        flush_locked();
        write_all(line->text, line->length);
        return false;
    }
    memcpy(waiting.text + waiting.length, line->text, line->length);
    waiting.length += line->length;
    return waiting.length == line->length;
}

static void write_line(struct line *line, enum ch_log_level level)
{
    pthread_mutex_lock(&lock);
    bool may_wait = soon && level < CH_LOG_WARN && pthread_equal(pthread_self(), owner);
    bool first = put_line(line, may_wait);
    pthread_mutex_unlock(&lock);
    if (first)
        soon(soon_arg);
}

void ch_log_batch(void (*call)(void *arg), void *arg)
{
    ch_log_flush();
    owner = pthread_self();
    soon = call;
    soon_arg = arg;
}

void ch_log_flush(void)
{
    pthread_mutex_lock(&lock);
    flush_locked();
    pthread_mutex_unlock(&lock);
}

void ch_log_level(enum ch_log_level level)
{
    least = level;
}

void ch_log_role(const char *role)
{
    snprintf(role_name, sizeof role_name, "%s", role);
    role_pid = getpid();
}

void ch_log(enum ch_log_level level, const char *msg, ...)
{
    if (level < least)
        return;
    struct line line;
    begin_line(&line, level, msg);
    va_list args;
    va_start(args, msg);
    for (const char *key = va_arg(args, const char *); key; key = va_arg(args, const char *)) {
        const char *value = va_arg(args, const char *);
        add_text(&line, " ");
        add_text(&line, key);
        add_text(&line, "=");
        add_value(&line, value);
    }
    va_end(args);
    write_line(&line, level);
}
