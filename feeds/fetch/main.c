/*
 * main.c - suzgi-fetch: brings lists from the network and opens archives, in
 * a process of its own, so that neither library is ever mapped where traffic
 * passes or a policy is decided.
 *
 *	suzgi-fetch get     address -> descriptor 3
 *	suzgi-fetch unpack  descriptor 3 -> names and bytes on stdout
 *
 * Started by suzgi alone (feeds/helper.c); the job comes on stdin.
 */
#include <stdio.h>
#include <string.h>

#include "feeds/fetch/job.h"

int
main(int argc, char **argv)
{
	struct job job = {.text = BUF_EMPTY};
	int rc = 2;

	if (argc != 2 ||
	    (strcmp(argv[1], "get") != 0 && strcmp(argv[1], "unpack") != 0)) {
		fprintf(stderr, "suzgi-fetch is a part of suzgi, which starts "
		                "it; see: suzgi lists update --help\n");
		return rc;
	}
	if (job_read(&job))
		rc = argv[1][0] == 'g' ? get_run(&job) : unpack_run(&job);
	job_fini(&job);
	return rc;
}
