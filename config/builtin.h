/*
 * builtin.h - configuration that comes with the program: what an empty file
 * means, and what `make run` shows.
 */
#ifndef CONFIG_BUILTIN_H
#define CONFIG_BUILTIN_H

/* Lists and policy where the configuration has neither: an empty file is a
 * working filter. */
extern const char builtin_starter[];

/* Before it in the demo. */
extern const char builtin_demo[];

#endif
