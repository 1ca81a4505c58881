/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a notice says as an e-mail. */
#ifndef COMMONHOLD_GOVERNANCE_NOTICE_TEXT_H
#define COMMONHOLD_GOVERNANCE_NOTICE_TEXT_H

#include <jansson.h>

#include "commonhold/arena.h"

struct notice {
    const char *kind;   /* governance.md section 16, `_2` behind it in a second reading; other parts' kinds too */
    const char *title;  /* of the proposal it is about; NULL: of none */
    const json_t *body; /* as the outbox holds it: proposal_id, case_id or appeal_id, closes_at, reading */
};

/* Who speaks: the charter's name and language (en or es), and the origin people use, without a slash at its end. */
struct notice_sender {
    const char *trust, *language, *origin;
};

struct notice_mail {
    const char *subject; /* one line of UTF-8 without controls */
    const char *text;    /* UTF-8, lines end in LF */
};

/* The same for everybody who is told: nothing in it depends on who the reader is or what they chose. A kind it does not
 * know becomes a line that points to the portal. In the arena. */
void notice_write(struct ch_arena *arena, const struct notice_sender *sender, const struct notice *notice,
                  struct notice_mail *mail);

/* The text as the value of a header (RFC 2047): as it is when it is printable ASCII, else encoded words of at most 75
 * bytes, parted by CR LF and a blank. */
const char *notice_header(struct ch_arena *arena, const char *text);
/* The same where a name stands before an address: also encoded when it holds what means something there (RFC 5322). */
const char *notice_phrase(struct ch_arena *arena, const char *name);

#endif
