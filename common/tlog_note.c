/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Verifier keys, signed checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/tlog.h"
#include "tlog_text.h"

#define KEY_ID        4
#define SIGNATURE     64
#define TIME          8
#define SIGNATURE_MAX 8192 /* bytes of a signature of a kind that is not known here */

static void make_id(struct ch_vkey *key)
{
    uint8_t typed[2] = {'\n', (uint8_t)key->type}, digest[32];
    struct ch_sha256 *sum = ch_sha256_begin();
    ch_sha256_add(sum, key->name, strlen(key->name));
    ch_sha256_add(sum, typed, sizeof typed);
    ch_sha256_add(sum, key->key, sizeof key->key);
    ch_sha256_end(sum, digest);
    memcpy(key->id, digest, KEY_ID);
}

const char *ch_vkey_make(const char *name, enum ch_vkey_type type, const uint8_t public_key[32], struct ch_vkey *key)
{
    size_t length = strlen(name);
    if (!tlog_is_name(name, length))
        return "a name of a key has 1 to 255 bytes and neither blanks nor plus signs";
    *key = (struct ch_vkey){.type = type};
    memcpy(key->name, name, length);
    memcpy(key->key, public_key, sizeof key->key);
    make_id(key);
    return NULL;
}

const char *ch_vkey_read(const char *text, size_t length, struct ch_vkey *key)
{
    const char *plus = memchr(text, '+', length);
    size_t name = plus ? (size_t)(plus - text) : 0, size = 0;
    char hex[2 * KEY_ID + 1] = "", copy[CH_TLOG_NAME] = "";
    uint8_t id[KEY_ID], typed[33];
    if (!tlog_is_name(text, name) || length < name + 11 || text[name + 9] != '+')
        return "the key is no verifier key (name, plus, 8 hex digits, plus, base64)";
    memcpy(hex, plus + 1, 2 * KEY_ID);
    memcpy(copy, text, name);
    if (!ch_unhex(hex, id, KEY_ID) || !ch_unbase64(plus + 10, length - name - 10, typed, sizeof typed, &size) ||
        size != sizeof typed || (typed[0] != CH_VKEY_LOG && typed[0] != CH_VKEY_WITNESS))
        return "the key is no Ed25519 verifier key";
    ch_vkey_make(copy, typed[0] == CH_VKEY_LOG ? CH_VKEY_LOG : CH_VKEY_WITNESS, typed + 1, key);
    if (ch_public_key_is_weak(key->key))
        return "the key is one for which anybody can make signatures";
    return memcmp(key->id, id, KEY_ID) == 0 ? NULL : "the key does not have the id that stands in it";
}

char *ch_vkey_text(struct ch_arena *arena, const struct ch_vkey *key)
{
    char hex[2 * KEY_ID + 1];
    uint8_t typed[33] = {(uint8_t)key->type};
    ch_hex(key->id, KEY_ID, hex);
    memcpy(typed + 1, key->key, sizeof key->key);
    return ch_printf(arena, "%s+%s+%s", key->name, hex, ch_base64(arena, typed, sizeof typed));
}

/* A signature line taken apart: `— name base64`. */
struct signature_line {
    struct tlog_line name;
    uint8_t bytes[SIGNATURE_MAX];
    size_t size;
};

static bool read_signature(struct tlog_line line, struct signature_line *signature)
{
    const char *blank = tlog_line_skip(&line, "\xe2\x80\x94 ") ? memchr(line.text, ' ', line.length) : NULL;
    if (!blank)
        return false;
    signature->name = (struct tlog_line){line.text, (size_t)(blank - line.text)};
    return tlog_is_name(signature->name.text, signature->name.length) &&
           ch_unbase64(blank + 1, line.length - signature->name.length - 1, signature->bytes, SIGNATURE_MAX,
                       &signature->size) &&
           signature->size > KEY_ID;
}

static const char *read_body(struct tlog_text *text, struct ch_checkpoint *checkpoint)
{
    struct tlog_line line;
    if (!tlog_line_next(text, &line) || line.length == 0 || line.length >= CH_TLOG_NAME)
        return "the checkpoint has no origin";
    memcpy(checkpoint->origin, line.text, line.length);
    checkpoint->origin[line.length] = '\0';
    if (!tlog_line_next(text, &line) || !tlog_line_number(&line, &checkpoint->size))
        return "the checkpoint's size is no number";
    if (!tlog_line_next(text, &line) || !tlog_line_hash(&line, checkpoint->root))
        return "the checkpoint's root is no hash";
    checkpoint->body = (size_t)(text->at - checkpoint->text);
    if (!tlog_line_next(text, &line))
        return "the checkpoint ends before its signatures";
    return line.length == 0 ? NULL : "the checkpoint has lines that are not known";
}

const char *ch_checkpoint_read(const char *text, size_t length, struct ch_checkpoint *checkpoint)
{
    struct tlog_text rest = {text, text + length};
    struct tlog_line line;
    struct signature_line signature;
    memset(checkpoint, 0, sizeof *checkpoint);
    checkpoint->text = text;
    checkpoint->length = length;
    if (!tlog_is_note(text, length))
        return "the checkpoint has bytes that belong to no note";
    const char *wrong = read_body(&rest, checkpoint);
    size_t lines = 0;
    for (; !wrong && tlog_line_next(&rest, &line); lines++)
        if (lines == CH_TLOG_LINES || !read_signature(line, &signature))
            wrong = lines == CH_TLOG_LINES ? "the checkpoint has too many signatures"
                                           : "the checkpoint has a line that is no signature";
    if (wrong)
        return wrong;
    if (rest.at != rest.end)
        return "the checkpoint has bytes behind its last line";
    return lines > 0 ? NULL : "the checkpoint has no signature";
}

size_t ch_cosigned_text(const struct ch_checkpoint *checkpoint, uint64_t time, char text[CH_COSIGNED_MAX])
{
    int head = snprintf(text, CH_COSIGNED_MAX, "cosignature/v1\ntime %" PRIu64 "\n", time);
    memcpy(text + head, checkpoint->text, checkpoint->body);
    return (size_t)head + checkpoint->body;
}

static bool cosignature_holds(const struct ch_checkpoint *checkpoint, const struct ch_vkey *key, const uint8_t *bytes,
                              uint64_t *time)
{
    char text[CH_COSIGNED_MAX];
    *time = 0;
    for (size_t i = 0; i < TIME; i++)
        *time = *time << 8 | bytes[i];
    return *time <= INT64_MAX && ch_verify(key->key, text, ch_cosigned_text(checkpoint, *time, text), bytes + TIME);
}

static bool signature_holds(const struct ch_checkpoint *checkpoint, const struct ch_vkey *key,
                            const struct signature_line *signature, uint64_t *time)
{
    const uint8_t *bytes = signature->bytes + KEY_ID;
    size_t size = signature->size - KEY_ID;
    *time = 0;
    if (key->type == CH_VKEY_WITNESS)
        return size == TIME + SIGNATURE && cosignature_holds(checkpoint, key, bytes, time);
    return size == SIGNATURE && ch_verify(key->key, checkpoint->text, checkpoint->body, bytes);
}

enum ch_signed ch_checkpoint_signed(const struct ch_checkpoint *checkpoint, const struct ch_vkey *key,
                                    struct ch_signature *signature)
{
    struct tlog_text rest = {checkpoint->text + checkpoint->body + 1, checkpoint->text + checkpoint->length};
    struct tlog_line line;
    struct signature_line found;
    enum ch_signed verdict = CH_SIGNED_NOT;
    uint64_t time;
    while (tlog_line_next(&rest, &line)) {
        if (!read_signature(line, &found) || !tlog_line_is(&found.name, key->name) ||
            memcmp(found.bytes, key->id, KEY_ID) != 0)
            continue; /* another signer's */
        if (!signature_holds(checkpoint, key, &found, &time))
            return CH_SIGNED_BADLY;
        if (verdict == CH_SIGNED_NOT && signature)
            *signature = (struct ch_signature){line.text, line.length + 1, time};
        verdict = CH_SIGNED_WELL;
    }
    return verdict;
}
