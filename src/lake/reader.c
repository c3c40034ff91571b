/* SPDX-License-Identifier: Apache-2.0 */
#include "lake/reader.h"

#include "base/error.h"
#include "lake/files.h"

#include <unistd.h>

struct LakeReader {
    char *folder;
    json_t *parts;
    size_t part;
    int fd;
    int64_t skip;           /* bytes of the part at hand to leave out */
    int64_t part_left;      /* of the part at hand, once it is open */
    int64_t left;           /* of the range */
};

void lake_reader_free(void *state)
{
    LakeReader *reader = state;
    if (reader->fd >= 0)
        close(reader->fd);
    json_decref(reader->parts);
    g_free(reader->folder);
    g_free(reader);
}

static int64_t part_size(const json_t *parts, size_t index)
{
    return json_integer_value(json_object_get(json_array_get(parts, index), "size"));
}

static int part_open(const char *folder, const json_t *parts, size_t index, GError **error)
{
    const char *file =
        json_string_value(json_object_get(json_array_get(parts, index), "file"));
    if (file == NULL) {
        error_set(error, ERROR_INTERNAL, "lake.row", "An object's row is damaged.");
        return -1;
    }
    return lake_file_open(folder, file, error);
}

bool lake_reader_open(LakeReader *reader, GError **error)
{
    while (reader->skip >= part_size(reader->parts, reader->part)) {
        reader->skip -= part_size(reader->parts, reader->part);
        reader->part++;
        if (reader->part >= json_array_size(reader->parts))
            return error_set(error, ERROR_INTERNAL, "lake.row", "An object's row is damaged.");
    }
    reader->fd = part_open(reader->folder, reader->parts, reader->part, error);
    if (reader->fd < 0)
        return false;
    if (lseek(reader->fd, reader->skip, SEEK_SET) < 0)
        return error_set(error, ERROR_INTERNAL, "lake.file", "An object's file cannot be read.");
    reader->part_left = part_size(reader->parts, reader->part) - reader->skip;
    reader->skip = 0;
    return true;
}

ssize_t lake_reader_read(void *state, char *buffer, size_t size)
{
    LakeReader *reader = state;
    if (reader->left == 0)
        return 0;
    if (reader->fd < 0 && !lake_reader_open(reader, NULL))
        return -1;
    int64_t wanted = MIN(MIN((int64_t)size, reader->part_left), reader->left);
    ssize_t got = read(reader->fd, buffer, (size_t)wanted);
    if (got <= 0)
        return -1; /* a file shorter than its row is damage: the answer is cut, never padded */
    reader->left -= got;
    reader->part_left -= got;
    if (reader->part_left == 0) {
        close(reader->fd);
        reader->fd = -1;
        reader->part++;
    }
    return got;
}

LakeReader *lake_reader_new(const char *folder, const json_t *parts, int64_t first, int64_t size)
{
    LakeReader *reader = g_new0(LakeReader, 1);
    reader->folder = g_strdup(folder);
    reader->parts = json_incref((json_t *)parts);
    reader->fd = -1;
    reader->skip = first;
    reader->left = size;
    return reader;
}
