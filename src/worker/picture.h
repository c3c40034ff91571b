/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A picture made anew: decoded to pixels, made smaller, written as PNG. What else the file held
 * (another file behind the picture, metadata, scripts) is left behind. Runs in the sandbox.
 */
#ifndef DARSE_WORKER_PICTURE_H
#define DARSE_WORKER_PICTURE_H

#include "worker/duck.h"
#include "worker/worker.h"

#include <stdint.h>

#define PICTURE_PIXELS_MAX (INT64_C(50) * 1000 * 1000)

typedef struct Picture {
    const char *format;
    int width, height;
    uint8_t *pixels;        /* RGBA, rows from above, without gaps */
} Picture;
void picture_clear(Picture *picture);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Picture, picture_clear)

/* ERROR_UNPROCESSABLE "image.unknown", "image.damaged"; ERROR_TOO_LARGE "image.too_large". Pure. */
bool picture_read(const uint8_t *bytes, size_t size, Picture *ret_picture, GError **error);
bool picture_read_jpeg(const uint8_t *bytes, size_t size, Picture *ret_picture, GError **error);
/* "image.too_large" for more pixels than are decoded. */
bool picture_check_size(int64_t width, int64_t height, GError **error);
/* At most SIDE on a side, each pixel the mean of those that it stands for. */
void picture_shrink(Picture *picture, int side);

json_t *picture_run(Duck *duck, const WorkerLimits *limits, const json_t *arguments, int input_fd,
                    int output_fd, GError **error);

#endif
