/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target without libFuzzer:
 *
 *     fuzz_NAME FOLDER|FILE...                   each input once (the ordinary test run)
 *     fuzz_NAME --mutate SECONDS [--seed N] FOLDER|FILE...
 *                                                then random changes of them, for that long
 *
 * While mutating, the current input stands in ./fuzz-current-NAME, so that it is there after a crash;
 * the file is removed at the end.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_MAX (1024 * 1024)
#define CHANGES_MAX 8

static bool add_file(GPtrArray *inputs, const char *path)
{
    char *text = NULL;
    gsize size = 0;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &text, &size, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return false;
    }
    g_ptr_array_add(inputs, g_bytes_new_take(text, size));
    return true;
}

static bool add_path(GPtrArray *inputs, const char *path)
{
    if (!g_file_test(path, G_FILE_TEST_IS_DIR))
        return add_file(inputs, path);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &error);
    if (folder == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return false;
    }
    const char *name;
    while ((name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        if (!add_file(inputs, file))
            return false;
    }
    return true;
}

static void run_input(GBytes *input)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(input, &size);
    /* An exact copy on the heap, so that a sanitizer sees a read past its end. */
    g_autofree uint8_t *copy = size > 0 ? g_memdup2(data, size) : g_malloc(1);
    LLVMFuzzerTestOneInput(copy, size);
}

/* --- Mutation ---------------------------------------------------------------------------------- */

static guint below(GRand *random, gsize limit)
{
    return limit == 0 ? 0 : (guint)(g_rand_int(random) % limit);
}

static void change_once(GRand *random, GByteArray *bytes, GPtrArray *inputs)
{
    static const uint8_t interesting[] = {0, 1, 0x7F, 0x80, 0xFF, '\n', '\r', '"', '\'', ',', ';',
                                          '{', '}', '[', ']', ':', '/', '.', '%', '\\', '-', '0', '9'};
    guint at = below(random, bytes->len);
    uint8_t byte;
    switch (below(random, 6)) {
    case 0: /* flip a bit */
        if (bytes->len > 0)
            bytes->data[at] ^= (uint8_t)(1u << below(random, 8));
        break;
    case 1: /* an interesting byte in its place */
        if (bytes->len > 0)
            bytes->data[at] = interesting[below(random, sizeof interesting)];
        break;
    case 2: /* one more byte */
        byte = interesting[below(random, sizeof interesting)];
        g_byte_array_append(bytes, &byte, 1);
        memmove(bytes->data + at + 1, bytes->data + at, bytes->len - 1 - at);
        bytes->data[at] = byte;
        break;
    case 3: /* a piece less */
        if (bytes->len > 0)
            g_byte_array_remove_range(bytes, at, 1 + below(random, MIN(64, bytes->len - at)));
        break;
    case 4: /* a piece twice */
        if (bytes->len > 0 && bytes->len < INPUT_MAX / 2) {
            guint size = 1 + below(random, bytes->len - at);
            g_autofree uint8_t *piece = g_memdup2(bytes->data + at, size);
            g_byte_array_append(bytes, piece, size);
        }
        break;
    default: { /* goes on like another input */
        gsize size = 0;
        const uint8_t *other = g_bytes_get_data(inputs->pdata[below(random, inputs->len)], &size);
        guint from = below(random, size);
        g_byte_array_set_size(bytes, at);
        if (size > 0)
            g_byte_array_append(bytes, other + from, (guint)(size - from));
    }
    }
}

static GBytes *mutate(GRand *random, GPtrArray *inputs)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(inputs->pdata[below(random, inputs->len)], &size);
    GByteArray *bytes = g_byte_array_new();
    if (size > 0)
        g_byte_array_append(bytes, data, (guint)MIN(size, INPUT_MAX));
    for (guint changes = 1 + below(random, CHANGES_MAX); changes > 0; changes--)
        change_once(random, bytes, inputs);
    if (bytes->len > INPUT_MAX)
        g_byte_array_set_size(bytes, INPUT_MAX);
    return g_byte_array_free_to_bytes(bytes);
}

/* The file keeps the last input even if the process dies: it is mapped, not written. */
typedef struct Current {
    char *path;
    int fd;
    uint8_t *map;
} Current;

static bool current_open(Current *current)
{
    current->path = g_strdup_printf("fuzz-current-%s", g_get_prgname());
    current->fd = open(current->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (current->fd < 0 || ftruncate(current->fd, INPUT_MAX) < 0)
        return false;
    current->map = mmap(NULL, INPUT_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, current->fd, 0);
    return current->map != MAP_FAILED;
}

static void current_set(Current *current, GBytes *input)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(input, &size);
    if (ftruncate(current->fd, INPUT_MAX) == 0 && size > 0)
        memcpy(current->map, data, size);
    if (ftruncate(current->fd, (off_t)size) < 0)
        perror("ftruncate");
}

static int run_mutations(GPtrArray *inputs, int seconds, guint32 seed)
{
    Current current = {0};
    if (!current_open(&current)) {
        perror("fuzz-current");
        return 1;
    }
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    guint64 runs = 0;
    while (g_get_monotonic_time() < end) {
        g_autoptr(GBytes) input = mutate(random, inputs);
        current_set(&current, input);
        run_input(input);
        runs++;
    }
    printf("%s: %" G_GUINT64_FORMAT " mutated inputs in %d s, seed %u\n", g_get_prgname(), runs,
           seconds, seed);
    munmap(current.map, INPUT_MAX);
    close(current.fd);
    g_unlink(current.path);
    g_free(current.path);
    return 0;
}

int main(int argc, char **argv)
{
    gint seconds = 0, seed = 1;
    g_auto(GStrv) paths = NULL;
    const GOptionEntry entries[] = {
        {"mutate", 0, 0, G_OPTION_ARG_INT, &seconds, "mutate the inputs for that long", "SECONDS"},
        {"seed", 0, 0, G_OPTION_ARG_INT, &seed, "of the random changes", "N"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL, "FOLDER|FILE..."},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || paths == NULL) {
        fprintf(stderr, "%s\n", error != NULL ? error->message : "give the inputs");
        return 2;
    }
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (char **path = paths; *path != NULL; path++) {
        if (!add_path(inputs, *path))
            return 1;
    }
    if (inputs->len == 0) {
        fprintf(stderr, "there is no input; a target without corpus proves nothing\n");
        return 1;
    }
    for (guint i = 0; i < inputs->len; i++)
        run_input(inputs->pdata[i]);
    printf("%s: %u inputs\n", g_get_prgname(), inputs->len);
    return seconds > 0 ? run_mutations(inputs, seconds, (guint32)seed) : 0;
}
