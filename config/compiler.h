/*
 * compiler.h - reads all sources of the lists and compiles them into an image,
 * in bounded memory ([limits] build-memory).
 */
#ifndef CONFIG_COMPILER_H
#define CONFIG_COMPILER_H

#include <stdint.h>

struct config;
struct config_watch;
struct diag;
struct image_file;
struct sources;

struct compiler {
	const struct config *config;
	const struct sources *sources;
	uint64_t generation;
	const struct config_watch *watch; /* NULL: nobody */
	struct diag *d;
};

/*
 * The image of all sources into <out>, which is new and empty. What of them
 * are no entries is warned of; 0, or -1 with all trouble reported.
 */
int compiler_run(const struct compiler *c, struct image_file *out);

#endif
