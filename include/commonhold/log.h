/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Operator's log: logfmt lines on stderr, one event a line. */
#ifndef COMMONHOLD_LOG_H
#define COMMONHOLD_LOG_H

enum ch_log_level { CH_LOG_DEBUG, CH_LOG_INFO, CH_LOG_WARN, CH_LOG_ERROR };

/* Lines under this level are dropped; INFO at start. */
void ch_log_level(enum ch_log_level level);
/* role= and pid= of every line from now on. */
void ch_log_role(const char *role);

/* ts=... level=... role=... pid=... msg="..." key=value ...: `keys` is a NULL-ended list of key, value pairs
 * (both const char *; values are quoted where logfmt needs it; a NULL value is written as null). */
void ch_log(enum ch_log_level level, const char *msg, ...) __attribute__((sentinel));

/* From now on lines under WARN wait in a buffer of one page: `soon` is called when the first one waits, and must see to
 * it that ch_log_flush runs before the thread sleeps. WARN and ERROR, and lines of other threads, are written at once,
 * with what waits before them. NULL: every line at once again. */
void ch_log_batch(void (*soon)(void *arg), void *arg);
void ch_log_flush(void);

#endif
