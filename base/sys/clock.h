/* clock.h - what time it is. Monotonic for time-outs, wall for records. */
#ifndef BASE_SYS_CLOCK_H
#define BASE_SYS_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_wall_ms(void); /* since 1970, UTC */

/* "2026-11-22T19:38:07.123Z" and a NUL into <out>. */
#define CLOCK_TEXT 25
void clock_text(int64_t wall_ms, char out[CLOCK_TEXT]);

#endif
