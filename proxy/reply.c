/* reply.c - what we answer ourselves. */
#include "proxy/reply.h"

#include "base/bug.h"
#include "config/config.h"
#include "filters/snapshot.h"
#include "proxy/origin.h"
#include "proxy/page.h"
#include "proxy/txn.h"
#include "proxy/warn.h"

#define HEAD_ROOM  1024 /* our own heads are shorter, but for <extra> */
#define REPLY_ROOM 4096 /* most pages fit */

static const uint16_t statuses[REASON_N] = {
    [REASON_DONE] = 200,
    [REASON_RULE] = 403,
    [REASON_DEFAULT] = 403,
    [REASON_UNSETTLED] = 403,
    [REASON_PATTERN_LIMIT] = 403,
    [REASON_PROTECTED] = 403,
    [REASON_PROTECTED_LOST] = 403,
    [REASON_SUPPORT] = 403,
    [REASON_OVERRIDE] = 403,
    [REASON_BUDGET] = 403,
    [REASON_NESTED] = 403,
    [REASON_CONTINUED] = 403,
    [REASON_AUTH_NEEDED] = 407,
    [REASON_AUTH_FAILED] = 407,
    [REASON_NAME_MISMATCH] = 421,
    [REASON_NO_SNI] = 403,
    [REASON_ECH] = 403,
    [REASON_NOT_TLS] = 403,
    [REASON_BAD_HELLO] = 403,
    [REASON_POLICY_CHANGED] = 403,
    [REASON_MALFORMED] = 400,
    [REASON_BAD_HOST] = 400,
    [REASON_BAD_URL] = 400,
    [REASON_TOO_LARGE] = 431,
    [REASON_BAD_METHOD] = 501,
    [REASON_BAD_VERSION] = 505,
    [REASON_BAD_SCHEME] = 400,
    [REASON_EXPECTATION] = 417,
    [REASON_PORT_DENIED] = 403,
    [REASON_DEST_DENIED] = 403,
    [REASON_CLIENT_DENIED] = 403,
    [REASON_CLIENT_LIMIT] = 429,
    [REASON_TOKEN] = 403,
    [REASON_LOOP] = 508,
    [REASON_CLIENT_TIMEOUT] = 408,
    [REASON_NO_SUCH_HOST] = 502,
    [REASON_DNS_FAILED] = 502,
    [REASON_CONNECT_REFUSED] = 502,
    [REASON_CONNECT_FAILED] = 502,
    [REASON_CONNECT_TIMEOUT] = 504,
    [REASON_ORIGIN_TIMEOUT] = 504,
    [REASON_ORIGIN_CLOSED] = 502,
    [REASON_ORIGIN_MALFORMED] = 502,
    [REASON_ORIGIN_SHORT] = 502,
    [REASON_ORIGIN_AUTH] = 502,
    [REASON_PARENT_REFUSED] = 502,
    [REASON_NO_MEMORY] = 503,
    [REASON_NO_DESCRIPTORS] = 503,
    [REASON_LOG_FULL] = 503,
    [REASON_SHUTDOWN] = 503,
};

uint16_t
reply_status(enum reason why)
{
	return statuses[why] ? statuses[why] : 500;
}

const char *
reply_phrase(uint16_t status)
{
	static const struct {
		uint16_t status;
		const char *phrase;
	} phrases[] = {
	    {200, "OK"},
	    {303, "See Other"},
	    {400, "Bad Request"},
	    {403, "Forbidden"},
	    {405, "Method Not Allowed"},
	    {407, "Proxy Authentication Required"},
	    {408, "Request Timeout"},
	    {414, "URI Too Long"},
	    {417, "Expectation Failed"},
	    {421, "Misdirected Request"},
	    {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"},
	    {501, "Not Implemented"},
	    {502, "Bad Gateway"},
	    {503, "Service Unavailable"},
	    {504, "Gateway Timeout"},
	    {505, "HTTP Version Not Supported"},
	    {508, "Loop Detected"},
	};

	for (unsigned i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Error";
}

static struct str
value_of(const struct txn *t, enum h1_id id)
{
	const struct h1_field *f = t->named ? h1_find(&t->head, id) : NULL;

	return f ? f->value : STR_NONE;
}

static enum page_kind
kind_of(const struct txn *t)
{
	if (t->site.asked && t->reason == REASON_DONE)
		return str_eq(t->request.url.path, STR("/continue"))
		           ? PAGE_PRESS
		           : PAGE_HELLO;
	if (t->reason == REASON_TOKEN)
		return PAGE_STALE;
	if (t->status == 407)
		return PAGE_SIGN_IN;
	switch (reason_kind(t->reason)) {
	case REASON_KIND_POLICY:
		return t->judged && t->verdict.action == ACTION_WARN &&
		               t->verdict.kind == VERDICT_DENY
		           ? PAGE_WARNED
		           : PAGE_BLOCKED;
	case REASON_KIND_REFUSE:
	case REASON_KIND_CLIENT:
		return PAGE_REFUSED;
	case REASON_KIND_ORIGIN:
	case REASON_KIND_OURS:
		return PAGE_FAILED;
	case REASON_KIND_FINE:
		break;
	}
	return t->status == 200 ? PAGE_HELLO : PAGE_FAILED;
}

/* The button of a warning, for who can see one. Its token is in <room>. */
static void
add_button(struct txn *t, struct page *p, struct buf *room)
{
	if (p->form != PAGE_HTML || !warn_has_button(t) || !warn_token(t, room))
		return;
	t->has_button = true;
	p->token = buf_str(room);
	p->address = t->worker->config->page_address;
	p->seconds = snapshot_warn_s(t->pin->snapshot, t->verdict.policy);
}

static bool
is_in_rule(const struct provenance *said, const char *term)
{
	return str_search(said->rule_text, str_of(term)) < said->rule_text.n;
}

static enum page_again
again_of(const struct txn *t, const struct provenance *said)
{
	struct snapshot_budget b;

	if (t->reason != REASON_BUDGET)
		return is_in_rule(said, "during:") ? PAGE_LATER : PAGE_NEVER;
	if (!snapshot_budget(
	        t->pin->snapshot, t->verdict.budget, t->request.now, &b))
		return PAGE_NEVER;
	return b.per == BUDGET_WEEK ? PAGE_MONDAY : PAGE_TOMORROW;
}

/* Of policies and rules children need to know nothing. */
static const char *
plain_words(const struct txn *t, const struct page *p)
{
	if (t->reason == REASON_DEFAULT)
		return "Only sites that were chosen are open here";
	if (t->reason == REASON_OVERRIDE)
		return "It was closed by somebody who looks after this network";
	if (t->reason == REASON_UNSETTLED || t->reason == REASON_PATTERN_LIMIT)
		return "It could not be checked just now; try again in a while";
	if (t->reason != REASON_RULE)
		return "";
	if (p->kind == PAGE_WARNED)
		return "One should be careful with it";
	return p->again == PAGE_LATER ? "It is not open here now"
	                              : "It is not open here";
}

/* What the verdict was about. */
static void
add_verdict(const struct txn *t, const struct provenance *said, struct page *p)
{
	p->category = said->category;
	p->inside = said->nested.n != 0;
	p->again = again_of(t, said);
	p->search = t->verdict.is_search && !said->category.n &&
	            is_in_rule(said, "search");
	p->plain = str_of(plain_words(t, p));
	p->grave = p->search && t->verdict.severity == SEVERITY_DANGER;
}

/* Its body, into t->reply. */
static enum page_form
write_body(struct txn *t)
{
	const struct config *c = t->worker->config;
	const struct request *r = &t->request;
	const struct provenance *said = txn_provenance(t);
	struct page p = {
	    .kind = kind_of(t),
	    .title = c->page_title,
	    .host = name_str(r->host.n ? r->host : r->connect),
	    .reason = str_of(reason_text(t->reason)),
	    .detail = str_of(t->why),
	    .contact = c->page_contact,
	    .help = c->page_help,
	    .reference = str_of(t->id),
	};
	struct buf token = BUF_EMPTY;

	p.form = txn_is_connect(t)
	             ? PAGE_TEXT
	             : page_form_for(value_of(t, H1_SEC_FETCH_DEST),
	                   value_of(t, H1_ACCEPT));
	if ((p.kind == PAGE_BLOCKED || p.kind == PAGE_WARNED) && said &&
	    t->verdict.kind == VERDICT_DENY)
		add_verdict(t, said, &p);
	if (p.kind == PAGE_WARNED)
		add_button(t, &p, &token);
	if (t->status == 303)
		p.form = PAGE_EMPTY;
	page_write(&t->reply, &p);
	buf_fini(&token);
	return p.form;
}

/* What our pages may do: nothing, but that a warning's form goes to our own
 * page, and from there on to where it was shown; and no other page has its
 * button inside of it. */
static void
add_policy(const struct txn *t, struct buf *b)
{
	buf_add_str(
	    b, STR("\r\nContent-Security-Policy: default-src 'none'; "
	           "style-src 'unsafe-inline'; base-uri 'none'; form-action "));
	if (t->has_button)
		buf_addf(b, "'self' http://%.*s; frame-ancestors 'none'",
		    STR_ARG(t->worker->config->page_address));
	else
		buf_add_str(b, STR("'none'"));
	buf_add_str(b, STR("\r\nReferrer-Policy: no-referrer\r\n"));
}

/* Lines of the head that not all have: who is asked for, where to go on to. */
static struct str
extra_lines(struct txn *t)
{
	static const struct str name = STR_INIT("Location: ");
	struct str to = t->site.onward;
	char *p;

	if (t->status == 407)
		return auth_challenge(t);
	if (t->status != 303)
		return STR_NONE;
	p = arena_alloc(&t->arena, name.n + to.n + 2);
	if (!p)
		return STR_NONE; /* then the page has no way on */
	memcpy(p, name.p, name.n);
	memcpy(p + name.n, to.p, to.n);
	memcpy(p + name.n + to.n, "\r\n", 2);
	return str_make(p, name.n + to.n + 2);
}

/* The head, right in front of the body, in the room that was left for it:
 * one slice, one write. */
static struct str
write_head(struct txn *t, enum page_form form, struct str extra)
{
	size_t room = HEAD_ROOM + extra.n, length = t->reply.n - room;
	struct buf *b = &t->reply;
	struct str head;

	t->close |= t->head.close || t->worker->draining || !t->named ||
	            !txn_is_upload_done(t);
	buf_add_str(b, STR("HTTP/1.1 "));
	buf_add_u64(b, t->status);
	buf_add_char(b, ' ');
	buf_add_str(b, str_of(reply_phrase(t->status)));
	buf_add_str(b, STR("\r\nContent-Type: "));
	buf_add_str(b, str_of(page_type(form)));
	buf_add_str(b, STR("\r\nContent-Length: "));
	buf_add_u64(b, length);
	buf_add_str(b, STR("\r\nCache-Control: no-store\r\n"
	                   "X-Content-Type-Options: nosniff"));
	add_policy(t, b);
	if (t->status == 405 || t->status == 200)
		buf_add_str(
		    b, STR("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, "
		           "OPTIONS, CONNECT\r\n"));
	buf_add_str(b, extra);
	if (t->close)
		buf_add_str(b, STR("Connection: close\r\n"));
	buf_add_str(b, STR("\r\n"));
	if (b->failed)
		return STR_NONE;
	head = str_sub(buf_str(b), room + length, b->n);
	if (BUG(head.n > room))
		return STR_NONE;
	memmove(b->p + room - head.n, head.p, head.n);
	if (str_eq(t->head.method, STR("HEAD")))
		length = 0;
	return str_make(b->p + room - head.n, head.n + length);
}

static enum step
begin_reply(struct txn *t)
{
	static const char alert[] = "\x15\x03\x03\x00\x02\x02\x31";
	struct str whole, extra;
	enum page_form form;

	origin_close(t->origin);
	t->origin = NULL;
	t->answered_self = true;
	watch_want(&t->conn->watch, t->more ? WATCH_NONE : WATCH_READ);
	if (t->answered) { /* inside a tunnel: "access denied" in TLS */
		pieces_add(&t->reply_pieces, str_make(alert, 7));
		return STEP_WAIT;
	}
	extra = extra_lines(t);
	if (t->status != 407 && txn_is_connect(t))
		t->close = true;
	buf_reset(&t->reply);
	if (!buf_room(&t->reply, extra.n + REPLY_ROOM))
		return txn_fail(t, REASON_NO_MEMORY);
	t->reply.n = HEAD_ROOM + extra.n;
	form = write_body(t);
	whole = write_head(t, form, extra);
	if (!whole.n)
		return txn_fail(t, REASON_NO_MEMORY);
	pieces_add(&t->reply_pieces, whole);
	t->answered = true;
	return STEP_WAIT;
}

enum step
step_reply(struct txn *t)
{
	uint64_t went = 0;
	enum io r;

	if (!t->answered_self && begin_reply(t) == STEP_AGAIN)
		return STEP_AGAIN;
	r = io_write(t->conn->fd, &t->reply_pieces, &went);
	stats_add(&t->worker->stats.bytes_out, went);
	if (r == IO_WAIT) {
		watch_want(&t->conn->watch, WATCH_WRITE);
		return STEP_WAIT;
	}
	if (r == IO_FAIL)
		t->close = true;
	txn_goto(t, TXN_DONE);
	return STEP_AGAIN;
}
