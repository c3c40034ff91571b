/* SPDX-License-Identifier: Apache-2.0 */
/* Individual risk from the integral's recurrence or its series; the rest is sums. */
#include "sdc/risk.h"

#include "sdc/failure.h"
#include "sdc/scope.h"
#include "sdc/sorting.h"

#include <float.h>
#include <math.h>

/* I_f, the integral of u^(f-1) / (p + q u): q I_(f+1) + p I_f = 1/f. Errors shrink by p/q a step. */
static double risk_by_recurrence(uint32_t f, double p)
{
    double q = 1 - p, integral = -log(p) / q;
    for (uint32_t j = 1; j < f; j++)
        integral = (1.0 / j - p * integral) / q;
    return p * integral;
}

/* (p / f) times the sum of k! / ((f+1)(f+2)...(f+k)) q^k, all terms positive. */
static double risk_by_series(uint32_t f, double p)
{
    double q = 1 - p, term = 1, sum = 1;
    for (double k = 1; term > DBL_EPSILON / 8 * sum && k < 2000; k++) {
        term *= k / (f + k) * q;
        sum += term;
    }
    return p / f * sum;
}

double sdc_risk_of(uint32_t sample, double population, SdcRiskFormula formula)
{
    if (sample == 0 || !(population > 0) || isinf(population))
        return NAN;
    double f = sample;
    if (population <= f)
        return 1 / f;
    double p = f / population;
    if (formula == SDC_RISK_APPROXIMATE && sample > 2)
        return p / (f - (1 - p));
    return sample < 50 && p <= 0.5 ? risk_by_recurrence(sample, p) : risk_by_series(sample, p);
}

#define BLOCK_ROWS ((size_t)1 << 14)

typedef struct RiskTask {
    const SdcFrequencies *frequencies;
    SdcRiskFormula formula;
    double *risks;
} RiskTask;

static void risk_block(void *data, size_t index)
{
    const RiskTask *task = data;
    const SdcFrequencies *f = task->frequencies;
    size_t end = (index + 1) * BLOCK_ROWS < f->rows ? (index + 1) * BLOCK_ROWS : f->rows;
    for (size_t i = index * BLOCK_ROWS; i < end; i++)
        task->risks[i] = sdc_risk_of(f->sample[i], f->population[i], task->formula);
}

bool sdc_risk_individual(const SdcContext *context, const SdcFrequencies *frequencies,
                         SdcRiskFormula formula, double *ret_risks, SdcError *ret_error)
{
    for (size_t i = 0; i < frequencies->rows; i++) {
        if (frequencies->sample[i] == 0 || !(frequencies->population[i] > 0) ||
            isinf(frequencies->population[i]))
            return sdc_failure(ret_error, SDC_ERROR_DATA,
                               "Record %zu has frequency %u and population %g; both must be above 0.",
                               i + 1, frequencies->sample[i], frequencies->population[i]);
    }
    RiskTask task = {frequencies, formula, ret_risks};
    sdc_run_tasks(context, (frequencies->rows + BLOCK_ROWS - 1) / BLOCK_ROWS, risk_block, &task);
    return true;
}

static bool check_risks(const double *risks, size_t rows, SdcError *ret_error)
{
    for (size_t i = 0; i < rows; i++) {
        if (!(risks[i] >= 0 && risks[i] <= 1))
            return sdc_failure(ret_error, SDC_ERROR_DATA, "Record %zu has risk %g; a risk is a number "
                               "from 0 to 1.", i + 1, risks[i]);
    }
    return true;
}

bool sdc_risk_household(const SdcContext *context, const double *risks, const SdcCodes *households,
                        double *ret_risks, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (!sdc_codes_check(households, ret_error) || !check_risks(risks, households->rows, ret_error))
        return false;
    size_t slots = (size_t)households->categories + 1;
    double *safe = sdc_scope_alloc(&scope, slots, sizeof *safe, ret_error);
    if (safe == NULL)
        return false;
    for (size_t h = 0; h < slots; h++)
        safe[h] = 1;
    for (size_t i = 0; i < households->rows; i++)
        safe[households->codes[i]] *= 1 - risks[i];
    for (size_t i = 0; i < households->rows; i++) {
        uint32_t h = households->codes[i];
        ret_risks[i] = h == 0 ? risks[i] : 1 - safe[h];
    }
    return true;
}

static double median_of(const double *values, const uint32_t *order, size_t count)
{
    if (count == 0)
        return 0;
    double upper = values[order[count / 2]];
    return count % 2 != 0 ? upper : (values[order[count / 2 - 1]] + upper) / 2;
}

/* SORTED risks: with the first i below the cap, the mean of min(r, t) is (prefix + (n - i) t) / n. */
static double risk_threshold(const double *risks, const uint32_t *order, size_t rows, double max_rate)
{
    double prefix = 0, allowed = max_rate * (double)rows;
    for (size_t i = 0; i < rows; i++) {
        double cap = (allowed - prefix) / (double)(rows - i);
        if (risks[order[i]] > cap)
            return cap > 0 ? cap : 0;
        prefix += risks[order[i]];
    }
    return 1;
}

bool sdc_risk_global(const SdcContext *context, const double *risks, size_t rows, double max_rate,
                     SdcGlobalRisk *ret_global, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (!(max_rate > 0 && max_rate <= 1))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "The largest acceptable rate is %g; it must be "
                           "above 0 and at most 1.", max_rate);
    if (rows > SDC_ROWS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu rows are more than %zu.", rows, SDC_ROWS_MAX);
    if (!check_risks(risks, rows, ret_error))
        return false;
    uint32_t *order = sdc_scope_alloc(&scope, rows, sizeof *order, ret_error);
    if (order == NULL)
        return false;
    double *distances = sdc_scope_alloc(&scope, rows, sizeof *distances, ret_error);
    if (distances == NULL || !sdc_order_numbers(context, risks, rows, order, ret_error))
        return false;
    SdcGlobalRisk g = {.rows = rows, .median = median_of(risks, order, rows)};
    g.threshold = risk_threshold(risks, order, rows, max_rate);
    for (size_t i = 0; i < rows; i++) {
        g.expected += risks[i];
        g.largest = fmax(g.largest, risks[i]);
        g.above += risks[i] > g.threshold;
        distances[i] = fabs(risks[i] - g.median);
    }
    if (!sdc_order_numbers(context, distances, rows, order, ret_error))
        return false;
    g.deviation = 1.4826 * median_of(distances, order, rows);
    for (size_t i = 0; i < rows; i++)
        g.outliers += risks[i] > .1 && risks[i] > g.median + 2 * g.deviation;
    g.rate = rows > 0 ? g.expected / (double)rows : 0;
    *ret_global = g;
    return true;
}
