/*
 * Working days of offices in France: Monday to Friday without the eleven public holidays of the whole country (Code du travail, art. L3133-1), those that
 * move with Easter computed for any year. Holidays of one territory or of Alsace-Moselle are working days here.
 */
#ifndef ISOLOIR_WORKDAY_H
#define ISOLOIR_WORKDAY_H

#include <stdbool.h>
#include <stdint.h>

/* month 1 to 12 */
bool workday_is(int year, int month, int day);

/* The end (18:00, Paris) of the nth working day after the one on which this moment falls in Paris. */
int64_t workday_due_s(int64_t from_s, int64_t days);

#endif
