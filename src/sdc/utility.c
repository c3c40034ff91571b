/* SPDX-License-Identifier: Apache-2.0 */
/* Sums, a Jacobi rotation for eigenvalues and inverses of small symmetric matrices, and tables by classes
 * of both files laid one after the other. */
#include "sdc/utility.h"

#include "sdc/failure.h"
#include "sdc/scope.h"

#include <math.h>
#include <string.h>

/* --- symmetric matrices ---------------------------------------------------------------------------- */

/* One rotation that makes MATRIX[p][q] zero; VECTORS follow. */
static void rotate(double *matrix, double *vectors, size_t n, size_t p, size_t q)
{
    double theta = (matrix[q * n + q] - matrix[p * n + p]) / (2 * matrix[p * n + q]);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t i = 0; i < n; i++) {
        double a = matrix[i * n + p], b = matrix[i * n + q];
        matrix[i * n + p] = c * a - s * b;
        matrix[i * n + q] = s * a + c * b;
    }
    for (size_t i = 0; i < n; i++) {
        double a = matrix[p * n + i], b = matrix[q * n + i];
        matrix[p * n + i] = c * a - s * b;
        matrix[q * n + i] = s * a + c * b;
        a = vectors[i * n + p];
        b = vectors[i * n + q];
        vectors[i * n + p] = c * a - s * b;
        vectors[i * n + q] = s * a + c * b;
    }
}

/* Cyclic Jacobi: eigenvalues on the diagonal of MATRIX, eigenvectors in the columns of VECTORS. */
static void diagonalise(double *matrix, double *vectors, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            vectors[i * n + j] = i == j;
    }
    for (int sweep = 0; sweep < 60; sweep++) {
        double off = 0, on = 0;
        for (size_t p = 0; p < n; p++) {
            on += matrix[p * n + p] * matrix[p * n + p];
            for (size_t q = p + 1; q < n; q++)
                off += matrix[p * n + q] * matrix[p * n + q];
        }
        if (off <= 1e-30 * on)
            return;
        for (size_t p = 0; p < n; p++) {
            for (size_t q = p + 1; q < n; q++) {
                if (matrix[p * n + q] != 0)
                    rotate(matrix, vectors, n, p, q);
            }
        }
    }
}

/* --- numbers --------------------------------------------------------------------------------------- */

typedef struct Moments {
    size_t count;
    double *covariance;        /* COUNT x COUNT of each file, scaled by the original's deviations */
    double *other;
    double *vectors;
    double deviations[SDC_NUMBERS_MAX];
    size_t complete;
} Moments;

static bool check_pair(const SdcNumbers *original, const SdcNumbers *masked, size_t count,
                       SdcError *ret_error)
{
    if (count < 1 || count > SDC_NUMBERS_MAX)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "%zu variables were given; 1 to %d are "
                           "possible.", count, SDC_NUMBERS_MAX);
    for (size_t v = 0; v < count; v++) {
        if (original[v].rows != original[0].rows || masked[v].rows != original[0].rows)
            return sdc_failure(ret_error, SDC_ERROR_DATA,
                               "Variable %zu has %zu rows before and %zu after; %zu are expected.", v + 1,
                               original[v].rows, masked[v].rows, original[0].rows);
        if (!sdc_numbers_check(&original[v], ret_error) || !sdc_numbers_check(&masked[v], ret_error))
            return false;
    }
    return true;
}

static double deviation_of(const SdcNumbers *column)
{
    double n = 0, mean = 0, squares = 0;
    for (size_t i = 0; i < column->rows; i++)
        n += !isnan(column->values[i]);
    for (size_t i = 0; i < column->rows; i++)
        mean += isnan(column->values[i]) ? 0 : column->values[i] / n;
    for (size_t i = 0; i < column->rows; i++) {
        double d = column->values[i] - mean;
        squares += isnan(d) ? 0 : d * d;
    }
    return n > 1 ? sqrt(squares / (n - 1)) : 0;
}

static void add_il1s(const SdcNumbers *x, const SdcNumbers *z, double deviation, SdcNumbersLoss *loss)
{
    for (size_t i = 0; deviation > 0 && i < x->rows; i++) {
        double d = fabs(x->values[i] - z->values[i]);
        if (isnan(d))
            continue;
        loss->il1s += d / (sqrt(2) * deviation);
        loss->terms++;
    }
}

static bool is_complete(const SdcNumbers *a, const SdcNumbers *b, size_t count, size_t row)
{
    for (size_t v = 0; v < count; v++) {
        if (isnan(a[v].values[row]) || isnan(b[v].values[row]))
            return false;
    }
    return true;
}

static void fill_covariance(const Moments *m, const SdcNumbers *file, const SdcNumbers *other,
                            double *ret_matrix)
{
    size_t n = m->count;
    double means[SDC_NUMBERS_MAX] = {0};
    memset(ret_matrix, 0, n * n * sizeof *ret_matrix);
    for (size_t i = 0; i < file[0].rows; i++) {
        for (size_t v = 0; is_complete(file, other, n, i) && v < n; v++)
            means[v] += file[v].values[i] / (double)m->complete;
    }
    for (size_t i = 0; i < file[0].rows; i++) {
        double x[SDC_NUMBERS_MAX];
        if (!is_complete(file, other, n, i))
            continue;
        for (size_t v = 0; v < n; v++)
            x[v] = (file[v].values[i] - means[v]) / (m->deviations[v] > 0 ? m->deviations[v] : 1);
        for (size_t a = 0; a < n; a++) {
            for (size_t b = 0; b < n; b++)
                ret_matrix[a * n + b] += x[a] * x[b] / ((double)m->complete - 1);
        }
    }
}

/* The diagonal of the inverse of the correlation matrix, divided by its length; false when singular. */
static bool inverse_diagonal(const double *covariance, double *work, double *vectors, size_t n,
                             double *ret_diagonal)
{
    double length = 0, largest = 0;
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++) {
            double scale = sqrt(covariance[a * n + a] * covariance[b * n + b]);
            if (!(scale > 0))
                return false;
            work[a * n + b] = covariance[a * n + b] / scale;
        }
    }
    diagonalise(work, vectors, n);
    for (size_t j = 0; j < n; j++)
        largest = fmax(largest, work[j * n + j]);
    for (size_t i = 0; i < n; i++) {
        ret_diagonal[i] = 0;
        for (size_t j = 0; j < n; j++) {
            if (work[j * n + j] <= 1e-12 * largest)
                return false;
            ret_diagonal[i] += vectors[i * n + j] * vectors[i * n + j] / work[j * n + j];
        }
        length += ret_diagonal[i] * ret_diagonal[i];
    }
    for (size_t i = 0; i < n; i++)
        ret_diagonal[i] /= sqrt(length);
    return true;
}

static double correlation_loss(const Moments *m, double *work)
{
    double before[SDC_NUMBERS_MAX], after[SDC_NUMBERS_MAX], sum = 0;
    if (!inverse_diagonal(m->covariance, work, m->vectors, m->count, before) ||
        !inverse_diagonal(m->other, work, m->vectors, m->count, after))
        return NAN;
    for (size_t j = 0; j < m->count; j++)
        sum += (before[j] - after[j]) * (before[j] - after[j]);
    return sqrt(sum / 2);
}

static void eigenvalues_of(const double *covariance, double *work, double *vectors, size_t n,
                           double *ret_values)
{
    memcpy(work, covariance, n * n * sizeof *work);
    diagonalise(work, vectors, n);
    for (size_t j = 0; j < n; j++) {
        size_t place = j;
        for (; place > 0 && ret_values[place - 1] < work[j * n + j]; place--)
            ret_values[place] = ret_values[place - 1];
        ret_values[place] = work[j * n + j];
    }
}

static double eigenvalue_loss(const Moments *m, double *work)
{
    double before[SDC_NUMBERS_MAX], after[SDC_NUMBERS_MAX], sum = 0;
    eigenvalues_of(m->covariance, work, m->vectors, m->count, before);
    eigenvalues_of(m->other, work, m->vectors, m->count, after);
    for (size_t j = 0; j < m->count; j++) {
        if (before[j] > 1e-12 * before[0])
            sum += fabs(before[j] - after[j]) / before[j];
    }
    return sum;
}

static bool moments_loss(SdcScope *scope, Moments *m, const SdcNumbers *original, const SdcNumbers *masked,
                         SdcNumbersLoss *loss, SdcError *ret_error)
{
    double *work = NULL, **arrays[] = {&m->covariance, &m->other, &m->vectors, &work};
    for (int a = 0; a < 4; a++) {
        *arrays[a] = sdc_scope_alloc(scope, m->count * m->count, sizeof(double), ret_error);
        if (*arrays[a] == NULL)
            return false;
    }
    for (size_t i = 0; i < original[0].rows; i++)
        m->complete += is_complete(original, masked, m->count, i);
    if (m->complete < 2 || m->count < 2)
        return true;
    fill_covariance(m, original, masked, m->covariance);
    fill_covariance(m, masked, original, m->other);
    loss->correlation = correlation_loss(m, work);
    loss->eigenvalues = eigenvalue_loss(m, work);
    return true;
}

bool sdc_numbers_loss(const SdcContext *context, const SdcNumbers *original, const SdcNumbers *protected_,
                      size_t count, SdcNumbersLoss *ret_loss, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (!check_pair(original, protected_, count, ret_error))
        return false;
    SdcNumbersLoss loss = {.correlation = NAN, .eigenvalues = NAN};
    Moments m = {.count = count};
    for (size_t v = 0; v < count; v++) {
        m.deviations[v] = deviation_of(&original[v]);
        if (!isfinite(m.deviations[v]))
            return sdc_failure(ret_error, SDC_ERROR_LIMIT,
                               "The values of variable %zu are too large to be squared.", v + 1);
        add_il1s(&original[v], &protected_[v], m.deviations[v], &loss);
    }
    loss.il1s_mean = loss.terms > 0 ? loss.il1s / (double)loss.terms : 0;
    if (!moments_loss(&scope, &m, original, protected_, &loss, ret_error))
        return false;
    *ret_loss = loss;
    return true;
}

/* --- tables ---------------------------------------------------------------------------------------- */

typedef struct Both {
    size_t rows;
    SdcCodes columns[SDC_KEYS_MAX];   /* 2 ROWS: the original, then the protected file */
} Both;

static bool lay_out(SdcScope *scope, const SdcCodes *original, const SdcCodes *masked, size_t count,
                    Both *ret_both, SdcError *ret_error)
{
    size_t rows = original[0].rows;
    if (rows > SDC_ROWS_MAX / 2)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "%zu rows are more than %zu.", rows,
                           SDC_ROWS_MAX / 2);
    uint32_t *codes = sdc_scope_alloc(scope, 2 * rows * count, sizeof *codes, ret_error);
    if (codes == NULL)
        return false;
    ret_both->rows = rows;
    for (size_t v = 0; v < count; v++) {
        if (original[v].rows != rows || masked[v].rows != rows)
            return sdc_failure(ret_error, SDC_ERROR_DATA,
                               "Variable %zu has %zu rows before and %zu after; %zu are expected.", v + 1,
                               original[v].rows, masked[v].rows, rows);
        uint32_t *column = codes + v * 2 * rows;
        for (size_t i = 0; i < rows; i++) {
            column[i] = original[v].codes[i];
            column[rows + i] = masked[v].codes[i];
        }
        uint32_t most = original[v].categories > masked[v].categories ? original[v].categories
                                                                      : masked[v].categories;
        ret_both->columns[v] = (SdcCodes){2 * rows, most, column, NULL};
    }
    return true;
}

/* COUNTS: two places a class. */
static bool one_table(const SdcContext *context, const SdcCodes *columns, unsigned ways, double *counts,
                      double *ret_hellinger, double *ret_variation, SdcError *ret_error)
{
    SdcClasses classes;
    if (!sdc_classes_find(context, columns, ways, &classes, ret_error))
        return false;
    size_t rows = classes.rows / 2;
    double hellinger = 0, variation = 0;
    memset(counts, 0, 2 * classes.count * sizeof *counts);
    for (size_t i = 0; i < classes.rows; i++)
        counts[2 * (size_t)classes.of_row[i] + (i >= rows)]++;
    for (size_t c = 0; c < classes.count; c++) {
        double p = counts[2 * c] / (double)rows, q = counts[2 * c + 1] / (double)rows;
        double root = sqrt(p) - sqrt(q);
        hellinger += root * root;
        variation += fabs(p - q);
    }
    sdc_classes_clear(context, &classes);
    *ret_hellinger = sqrt(hellinger / 2);
    *ret_variation = variation / 2;
    return true;
}

/* The next choice of WAYS of COUNT variables in lexicographic order; false after the last one. */
static bool next_choice(size_t *choice, unsigned ways, size_t count)
{
    for (unsigned w = ways; w-- > 0;) {
        if (choice[w] + (ways - w) >= count)
            continue;
        choice[w]++;
        for (unsigned i = w + 1; i < ways; i++)
            choice[i] = choice[i - 1] + 1;
        return true;
    }
    return false;
}

static double count_tables(size_t count, unsigned ways)
{
    double tables = 1;
    for (unsigned i = 1; i <= ways; i++)
        tables = tables * (double)(count - ways + i) / i;
    return tables;
}

bool sdc_tables_loss(const SdcContext *context, const SdcCodes *original, const SdcCodes *protected_,
                     size_t count, unsigned ways, SdcTablesLoss *ret_loss, SdcError *ret_error)
{
    SDC_SCOPE(scope, context);
    if (count < 1 || count > SDC_KEYS_MAX || ways < 1 || ways > count)
        return sdc_failure(ret_error, SDC_ERROR_ARGUMENT, "Tables of %u of %zu variables were asked for; 1 "
                           "to %d variables, and no more ways than variables, are possible.", ways, count,
                           SDC_KEYS_MAX);
    if (count_tables(count, ways) > (double)SDC_TABLES_MAX)
        return sdc_failure(ret_error, SDC_ERROR_LIMIT, "There are more than %zu tables of %u variables.",
                           SDC_TABLES_MAX, ways);
    Both both = {0};
    if (!lay_out(&scope, original, protected_, count, &both, ret_error))
        return false;
    double *counts = sdc_scope_alloc(&scope, 4 * both.rows, sizeof *counts, ret_error);
    if (counts == NULL)
        return false;
    SdcTablesLoss loss = {0};
    size_t choice[SDC_KEYS_MAX];
    for (unsigned w = 0; w < ways; w++)
        choice[w] = w;
    do {
        SdcCodes columns[SDC_KEYS_MAX];
        double hellinger, variation;
        for (unsigned w = 0; w < ways; w++)
            columns[w] = both.columns[choice[w]];
        if (!one_table(context, columns, ways, counts, &hellinger, &variation, ret_error))
            return false;
        loss.tables++;
        loss.hellinger_mean += hellinger;
        loss.variation_mean += variation;
        loss.hellinger_largest = fmax(loss.hellinger_largest, hellinger);
        loss.variation_largest = fmax(loss.variation_largest, variation);
    } while (next_choice(choice, ways, count));
    loss.hellinger_mean /= (double)loss.tables;
    loss.variation_mean /= (double)loss.tables;
    *ret_loss = loss;
    return true;
}
