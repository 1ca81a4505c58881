/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a body of usage events. The scanner's reading and jansson's must be the same: same refusal at the same
 * place, or same verdicts and same events. jansson has the last word on what is JSON at all, too. The first byte
 * chooses the mode; in binary mode lines up to an empty one are headers. */
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "../unit/event_texts.h"

#define HEADERS 32

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static bool is_json(const char *text, size_t size, bool tamed)
{
    json_error_t error;
    char *copy = malloc(size + 1);
    require(copy != NULL);
    memcpy(copy, text, size);
    if (tamed)
        event_tame(copy, size);
    json_t *tree = json_loadb(copy, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    bool read = tree != NULL;
    json_decref(tree);
    free(copy);
    return read;
}

static void check_event(const struct usage_event *event)
{
    require(event->reason <= EVENT_CONTRIBUTION_INVALID && (event->id != NULL) == (event->id_size > 0));
    require(!event->id || (event->id_size <= 4 * EVENT_ID_MOST && event_text_count(event->id, event->id_size) > 0));
    if (event->reason != EVENT_GOOD)
        return;
    require(event->id && event->source && event->pool && event->pool_size >= 1 && event->pool_size <= 32);
    require(event->units >= 1 && event->units <= EVENT_UNITS_MOST && event->meter < USAGE_METERS);
    require(event->time >= EVENT_NOW - EVENT_AGE_MOST && event->time <= EVENT_NOW + EVENT_AHEAD_MOST);
    require(event->event_key[6] >> 4 == 8 && event->event_key[8] >> 6 == 2);
}

static void check_body(struct event_reader *reader, struct ch_arena *arena, enum event_mode mode, const char *body,
                       size_t size)
{
    struct event_batch batch;
    struct event_refusal refusal;
    bool good;
    require(event_read_both(reader, arena, mode, body, size, &batch, &refusal, &good));
    if (good) {
        require(is_json(body, size, true));
        for (size_t i = 0; i < batch.count; i++)
            check_event(&batch.events[i]);
    } else if (refusal.kind == EVENTS_NOT_JSON && !strstr(refusal.detail, "nested deeper")) {
        /* jansson overlooks a zero byte behind a number */
        require(refusal.offset <= size && (memchr(body, '\0', size) || !is_json(body, size, false)));
    }
}

/* Cuts "name:value" lines out of the text; what follows is the body. */
static void check_binary(struct event_reader *reader, struct ch_arena *arena, char *text, const char *stop)
{
    struct event_header headers[HEADERS];
    size_t count = 0;
    const char *type = NULL;
    struct event_batch batch;
    struct event_refusal refusal;
    for (char *end; (end = memchr(text, '\n', (size_t)(stop - text))) != NULL && end > text; text = end + 1) {
        *end = '\0';
        char *colon = strchr(text, ':');
        if (!colon || count == HEADERS)
            continue;
        *colon = '\0';
        if (strcmp(text, "content-type") == 0)
            type = colon + 1;
        else
            headers[count++] = (struct event_header){text, colon + 1};
    }
    text += text < stop;
    (void)event_mode_of(type);
    if (events_read_binary(reader, arena, headers, count, type, text, (size_t)(stop - text), EVENT_NOW, &batch,
                           &refusal)) {
        require(batch.count == 1);
        check_event(batch.events);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    struct ch_arena *arena = ch_arena_new();
    struct event_reader *reader = event_reader_new();
    char *text = malloc(size); /* its own block: what is read behind the end is found */
    require(text != NULL);
    memcpy(text, bytes + 1, size - 1);
    if (bytes[0] % 4 == 2)
        check_binary(reader, arena, text, text + size - 1);
    else
        check_body(reader, arena, bytes[0] % 4 == 1 ? EVENT_MODE_STRUCTURED : EVENT_MODE_BATCH, text, size - 1);
    free(text);
    event_reader_free(reader);
    ch_arena_free(arena);
    return 0;
}
