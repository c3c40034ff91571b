/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that fit the terminal: columns as wide as what is in them, the widest one cut when there is
 * no room. Where standard output is no terminal nothing is cut, and there is never colour. What comes
 * from the server is cleaned first: a name must not move the cursor.
 */
#include "cli/internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MIN 8
#define GAP 2
#define PROGRESS_EVERY_US 100000

/* ---- values ---- */

const char *cli_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static char *clean(const char *text, bool lines)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *kept = g_string_new(NULL);
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        GUnicodeType type = g_unichar_type(c);
        if (c == '\n' || c == '\t')
            g_string_append_c(kept, lines ? (char)c : ' ');
        else if (lines && c == '\r' && at[1] == '\n')
            continue;
        else if (g_unichar_iscntrl(c) || type == G_UNICODE_FORMAT)
            g_string_append_unichar(kept, 0xfffd);
        else
            g_string_append_unichar(kept, c);
    }
    return g_string_free(kept, FALSE);
}

char *cli_clean(const char *text)
{
    return clean(text, false);
}

char *cli_clean_lines(const char *text)
{
    return clean(text, true);
}

char *cli_size_text(int64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < G_N_ELEMENTS(units)) {
        value /= 1000;
        unit++;
    }
    return unit == 0 ? g_strdup_printf("%" G_GINT64_FORMAT " B", bytes)
                     : g_strdup_printf(value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static const json_t *value_at(const json_t *object, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, ".", -1);
    for (char **part = parts; *part != NULL && object != NULL; part++)
        object = json_object_get(object, *part);
    return object;
}

static char *words_text(const json_t *array)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        const char *word = json_is_object(item) ? cli_text(item, json_object_get(item, "login") != NULL
                                                                     ? "login" : "title")
                                                : json_string_value(item);
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", word != NULL ? word : "?");
    }
    return g_string_free(text, FALSE);
}

/* 2026-11-27 19:25, in the person's own time zone. */
static char *time_text(const char *text)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_iso8601(text, NULL);
    g_autoptr(GDateTime) local = utc != NULL ? g_date_time_to_local(utc) : NULL;
    return local != NULL ? g_date_time_format(local, "%Y-%m-%d %H:%M") : g_strdup(text);
}

static char *value_text(const json_t *object, const char *path, CliKind kind)
{
    const json_t *value = value_at(object, path);
    if (value == NULL || json_is_null(value))
        return g_strdup("-");
    if (kind == CLI_YES)
        return g_strdup(json_is_true(value) ? "yes" : "no");
    if (kind == CLI_SIZE && json_is_integer(value))
        return cli_size_text(json_integer_value(value));
    if (json_is_array(value))
        return words_text(value);
    if (json_is_integer(value))
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value))
        return g_strdup_printf("%g", json_real_value(value));
    if (json_is_boolean(value))
        return g_strdup(json_is_true(value) ? "yes" : "no");
    const char *text = json_string_value(value);
    if (text == NULL)
        return g_strdup("...");
    if (kind == CLI_TIME)
        return time_text(text);
    return g_strdup(*text != '\0' ? text : "-");
}

char *cli_value(const json_t *object, const char *path, CliKind kind)
{
    g_autofree char *text = value_text(object, path, kind);
    return cli_clean(text);
}

/* ---- widths ---- */

static int text_width(const char *text)
{
    int width = 0;
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

/* 0: unlimited. */
static int terminal_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO))
        return 0;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* Takes from the widest column until all fit, or none can give. */
static void widths_fit(int *widths, int count)
{
    int all = terminal_width();
    for (;;) {
        int sum = GAP * (count - 1), widest = 0;
        for (int i = 0; i < count; i++) {
            sum += widths[i];
            widest = widths[i] > widths[widest] ? i : widest;
        }
        if (all == 0 || sum <= all || widths[widest] <= WIDTH_MIN)
            return;
        widths[widest] = MAX(WIDTH_MIN, widths[widest] - (sum - all));
    }
}

static void print_cell(const char *text, int width, bool right, bool last)
{
    int own = text_width(text), used = 0;
    int pad = MAX(0, width - own);
    if (right)
        printf("%*s", pad, "");
    if (own <= width) {
        fputs(text, stdout);
    } else {
        const char *at = text;
        while (*at != '\0') {
            gunichar c = g_utf8_get_char(at);
            int step = g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
            if (used + step > width - 1)
                break;
            used += step;
            at = g_utf8_next_char(at);
        }
        printf("%.*s…%*s", (int)(at - text), text, width - 1 - used, "");
    }
    if (!last)
        printf("%*s", (right ? 0 : pad) + GAP, "");
}

/* ---- printing ---- */

void cli_print_json(const json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);
    puts(text);
    free(text);
}

static bool is_right(CliKind kind)
{
    return kind == CLI_SIZE || kind == CLI_NUMBER;
}

void cli_print_items(const Cli *cli, const json_t *items, const CliColumn *columns)
{
    if (cli->json) {
        cli_print_json(items);
        return;
    }
    int count = 0;
    while (columns[count].title != NULL)
        count++;
    size_t rows = json_array_size(items);
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    g_autofree int *widths = g_new0(int, count);
    for (int c = 0; c < count; c++)
        widths[c] = text_width(columns[c].title);
    for (size_t r = 0; r < rows; r++) {
        for (int c = 0; c < count; c++) {
            char *cell = cli_value(json_array_get(items, r), columns[c].path, columns[c].kind);
            g_ptr_array_add(cells, cell);
            widths[c] = MAX(widths[c], text_width(cell));
        }
    }
    widths_fit(widths, count);
    for (size_t r = 0; r <= rows && rows > 0; r++) {
        for (int c = 0; c < count; c++) {
            const char *cell = r == 0 ? columns[c].title
                                      : cells->pdata[(r - 1) * (size_t)count + (size_t)c];
            print_cell(cell, widths[c], is_right(columns[c].kind), c + 1 == count);
        }
        putchar('\n');
    }
    if (rows == 0)
        fprintf(stderr, "(none)\n");
}

/* Columns go by their places: their names are a file's, which may hold dots or come twice. */
void cli_print_rows(const Cli *cli, const json_t *shown)
{
    const json_t *names = json_object_get(shown, "columns"), *row;
    size_t count = json_array_size(names), index;
    g_autofree CliColumn *columns = g_new0(CliColumn, count + 1);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(json_t) items = json_array();
    for (size_t c = 0; c < count; c++) {
        char *title = cli_clean(cli_text(json_array_get(names, c), "name"));
        char *path = g_strdup_printf("%zu", c);
        g_ptr_array_add(texts, title);
        g_ptr_array_add(texts, path);
        columns[c] = (CliColumn){title, path, CLI_TEXT};
    }
    json_array_foreach(json_object_get(shown, "values"), index, row) {
        json_t *item = json_object();
        for (size_t c = 0; c < count; c++)
            json_object_set(item, columns[c].path, json_array_get(row, c));
        json_array_append_new(items, item);
    }
    cli_print_items(cli, items, columns);
}

void cli_print_object(const Cli *cli, const json_t *object, const CliColumn *fields)
{
    if (cli->json) {
        cli_print_json(object);
        return;
    }
    int width = 0;
    for (const CliColumn *field = fields; field->title != NULL; field++)
        width = MAX(width, text_width(field->title));
    for (const CliColumn *field = fields; field->title != NULL; field++) {
        g_autofree char *value = cli_value(object, field->path, field->kind);
        printf("%-*s  %s\n", width, field->title, value);
    }
}

void cli_say(const Cli *cli, const char *format, ...)
{
    if (cli->json)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *clean = cli_clean(text);
    puts(clean);
}

/* ---- progress ---- */

void cli_progress(int64_t done, int64_t total, void *user)
{
    CliProgress *progress = user;
    int64_t now = g_get_monotonic_time();
    int64_t all = progress->total >= 0 ? progress->total : total;
    done += progress->before;
    if (!isatty(STDERR_FILENO) || now - progress->shown_us < PROGRESS_EVERY_US)
        return;
    double seconds = (double)(now - progress->started_us) / 1e6;
    g_autofree char *label = cli_clean(progress->label);
    g_autofree char *sent = cli_size_text(done);
    g_autofree char *speed = cli_size_text(seconds > 0.2 ? (int64_t)((double)done / seconds) : 0);
    fprintf(stderr, "\r\033[K%s  %s", label, sent);
    if (all > 0)
        fprintf(stderr, "  %d %%", (int)(100.0 * (double)done / (double)all));
    fprintf(stderr, "  %s/s", speed);
    fflush(stderr);
    progress->shown_us = now;
}

void cli_progress_end(CliProgress *progress)
{
    if (progress->shown_us != 0)
        fprintf(stderr, "\r\033[K");
}
