/* SPDX-License-Identifier: Apache-2.0 */
/* Second part: a notebook in a sealed bubble reads the data and writes two tables. */
#include "tour/steps.h"

#include "base/error.h"
#include "base/times.h"

#include <stdio.h>
#include <string.h>

#define READY_TIMEOUT_MS 90000
#define POLL_US 20000

bool tour_service(Tour *tour, json_t **ret_service, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/services/%s", tour->service);
    return demo_get(tour->scientist, path, ret_service, error);
}

static bool wait_ready(Tour *tour, GError **error)
{
    int64_t started = time_monotonic_ms();
    for (;;) {
        g_autoptr(json_t) service = NULL;
        if (!tour_service(tour, &service, error))
            return false;
        const char *state = demo_text(service, "state");
        if (strcmp(state, "ready") == 0)
            return true;
        if (strcmp(state, "queued") != 0 && strcmp(state, "starting") != 0)
            return tour_fail(error, "the service is %s: %s", state,
                             demo_text(service, "state_detail"));
        if (time_monotonic_ms() - started > READY_TIMEOUT_MS)
            return tour_fail(error, "the service is still %s after %d s", state,
                             READY_TIMEOUT_MS / 1000);
        g_usleep(POLL_US);
    }
}

static bool step_launch(Tour *tour, GError **error)
{
    g_autofree char *path = tour_path("/api/v1/projects/%s/services", tour->project);
    g_autoptr(json_t) made = NULL;
    int64_t started = time_monotonic_ms();
    if (!demo_call(tour->scientist, "POST", path,
                   json_pack("{s:s, s:s}", "definition", "jupyter", "name", tour->tag), 202, &made,
                   error))
        return false;
    int64_t answered = time_monotonic_ms();
    tour->service = g_strdup(demo_text(made, "id"));
    if (!wait_ready(tour, error))
        return false;
    tour_note(tour, "answered in %d ms, ready in %.2f s", (int)(answered - started),
              (double)(time_monotonic_ms() - started) / 1000);
    return true;
}

static bool step_timeline(Tour *tour, GError **error)
{
    g_autoptr(json_t) service = NULL;
    if (!tour_service(tour, &service, error))
        return false;
    g_autoptr(GString) steps = g_string_new(NULL);
    const json_t *events = json_object_get(service, "events");
    for (size_t i = 0; i < json_array_size(events); i++)
        g_string_append_printf(steps, "%s%s", i > 0 ? ", " : "",
                               demo_text(json_array_get(events, i), "step"));
    if (strstr(steps->str, "ready") == NULL)
        return tour_fail(error, "the timeline has no step \"ready\": %s", steps->str);
    tour_note(tour, "%s", steps->str);
    return true;
}

/* What must fail, tried from inside: the network, the data's folder, another's files. */
static bool step_sealed(Tour *tour, GError **error)
{
    static const char code[] =
        "import os, socket\n"
        "print('interfaces', sorted(os.listdir('/sys/class/net')))\n"
        "try:\n"
        "    socket.create_connection(('1.1.1.1', 443), 2)\n"
        "    print('network open')\n"
        "except OSError:\n"
        "    print('network closed')\n"
        "def refused(path):\n"
        "    try:\n"
        "        open(path, 'w').close()\n"
        "        return False\n"
        "    except OSError:\n"
        "        return True\n"
        "folders = [os.path.join('/data', s, d) for s in os.listdir('/data')\n"
        "           for d in os.listdir(os.path.join('/data', s))]\n"
        "print('datasets', len(folders))\n"
        "print('data read-only', all(refused(os.path.join(f, 'new')) for f in folders))\n"
        "print('root read-only', refused('/etc/new'))\n";
    static const char *const expected[] = {
        "interfaces ['lo']\n", "network closed\n", "datasets 1\n", "data read-only True\n",
        "root read-only True\n"};
    g_autofree char *output = NULL;
    if (!kernel_run(tour, code, &output, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        if (strstr(output, expected[i]) == NULL)
            return tour_fail(error, "the bubble is not sealed as it should be: %s", output);
    }
    tour_note(tour, "loopback alone, data and system read-only");
    return true;
}

/* The raw table counts persons by state of health; the safe one leaves out what is under five and
 * rounds the rest. What it prints is compared with what the airlock finds. */
static char *crosstab_code(const char *tag)
{
    return g_strdup_printf(
        "import pathlib, pandas\n"
        "folder = next(p for s in pathlib.Path('/data').iterdir() for p in s.iterdir())\n"
        "file = next(p for p in folder.iterdir() if p.suffix in ('.parquet', '.csv'))\n"
        "t = pandas.read_parquet(file) if file.suffix == '.parquet' else pandas.read_csv(file)\n"
        "g = t.groupby(['physlm', 'disea', 'mdvis'])['mdvis']\n"
        "raw = pandas.DataFrame({'persons': g.size(), 'visits': g.sum(), 'largest': g.max()})\n"
        "raw.index = raw.index.set_names(['limitation', 'diseases', 'visits_class'])\n"
        "raw = raw.reset_index()\n"
        "safe = raw[raw.persons >= 5].copy()\n"
        "safe['persons'] = (safe.persons / 5).round().astype(int) * 5\n"
        "safe['visits'] = (safe.visits / 5).round().astype(int) * 5\n"
        "safe = safe.drop(columns='largest')\n"
        "out = pathlib.Path('/project/%s')\n"
        "out.mkdir()\n"
        "raw.to_csv(out / 'raw.csv', index=False)\n"
        "safe.to_csv(out / 'safe.csv', index=False)\n"
        "print('ROWS', len(t), 'CELLS', len(raw), 'SMALL', int((raw.persons < 5).sum()))\n",
        tag);
}

static bool step_crosstab(Tour *tour, GError **error)
{
    g_autofree char *code = crosstab_code(tour->tag);
    g_autofree char *output = NULL;
    if (!kernel_run(tour, code, &output, error))
        return false;
    long rows = 0, cells = 0, small = 0;
    if (sscanf(output, "ROWS %ld CELLS %ld SMALL %ld", &rows, &cells, &small) != 3)
        return tour_fail(error, "the kernel printed \"%s\"", output);
    if (rows != 20190 || small < 1 || small >= cells)
        return tour_fail(error, "the kernel read %ld rows and made %ld cells, %ld of them small",
                         rows, cells, small);
    tour->raw_flagged = small;
    tour_note(tour, "%ld person-years, %ld cells, %ld of fewer than five", rows, cells, small);
    return true;
}

static bool step_files(Tour *tour, GError **error)
{
    g_autofree char *path =
        tour_path("/api/v1/projects/%s/files?path=%s", tour->project, tour->tag);
    g_autoptr(json_t) list = NULL;
    if (!demo_get(tour->scientist, path, &list, error))
        return false;
    return (demo_find(list, "name", "raw.csv") != NULL &&
            demo_find(list, "name", "safe.csv") != NULL) ||
           tour_fail(error, "the tables are not among the project's files");
}

const TourStep tour_work_steps[] = {
    {"The scientist launches JupyterLab", step_launch},
    {"Its timeline tells each step", step_timeline},
    {"A one-time ticket opens its own address, once", kernel_enter},
    {"A kernel starts", kernel_start},
    {"The bubble is sealed", step_sealed},
    {"The kernel reads the data and writes two tables", step_crosstab},
    {"The tables are among the project's files", step_files},
    {0},
};
