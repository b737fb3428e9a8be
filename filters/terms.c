/* terms.c - the value of one term for one name. */
#include "filters/terms_impl.h"

#include "base/bug.h"
#include "filters/net.h"
#include "filters/pattern.h"

/* An entry, or a pattern: what is not known of it has several causes, and
 * what can be cured by looking further comes first. */
static enum truth
in_lists(const struct sight *v, const struct term *t, struct missing *m)
{
	bool may;

	if (list_names_have(&v->has[t->every], t))
		return TRUTH_TRUE;
	may = v->may_match && list_names_have(&v->may, t);
	if (v->known < STAGE_URL && (v->urls_listed || may) &&
	    term_later(v, STAGE_URL, m) == TRUTH_UNKNOWN)
		return TRUTH_UNKNOWN;
	if (v->url && may) {
		m->patterns = true;
		return TRUTH_UNKNOWN;
	}
	if (v->lost) {
		m->entries = true;
		return TRUTH_UNKNOWN;
	}
	if (v->some_open && list_names_have(&v->open[t->every], t))
		return TRUTH_UNKNOWN;
	return TRUTH_FALSE;
}

/* Most hosts differ in what is one byte here and a call there. */
static inline bool
host_is_under(const struct name *n, const struct name *parent)
{
	if (n->n < parent->n || n->n == 0 ||
	    n->p[n->n - parent->n] != parent->p[0])
		return false;
	return name_eq(*n, *parent) || name_is_under(*n, *parent);
}

/* As lists do: an IPv4 address inside an IPv6 one counts as well. */
static bool
in_net(const struct sight *v, const struct net *net)
{
	struct name inner = {.kind = NAME_IPV4};
	uint8_t addr[16];

	if (!net_address(v->name, addr))
		return false;
	if (net_has(net, addr))
		return true;
	return v->name.kind == NAME_IPV6 &&
	       name_embedded_ipv4(v->name.addr, inner.addr) &&
	       net_address(inner, addr) && net_has(net, addr);
}

/* Is what is seen the host that a url: term names, or below it? */
static bool
is_at(const struct sight *v, const struct name *host)
{
	struct net one = {.bits = 128};

	if (!net_address(*host, one.addr))
		return host_is_under(&v->name, host);
	return in_net(v, &one);
}

static enum truth
under_url(const struct sight *v, const struct term_url *t, bool every,
    struct missing *m)
{
	if (!is_at(v, &t->host))
		return TRUTH_FALSE;
	if (t->path.path.n == 1)
		return TRUTH_TRUE; /* the whole host */
	if (!v->url)
		return term_later(v, STAGE_URL, m);
	return truth_of(url_is_under(v->url, &t->path, every));
}

static enum truth
matches(const struct sight *v, const struct term *t,
    const struct pattern_result *patterns, struct missing *m)
{
	unsigned is;

	if (!v->url)
		return term_later(v, STAGE_URL, m);
	if (!patterns) {
		m->patterns = true;
		return TRUTH_UNKNOWN;
	}
	is = pattern_result_of(patterns, t->id);
	if (is & (t->every ? PATTERN_EVERY : PATTERN_SOME))
		return TRUTH_TRUE;
	return is & (t->every ? PATTERN_EVERY_OPEN : PATTERN_OPEN)
	           ? TRUTH_UNKNOWN
	           : TRUTH_FALSE;
}

/* What a name is, or what is asked of it; from STAGE_HOST on. */
static enum truth
site_value(const struct sight *v, const struct term *t,
    const struct pattern_result *patterns, struct missing *m)
{
	switch ((int)t->kind) {
	case TERM_CATEGORY:
	case TERM_LIST:
		return in_lists(v, t, m);
	case TERM_HOST:
		return truth_of(host_is_under(&v->name, t->host));
	case TERM_NET:
		return truth_of(in_net(v, t->net));
	case TERM_URL:
		return under_url(v, t->url, t->every, m);
	case TERM_REGEX:
		return matches(v, t, patterns, m);
	case TERM_PORT:
		return truth_of(v->request->port >= t->port.low &&
		                v->request->port <= t->port.high);
	case TERM_METHOD:
		if (v->request->method.n == 0 && v->known < STAGE_URL)
			return term_later(v, STAGE_URL, m);
		/* many servers take "post" for POST */
		return truth_of(
		    t->every ? str_eq(v->request->method, t->method)
		             : str_eq_nocase(v->request->method, t->method));
	case TERM_IP_LITERAL:
		return truth_of(name_is_address(v->name));
	default:
		return BUG(true) ? TRUTH_UNKNOWN : TRUTH_FALSE;
	}
}

/* The rest, in the order of enum term_kind from TERM_DURING on. */
static term_fn *const others[] = {
    [TERM_DURING - TERM_DURING] = term_during,
    [TERM_GROUP - TERM_DURING] = term_group,
    [TERM_USER - TERM_DURING] = term_user,
    [TERM_SEARCH - TERM_DURING] = term_search,
    [TERM_SEARCH_ANY - TERM_DURING] = term_search,
    [TERM_SEVERITY - TERM_DURING] = term_search,
    [TERM_HEADER - TERM_DURING] = term_header,
    [TERM_UA - TERM_DURING] = term_ua,
    [TERM_REFERER - TERM_DURING] = term_referer,
    [TERM_VISIBILITY - TERM_DURING] = term_visibility,
    [TERM_TYPE - TERM_DURING] = term_type,
    [TERM_EXT - TERM_DURING] = term_ext,
    [TERM_SIZE - TERM_DURING] = term_size,
    [TERM_DISGUISED - TERM_DURING] = term_disguised,
    [TERM_DOH - TERM_DURING] = term_doh,
};

enum truth
term_value(const struct sight *v, const struct term *t,
    const struct pattern_result *patterns, struct missing *m)
{
	enum truth value;

	if (t->kind == TERM_ANY)
		value = TRUTH_TRUE;
	else if (t->kind > TERM_ANY)
		value = others[t->kind - TERM_DURING](v, t, m);
	else if (v->known < STAGE_HOST)
		value = term_later(v, STAGE_HOST, m);
	else
		value = site_value(v, t, patterns, m);
	if (!t->not || value == TRUTH_UNKNOWN)
		return value;
	return value == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}
