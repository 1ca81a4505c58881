/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of `commonhold download` share.
 *
 * Rows are written to FILE.part; FILE.part.json names the deliveries they came from. A delivery that broke off is cut
 * back to the last of its batches that is here whole and has the hash the trust committed to, and the next delivery
 * goes on behind it. The last step makes FILE.part FILE. */
#ifndef METERING_DOWNLOAD_H
#define METERING_DOWNLOAD_H

#include "commonhold/client.h"

/* One delivery of the chain. The body of each begins with the header line of CSV; only the first one's is kept. */
struct part_delivery {
    const char *id;
    const char *after; /* the resume token it was asked with, "" for none */
    uint64_t offset;   /* where its rows begin in the file */
    uint64_t skipped;  /* bytes of its body that are not in the file: its header line */
    int64_t rows;      /* of it in the file, once it was settled */
};

struct part {
    struct ch_arena *arena;
    const char *name, *path, *state_path; /* FILE, FILE.part, FILE.part.json */
    const char *question;                 /* what was asked: origin, path and parameters without `after` */
    int fd;
    uint64_t size; /* bytes of the file */
    struct part_delivery *deliveries;
    size_t count, room;
};

/* Opens FILE.part, and takes up what FILE.part.json says where it is about the same question. An exit code, with a
 * message on stderr where it is not CH_EXIT_OK. `part` has arena, name and question. */
int part_open(struct part *part);
/* Begins the rows of a delivery at the end of the file; keeps that before the first byte is written. */
bool part_begin(struct part *part, const char *id, const char *after, uint64_t skipped);
bool part_write(struct part *part, const void *bytes, size_t size);
/* Cuts the last delivery back to the batches of `delivery` (the answer of GET /metering/v1/deliveries/{id}) that are
 * here whole; `after` becomes the token behind them. With no batch left it is the one this delivery was asked with, and
 * the delivery is forgotten; but the first one stays, for the token in front of it. CH_EXIT_REFUSED where the file's
 * bytes are not those the trust sent. */
int part_settle(struct part *part, const json_t *delivery, const char **after);
/* The SHA-256 of the body of the last delivery as it is in the file, its header line put back. */
bool part_hash_last(const struct part *part, uint8_t digest[32]);
/* The file is whole: gives it its name. False with a message. */
bool part_finish(struct part *part);
void part_close(struct part *part);

/* How the program proves itself to the trust. */
struct program {
    const char *client, *grant, *secret_file, *key_file;
    char *bearer; /* "Authorization: Bearer ..." */
    time_t until; /* CLOCK_MONOTONIC seconds: a new token is asked for from here on */
};

/* A token that still lasts a while. CH_EXIT_OK, or an exit code with a message on stderr. `*transient`: it is worth
 * asking again. */
int program_token(struct ch_arena *arena, struct ch_client *client, const char *origin, struct program *program,
                  bool *transient);

#endif
