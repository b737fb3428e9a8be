/*
 * fuzz_target.c - request targets: the parts are those of the whole, and
 * written anew they are taken apart in the same way; a host holds nothing
 * that could end it for somebody else.
 *
 * Input: one byte (which method), then the target.
 */
#include <stdint.h>

#include "base/buf.h"
#include "proxy/wire/authority.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool true_always)
{
	if (!true_always)
		abort();
}

static void
inside(struct str s, struct str whole)
{
	must(s.n == 0 || (s.p >= whole.p && s.p + s.n <= whole.p + whole.n) ||
	     str_eq(s, STR("/")));
}

static void
check_host(struct str host)
{
	for (size_t i = 0; i < host.n; i++)
		must(strchr("@/\\?#% \t\r\n,;", host.p[i]) == NULL);
	must(host.n > 0);
}

static void
write_anew(struct buf *b, const struct target *t)
{
	if (t->form == TARGET_ABSOLUTE) {
		buf_add_str(b, t->scheme);
		buf_add_str(b, STR("://"));
	}
	buf_add_str(b, t->host);
	if (t->port)
		buf_addf(b, ":%u", (unsigned)t->port);
	buf_add_str(b, t->form == TARGET_ASTERISK ? STR("*") : t->path);
	if (t->has_query) {
		buf_add_char(b, '?');
		buf_add_str(b, t->query);
	}
}

static void
check_again(struct str method, const struct target *t)
{
	struct buf b = BUF_EMPTY;
	struct target u;

	write_anew(&b, t);
	target_parse(method, buf_str(&b), &u);
	must(t->form == u.form && t->port == u.port);
	must(str_eq(t->scheme, u.scheme) && str_eq(t->host, u.host));
	must(str_eq(t->path, u.path) && str_eq(t->query, u.query));
	must(t->has_query == u.has_query);
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str methods[] = {
	    {"GET", 3}, {"CONNECT", 7}, {"OPTIONS", 7}, {"connect", 7}};
	struct str method, raw, host;
	struct target t;
	uint32_t port;

	if (size == 0)
		return 0;
	method = methods[data[0] % 4];
	raw = str_make((const char *)data + 1, size - 1);
	target_parse(method, raw, &t);
	must((t.form == TARGET_BAD) == (t.why != NULL));
	must((t.form == TARGET_AUTHORITY) ==
	     (t.form != TARGET_BAD && data[0] % 4 == 1));
	if (t.form != TARGET_BAD) {
		inside(t.host, raw);
		inside(t.path, raw);
		inside(t.query, raw);
		check_again(method, &t);
	}
	if (t.form == TARGET_ABSOLUTE || t.form == TARGET_AUTHORITY)
		check_host(t.host);
	if (authority_parse(raw, &host, &port)) {
		check_host(host);
		must(port <= 65535);
	}
	return 0;
}
