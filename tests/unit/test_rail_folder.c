/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of rail_folder.c: a worker killed before or after each system call that touches the outbox, and started again,
 * with a bank that takes files away at any moment: the file is in the folder once, whole, under its name. */
#include "payout/helpers.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commonhold/crypto.h"

/* The call at which this process dies: 2n before the n-th call, 2n + 1 behind it; negative: never. */
static int deadly = -1, calls;

static void die_at(int point)
{
    if (point == deadly)
        _exit(9);
}

#define KILLABLE(call)                                                                                                 \
    ({                                                                                                                 \
        die_at(2 * calls);                                                                                             \
        __auto_type done_ = (call);                                                                                    \
        die_at(2 * calls++ + 1);                                                                                       \
        done_;                                                                                                         \
    })
#define open(...)        KILLABLE(open(__VA_ARGS__))
#define write(...)       KILLABLE(write(__VA_ARGS__))
#define fsync(fd)        KILLABLE(fsync(fd))
#define close(fd)        KILLABLE(close(fd))
#define rename(from, to) KILLABLE(rename(from, to))
#define mkdir(path, how) KILLABLE(mkdir(path, how))
#include "../../services/payout/rail_folder.c"
#undef open
#undef write
#undef fsync
#undef close
#undef rename
#undef mkdir

static const char MESSAGE[] = "CH01081G00000000000000000000";

/* A file of 1,000 bytes that comes in pieces of 300. */
struct stored {
    size_t at;
    bool broken;
};

static ptrdiff_t read_stored(struct ch_rail_file *file, void *bytes, size_t room)
{
    struct stored *stored = file->source;
    size_t size = 1000 - stored->at < 300 ? 1000 - stored->at : 300;
    assert_true(size <= room);
    if (stored->broken && stored->at > 0)
        return -1;
    memset(bytes, 'a' + (int)(stored->at / 300), size);
    stored->at += size;
    return (ptrdiff_t)size;
}

static const char *hash_of(struct ch_arena *arena)
{
    struct stored stored = {0};
    struct ch_rail_file file = {.source = &stored};
    char bytes[1000], *hex = ch_alloc(arena, 65);
    for (size_t at = 0; at < sizeof bytes;)
        at += (size_t)read_stored(&file, bytes + at, sizeof bytes - at);
    ch_sha256_hex(bytes, sizeof bytes, hex);
    return hex;
}

struct outbox {
    struct ch_arena *arena;
    struct payout_settings settings;
    const char *sha256;
    bool broken;
    char detail[256];
};

static enum ch_rail_answer send(struct outbox *box)
{
    struct stored stored = {.broken = box->broken};
    struct ch_rail_call call = {.arena = box->arena, .settings = &box->settings};
    struct ch_rail_file file = {
        .message_id = MESSAGE, .sha256 = box->sha256, .size = 1000, .read = read_stored, .source = &stored};
    enum ch_rail_answer answer = ch_rail_folder.poll(&call, MESSAGE);
    if (answer == CH_RAIL_NOTHING)
        answer = ch_rail_folder.submit(&call, &file);
    snprintf(box->detail, sizeof box->detail, "%s", call.detail);
    return answer;
}

/* The bank: how many whole files it finds; it takes them away. */
static int collect(const struct outbox *box)
{
    int found = 0;
    DIR *folder = opendir(box->settings.outbox);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        const char *path = ch_printf(box->arena, "%s/%s", box->settings.outbox, entry->d_name);
        struct stat about;
        assert_string_equal(entry->d_name, "CH01081G00000000000000000000.xml");
        assert_int_equal(stat(path, &about), 0);
        assert_int_equal(about.st_size, 1000);
        assert_int_equal(about.st_mode & 0777, 0600);
        unlink(path);
        found++;
    }
    if (folder)
        closedir(folder);
    return found;
}

static void begin(struct outbox *box, struct ch_arena *arena)
{
    char *folder = ch_strdup(arena, "/tmp/test_rail_folder.XXXXXX");
    assert_non_null(mkdtemp(folder));
    *box = (struct outbox){
        .arena = arena, .settings = {.outbox = ch_printf(arena, "%s/outbox", folder)}, .sha256 = hash_of(arena)};
}

static void end(const struct outbox *box)
{
    DIR *folder = opendir(box->settings.outbox);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        unlink(ch_printf(box->arena, "%s/%s", box->settings.outbox, entry->d_name));
    if (folder)
        closedir(folder);
    rmdir(box->settings.outbox);
    char *parent = ch_strdup(box->arena, box->settings.outbox);
    *strrchr(parent, '/') = '\0';
    assert_int_equal(rmdir(parent), 0);
}

/* One submission in a process of its own that dies at `point`; false when it lived. */
static bool killed_at(struct outbox *box, int point)
{
    pid_t child = fork();
    if (child == 0) {
        deadly = point;
        calls = 0;
        _exit(send(box) == CH_RAIL_ACCEPTED ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0));
    return WEXITSTATUS(status) == 9;
}

/* `taken`: the bank empties the folder between the death and the next attempt. `twice`: the next one dies there too. */
static void kill_everywhere(struct ch_arena *arena, bool taken, bool twice)
{
    int deaths = 0;
    for (int point = 0;; point++) {
        struct outbox box;
        begin(&box, arena);
        bool killed = killed_at(&box, point);
        int seen = taken ? collect(&box) : 0;
        if (twice && killed)
            killed_at(&box, point);
        seen += taken ? collect(&box) : 0;
        assert_int_equal(send(&box), CH_RAIL_ACCEPTED);
        assert_int_equal(send(&box), CH_RAIL_ACCEPTED);
        seen += collect(&box);
        if (seen != 1)
            fail_msg("killed at %d: the bank got it %d times", point, seen);
        end(&box);
        deaths += killed;
        if (!killed)
            break;
    }
    assert_true(deaths > 20);
}

static void killed_at_every_call(void **state)
{
    struct ch_arena *arena = *state;
    kill_everywhere(arena, false, false);
    kill_everywhere(arena, true, false);
    kill_everywhere(arena, true, true);
}

static void refusals(void **state)
{
    struct outbox box;
    begin(&box, *state);
    const char *right = box.sha256;
    box.sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
    assert_int_equal(send(&box), CH_RAIL_REFUSED);
    assert_int_equal(collect(&box), 0);
    box.sha256 = right;
    box.broken = true;
    assert_int_equal(send(&box), CH_RAIL_LATER);
    assert_int_equal(collect(&box), 0);
    box.broken = false;
    assert_int_equal(send(&box), CH_RAIL_ACCEPTED);
    assert_int_equal(collect(&box), 1);
    end(&box);
}

/* Four workers that believe to be the only one. */
static void many_at_once(void **state)
{
    for (int round = 0; round < 50; round++) {
        struct outbox box;
        begin(&box, *state);
        pid_t child[4];
        for (int i = 0; i < 4; i++)
            if ((child[i] = fork()) == 0)
                _exit(send(&box) == CH_RAIL_ACCEPTED ? 0 : 1);
        int seen = collect(&box);
        for (int i = 0; i < 4; i++) {
            int status;
            assert_int_equal(waitpid(child[i], &status, 0), child[i]);
            assert_int_equal(status, 0);
        }
        assert_int_equal(seen + collect(&box), 1);
        end(&box);
    }
}

static void put_statement(const struct outbox *box, const char *name, time_t came)
{
    const char *path = ch_printf(box->arena, "%s/%s", box->settings.inbox, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    const struct timespec times[2] = {{.tv_sec = came}, {.tv_sec = came}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* The names of what came on these days, a space in front of each. */
static const char *statements(struct outbox *box, const char *from, const char *to)
{
    struct ch_rail_call call = {.arena = box->arena, .settings = &box->settings};
    const char **names, *all = "";
    size_t count = ch_rail_folder.statement(&call, from, to, &names);
    for (size_t i = 0; i < count; i++)
        all = ch_printf(box->arena, "%s %s", all, names[i]);
    return all;
}

static void statements_of_days(void **state)
{
    struct outbox box;
    begin(&box, *state);
    box.settings.inbox = box.settings.outbox;
    assert_string_equal(statements(&box, NULL, NULL), "");
    assert_int_equal(mkdir(box.settings.inbox, 0700), 0);
    const time_t midnight = 1767225600; /* 2026-01-01T00:00:00Z */
    put_statement(&box, "c.xml", midnight - 1);
    put_statement(&box, "b.xml", midnight);
    put_statement(&box, "a.xml", midnight + 86400);
    put_statement(&box, ".a.xml", midnight);
    put_statement(&box, "a.xml.part", midnight);
    put_statement(&box, ".xml", midnight);
    assert_string_equal(statements(&box, NULL, NULL), " a.xml b.xml c.xml");
    assert_string_equal(statements(&box, "2026-01-01", NULL), " a.xml b.xml");
    assert_string_equal(statements(&box, NULL, "2026-01-01"), " b.xml c.xml");
    assert_string_equal(statements(&box, "2025-12-31", "2025-12-31"), " c.xml");
    assert_string_equal(statements(&box, "2026-01-03", NULL), "");
    end(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_at_every_call, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(refusals, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(many_at_once, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(statements_of_days, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
