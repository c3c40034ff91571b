/* SPDX-License-Identifier: Apache-2.0 */
/* engine: launch plans. Every builder's plan passes the check and survives JSON; every forgery of
 * the tables below is refused. */
#include "base/encode.h"
#include "base/error.h"
#include "engine/plan.h"

#include <string.h>

#define PRJ     "prj-aaaaaaaaaaaaaaaa"
#define OTHER   "prj-bbbbbbbbbbbbbbbb"
#define NEW     "prj-cccccccccccccccc"
#define SVC     "svc-aaaaaaaaaaaaaaaa"
#define SVC2    "svc-bbbbbbbbbbbbbbbb"
#define DTS     "dts-aaaaaaaaaaaaaaaa"
#define DTS2    "dts-bbbbbbbbbbbbbbbb"
#define EXP     "exp-aaaaaaaaaaaaaaaa"
#define UPL     "upl-aaaaaaaaaaaaaaaa"
#define BASE    INT64_C(200000)
#define BASE2   (BASE + 65536)
#define BASE3   (BASE + 2 * 65536)
#define MIB     (INT64_C(1) << 20)

static int64_t known_base(const char *project_id, void *user)
{
    if (strcmp(project_id, PRJ) == 0)
        return BASE;
    return strcmp(project_id, OTHER) == 0 ? BASE2 : -1;
}

static const char *known_project(int64_t base, void *user)
{
    if (base == BASE)
        return PRJ;
    return base == BASE2 ? OTHER : NULL;
}

static EngineLimits limits(void)
{
    static const char *const images[] = {"jupyter", NULL};
    EngineLimits l = engine_limits_default();
    l.images = images;
    l.project_base = known_base;
    l.base_project = known_project;
    return l;
}

static Plan *service_start(void)
{
    const PlanData data[] = {{DTS, "rand/2026.1"}, {DTS2, "insee/FARE"}};
    const PlanService service = {
        .service_id = SVC, .project_id = PRJ, .id_base = BASE, .login = "marie.curie",
        .image = "jupyter", .data = data, .data_count = 2, .lake = true,
        .memory_bytes = 2048 * MIB, .cpu_milli = 2000, .pids = 512, .tmpfs_bytes = 256 * MIB,
    };
    return plan_service_start_new(&service);
}

static Plan *build(int which)
{
    static const PlanVolume files = {PRJ, BASE, NULL}, home = {PRJ, BASE, "marie.curie"};
    switch (which) {
    case PLAN_PROJECT_OPEN:
        return plan_project_open_new(PRJ, BASE);
    case PLAN_PROJECT_CLOSE:
        return plan_project_close_new(PRJ, BASE);
    case PLAN_PROJECT_DESTROY:
        return plan_project_destroy_new(PRJ, BASE);
    case PLAN_DATASET_SEAL:
        return plan_dataset_seal_new(DTS, UPL, 1000);
    case PLAN_DATASET_OPEN:
        return plan_dataset_open_new(DTS);
    case PLAN_DATASET_CLOSE:
        return plan_dataset_close_new(DTS);
    case PLAN_DATASET_DESTROY:
        return plan_dataset_destroy_new(DTS);
    case PLAN_SERVICE_START:
        return service_start();
    case PLAN_SERVICE_FREEZE:
        return plan_service_freeze_new(SVC);
    case PLAN_SERVICE_THAW:
        return plan_service_thaw_new(SVC);
    case PLAN_SERVICE_STOP:
        return plan_service_stop_new(SVC);
    case PLAN_SERVICE_LIST:
        return plan_service_list_new();
    case PLAN_COLLECT:
        return plan_collect_new(PRJ, BASE, "out/table 1.csv", EXP, "table 1.csv", 1000);
    case PLAN_BROWSE:
        return plan_browse_new(&files, &(PlanBrowse){"", "size", true, "", 100});
    case PLAN_FILE_OPEN:
        return plan_file_open_new(&home, "notes/a.txt");
    case PLAN_FILE_PUT:
        return plan_file_put_new(&home, UPL, "in/a.csv", true);
    case PLAN_FILE_FOLDER:
        return plan_file_folder_new(&files, "in");
    case PLAN_FILE_MOVE:
        return plan_file_move_new(&files, "a", "b/c");
    case PLAN_FILE_REMOVE:
        return plan_file_remove_new(&files, "a", true);
    default:
        return plan_host_check_new();
    }
}

static void test_builders_pass_and_survive_json(void)
{
    EngineLimits l = limits();
    for (int kind = 0; kind < PLAN_KIND_COUNT; kind++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = build(kind);
        g_assert_cmpint((int)plan->kind, ==, kind);
        g_assert_true(plan_check(plan, &l, &error));
        g_assert_no_error(error);
        g_autoptr(json_t) json = plan_to_json(plan);
        g_autoptr(Plan) again = plan_from_json(json, &error);
        g_assert_no_error(error);
        g_autoptr(json_t) json_again = plan_to_json(again);
        g_assert_true(json_equal(json, json_again));
        g_assert_true(plan_check(again, &l, &error));
    }
}

static void test_names_are_complete_and_unique(void)
{
    for (int i = 0; i < PLAN_KIND_COUNT; i++) {
        g_assert_nonnull(plan_kind_name(i));
        for (int j = 0; j < i; j++)
            g_assert_cmpstr(plan_kind_name(i), !=, plan_kind_name(j));
    }
    for (int i = 0; i < PLAN_STEP_COUNT; i++) {
        g_assert_nonnull(plan_step_name(i));
        for (int j = 0; j < i; j++)
            g_assert_cmpstr(plan_step_name(i), !=, plan_step_name(j));
    }
}

/* A forgery: in the plan of KIND, the first step of type STEP ("": the plan itself) has FIELD set
 * to the JSON value VALUE ("-": removed). */
typedef struct Forgery {
    int kind;
    const char *step, *field, *value, *reason;
} Forgery;

static const Forgery forgeries[] = {
    /* Who and which range. */
    {PLAN_SERVICE_START, "", "id_base", "265536", "engine.plan_range"},
    {PLAN_SERVICE_START, "", "id_base", "200001", "engine.plan_range"},
    {PLAN_SERVICE_START, "", "id_base", "0", "engine.plan_range"},
    {PLAN_SERVICE_START, "", "id_base", "9000000000", "engine.plan_range"},
    {PLAN_SERVICE_START, "", "id_base", "-", "engine.plan_range"},
    {PLAN_SERVICE_START, "", "project_id", "\"" OTHER "\"", "engine.plan_range"},
    {PLAN_SERVICE_START, "", "project_id", "\"../etc\"", "engine.plan_subject"},
    {PLAN_SERVICE_START, "", "project_id", "-", "engine.plan_subject"},
    {PLAN_SERVICE_START, "", "service_id", "\"" SVC2 "\"", "engine.plan_path"},
    {PLAN_SERVICE_START, "", "dataset_id", "\"" DTS "\"", "engine.plan_subject"},
    {PLAN_SERVICE_LIST, "", "id_base", "200000", "engine.plan_subject"},
    {PLAN_SERVICE_LIST, "", "service_id", "\"" SVC "\"", "engine.plan_subject"},
    {PLAN_SERVICE_FREEZE, "", "service_id", "-", "engine.plan_subject"},
    {PLAN_BROWSE, "", "project_id", "\"" NEW "\"", "engine.project_unknown"},
    /* The container. */
    {PLAN_SERVICE_START, "container", "network", "\"host\"", "engine.plan_network"},
    {PLAN_SERVICE_START, "container", "network", "\"\"", "engine.plan_network"},
    {PLAN_SERVICE_START, "container", "image", "\"busybox\"", "engine.plan_image"},
    {PLAN_SERVICE_START, "container", "image", "\"jupyter:latest\"", "engine.plan_image"},
    {PLAN_SERVICE_START, "container", "login", "\"../root\"", "engine.plan_folder"},
    {PLAN_SERVICE_START, "container", "login", "\"Marie\"", "engine.plan_folder"},
    {PLAN_SERVICE_START, "container", "login", "\"paul\"", "engine.plan_folder"},
    {PLAN_SERVICE_START, "container", "memory_bytes", "1", "engine.plan_limit"},
    {PLAN_SERVICE_START, "container", "memory_bytes", "9223372036854775807", "engine.plan_limit"},
    {PLAN_SERVICE_START, "container", "cpu_milli", "0", "engine.plan_limit"},
    {PLAN_SERVICE_START, "container", "cpu_milli", "99999999", "engine.plan_limit"},
    {PLAN_SERVICE_START, "container", "pids", "0", "engine.plan_limit"},
    {PLAN_SERVICE_START, "container", "pids", "10000000", "engine.plan_limit"},
    {PLAN_SERVICE_START, "container", "tmpfs_bytes", "2147483648", "engine.plan_limit"},
    /* Mounts. The first is /project. */
    {PLAN_SERVICE_START, "mount", "path", "\"/etc\"", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "path", "\"\"", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "path", "\"keys\"", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "path", "\"projects/" OTHER "/files\"", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "path", "\"projects/" PRJ "/files/../../" OTHER "/files\"",
     "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "path", "\"projects/" PRJ "\"", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "path", "\"projects/" PRJ "/bucket\"", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "path", "\"data/" DTS "\"", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "read_only", "true", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "target", "\"/etc\"", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "target", "\"/\"", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "target", "\"/data/a/b\"", "engine.plan_mount"},
    {PLAN_SERVICE_START, "mount", "target", "\"/home/paul\"", "engine.plan_mount"},
    /* Folders, doors, vaults. */
    {PLAN_SERVICE_START, "doors", "path", "\"run/doors/" SVC2 "\"", "engine.plan_path"},
    {PLAN_SERVICE_START, "doors", "path", "\"run/doors/..\"", "engine.plan_path"},
    {PLAN_SERVICE_START, "folder", "owner", "\"serve\"", "engine.plan_folder"},
    {PLAN_SERVICE_START, "folder", "path", "\"projects/" OTHER "/homes/marie.curie\"",
     "engine.plan_folder"},
    {PLAN_SERVICE_START, "vault_open", "create", "true", "engine.plan_create"},
    {PLAN_SERVICE_START, "vault_open", "path", "\"projects/" OTHER "\"", "engine.plan_path"},
    {PLAN_DATASET_OPEN, "vault_open", "create", "true", "engine.plan_create"},
    {PLAN_DATASET_OPEN, "vault_open", "path", "\"data/" DTS2 "\"", "engine.plan_path"},
    {PLAN_PROJECT_OPEN, "folder", "path", "\"projects/" PRJ "/other\"", "engine.plan_folder"},
    {PLAN_PROJECT_OPEN, "folder", "owner", "\"serve\"", "engine.plan_folder"},
    {PLAN_PROJECT_DESTROY, "vault_destroy", "path", "\"projects/" OTHER "\"", "engine.plan_path"},
    {PLAN_PROJECT_DESTROY, "vault_destroy", "path", "\"\"", "engine.plan_path"},
    {PLAN_PROJECT_CLOSE, "vault_close", "path", "\"projects\"", "engine.plan_path"},
    {PLAN_DATASET_DESTROY, "vault_destroy", "path", "\"data/\"", "engine.plan_path"},
    {PLAN_SERVICE_STOP, "stop", "path", "\"run/doors/" SVC2 "\"", "engine.plan_path"},
    {PLAN_SERVICE_STOP, "stop", "path", "\"projects/" PRJ "\"", "engine.plan_path"},
    /* Files in and out. */
    {PLAN_DATASET_SEAL, "seal", "path", "\"projects/" PRJ "/files\"", "engine.plan_path"},
    {PLAN_DATASET_SEAL, "seal", "path", "\"uploads/../keys\"", "engine.plan_path"},
    {PLAN_DATASET_SEAL, "seal", "target", "\"data/" DTS2 "\"", "engine.plan_path"},
    {PLAN_DATASET_SEAL, "seal", "max_bytes", "0", "engine.plan_limit"},
    {PLAN_COLLECT, "collect", "path", "\"projects/" OTHER "/files\"", "engine.plan_path"},
    {PLAN_COLLECT, "collect", "path", "\"keys\"", "engine.plan_path"},
    {PLAN_COLLECT, "collect", "target", "\"projects/" OTHER "/drafts/" EXP "\"",
     "engine.plan_folder"},
    {PLAN_COLLECT, "collect", "target", "\"projects/" PRJ "/drafts/\"", "engine.plan_folder"},
    {PLAN_COLLECT, "folder", "path", "\"projects/" PRJ "/drafts\"", "engine.plan_folder"},
    {PLAN_COLLECT, "collect", "file", "\"../secret\"", "path.segment"},
    {PLAN_COLLECT, "collect", "file", "\"/etc/shadow\"", "path.segment"},
    {PLAN_COLLECT, "collect", "file", "\"\"", "path.length"},
    {PLAN_COLLECT, "collect", "name", "\"a/b\"", "engine.plan_path"},
    {PLAN_COLLECT, "collect", "name", "\"..\"", "path.segment"},
    {PLAN_COLLECT, "collect", "max_bytes", "9223372036854775807", "engine.plan_limit"},
    {PLAN_BROWSE, "browse", "path", "\"projects/" OTHER "/files\"", "engine.plan_path"},
    {PLAN_BROWSE, "browse", "file", "\"..\"", "path.segment"},
    {PLAN_BROWSE, "browse", "sort", "\"color\"", "engine.plan_field"},
    {PLAN_BROWSE, "browse", "path", "\"projects/" PRJ "/homes\"", "engine.plan_path"},
    {PLAN_BROWSE, "browse", "path", "\"projects/" PRJ "/homes/../files\"", "engine.plan_path"},
    {PLAN_BROWSE, "browse", "path", "\"projects/" PRJ "/drafts\"", "engine.plan_path"},

    /* The files of a volume. */
    {PLAN_FILE_OPEN, "file_open", "path", "\"projects/" OTHER "/homes/marie.curie\"",
     "engine.plan_path"},
    {PLAN_FILE_OPEN, "file_open", "path", "\"projects/" PRJ "/incoming\"", "engine.plan_path"},
    {PLAN_FILE_OPEN, "file_open", "path", "\"data/" DTS "\"", "engine.plan_path"},
    {PLAN_FILE_OPEN, "file_open", "file", "\"\"", "path.length"},
    {PLAN_FILE_OPEN, "file_open", "file", "\"../a\"", "path.segment"},
    {PLAN_FILE_OPEN, "file_open", "file", "\"/etc/shadow\"", "path.segment"},
    {PLAN_FILE_PUT, "file_put", "target", "\"projects/" OTHER "/incoming/" UPL "\"",
     "engine.plan_path"},
    {PLAN_FILE_PUT, "file_put", "target", "\"projects/" PRJ "/incoming\"", "engine.plan_path"},
    {PLAN_FILE_PUT, "file_put", "target", "\"uploads/" UPL "\"", "engine.plan_path"},
    {PLAN_FILE_PUT, "folder", "path", "\"projects/" PRJ "/files\"", "engine.plan_folder"},
    {PLAN_FILE_PUT, "folder", "path", "\"projects/" PRJ "/homes/other\"", "engine.plan_folder"},
    {PLAN_FILE_PUT, "folder", "owner", "\"engine\"", "engine.plan_folder"},
    {PLAN_FILE_PUT, "file_put", "replace", "1", "engine.plan_field"},
    {PLAN_FILE_FOLDER, "file_folder", "file", "\"a/../..\"", "path.segment"},
    {PLAN_FILE_MOVE, "file_move", "name", "\"../b\"", "path.segment"},
    {PLAN_FILE_MOVE, "file_move", "path", "\"projects/" PRJ "/bucket\"", "engine.plan_path"},
    {PLAN_FILE_REMOVE, "file_remove", "file", "\".\"", "path.segment"},
    {PLAN_FILE_REMOVE, "file_remove", "path", "\"projects/" PRJ "\"", "engine.plan_path"},
    {PLAN_BROWSE, "browse", "limit", "0", "engine.plan_limit"},
    {PLAN_BROWSE, "browse", "limit", "100000000", "engine.plan_limit"},
    /* Steps that the kind may not have. */
    {PLAN_SERVICE_FREEZE, "", "steps", "[]", "engine.plan_steps"},
    {PLAN_SERVICE_FREEZE, "", "steps", "[{\"step\":\"freeze\"},{\"step\":\"freeze\"}]",
     "engine.plan_steps"},
    {PLAN_SERVICE_LIST, "", "steps", "[{\"step\":\"list\"},{\"step\":\"host_check\"}]",
     "engine.plan_steps"},
    {PLAN_SERVICE_FREEZE, "", "steps",
     "[{\"step\":\"vault_destroy\",\"path\":\"projects/" PRJ "\"}]", "engine.plan_steps"},
    {PLAN_BROWSE, "", "kind", "\"project_open\"", "engine.plan_steps"},
    {PLAN_PROJECT_CLOSE, "", "kind", "\"project_destroy\"", "engine.plan_steps"},
    /* Shape. */
    {PLAN_BROWSE, "", "kind", "\"root_shell\"", "engine.plan_kind"},
    {PLAN_BROWSE, "", "kind", "7", "engine.plan_kind"},
    {PLAN_BROWSE, "", "steps", "{}", "engine.plan_steps"},
    {PLAN_BROWSE, "", "extra", "1", "engine.plan_unknown"},
    {PLAN_BROWSE, "", "id_base", "-5", "engine.plan_field"},
    {PLAN_BROWSE, "", "id_base", "200000.5", "engine.plan_field"},
    {PLAN_BROWSE, "browse", "extra", "1", "engine.plan_unknown"},
    {PLAN_BROWSE, "browse", "step", "\"shell\"", "engine.plan_step"},
    {PLAN_BROWSE, "browse", "limit", "\"10\"", "engine.plan_field"},
    {PLAN_BROWSE, "browse", "limit", "-", "engine.plan_field"},
    {PLAN_BROWSE, "browse", "file", "\"a\\u0000b\"", "engine.plan_field"},
    {PLAN_SERVICE_START, "mount", "read_only", "1", "engine.plan_field"},
    {PLAN_SERVICE_START, "mount", "target", "null", "engine.plan_field"},
};

static json_t *find_step(json_t *plan, const char *name)
{
    size_t i;
    json_t *step;
    json_array_foreach (json_object_get(plan, "steps"), i, step) {
        if (strcmp(json_string_value(json_object_get(step, "step")), name) == 0)
            return step;
    }
    g_assert_not_reached();
}

static void test_forgeries_are_refused(void)
{
    EngineLimits l = limits();
    for (size_t i = 0; i < G_N_ELEMENTS(forgeries); i++) {
        const Forgery *f = &forgeries[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = build(f->kind);
        g_autoptr(json_t) json = plan_to_json(plan);
        json_t *at = *f->step == '\0' ? json : find_step(json, f->step);
        if (strcmp(f->value, "-") == 0) {
            g_assert_cmpint(json_object_del(at, f->field), ==, 0);
        } else {
            json_t *value = json_loads(f->value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
            g_assert_nonnull(value);
            json_object_set_new(at, f->field, value);
        }
        g_autoptr(Plan) forged = plan_from_json(json, &error);
        bool accepted = forged != NULL && plan_check(forged, &l, &error);
        if (accepted || strcmp(error_reason(error), f->reason) != 0)
            g_error("forgery %zu (%s %s=%s): %s, expected %s", i, f->step, f->field, f->value,
                    accepted ? "accepted" : error_reason(error), f->reason);
    }
}

/* Changes of whole steps in the plan that starts a service. */
static void refuse_start(json_t *json, const char *reason)
{
    g_autoptr(GError) error = NULL;
    EngineLimits l = limits();
    g_autoptr(Plan) plan = plan_from_json(json, &error);
    g_assert_no_error(error);
    g_assert_false(plan_check(plan, &l, &error));
    g_assert_cmpstr(error_reason(error), ==, reason);
}

static void test_steps_missing_repeated_or_moved(void)
{
    static const struct {
        int remove, repeat;
        const char *reason;
    } cases[] = {
        {0, -1, "engine.plan_path"},   /* its project's vault not opened */
        {1, -1, "engine.plan_mount"},  /* a dataset mounted without its vault opened */
        {3, -1, "engine.plan_steps"},  /* no home */
        {4, -1, "engine.plan_steps"},  /* no doors */
        {5, -1, "engine.plan_mount"},  /* no /project */
        {6, -1, "engine.plan_mount"},  /* no home mounted */
        {7, -1, "engine.plan_mount"},  /* no doors mounted */
        {11, -1, "engine.plan_steps"}, /* no container */
        {-1, 5, "engine.plan_mount"},  /* /project twice */
        {-1, 9, "engine.plan_mount"},  /* a dataset twice in one place */
        {-1, 11, "engine.plan_steps"}, /* two containers */
        {-1, 4, "engine.plan_steps"},  /* two doors */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Plan) plan = service_start();
        g_autoptr(json_t) json = plan_to_json(plan);
        json_t *steps = json_object_get(json, "steps");
        g_assert_cmpuint(json_array_size(steps), ==, 11 + 1);
        if (cases[i].repeat >= 0) {
            json_t *copy = json_deep_copy(json_array_get(steps, (size_t)cases[i].repeat));
            json_array_insert_new(steps, (size_t)cases[i].repeat, copy);
        }
        if (cases[i].remove >= 0)
            json_array_remove(steps, (size_t)cases[i].remove);
        refuse_start(json, cases[i].reason);
    }
}

static void test_new_projects_take_free_ranges(void)
{
    EngineLimits l = limits();
    static const struct {
        int64_t base;
        const char *reason;
    } cases[] = {{BASE, "engine.plan_range"},
                 {BASE2, "engine.plan_range"},
                 {BASE3, NULL},
                 {BASE3 + 1, "engine.plan_range"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = plan_project_open_new(NEW, cases[i].base);
        g_assert_true(plan_check(plan, &l, &error) == (cases[i].reason == NULL));
        if (cases[i].reason != NULL)
            g_assert_cmpstr(error_reason(error), ==, cases[i].reason);
    }
}

static void test_nothing_is_allowed_by_default(void)
{
    EngineLimits l = engine_limits_default();
    g_autoptr(Plan) start = service_start();
    g_autoptr(GError) error = NULL;
    g_assert_false(plan_check(start, &l, &error));
    l = limits();
    l.images = NULL;
    g_clear_error(&error);
    g_assert_false(plan_check(start, &l, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.plan_image");
}

static void test_builders_given_nothing_are_refused(void)
{
    EngineLimits l = limits();
    const PlanService nothing = {.id_base = BASE};
    Plan *plans[] = {plan_project_open_new(NULL, BASE), plan_dataset_seal_new(NULL, NULL, 1),
                     plan_service_start_new(&nothing), plan_service_stop_new(NULL),
                     plan_collect_new(PRJ, BASE, NULL, NULL, NULL, 1),
                     plan_browse_new(&(PlanVolume){PRJ, BASE, NULL}, &(PlanBrowse){0}),
                     plan_file_open_new(&(PlanVolume){PRJ, BASE, "a/b"}, "x"),
                     plan_file_put_new(&(PlanVolume){PRJ, BASE, NULL}, NULL, NULL, false),
                     plan_file_move_new(&(PlanVolume){PRJ, BASE, NULL}, "a", NULL)};
    for (size_t i = 0; i < G_N_ELEMENTS(plans); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(plan_check(plans[i], &l, &error));
        g_assert_nonnull(error);
        plan_free(plans[i]);
    }
}

static void test_too_many_steps(void)
{
    g_autoptr(Plan) plan = plan_service_list_new();
    g_autoptr(json_t) json = plan_to_json(plan);
    g_autoptr(GError) error = NULL;
    json_t *steps = json_object_get(json, "steps");
    for (int i = 0; i < PLAN_STEPS_MAX; i++)
        json_array_append_new(steps, json_pack("{s:s}", "step", "list"));
    g_assert_null(plan_from_json(json, &error));
    g_assert_cmpstr(error_reason(error), ==, "engine.plan_steps");
}

static void test_parse_refuses_what_is_no_plan(void)
{
    static const char *const texts[] = {"", "{", "[]", "null", "\"plan\"", "{}", "{\"kind\":1}",
                                        "{\"kind\":\"browse\",\"kind\":\"browse\",\"steps\":[]}",
                                        "{\"kind\":\"browse\",\"steps\":[1]}"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(plan_parse(texts[i], strlen(texts[i]), &error));
        g_assert_nonnull(error);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/forgeries", test_forgeries_are_refused);
    g_test_add_func("/plan/steps", test_steps_missing_repeated_or_moved);
    g_test_add_func("/plan/ranges", test_new_projects_take_free_ranges);
    g_test_add_func("/plan/default", test_nothing_is_allowed_by_default);
    g_test_add_func("/plan/nothing", test_builders_given_nothing_are_refused);
    g_test_add_func("/plan/too-many", test_too_many_steps);
    g_test_add_func("/plan/parse", test_parse_refuses_what_is_no_plan);
    g_test_add_func("/plan/names", test_names_are_complete_and_unique);
    g_test_add_func("/plan/builders", test_builders_pass_and_survive_json);
    return g_test_run();
}
