/* SPDX-License-Identifier: Apache-2.0 */
/* PNG by libpng's simplified interface, which needs no error jumps of ours; the whole task. */
#include "worker/picture.h"

#include "base/error.h"
#include "base/files.h"

#include <errno.h>
#include <png.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHANNELS 4

void picture_clear(Picture *picture)
{
    g_free(picture->pixels);
    picture->pixels = NULL;
}

bool picture_check_size(int64_t width, int64_t height, GError **error)
{
    if (width > 0 && height > 0 && width <= PICTURE_PIXELS_MAX / height)
        return true;
    return error_set(error, ERROR_TOO_LARGE, "image.too_large",
                     "The picture has more than %d million pixels.",
                     (int)(PICTURE_PIXELS_MAX / 1000000));
}

static bool read_png(const uint8_t *bytes, size_t size, Picture *ret_picture, GError **error)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&image, bytes, size))
        return error_set(error, ERROR_UNPROCESSABLE, "image.damaged", "The picture is damaged: %s.",
                         image.message);
    if (!picture_check_size(image.width, image.height, error)) {
        png_image_free(&image);
        return false;
    }
    image.format = PNG_FORMAT_RGBA;
    uint8_t *pixels = g_try_malloc(PNG_IMAGE_SIZE(image));
    if (pixels == NULL || !png_image_finish_read(&image, NULL, pixels, 0, NULL)) {
        error_set(error, ERROR_UNPROCESSABLE, "image.damaged", "The picture is damaged: %s.",
                  pixels == NULL ? "it is too large" : image.message);
        png_image_free(&image);
        g_free(pixels);
        return false;
    }
    *ret_picture = (Picture){"png", (int)image.width, (int)image.height, pixels};
    return true;
}

bool picture_read(const uint8_t *bytes, size_t size, Picture *ret_picture, GError **error)
{
    static const uint8_t png_mark[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t jpeg_mark[] = {0xff, 0xd8, 0xff};
    if (size > sizeof png_mark && memcmp(bytes, png_mark, sizeof png_mark) == 0)
        return read_png(bytes, size, ret_picture, error);
    if (size > sizeof jpeg_mark && memcmp(bytes, jpeg_mark, sizeof jpeg_mark) == 0)
        return picture_read_jpeg(bytes, size, ret_picture, error);
    return error_set(error, ERROR_UNPROCESSABLE, "image.unknown",
                     "Only pictures in PNG or JPEG are shown.");
}

/* The mean of the pixels of [X0, X1) x [Y0, Y1). */
static void mean_of(const Picture *picture, int x0, int x1, int y0, int y1, uint8_t *into)
{
    uint64_t sums[CHANNELS] = {0};
    for (int y = y0; y < y1; y++) {
        const uint8_t *row = picture->pixels + ((size_t)y * (size_t)picture->width + (size_t)x0) *
                                                   CHANNELS;
        for (int i = 0; i < (x1 - x0) * CHANNELS; i++)
            sums[i % CHANNELS] += row[i];
    }
    uint64_t count = (uint64_t)(x1 - x0) * (uint64_t)(y1 - y0);
    for (int c = 0; c < CHANNELS; c++)
        into[c] = (uint8_t)((sums[c] + count / 2) / count);
}

void picture_shrink(Picture *picture, int side)
{
    int longest = MAX(picture->width, picture->height);
    if (longest <= side)
        return;
    int width = MAX(1, (int)((int64_t)picture->width * side / longest));
    int height = MAX(1, (int)((int64_t)picture->height * side / longest));
    uint8_t *pixels = g_malloc_n((size_t)width * (size_t)height, CHANNELS);
    for (int y = 0; y < height; y++) {
        int y0 = (int)((int64_t)y * picture->height / height);
        int y1 = (int)((int64_t)(y + 1) * picture->height / height);
        for (int x = 0; x < width; x++) {
            int x0 = (int)((int64_t)x * picture->width / width);
            int x1 = (int)((int64_t)(x + 1) * picture->width / width);
            mean_of(picture, x0, x1, y0, y1,
                    pixels + ((size_t)y * (size_t)width + (size_t)x) * CHANNELS);
        }
    }
    g_free(picture->pixels);
    picture->pixels = pixels;
    picture->width = width;
    picture->height = height;
}

/* ---- the task ---- */

static bool picture_write(const Picture *picture, int output_fd, GError **error)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)picture->width,
                       .height = (png_uint_32)picture->height, .format = PNG_FORMAT_RGBA};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    g_autofree uint8_t *bytes = g_malloc(size);
    if (!png_image_write_to_memory(&image, bytes, &size, 0, picture->pixels, 0, NULL))
        return error_set(error, ERROR_UNPROCESSABLE, "image.write",
                         "The picture cannot be made anew: %s.", image.message);
    return fd_write_all(output_fd, bytes, size, error);
}

json_t *picture_run(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                    int output_fd, GError **error)
{
    (void)duck;
    (void)arguments;
    struct stat st;
    g_assert(fstat(input_fd, &st) == 0);
    if (st.st_size > limits->input_bytes) {
        error_set(error, ERROR_TOO_LARGE, "image.too_large", "The picture's file is too large.");
        return NULL;
    }
    g_autofree uint8_t *bytes = g_malloc((size_t)st.st_size + 1);
    ssize_t got = pread(input_fd, bytes, (size_t)st.st_size, 0);
    if (got != st.st_size) {
        error_set_errno(error, errno, "files.read", "Cannot read the file");
        return NULL;
    }
    g_auto(Picture) picture = {0};
    if (!picture_read(bytes, (size_t)got, &picture, error))
        return NULL;
    int width = picture.width, height = picture.height;
    picture_shrink(&picture, WORKER_IMAGE_SIDE);
    if (!picture_write(&picture, output_fd, error))
        return NULL;
    return json_pack("{s:s, s:i, s:i, s:i, s:i}", "format", picture.format, "width", width,
                     "height", height, "shown_width", picture.width, "shown_height",
                     picture.height);
}
