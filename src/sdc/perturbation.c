/* SPDX-License-Identifier: Apache-2.0 */
/* PRAM, rank swapping and noise. */
#include "sdc/perturbation.h"

#include "sdc/failure.h"
#include "sdc/scope.h"
#include "sdc/sorting.h"

#include <math.h>
#include <string.h>

/* --- PRAM -------------------------------------------------------------------------------------- */

static bool check_pram(const SdcCodes *column, const SdcPramOptions *o, SdcError *ret_error)
{
    if (!sdc_codes_check(column, ret_error))
        return false;
    size_t n = column->categories;
    if (n > SDC_PRAM_CATEGORIES_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "PRAM on %zu categories; %d are possible.", n,
                           SDC_PRAM_CATEGORIES_MAX);
    if (o->matrix == NULL && !(o->pd >= 0 && o->pd <= 1 && o->alpha >= 0 && o->alpha <= 1))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT,
                           "PRAM was asked with pd = %g and alpha = %g; both lie between 0 and 1.", o->pd,
                           o->alpha);
    for (size_t k = 0; o->matrix != NULL && k < n; k++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++) {
            double p = o->matrix[k * n + j];
            if (!(p >= 0 && p <= 1))
                return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Probability %g in row %zu of the "
                                   "matrix is not between 0 and 1.", p, k + 1);
            sum += p;
        }
        if (fabs(sum - 1) > 1e-9)
            return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Row %zu of the matrix sums to %.9g, not 1.",
                               k + 1, sum);
    }
    return true;
}

typedef struct Pram {
    size_t present;        /* categories that occur */
    uint32_t *which;       /* PRESENT: their codes - 1 */
    double *shares;        /* PRESENT: t */
    double *p, *q, *r;     /* PRESENT x PRESENT */
} Pram;

/* t, P and Q; the streams of the diagonal lie beside those of records: index from the top. */
static void fill_factors(const SdcContext *context, const SdcPramOptions *o, Pram *m)
{
    size_t n = m->present;
    for (size_t k = 0; k < n; k++) {
        double u = sdc_random_uniform(context, o->seed, o->stream, UINT64_MAX - m->which[k]);
        double stay = o->pd + (1 - o->pd) * u;
        for (size_t j = 0; j < n; j++)
            m->p[k * n + j] = j == k ? stay : (1 - stay) / (double)(n - 1);
    }
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += m->shares[i] * m->p[i * n + j];
        for (size_t k = 0; k < n; k++)   /* sum 0: nothing becomes j */
            m->q[j * n + k] = sum > 0 ? m->p[k * n + j] * m->shares[k] / sum : (double)(j == k);
    }
}

static void multiply(const SdcPramOptions *o, Pram *m)
{
    size_t n = m->present;
    for (size_t i = 0; i < n; i++) {
        double *row = m->r + i * n;
        for (size_t l = 0; l < n; l++) {
            for (size_t j = 0; j < n; j++)
                row[j] += o->alpha * m->p[i * n + l] * m->q[l * n + j];
        }
        row[i] += 1 - o->alpha;
    }
}

static bool invariant_matrix(SdcScope *scope, const SdcCodes *column, const SdcPramOptions *o,
                             double *matrix, SdcError *ret_error)
{
    size_t all = column->categories;
    Pram m = {0};
    m.which = sdc_scope_alloc(scope, all, sizeof *m.which, ret_error);
    if (m.which == NULL)
        return false;
    m.shares = sdc_scope_alloc(scope, all, sizeof *m.shares, ret_error);
    if (m.shares == NULL)
        return false;
    double **arrays[] = {&m.p, &m.q, &m.r};
    for (int a = 0; a < 3; a++) {
        *arrays[a] = sdc_scope_alloc(scope, all * all, sizeof(double), ret_error);
        if (*arrays[a] == NULL)
            return false;
    }
    for (size_t k = 0; k < all; k++)
        matrix[k * all + k] = 0;
    for (size_t i = 0; i < column->rows; i++) {   /* the diagonal counts, for a moment */
        if (column->codes[i] != 0)
            matrix[(column->codes[i] - 1) * (all + 1)]++;
    }
    for (size_t k = 0; k < all; k++) {
        if (matrix[k * (all + 1)] > 0) {
            m.which[m.present] = (uint32_t)k;
            m.shares[m.present++] = matrix[k * (all + 1)] / (double)column->rows;
        }
        matrix[k * (all + 1)] = 1;
    }
    if (m.present < 2)
        return true;
    fill_factors(scope->context, o, &m);
    multiply(o, &m);
    for (size_t k = 0; k < m.present; k++) {
        for (size_t j = 0; j < m.present; j++)
            matrix[m.which[k] * all + m.which[j]] = m.r[k * m.present + j];
    }
    return true;
}

/* First j with u < the cumulated probability. A rounded sum just below 1 must not lead to a category of
 * probability 0: the last one with some is taken. */
static uint32_t draw_category(const double *cumulated, size_t n, double u)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (u < cumulated[middle])
            high = middle;
        else
            low = middle + 1;
    }
    while (low > 0 && u >= cumulated[low] && cumulated[low] == cumulated[low - 1])
        low--;
    return (uint32_t)low + 1;
}

bool sdc_pram(const SdcContext *context, const SdcCodes *column, const SdcPramOptions *options,
              uint32_t *ret_codes, double *ret_matrix, size_t *ret_changed, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (!check_pram(column, options, ret_error))
        return false;
    size_t n = column->categories, changed = 0;
    double *matrix = sdc_scope_alloc(&scope, n * n, sizeof *matrix, ret_error);
    if (matrix == NULL)
        return false;
    if (options->matrix != NULL)
        memcpy(matrix, options->matrix, n * n * sizeof *matrix);
    else if (!invariant_matrix(&scope, column, options, matrix, ret_error))
        return false;
    if (ret_matrix != NULL)
        memcpy(ret_matrix, matrix, n * n * sizeof *matrix);
    for (size_t k = 0; k < n; k++) {
        for (size_t j = 1; j < n; j++)
            matrix[k * n + j] += matrix[k * n + j - 1];
    }
    for (size_t i = 0; i < column->rows; i++) {
        uint32_t code = column->codes[i];
        double u = sdc_random_uniform(context, options->seed, options->stream, i);
        ret_codes[i] = code == 0 ? 0 : draw_category(matrix + (code - 1) * n, n, u);
        changed += ret_codes[i] != code;
    }
    *ret_changed = changed;
    return true;
}

/* --- rank swapping ------------------------------------------------------------------------------ */

/* Which ranks are free, as a tree of counts (Fenwick), so that the i-th free one is found in log n. */
typedef struct Free {
    size_t count, top;
    uint32_t *tree;         /* COUNT + 1 */
} Free;

static void free_all(Free *f)
{
    for (size_t i = 1; i <= f->count; i++)
        f->tree[i] = (uint32_t)(i & -i);
    for (f->top = 1; 2 * f->top <= f->count;)
        f->top *= 2;
}

static void occupy(Free *f, size_t rank)
{
    for (size_t i = rank + 1; i <= f->count; i += i & -i)
        f->tree[i]--;
}

/* Free ranks below RANK. */
static size_t free_below(const Free *f, size_t rank)
{
    size_t sum = 0;
    for (size_t i = rank; i > 0; i &= i - 1)
        sum += f->tree[i];
    return sum;
}

/* The free rank that has exactly BEFORE free ranks below it. */
static size_t nth_free(const Free *f, size_t before)
{
    size_t place = 0;
    for (size_t step = f->top; step > 0; step /= 2) {
        if (place + step <= f->count && f->tree[place + step] <= before) {
            place += step;
            before -= f->tree[place];
        }
    }
    return place;
}

bool sdc_rank_swap(const SdcContext *context, const SdcNumbers *column, double percent, uint64_t seed,
                   uint64_t stream, double *ret_values, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (!sdc_numbers_check(column, ret_error))
        return false;
    if (!(percent > 0 && percent <= 100))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT,
                           "Ranks within %g %% were asked for; above 0 and at most 100 is possible.",
                           percent);
    uint32_t *order = sdc_scope_alloc(&scope, column->rows, sizeof *order, ret_error);
    if (order == NULL)
        return false;
    Free f = {0};
    f.tree = sdc_scope_alloc(&scope, column->rows + 1, sizeof *f.tree, ret_error);
    if (f.tree == NULL ||
        !sdc_order_numbers(context, column->values, column->rows, order, ret_error))
        return false;
    while (f.count < column->rows && !isnan(column->values[order[f.count]]))
        f.count++;   /* missing ones come last */
    free_all(&f);
    size_t reach = (size_t)floor(percent / 100 * (double)f.count);
    for (size_t i = 0; i < column->rows; i++)
        ret_values[i] = column->values[i];
    for (size_t rank = 0; rank < f.count; rank++) {
        size_t before = free_below(&f, rank + 1) - free_below(&f, rank);
        if (before == 0)
            continue;   /* swapped already */
        occupy(&f, rank);
        size_t end = rank + reach + 1 < f.count ? rank + reach + 1 : f.count;
        size_t below = free_below(&f, rank), choices = free_below(&f, end) - below;
        if (choices == 0)
            continue;
        size_t other = nth_free(&f, below + sdc_random_below(context, seed, stream, rank, choices));
        occupy(&f, other);
        ret_values[order[rank]] = column->values[order[other]];
        ret_values[order[other]] = column->values[order[rank]];
    }
    return true;
}

/* --- additive noise ------------------------------------------------------------------------------ */

static bool check_noise(const SdcNumbers *columns, size_t count, double percent, SdcError *ret_error)
{
    if (count < 1 || count > SDC_NUMBERS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "%zu variables were given; 1 to %d are "
                           "possible.", count, SDC_NUMBERS_MAX);
    if (!(percent > 0 && percent <= 1e6))
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT,
                           "Noise of %g %% was asked for; above 0 and at most 1e6 is possible.", percent);
    for (size_t v = 0; v < count; v++) {
        if (columns[v].rows != columns[0].rows)
            return sdc_failure(ret_error, SDC_ERROR_DATA,
                               "Variable %zu has %zu rows, the first one has %zu.", v + 1,
                               columns[v].rows, columns[0].rows);
        if (!sdc_numbers_check(&columns[v], ret_error))
            return false;
    }
    return true;
}

static bool is_complete(const SdcNumbers *columns, size_t count, size_t row)
{
    for (size_t v = 0; v < count; v++) {
        if (isnan(columns[v].values[row]))
            return false;
    }
    return true;
}

/* Covariances (n - 1) over complete records, COUNT x COUNT. */
static void covariances(const SdcNumbers *columns, size_t count, double *means, double *ret_matrix)
{
    double complete = 0;
    memset(means, 0, count * sizeof *means);
    memset(ret_matrix, 0, count * count * sizeof *ret_matrix);
    for (size_t i = 0; i < columns[0].rows; i++)
        complete += is_complete(columns, count, i);
    if (complete < 2)
        return;
    for (size_t i = 0; i < columns[0].rows; i++) {
        for (size_t v = 0; is_complete(columns, count, i) && v < count; v++)
            means[v] += columns[v].values[i] / complete;
    }
    for (size_t i = 0; i < columns[0].rows; i++) {
        if (!is_complete(columns, count, i))
            continue;
        for (size_t a = 0; a < count; a++) {
            double x = columns[a].values[i] - means[a];
            for (size_t b = 0; b <= a; b++)
                ret_matrix[a * count + b] += x * (columns[b].values[i] - means[b]) / (complete - 1);
        }
    }
}

/* Lower triangle in place; a pivot that is nothing but rounding is 0. */
static void cholesky(double *matrix, size_t count)
{
    for (size_t j = 0; j < count; j++) {
        double pivot = matrix[j * count + j], whole = pivot;
        for (size_t k = 0; k < j; k++)
            pivot -= matrix[j * count + k] * matrix[j * count + k];
        double root = pivot > 1e-12 * whole ? sqrt(pivot) : 0;
        matrix[j * count + j] = root;
        for (size_t i = j + 1; i < count; i++) {
            double sum = matrix[i * count + j];
            for (size_t k = 0; k < j; k++)
                sum -= matrix[i * count + k] * matrix[j * count + k];
            matrix[i * count + j] = root > 0 ? sum / root : 0;
        }
    }
}

/* Rows of MATRIX times COUNT normal draws, added. */
static void add_draws(const SdcContext *context, const SdcNumbers *columns, size_t count,
                      const double *matrix, uint64_t seed, uint64_t stream, double *ret_values)
{
    size_t rows = columns[0].rows;
    for (size_t i = 0; i < rows; i++) {
        double draws[SDC_NUMBERS_MAX];
        for (size_t v = 0; v < count; v++)
            draws[v] = sdc_random_normal(context, seed, stream + v, i);
        for (size_t a = 0; a < count; a++) {
            double noise = 0;
            for (size_t b = 0; b <= a; b++)
                noise += matrix[a * count + b] * draws[b];
            ret_values[a * rows + i] = columns[a].values[i] + noise;
        }
    }
}

bool sdc_add_noise(const SdcContext *context, const SdcNumbers *columns, size_t count, double percent,
                   bool correlated, uint64_t seed, uint64_t stream, double *ret_values,
                   SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (!check_noise(columns, count, percent, ret_error))
        return false;
    double *matrix = sdc_scope_alloc(&scope, count * count, sizeof *matrix, ret_error);
    if (matrix == NULL)
        return false;
    double means[SDC_NUMBERS_MAX];
    if (correlated) {
        covariances(columns, count, means, matrix);
        for (size_t i = 0; i < count * count; i++)
            matrix[i] *= percent / 100;
        cholesky(matrix, count);
    }
    for (size_t v = 0; !correlated && v < count; v++) {
        double variance;
        covariances(&columns[v], 1, means, &variance);
        matrix[v * count + v] = percent / 100 * sqrt(variance);
    }
    for (size_t i = 0; i < count * count; i++) {
        if (!isfinite(matrix[i]))
            return sdc_failure(ret_error, SDC_ERROR_LIMIT,
                               "The values are too large to compute their variance.");
    }
    add_draws(context, columns, count, matrix, seed, stream, ret_values);
    return true;
}
