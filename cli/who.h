/* who.h - who gives this command, for journals. */
#ifndef CLI_WHO_H
#define CLI_WHO_H

#include <stddef.h>

#define WHO_MAX 80

/* "aigerim", "aigerim (sudo)", "user 1000". */
void who_runs(char *out, size_t size);

#endif
