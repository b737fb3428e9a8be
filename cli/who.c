/* who.c - who gives this command, for journals. */
#include "cli/who.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void
who_runs(char *out, size_t size)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *pw = getpwuid(getuid());

	if (sudo && *sudo && getuid() == 0)
		snprintf(out, size, "%.60s (sudo)", sudo);
	else if (pw)
		snprintf(out, size, "%s", pw->pw_name);
	else
		snprintf(out, size, "user %u", (unsigned)getuid());
}
