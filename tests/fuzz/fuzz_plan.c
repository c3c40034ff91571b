/* SPDX-License-Identifier: Apache-2.0 */
/* Plans of any origin: what is read is written and read back the same, and judged without harm. */
#include "base/encode.h"
#include "engine/plan.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t some_base(const char *project_id, void *user)
{
    return 200000;
}

static const char *some_project(int64_t base, void *user)
{
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const images[] = {"jupyter", NULL};
    EngineLimits limits = engine_limits_default();
    limits.images = images;
    limits.project_base = some_base;
    limits.base_project = some_project;
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = plan_parse((const char *)data, size, &error);
    g_assert_true((plan == NULL) == (error != NULL));
    if (plan == NULL)
        return 0;
    g_autoptr(GError) refusal = NULL;
    bool good = plan_check(plan, &limits, &refusal);
    g_assert_true(good == (refusal == NULL));
    g_autoptr(json_t) json = plan_to_json(plan);
    g_autoptr(Plan) again = plan_from_json(json, NULL);
    g_assert_nonnull(again);
    g_autoptr(json_t) json_again = plan_to_json(again);
    g_assert_true(json_equal(json, json_again));
    return 0;
}
