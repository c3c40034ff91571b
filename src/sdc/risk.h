/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The risk that a record is re-identified, from its frequencies in the sample (f) and in the population
 * (F, estimated by a sum of weights).
 *
 * Individual risk: E(1/F | f) where F given f is negative binomial with success probability p = f/F^:
 *
 *     r = sum over j >= f of (1/j) C(j-1, f-1) p^f (1-p)^(j-f)
 *       = (p^f / f) 2F1(f, f; f+1; 1-p)  =  p times the integral over u in (0,1) of
 *                                           u^(f-1) / (p + (1-p) u)
 *
 * For f = 1 that is p/(1-p) ln(1/p); for f = 2, p/(1-p) - (p/(1-p))^2 ln(1/p). APPROXIMATE is what
 * sdcMicro computes unless told otherwise: these two, and p / (f - (1-p)) for f > 2, the leading term of
 * the series above. For p = 1 (everybody is in the sample) both are 1/f. An F below f (weights below
 * one) is taken as f.
 *
 * EXACT is computed to a few units in the last place: the integral's recurrence for f < 50 and p <= 1/2,
 * where it is stable, and the series of 2F1(1, 1; f+1; 1-p) elsewhere, at most about 50 terms.
 *
 * References: Benedetti and Franconi, "Statistical and technological solutions for controlled data
 * dissemination", NTTS 1998, pp. 225-232; Franconi and Polettini, PSD 2004, LNCS 3050, pp. 262-272
 * (formulas for f = 1, 2 and the approximation); Hundepool et al., "Statistical Disclosure
 * Control", Wiley 2012, chapter 3 (individual, household and global risk).
 */
#ifndef DARSE_SDC_RISK_H
#define DARSE_SDC_RISK_H

#include "sdc/keys.h"

typedef enum SdcRiskFormula { SDC_RISK_EXACT, SDC_RISK_APPROXIMATE } SdcRiskFormula;

/* One record. SAMPLE >= 1, POPULATION finite and > 0, else NaN. */
double sdc_risk_of(uint32_t sample, double population, SdcRiskFormula formula);

/* RET_RISKS has FREQUENCIES->ROWS values. O(rows). */
bool sdc_risk_individual(const SdcContext *context, const SdcFrequencies *frequencies,
                         SdcRiskFormula formula, double *ret_risks, SdcError *ret_error);

/*
 * The risk that at least one member of the household is re-identified, 1 - prod(1 - r_i), given to each
 * of its members. HOUSEHOLDS holds a code for each record; a record without household is its own. Risks
 * are in [0, 1]. O(rows); products are made in the order of records.
 */
bool sdc_risk_household(const SdcContext *context, const double *risks, const SdcCodes *households,
                        double *ret_risks, SdcError *ret_error);

typedef struct SdcGlobalRisk {
    size_t rows;
    double expected;       /* sum of r: expected number of re-identifications */
    double rate;           /* the same over ROWS; 0 when there is no record */
    double largest;
    double median, deviation;   /* median of r, and its median absolute deviation times 1.4826 */
    size_t outliers;       /* records with r > .1 and r > median + 2 deviations */
    double threshold;      /* largest t such that the mean of min(r, t) is at most MAX_RATE; 1 when the
                              rate is at most that already. Records above it are those to protect. */
    size_t above;          /* records with r > threshold */
} SdcGlobalRisk;

/* MAX_RATE in (0, 1]. O(rows log rows). */
bool sdc_risk_global(const SdcContext *context, const double *risks, size_t rows, double max_rate,
                     SdcGlobalRisk *ret_global, SdcError *ret_error);

#endif
