/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold download`: asks for the rows of a grant, writes them down with a progress line, checks every hash, and
 * goes on behind the last whole batch after whatever went wrong. Only the trust knows what was sent; only the file
 * knows what arrived. */
#include "download.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "commonhold/crypto.h"
#include "commonhold/id.h"

#define PATIENCE_DEFAULT 600
#define PAUSE_MS         500  /* before the second attempt; doubles */
#define PAUSE_MAX_MS     8000 /* at most */

struct download {
    struct ch_arena *arena;
    struct ch_client *client;
    struct program program;
    struct part part;
    const char *path; /* of the rows, with parameters but for `after` and `limit` */
    const char *accept;
    const char *after; /* resume token, "" for none */
    bool csv, compressed;
    int64_t limit; /* -1: none */
    int patience_s;
    struct ch_progress bar;
    /* of the answer under way */
    uint64_t header;     /* bytes of its header line so far, where that is left out */
    bool begun, in_head; /* its delivery is noted; its header line has not ended */
    bool broken;         /* the file could not be written */
    bool refused;        /* the last token was: the trust had just learnt that its batch did not arrive */
};

/* What became of one step. */
enum step { STEP_DONE, STEP_AGAIN, STEP_FAILED };

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* ---- the answer, as it comes ---- */

static bool begin(struct download *d)
{
    const char *id = ch_client_header(d->client, "X-Commonhold-Delivery");
    d->begun = id && part_begin(&d->part, id, d->after, d->header);
    return d->begun;
}

/* Length of what belongs to the header line of a later delivery: the file has it already. */
static size_t pass_over_header(struct download *d, const char *bytes, size_t size)
{
    const char *end = memchr(bytes, '\n', size);
    size_t length = end ? (size_t)(end - bytes) + 1 : size;
    d->header += length;
    d->in_head = end == NULL;
    return length;
}

static bool take(void *arg, const void *bytes, size_t size)
{
    struct download *d = arg;
    const char *from = bytes;
    size_t passed = d->in_head ? pass_over_header(d, from, size) : 0;
    if (d->in_head)
        return true;
    d->broken = !((d->begun || begin(d)) && part_write(&d->part, from + passed, size - passed));
    ch_progress_show(&d->bar, d->part.size);
    return !d->broken;
}

/* ---- one delivery ---- */

static int64_t rows_here(const struct download *d)
{
    int64_t rows = 0;
    for (size_t i = 0; i < d->part.count; i++)
        rows += d->part.deliveries[i].rows;
    return rows;
}

static struct ch_client_answer ask_rows(struct download *d)
{
    const char *const headers[] = {d->accept, d->program.bearer, NULL};
    int64_t left = d->limit - rows_here(d);
    const struct ch_client_request request = {
        .method = "GET",
        .path = ch_printf(d->arena, "%s%s%s%s", d->path, *d->after ? "&after=" : "", d->after,
                          d->limit < 0 ? "" : ch_printf(d->arena, "&limit=%lld", (long long)left)),
        .headers = headers,
        .received = take,
        .compressed = d->compressed,
        .arg = d};
    d->header = 0;
    d->begun = false;
    d->in_head = d->csv && d->part.size > 0;
    return ch_client_send(d->client, &request);
}

static struct ch_client_answer ask_delivery(struct download *d, const char *id)
{
    const char *const headers[] = {d->program.bearer, NULL};
    const struct ch_client_request request = {
        .method = "GET", .path = ch_printf(d->arena, "/metering/v1/deliveries/%s", id), .headers = headers};
    return ch_client_send(d->client, &request);
}

static bool is_transient(const struct ch_client_answer *answer)
{
    return answer->status == 0 || answer->status == 408 || answer->status >= 500 ||
           (answer->status == 429 && strcmp(answer->outcome, "quota_reached") != 0);
}

static enum step failed(struct download *d, const char *what, const struct ch_client_answer *answer)
{
    if (is_transient(answer))
        return STEP_AGAIN;
    const char *wait = ch_client_header(d->client, "Retry-After");
    ch_say(0, "%s: %d %s: %s%s%s%s", what, answer->status, answer->outcome, answer->detail, wait ? "; again in " : "",
           wait ? wait : "", wait ? " s" : "");
    return STEP_FAILED;
}

/* The last delivery is cut back to what is certain, and the next goes on there. */
static enum step settle(struct download *d)
{
    if (d->part.count == 0)
        return STEP_DONE;
    struct ch_client_answer answer = ask_delivery(d, d->part.deliveries[d->part.count - 1].id);
    if (answer.status != 200)
        return failed(d, "GET of the delivery", &answer);
    return part_settle(&d->part, answer.json, &d->after) == CH_EXIT_OK ? STEP_DONE : STEP_FAILED;
}

/* All bytes of the last delivery are here, and they are those the trust hashed. */
static bool is_whole(const struct download *d, const json_t *delivery)
{
    const struct part_delivery *last = &d->part.deliveries[d->part.count - 1];
    uint8_t digest[32];
    char hex[65];
    if ((uint64_t)json_integer_value(json_object_get(delivery, "bytes")) !=
            d->part.size - last->offset + last->skipped ||
        !part_hash_last(&d->part, digest))
        return false;
    ch_hex(digest, sizeof digest, hex);
    return strcmp(hex, text_of(delivery, "body_sha256")) == 0;
}

static enum step conclude(struct download *d, const json_t *delivery)
{
    const char *state = text_of(delivery, "state"), *reason = text_of(delivery, "reason");
    bool complete = strcmp(state, "complete") == 0, few = strcmp(reason, "cohort_too_small") == 0;
    if ((complete || few) && is_whole(d, delivery)) {
        d->part.deliveries[d->part.count - 1].rows = json_integer_value(json_object_get(delivery, "rows"));
        if (few)
            ch_say(0, "%s: rows at the end that come from too few members were withheld", d->part.name);
        return STEP_DONE;
    }
    enum step step = settle(d);
    if (step != STEP_DONE)
        return step;
    if (strcmp(state, "ended") != 0 || few || strcmp(reason, "unavailable") == 0)
        return STEP_AGAIN;
    ch_say(0, "%s: the delivery ended early: %s; the same command goes on once that has changed", d->part.name, reason);
    return STEP_FAILED;
}

static enum step deliver(struct download *d)
{
    bool transient;
    if (program_token(d->arena, d->client, ch_client_origin(d->client), &d->program, &transient) != CH_EXIT_OK)
        return transient ? STEP_AGAIN : STEP_FAILED;
    enum step step = settle(d);
    if (step != STEP_DONE || rows_here(d) == d->limit) /* it broke off behind the last row asked for */
        return step;
    struct ch_client_answer answer = ask_rows(d);
    if (d->broken)
        return STEP_FAILED;
    bool again = strcmp(answer.outcome, "resume_refused") == 0 && !d->refused;
    d->refused = again;
    if (again)
        return STEP_AGAIN;
    if (answer.status != 200)
        return failed(d, "GET of the rows", &answer);
    if (d->in_head || (!d->begun && !begin(d))) /* no byte came */
        return STEP_AGAIN;
    answer = ask_delivery(d, d->part.deliveries[d->part.count - 1].id);
    return answer.status == 200 ? conclude(d, answer.json) : failed(d, "GET of the delivery", &answer);
}

/* ---- the whole ---- */

static void pause_ms(int ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
}

static enum step deliver_all(struct download *d)
{
    int64_t moved_ms = now_ms();
    uint64_t most = 0;
    int pause = PAUSE_MS;
    enum step step;
    while ((step = deliver(d)) == STEP_AGAIN) {
        if (d->part.size > most) {
            most = d->part.size;
            moved_ms = now_ms();
            pause = PAUSE_MS;
        }
        if (now_ms() - moved_ms > (int64_t)d->patience_s * 1000) {
            ch_say(0, "%s: nothing came through for %d s; the same command goes on here", d->part.name, d->patience_s);
            return STEP_FAILED;
        }
        pause_ms(pause);
        pause = pause < PAUSE_MAX_MS ? 2 * pause : pause;
    }
    return step;
}

static int download(struct download *d)
{
    int code = part_open(&d->part);
    if (code != CH_EXIT_OK)
        return code;
    ch_progress_begin(&d->bar, d->part.name, d->part.size, CH_PROGRESS_UNKNOWN);
    enum step step = deliver_all(d);
    ch_progress_end(&d->bar, d->part.size);
    if (step != STEP_DONE || !part_finish(&d->part))
        return d->broken || step == STEP_DONE ? CH_EXIT_FAULT : CH_EXIT_REFUSED;
    printf("%s: %lld rows, %llu bytes, hashes agree, delivered as", d->part.name, (long long)rows_here(d),
           (unsigned long long)d->part.size);
    for (size_t i = 0; i < d->part.count; i++)
        printf(" %s", d->part.deliveries[i].id);
    putchar('\n');
    return CH_EXIT_OK;
}

/* ---- arguments ---- */

struct options {
    const char *grant, *client, *secret_file, *key_file, *output, *format, *select, *limit, *origin, *patience;
    bool compressed;
};

static bool is_number(const char *text, int64_t *value)
{
    char *end;
    *value = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *value > 0;
}

/* "column=op.value" as a parameter; NULL with a message. */
static const char *filter(struct download *d, const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word || !strchr(equals, '.')) {
        ch_say(0, "%s is no filter: COLUMN=OP.VALUE, as pm10=gte.5", word);
        return NULL;
    }
    const char *column = ch_client_escape(d->client, ch_memdup(d->arena, word, (size_t)(equals - word)));
    return ch_printf(d->arena, "&%s=%s", column, ch_client_escape(d->client, equals + 1));
}

static bool write_question(struct download *d, const struct options *options, int words, char **argv)
{
    d->path = ch_printf(d->arena, "/metering/v1/pools/%s/rows?trailer=0", ch_client_escape(d->client, argv[0]));
    if (options->select)
        d->path = ch_printf(d->arena, "%s&select=%s", d->path, ch_client_escape(d->client, options->select));
    for (int i = 1; i < words; i++) {
        const char *one = filter(d, argv[i]);
        if (!one)
            return false;
        d->path = ch_printf(d->arena, "%s%s", d->path, one);
    }
    d->part.question = ch_printf(d->arena, "%s %s%s %s limit %lld", options->grant, ch_client_origin(d->client),
                                 d->path, d->csv ? "csv" : "ndjson", (long long)d->limit);
    return true;
}

static bool take_options(struct download *d, const struct options *options, const char *pool)
{
    int64_t patience = PATIENCE_DEFAULT;
    d->limit = -1;
    d->csv = !options->format || strcmp(options->format, "csv") == 0;
    if (!d->csv && strcmp(options->format, "ndjson") != 0)
        return ch_say(false, "--format is csv or ndjson");
    if ((options->limit && !is_number(options->limit, &d->limit)) ||
        (options->patience && (!is_number(options->patience, &patience) || patience > 1000000)))
        return ch_say(false, "--limit and --patience are whole numbers from 1");
    if (!options->secret_file == !options->key_file)
        return ch_say(false, "either --secret-file or --key-file is needed");
    d->patience_s = (int)patience;
    d->compressed = options->compressed;
    d->accept = d->csv ? "Accept: text/csv" : "Accept: application/x-ndjson";
    d->after = "";
    d->program = (struct program){.client = options->client,
                                  .grant = options->grant,
                                  .secret_file = options->secret_file,
                                  .key_file = options->key_file};
    d->part.name = options->output ? options->output : ch_printf(d->arena, "%s.%s", pool, d->csv ? "csv" : "ndjson");
    return true;
}

static int run(struct download *d, const struct options *options, int words, char **argv)
{
    if (!take_options(d, options, argv[0]))
        return CH_EXIT_USAGE;
    d->client = ch_client_open(d->arena, options->origin);
    if (!d->client)
        return CH_EXIT_REFUSED;
    return write_question(d, options, words, argv) ? download(d) : CH_EXIT_USAGE;
}

int ch_command_download(int argc, char **argv)
{
    struct options options = {0};
    const struct ch_option table[] = {{"--grant", &options.grant, NULL, true},
                                      {"--client", &options.client, NULL, true},
                                      {"--secret-file", &options.secret_file, NULL, false},
                                      {"--key-file", &options.key_file, NULL, false},
                                      {"--output", &options.output, NULL, false},
                                      {"--format", &options.format, NULL, false},
                                      {"--select", &options.select, NULL, false},
                                      {"--limit", &options.limit, NULL, false},
                                      {"--compressed", NULL, &options.compressed, false},
                                      {"--origin", &options.origin, NULL, false},
                                      {"--patience", &options.patience, NULL, false},
                                      {NULL, NULL, NULL, false}};
    int words;
    if (!ch_options(argc, argv, table, &words))
        return CH_EXIT_USAGE;
    if (words == 0)
        return ch_say(CH_EXIT_USAGE, "POOL is missing");
    struct ch_arena *arena = ch_arena_new();
    struct download d = {.arena = arena, .part = {.arena = arena, .fd = -1}};
    int code = run(&d, &options, words, argv);
    part_close(&d.part);
    ch_client_close(d.client);
    ch_arena_free(arena);
    return code;
}
