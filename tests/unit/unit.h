/* What every unit test includes: cmocka wants these first. */
#ifndef ISOLOIR_UNIT_H
#define ISOLOIR_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
