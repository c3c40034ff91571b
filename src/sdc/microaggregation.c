/* SPDX-License-Identifier: Apache-2.0 */
/* MDAV on a tree of the records left. The mean of these is kept as a sum that shrinks, made anew each time
 * half of them are gone so that its rounding stays that of a plain sum. */
#include "sdc/microaggregation.h"

#include "sdc/failure.h"
#include "sdc/kdtree.h"

#include <math.h>
#include <string.h>

typedef struct Mdav {
    size_t rows, variables, k;
    double *points;           /* standardised, ROWS x VARIABLES */
    SdcKdTree tree;
    double sum[SDC_NUMBERS_MAX];
    size_t summed;            /* records left when SUM was last made anew */
    uint32_t *nearest;        /* k places */
    double *distances;
    uint32_t *group;
    uint32_t groups;
} Mdav;

static bool check(const SdcNumbers *columns, size_t count, uint32_t k, SdcError *ret_error)
{
    if (count < 1 || count > SDC_NUMBERS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "%zu variables were given; 1 to %d are "
                           "possible.", count, SDC_NUMBERS_MAX);
    if (k < 2)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "k is %u; it must be at least 2.", k);
    size_t rows = columns[0].rows;
    if (rows > SDC_ROWS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu rows are more than %zu.", rows, SDC_ROWS_MAX);
    for (size_t v = 0; v < count; v++) {
        if (columns[v].rows != rows)
            return sdc_failure(ret_error, SDC_ERROR_DATA,
                               "Variable %zu has %zu rows, the first one has %zu.", v + 1,
                               columns[v].rows, rows);
        for (size_t i = 0; i < rows; i++) {
            if (!isfinite(columns[v].values[i]))
                return sdc_failure(ret_error, SDC_ERROR_DATA, "Row %zu of variable %zu is %g; each value "
                                   "must be a finite number.", i + 1, v + 1, columns[v].values[i]);
        }
    }
    if (rows < k)
        return sdc_failure(ret_error, SDC_ERROR_IMPOSSIBLE,
                           "%zu records do not make a group of %u.", rows, k);
    return true;
}

static bool standardise(Mdav *m, const SdcNumbers *column, size_t v, SdcError *ret_error)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < m->rows; i++)
        mean += column->values[i] / (double)m->rows;
    for (size_t i = 0; i < m->rows; i++) {
        double d = column->values[i] - mean;
        squares += d * d;
    }
    double deviation = sqrt(squares / (double)m->rows);
    if (!isfinite(deviation))
        return sdc_failure(ret_error, SDC_ERROR_LIMIT,
                           "The values of variable %zu are too large to be squared.", v + 1);
    for (size_t i = 0; i < m->rows; i++)
        m->points[i * m->variables + v] =
            (column->values[i] - mean) / (deviation > 0 ? deviation : 1);
    return true;
}

/* The mean of the records left. */
static void centre_of(Mdav *m, double *ret_centre)
{
    size_t left = sdc_kd_left(&m->tree);
    if (m->summed == 0 || left <= m->summed / 2) {
        memset(m->sum, 0, sizeof m->sum);
        for (size_t i = 0; i < m->rows; i++) {
            for (size_t v = 0; m->group[i] == UINT32_MAX && v < m->variables; v++)
                m->sum[v] += m->points[i * m->variables + v];
        }
        m->summed = left;
    }
    for (size_t v = 0; v < m->variables; v++)
        ret_centre[v] = m->sum[v] / (double)left;
}

static void take(Mdav *m, uint32_t point)
{
    for (size_t v = 0; v < m->variables; v++)
        m->sum[v] -= m->points[point * m->variables + v];
    m->group[point] = m->groups;
    sdc_kd_remove(&m->tree, point);
}

/* SEED and its k - 1 nearest. */
static void form_group(Mdav *m, uint32_t seed)
{
    take(m, seed);
    size_t found = sdc_kd_nearest(&m->tree, m->points + (size_t)seed * m->variables, m->k - 1,
                                  m->nearest, m->distances);
    for (size_t i = 0; i < found; i++)
        take(m, m->nearest[i]);
    m->groups++;
}

static void form_all(Mdav *m)
{
    double centre[SDC_NUMBERS_MAX];
    while (sdc_kd_left(&m->tree) >= 3 * m->k) {
        centre_of(m, centre);
        uint32_t r = sdc_kd_farthest(&m->tree, centre);
        const double *at = m->points + (size_t)r * m->variables;
        uint32_t s = sdc_kd_farthest(&m->tree, at);
        form_group(m, r);
        if (m->group[s] != UINT32_MAX)   /* all were at the same distance from r */
            s = sdc_kd_farthest(&m->tree, at);
        form_group(m, s);
    }
    if (sdc_kd_left(&m->tree) >= 2 * m->k) {
        centre_of(m, centre);
        form_group(m, sdc_kd_farthest(&m->tree, centre));
    }
    for (size_t i = 0; i < m->rows; i++) {
        if (m->group[i] == UINT32_MAX)
            m->group[i] = m->groups;
    }
    m->groups++;
}

/* Replaces VALUES (ROWS values, STRIDE apart) in OUT by the means of groups. */
static void average(const Mdav *m, const double *values, size_t stride, double *sums,
                    const uint32_t *sizes, double *out)
{
    memset(sums, 0, m->groups * sizeof *sums);
    for (size_t i = 0; i < m->rows; i++)
        sums[m->group[i]] += values[i * stride] / sizes[m->group[i]];
    for (size_t i = 0; i < m->rows; i++)
        out[i] = sums[m->group[i]];
}

static bool replace_values(SdcScope *scope, const Mdav *m, const SdcNumbers *columns,
                           SdcMicroaggregation *out, SdcError *ret_error)
{
    double *sums = sdc_scope_alloc(scope, m->groups, sizeof *sums, ret_error);
    if (sums == NULL)
        return false;
    uint32_t *sizes = sdc_scope_alloc(scope, m->groups, sizeof *sizes, ret_error);
    if (sizes == NULL)
        return false;
    for (size_t i = 0; i < m->rows; i++)
        sizes[m->group[i]]++;
    for (size_t v = 0; v < m->variables; v++) {
        double *means = out->values + v * m->rows;
        average(m, m->points + v, m->variables, sums, sizes, means);
        for (size_t i = 0; i < m->rows; i++) {
            double x = m->points[i * m->variables + v];
            out->sse += (x - means[i]) * (x - means[i]);
            out->sst += x * x;
        }
        average(m, columns[v].values, 1, sums, sizes, means);
    }
    return true;
}

static bool run(SdcScope *scope, Mdav *m, const SdcNumbers *columns, SdcError *ret_error)
{
    m->points = sdc_scope_alloc(scope, m->rows * m->variables, sizeof *m->points, ret_error);
    if (m->points == NULL)
        return false;
    m->nearest = sdc_scope_alloc(scope, m->k, sizeof *m->nearest, ret_error);
    if (m->nearest == NULL)
        return false;
    m->distances = sdc_scope_alloc(scope, m->k, sizeof *m->distances, ret_error);
    if (m->distances == NULL)
        return false;
    for (size_t v = 0; v < m->variables; v++) {
        if (!standardise(m, &columns[v], v, ret_error))
            return false;
    }
    if (!sdc_kd_build(scope, m->points, m->rows, m->variables, &m->tree, ret_error))
        return false;
    memset(m->group, 0xFF, m->rows * sizeof *m->group);
    form_all(m);
    return true;
}

bool sdc_mdav(const SdcContext *context, const SdcNumbers *columns, size_t count, uint32_t k,
              SdcMicroaggregation *ret_result, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (!check(columns, count, k, ret_error))
        return false;
    SdcMicroaggregation out = {.rows = columns[0].rows, .variables = count};
    out.group = sdc_scope_alloc(&scope, out.rows, sizeof *out.group, ret_error);
    if (out.group == NULL)
        return false;
    out.values = sdc_scope_alloc(&scope, out.rows * count, sizeof *out.values, ret_error);
    if (out.values == NULL)
        return false;
    Mdav m = {.rows = out.rows, .variables = count, .k = k, .group = out.group};
    if (!run(&scope, &m, columns, ret_error) ||
        !replace_values(&scope, &m, columns, &out, ret_error))
        return false;
    out.groups = m.groups;
    sdc_scope_keep(&scope, out.group);
    sdc_scope_keep(&scope, out.values);
    *ret_result = out;
    return true;
}

void sdc_microaggregation_clear(const SdcContext *context, SdcMicroaggregation *result)
{
    if (result == NULL)
        return;
    sdc_release(context, result->group, result->rows, sizeof *result->group);
    sdc_release(context, result->values, result->rows * result->variables, sizeof *result->values);
    *result = (SdcMicroaggregation){0};
}
