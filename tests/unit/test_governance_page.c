/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/governance.md holds what the tables say, word for word: the terms of each route, and one
 * diagram per state machine. `test_governance_page --print` prints the parts to paste.
 */
#include "accreditation/applications.h"
#include "airlock/exports.h"
#include "base/files.h"
#include "projects/projects.h"
#include "sources/sources.h"

#include <stdio.h>
#include <string.h>

static void row(GString *text, const char *from, const char *to, const char *when)
{
    g_string_append_printf(text, "    %s --> %s: %s\n", from, to, when);
}

static GString *diagram_new(const char *first)
{
    GString *text = g_string_new("```mermaid\nstateDiagram-v2\n");
    g_string_append_printf(text, "    [*] --> %s\n", first);
    return text;
}

static char *diagram_end(GString *text)
{
    g_string_append(text, "```\n");
    return g_string_free(text, FALSE);
}

static char *projects_part(void)
{
    GString *text = diagram_new("planned");
    for (const ProjectMove *m = project_moves; m->when != NULL; m++)
        row(text, policy_name(SET_STATE, m->from), policy_name(SET_STATE, m->to), m->when);
    return diagram_end(text);
}

static char *datasets_part(void)
{
    GString *text = diagram_new("draft");
    for (const DatasetMove *m = dataset_moves; m->when != NULL; m++)
        row(text, dataset_state_name(m->from), dataset_state_name(m->to), m->when);
    return diagram_end(text);
}

static char *applications_part(void)
{
    GString *text = diagram_new("draft");
    for (const ApplicationMove *m = application_moves; m->when != NULL; m++)
        row(text, application_state_name(m->from), application_state_name(m->to), m->when);
    return diagram_end(text);
}

static char *exports_part(void)
{
    GString *text = diagram_new("draft");
    for (const ExportMove *m = export_moves; m->when != NULL; m++)
        row(text, export_state_name(m->from), export_state_name(m->to), m->when);
    return diagram_end(text);
}

static char *words(PolicySet set, unsigned bits)
{
    g_autofree char *list = policy_format_set(set, bits);
    g_auto(GStrv) parts = g_strsplit(list, " ", -1);
    return g_strjoinv(", ", parts);
}

static char *routes_part(void)
{
    GString *text = g_string_new("| route | terms | purposes | sources |\n|---|---|---|---|\n");
    for (const PolicyName *name = policy_names(SET_ROUTE); name->name != NULL; name++) {
        const PolicyRouteRow *route = policy_route((PolicyRoute)name->value);
        g_autofree char *terms = words(SET_TERM, route->terms);
        g_autofree char *purposes = words(SET_PURPOSE, route->purposes);
        g_string_append_printf(text, "| %s | %s | %s | %s |\n", name->name, terms, purposes,
                               route->own_organisation ? "of the project's organisation alone"
                                                       : "any that admit it");
    }
    return g_string_free(text, FALSE);
}

typedef struct Part {
    const char *name;
    char *(*make)(void);
} Part;

static const Part parts[] = {
    {"routes", routes_part},           {"projects", projects_part},
    {"datasets", datasets_part},       {"applications", applications_part},
    {"exports", exports_part},
};

static void test_part(const void *data)
{
    const Part *part = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *page = NULL;
    g_autofree char *made = part->make();
    file_read(DARSE_SOURCE_DIR "/docs/governance.md", 1024 * 1024, &page, NULL, &error);
    g_assert_no_error(error);
    if (strstr(page, made) == NULL)
        g_test_message("docs/governance.md lacks:\n%s", made);
    g_assert_nonnull(strstr(page, made));
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
            g_autofree char *made = parts[i].make();
            printf("<%s>\n%s\n", parts[i].name, made);
        }
        return 0;
    }
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *path = g_strconcat("/governance_page/", parts[i].name, NULL);
        g_test_add_data_func(path, &parts[i], test_part);
    }
    return g_test_run();
}
