/* request_build.c - from the head of a request to what is asked for. */
#include "proxy/request_build.h"

#include "config/config.h"
#include "filters/doh.h"
#include "filters/snapshot.h"
#include "filters/url.h"
#include "proxy/listen.h"
#include "proxy/shadow.h"
#include "proxy/txn.h"
#include "proxy/worker.h"

#define HTTP_PORT 80

static bool
fault_is(
    struct request_fault *f, enum reason why, uint16_t status, const char *text)
{
	*f = (struct request_fault){why, status, text};
	return false;
}

static bool
is_port_in(const uint16_t *v, unsigned n, uint16_t port)
{
	for (unsigned i = 0; i < n; i++)
		if (v[i] == port)
			return true;
	return false;
}

/* How far can be seen of what plain HTTP asks for: to the end of the answer,
 * but only if the policy may want that. */
static enum stage
plain_depth(const struct txn *t)
{
	return snapshot_wants(t->pin->snapshot) & SNAPSHOT_WANTS_HEAD
	           ? STAGE_BODY
	           : STAGE_URL;
}

/* <s> where it stays: the texts of a request stay as long as its head does;
 * those of a tunnel's head go before the tunnel is judged for the last time. */
static struct str
to_stay(struct txn *t, struct str s)
{
	return t->target.form == TARGET_AUTHORITY ? arena_str(&t->arena, s) : s;
}

/* All fields, where a policy asks for some. */
static void
build_all_fields(struct txn *t)
{
	struct request *r = &t->request;
	struct request_field *room =
	    arena_alloc(&t->arena, (t->head.nfields + 1) * sizeof(*room));

	for (unsigned i = 0; room && i < t->head.nfields; i++)
		room[i] = (struct request_field){to_stay(t, t->fields[i].name),
		    to_stay(t, t->fields[i].value)};
	r->fields = room;
	r->nfields = room ? t->head.nfields : 0;
}

/* What terms may ask of the head beside its target; the first of each. */
static bool
build_fields(struct txn *t)
{
	struct request *r = &t->request;

	for (const struct h1_field *f = t->fields + t->head.nfields;
	     f-- != t->fields;)
		switch (f->id) {
		case H1_USER_AGENT:
			r->ua = f->value;
			break;
		case H1_REFERER:
			r->referer = f->value;
			break;
		case H1_ACCEPT:
			r->accept = f->value;
			break;
		}
	if (t->target.form == TARGET_AUTHORITY) {
		r->ua = to_stay(t, r->ua);
		r->referer = to_stay(t, r->referer);
		r->accept = to_stay(t, r->accept);
	}
	if ((snapshot_wants(t->pin->snapshot) | shadow_wants(t->worker)) &
	    SNAPSHOT_WANTS_FIELDS)
		build_all_fields(t);
	return !t->arena.failed;
}

static void
count_literal(struct txn *t, struct name n)
{
	if (name_is_address(n))
		stats_add(&t->worker->stats.ip_literal, 1);
}

/* The usual forms alone are looked at: this is for each request. Whether a
 * rule holds is found out elsewhere, in full. */
static void
count_doh(struct txn *t)
{
	const struct request *r = &t->request;

	if ((str_starts(r->accept, STR("application/dns")) ||
	        str_starts(t->target.path, STR("/dns-query"))) &&
	    doh_is_asked(r, &r->url))
		stats_add(&t->worker->stats.doh, 1);
}

static bool
build_connect(struct txn *t, struct request_fault *f)
{
	const struct config *cf = t->worker->config;
	struct request *r = &t->request;

	if (t->conn->inner)
		return fault_is(
		    f, REASON_MALFORMED, 400, "a tunnel inside a tunnel");
	if (t->head.has_length || t->head.chunked)
		return fault_is(
		    f, REASON_MALFORMED, 400, "CONNECT with a body");
	r->port = (uint16_t)t->target.port;
	r->tunnel = true;
	r->stage = r->deepest = STAGE_HOST;
	t->raw_url = STR_NONE;
	if (name_from_wire(t->target.host, t->connect_room, &r->connect))
		return fault_is(f, REASON_BAD_HOST, 400, NULL);
	t->named = true;
	count_literal(t, r->connect);
	if (is_port_in(
	        cf->tunnel_http_ports.v, cf->tunnel_http_ports.n, r->port)) {
		r->deepest = plain_depth(t);
		return true;
	}
	if (!is_port_in(cf->tunnel_ports.v, cf->tunnel_ports.n, r->port))
		return fault_is(f, REASON_PORT_DENIED, 403, NULL);
	return true;
}

/* Host and port of a request inside a tunnel, which has them in Host. */
static bool
inner_authority(struct txn *t, struct str *host, uint32_t *port)
{
	if (t->target.form == TARGET_ABSOLUTE) {
		*host = t->target.host;
		*port = t->target.port ? t->target.port : HTTP_PORT;
		return true;
	}
	*host = STR_NONE;
	*port = 0;
	if (t->head.host.n && !authority_parse(t->head.host, host, port))
		return false;
	if (*port == 0)
		*port = host->n ? HTTP_PORT : t->conn->inner->port;
	return true;
}

static bool
build_url(struct txn *t, struct request_fault *f)
{
	struct request *r = &t->request;
	struct url_parts parts = {.scheme = SCHEME_HTTP,
	    .path = t->target.path,
	    .query = t->target.query,
	    .has_query = t->target.has_query};
	struct str host = t->target.host, ignored;
	uint32_t port = t->target.port ? t->target.port : HTTP_PORT, none;

	if (t->conn->inner) {
		if (!inner_authority(t, &host, &port))
			return fault_is(f, REASON_BAD_HOST, 400, NULL);
		r->tunnel = true;
		r->connect = t->conn->inner->name;
	} else if (t->head.host.n &&
	           !authority_parse(t->head.host, &ignored, &none)) {
		return fault_is(
		    f, REASON_BAD_HOST, 400, "the Host field is malformed");
	}
	if (t->conn->inner && host.n == 0)
		r->host = t->conn->inner->name;
	else if (name_from_wire(host, t->host_room, &r->host))
		return fault_is(f, REASON_BAD_HOST, 400, NULL);
	count_literal(t, r->host);
	r->port = (uint16_t)port;
	parts.host = r->host;
	parts.port = r->port;
	if (url_canon(&t->arena, &parts, &r->url) < 0)
		return t->arena.failed
		           ? fault_is(f, REASON_NO_MEMORY, 503, NULL)
		           : fault_is(f, REASON_BAD_URL, 400, NULL);
	r->stage = STAGE_URL;
	r->deepest = plain_depth(t);
	count_doh(t);
	t->raw_url = t->target.form == TARGET_ABSOLUTE ? t->head.target
	             : r->url.raw.n                    ? r->url.raw
	                                               : r->url.text;
	return true;
}

/* Is it a question to the nearest proxy, that is, to us? (RFC 9110 7.6.2) */
static bool
is_for_us(const struct txn *t)
{
	const struct h1_field *f;
	uint64_t n;

	if (!str_eq(t->head.method, STR("OPTIONS")))
		return false;
	if (t->target.form == TARGET_ASTERISK)
		return true;
	f = h1_find(&t->head, H1_MAX_FORWARDS);
	return f && str_to_u64(f->value, &n) && n == 0;
}

/* Have we sent this request ourselves, some hops ago? */
static bool
is_loop(const struct txn *t)
{
	struct str us = str_make(t->worker->via, t->worker->via_n);

	for (unsigned i = 0; i < t->head.nfields; i++)
		if (t->fields[i].id == H1_VIA &&
		    str_search(t->fields[i].value, us) < t->fields[i].value.n)
			return true;
	return false;
}

static bool
check_method(struct txn *t, struct request_fault *f)
{
	if (str_eq(t->head.method, STR("TRACE")))
		return fault_is(f, REASON_BAD_METHOD, 405, "TRACE");
	if (str_eq(t->head.method, STR("PRI")))
		return fault_is(f, REASON_BAD_METHOD, 501, "HTTP/2 preface");
	if (t->head.expect_other)
		return fault_is(f, REASON_EXPECTATION, 417, NULL);
	if (is_loop(t))
		return fault_is(f, REASON_LOOP, 508, NULL);
	return true;
}

bool
request_build(struct txn *t, struct request_fault *f)
{
	struct request *r = &t->request;

	r->now = loop_wall_now_ms(t->worker->loop) / 1000;
	memcpy(r->client, t->conn->client, sizeof(r->client));
	worker_find_mac(t->worker, t->pin->snapshot, r);
	r->listener = t->conn->listener->name;
	r->method = t->head.method;
	t->raw_url = t->head.target;
	if (!check_method(t, f))
		return false;
	target_parse(t->head.method, t->head.target, &t->target);
	if (!build_fields(t))
		return fault_is(f, REASON_NO_MEMORY, 503, NULL);
	switch (t->target.form) {
	case TARGET_BAD:
		return fault_is(f, REASON_BAD_URL, 400, t->target.why);
	case TARGET_AUTHORITY:
		return build_connect(t, f);
	case TARGET_ASTERISK:
		t->status = 200;
		return true;
	case TARGET_ORIGIN:
		if (!t->conn->inner)
			return fault_is(f, REASON_BAD_URL, 400,
			    "this is a proxy, not a site: it belongs into "
			    "the proxy settings of a browser");
		break;
	case TARGET_ABSOLUTE:
		if (!str_eq_nocase(t->target.scheme, STR("http")))
			return fault_is(f, REASON_BAD_SCHEME, 400, NULL);
		break;
	}
	if (!build_url(t, f))
		return false;
	if (is_for_us(t))
		t->status = 200;
	return true;
}

bool
request_add_sni(struct txn *t, struct str sni)
{
	struct name *n = &t->request.sni;

	/* an address is no server name (RFC 6066 3) */
	return name_from_wire(sni, t->sni_room, n) == NAME_OK &&
	       !name_is_address(*n);
}
