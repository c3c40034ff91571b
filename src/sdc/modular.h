/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo a prime of at most 61 bits. Values are below the prime. Private to src/sdc. */
#ifndef DARSE_SDC_MODULAR_H
#define DARSE_SDC_MODULAR_H

#include <stdint.h>

/* A prime 2^bits - less. */
typedef struct SdcPrime {
    unsigned bits;
    uint64_t less;
} SdcPrime;

#define SDC_PRIME_61 ((SdcPrime){61, 1})
#define SDC_PRIME_60 ((SdcPrime){60, 93})

static inline uint64_t sdc_mod_size(SdcPrime prime)
{
    return (UINT64_C(1) << prime.bits) - prime.less;
}

static inline uint64_t sdc_mod_multiply(SdcPrime prime, uint64_t a, uint64_t b)
{
    uint64_t mask = (UINT64_C(1) << prime.bits) - 1;
    unsigned __int128 x = (unsigned __int128)a * b;
    x = (uint64_t)(x & mask) + (x >> prime.bits) * prime.less;
    uint64_t y = (uint64_t)(x & mask) + (uint64_t)(x >> prime.bits) * prime.less;
    return y >= sdc_mod_size(prime) ? y - sdc_mod_size(prime) : y;
}

static inline uint64_t sdc_mod_add(SdcPrime prime, uint64_t a, uint64_t b)
{
    uint64_t sum = a + b;
    return sum >= sdc_mod_size(prime) ? sum - sdc_mod_size(prime) : sum;
}

static inline uint64_t sdc_mod_negate(SdcPrime prime, uint64_t a)
{
    return a == 0 ? 0 : sdc_mod_size(prime) - a;
}

/* Most factors are 1 or -1. */
static inline uint64_t sdc_mod_multiply_by(SdcPrime prime, uint64_t factor, uint64_t value)
{
    if (factor == 1)
        return value;
    return factor == sdc_mod_size(prime) - 1 ? sdc_mod_negate(prime, value) : sdc_mod_multiply(prime, factor, value);
}

static inline uint64_t sdc_mod_invert(SdcPrime prime, uint64_t a)
{
    if (a == 1 || a == sdc_mod_size(prime) - 1)
        return a;
    uint64_t result = 1;
    for (uint64_t e = sdc_mod_size(prime) - 2; e > 0; e >>= 1) {
        if ((e & 1) != 0)
            result = sdc_mod_multiply(prime, result, a);
        a = sdc_mod_multiply(prime, a, a);
    }
    return result;
}

#endif
