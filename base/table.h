/* table.h - small helpers for tables. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <assert.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
