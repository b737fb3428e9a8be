/* fresh.c - is there anything to compile? */
#include "base/sys/file.h"
#include "config/config.h"
#include "config/diag.h"
#include "config/loader.h"
#include "config/sources.h"
#include "lists/image.h"

#include <limits.h>

bool
config_lists_fresh(const struct config *c, const struct config_paths *at)
{
	struct diag quiet = {.report = NULL}; /* who compiles will say it */
	char path[PATH_MAX];
	struct sources sources;
	struct bytes bytes;
	struct image im;
	uint64_t have[2];
	bool fresh = false;

	if (c->list.n == 0)
		return true;
	config_image_path(c, at, path, sizeof(path));
	if (sources_find(&sources, c, &quiet) < 0)
		return false;
	if (file_map(path, &bytes, NULL) == 0) {
		if (image_view(&im, bytes, NULL) == 0) {
			image_fingerprint(&im, have);
			fresh = memcmp(have, sources.fingerprint,
			            sizeof(have)) == 0;
		}
		file_unmap(bytes);
	}
	sources_fini(&sources);
	return fresh;
}
