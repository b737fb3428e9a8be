/* cli.c - how commands read their options and speak. */
#include "cli/cli.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/near.h"
#include "base/version.h"

/* -c FILE --state DIR --data DIR --set K=V --json, as rows. --set may stand
 * several times, so its value goes through <set>. */
#define COMMON_OPTIONS 6

static void
common_options(struct cli_option *o, struct cli_common *c, const char **set)
{
	const struct cli_option rows[COMMON_OPTIONS] = {
	    {"config", 'c',
	        "the configuration (" SUZGI_SYSCONFDIR "/suzgi.conf)", "FILE",
	        NULL, &c->at.file},
	    {"state", 0, "folder of compiled lists and log", "DIR", NULL,
	        &c->at.state},
	    {"data", 0, "folder of the shipped lists", "DIR", NULL,
	        &c->at.data},
	    {"set", 0, "set a key: section.key=value, section.name.key=value",
	        "KEY=VALUE", NULL, set},
	    {"json", 0, "print JSON", NULL, &c->json, NULL},
	    {.name = NULL},
	};

	memcpy(o, rows, sizeof(rows));
}

static void
help_option(const struct cli_option *o)
{
	char left[64], letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name,
	    o->arg ? " " : "", o->arg ? o->arg : "");
	printf("  %-26s %s\n", left, o->help);
}

static int
help(const struct cli_args *a, const struct cli_option *common)
{
	printf("usage: suzgi %s\n\n%s\n", a->usage, a->about);
	if (a->options || common)
		printf("\n");
	for (const struct cli_option *o = a->options; o && o->name; o++)
		help_option(o);
	for (const struct cli_option *o = common; o && o->name; o++)
		help_option(o);
	return CLI_OK;
}

static const struct cli_option *
find_in(const struct cli_option *o, struct str name)
{
	for (; o && o->name; o++)
		if (str_eq(name, str_of(o->name)) ||
		    (name.n == 1 && o->letter && name.p[0] == o->letter))
			return o;
	return NULL;
}

static void
try_near(struct near *near, const struct cli_option *o)
{
	for (; o && o->name; o++)
		near_try(near, str_of(o->name));
}

struct parsing {
	struct cli_args *a;
	struct cli_option common[COMMON_OPTIONS];
	const char *set; /* the last --set */
	const char *command;
	int argc, at;
	char **argv;
};

static int
unknown_option(const struct parsing *p, struct str name)
{
	struct near near = near_to(name);

	try_near(&near, p->a->options);
	try_near(&near, p->a->common ? p->common : NULL);
	if (near.best.n)
		return cli_usage(p->command,
		    "unknown option \"%.*s\"; did you mean --%.*s?",
		    STR_ARG(name), STR_ARG(near.best));
	return cli_usage(p->command, "unknown option \"%.*s\"", STR_ARG(name));
}

/* Keep a --set; -1, or the exit status. */
static int
keep_set(struct parsing *p)
{
	struct cli_common *c = p->a->common;

	if (!p->set)
		return -1;
	if (c->nsets == CLI_SETS_MAX)
		return cli_usage(
		    p->command, "more than %d --set", CLI_SETS_MAX);
	c->sets[c->nsets++] = p->set;
	c->at.set = c->sets;
	p->set = NULL;
	return -1;
}

/* The option argv[at] ("--x=V", "--x", "-x"); -1, or the exit status. */
static int
take_option(struct parsing *p)
{
	const char *arg = p->argv[p->at];
	bool is_long = arg[1] == '-';
	struct str name = str_of(arg + (is_long ? 2 : 1)), value = STR_NONE;
	const struct cli_option *o;
	bool inlined = is_long && str_cut(name, '=', &name, &value);

	if (str_eq(name, STR("help")) || str_eq(name, STR("h")))
		return help(p->a, p->a->common ? p->common : NULL);
	o = find_in(p->a->options, name);
	if (!o && p->a->common)
		o = find_in(p->common, name);
	if (!o || is_long != (name.n > 1))
		return unknown_option(p, name);
	if (!o->arg && inlined)
		return cli_usage(p->command, "--%s takes no value", o->name);
	if (!o->arg) {
		*o->flag = true;
		return -1;
	}
	if (!inlined && p->at + 1 >= p->argc)
		return cli_usage(
		    p->command, "--%s needs its %s", o->name, o->arg);
	*o->value = inlined ? value.p : p->argv[++p->at];
	return keep_set(p);
}

int
cli_parse(struct cli_args *a, int argc, char **argv)
{
	struct parsing p = {
	    .a = a, .command = argc ? argv[0] : "", .argc = argc, .argv = argv};
	int rc;

	if (a->common)
		common_options(p.common, a->common, &p.set);
	a->argv = argv;
	a->argc = 0;
	for (p.at = 1; p.at < argc; p.at++) {
		char *arg = argv[p.at];

		if (strcmp(arg, "--") == 0) {
			for (p.at++; p.at < argc; p.at++)
				argv[a->argc++] = argv[p.at];
			break;
		}
		if (arg[0] != '-' || arg[1] == '\0') {
			argv[a->argc++] = arg;
			continue;
		}
		rc = take_option(&p);
		if (rc >= 0)
			return rc;
	}
	return -1;
}

int
cli_fail(int status, const char *fmt, ...)
{
	va_list ap;

	fputs("suzgi: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

int
cli_usage(const char *command, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "suzgi %s: ", command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nsuzgi %s --help says how\n", command);
	return CLI_USAGE;
}

int
cli_out(struct buf *b)
{
	bool ok =
	    !b->failed && (b->n == 0 || fwrite(b->p, 1, b->n, stdout) == b->n);

	buf_reset(b);
	if (ok && fflush(stdout) == 0)
		return CLI_OK;
	return cli_fail(CLI_FAILED, "cannot write the output");
}
