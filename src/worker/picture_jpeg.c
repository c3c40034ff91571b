/* SPDX-License-Identifier: Apache-2.0 */
/* JPEG by libjpeg, which reports errors by a jump. What is decoded lives in Decode, whose members
 * are set before the jump is. */
#include "worker/picture.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

typedef struct Decode {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    char message[JMSG_LENGTH_MAX];
    uint8_t *pixels, *row;
} Decode;

static void on_error(j_common_ptr common)
{
    Decode *decode = common->client_data;
    common->err->format_message(common, decode->message);
    longjmp(decode->failed, 1);
}

static void on_message(j_common_ptr common)
{
    (void)common; /* warnings: the picture is shown as far as it goes */
}

static void decode_rows(Decode *decode)
{
    struct jpeg_decompress_struct *jpeg = &decode->jpeg;
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *into = decode->pixels + (size_t)jpeg->output_scanline * jpeg->output_width * 4;
        JSAMPROW rows[] = {decode->row};
        jpeg_read_scanlines(jpeg, rows, 1);
        for (size_t x = 0; x < jpeg->output_width; x++) {
            into[4 * x] = decode->row[3 * x];
            into[4 * x + 1] = decode->row[3 * x + 1];
            into[4 * x + 2] = decode->row[3 * x + 2];
            into[4 * x + 3] = 0xff;
        }
    }
}

/* Returns what was wrong, or NULL. *RET_TOO_LARGE: the size was. */
static const char *decode_run(Decode *decode, const uint8_t *bytes, size_t size,
                              GError **ret_too_large)
{
    struct jpeg_decompress_struct *jpeg = &decode->jpeg;
    jpeg->err = jpeg_std_error(&decode->errors);
    decode->errors.error_exit = on_error;
    decode->errors.output_message = on_message;
    if (setjmp(decode->failed) != 0)
        return decode->message;
    jpeg_create_decompress(jpeg);
    jpeg->client_data = decode;
    jpeg_mem_src(jpeg, bytes, size);
    jpeg_read_header(jpeg, TRUE);
    if (!picture_check_size(jpeg->image_width, jpeg->image_height, ret_too_large))
        return "too large";
    jpeg->out_color_space = JCS_RGB;
    jpeg_start_decompress(jpeg);
    decode->pixels = g_malloc0_n((size_t)jpeg->output_width * jpeg->output_height, 4);
    decode->row = g_malloc0_n(jpeg->output_width, 3);
    decode_rows(decode);
    return NULL;
}

bool picture_read_jpeg(const uint8_t *bytes, size_t size, Picture *ret_picture, GError **error)
{
    Decode *decode = g_new0(Decode, 1);
    decode->jpeg.client_data = decode;
    g_autoptr(GError) too_large = NULL;
    const char *wrong = decode_run(decode, bytes, size, &too_large);
    if (wrong == NULL)
        *ret_picture = (Picture){"jpeg", (int)decode->jpeg.output_width,
                                 (int)decode->jpeg.output_height,
                                 g_steal_pointer(&decode->pixels)};
    else if (too_large != NULL)
        g_propagate_error(error, g_steal_pointer(&too_large));
    else
        error_set(error, ERROR_UNPROCESSABLE, "image.damaged", "The picture is damaged: %s.", wrong);
    jpeg_destroy_decompress(&decode->jpeg);
    g_free(decode->pixels);
    g_free(decode->row);
    g_free(decode);
    return wrong == NULL;
}
