/* pattern.c - the regular expressions of a snapshot; the door to PCRE2. */
#include "filters/pattern.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/err.h"
#include "base/hash.h"
#include "filters/pattern_index.h"
#include "filters/pattern_tally.h"
#include "filters/url.h"

/*
 * How far one try goes. With these `^(a+)+$` on "aaa...!" costs 0.13 ms under
 * JIT, 1.3 ms without; PCRE2's own are a hundred times looser. JIT knows the
 * first only: its stack stands for the others.
 */
#define MATCH_STEPS     100000
#define MATCH_DEPTH     10000
#define MATCH_HEAP_KIB  1024
#define JIT_STACK_START (32u * 1024)
#define JIT_STACK_MAX   (256u * 1024)

#define NEST_MAX 100 /* groups in groups; PCRE2 recurses while it compiles */

/* Patterns that meet their limit on one URL: behind these the rest is open
 * without a try, so that a client cannot have all of them run to the limit. */
#define OPEN_MAX 8

/* Bytes that patterns look at for one URL, each by itself: some 5 ms. Behind
 * these the rest is open as well. It takes 500 candidates and 16 KiB: that is
 * an address somebody put together of what lists have. */
#define TRIED_MAX (8u * 1024 * 1024)

#define SLOTS 16 /* more threads than that at once: malloc */

struct pattern {
	pcre2_code *code; /* owned */
	char *text;       /* owned, with a NUL; the anchor behind that */
	uint32_t hash;    /* of all of its definition */
	uint16_t text_len;
	uint8_t anchor_len; /* 0: it is tried everywhere */
	bool host, jit;
	bool given; /* the anchor was; else it follows from the pattern */
	uint8_t literal_len; /* 0: always tried */
	char literal[LITERAL_MAX];
	_Atomic uint64_t limits; /* the only thing that changes later */
};

struct slot {
	atomic_bool taken;
	pcre2_match_data *data; /* owned, as all here; NULL until first */
	pcre2_match_context *limits;
	pcre2_jit_stack *stack;
	struct pattern_search *search;
};

struct pattern_set {
	struct pattern **pattern; /* owned, each */
	unsigned n, cap;
	unsigned always;
	uint16_t *table; /* owned; id + 1 by hash, 0: free; until _finish() */
	unsigned mask;
	struct pattern_index *index[2]; /* owned; of URLs, of hosts */
	unsigned count[2];
	pcre2_compile_context *compile; /* owned */
	struct slot *slot; /* owned, SLOTS; written to by matches */
};

/* ----------------------------------------------------------------- build */

struct pattern_set *
pattern_set_new(void)
{
	struct pattern_set *ps = calloc(1, sizeof(*ps));

	if (!ps)
		return NULL;
	ps->compile = pcre2_compile_context_create(NULL);
	ps->slot = calloc(SLOTS, sizeof(*ps->slot));
	ps->index[0] = pattern_index_new();
	ps->index[1] = pattern_index_new();
	if (!ps->compile || !ps->slot || !ps->index[0] || !ps->index[1]) {
		pattern_set_free(ps);
		return NULL;
	}
	pcre2_set_max_pattern_length(ps->compile, PATTERN_TEXT_MAX);
	pcre2_set_parens_nest_limit(ps->compile, NEST_MAX);
	return ps;
}

static void
slot_fini(struct slot *s)
{
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->limits);
	pcre2_jit_stack_free(s->stack);
	pattern_search_free(s->search);
}

static void
pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_code_free(p->code);
	free(p->text);
	free(p);
}

void
pattern_set_free(struct pattern_set *ps)
{
	if (!ps)
		return;
	for (unsigned i = 0; ps->slot && i < SLOTS; i++)
		slot_fini(&ps->slot[i]);
	for (unsigned i = 0; i < ps->n; i++)
		pattern_free(ps->pattern[i]);
	pattern_index_free(ps->index[0]);
	pattern_index_free(ps->index[1]);
	pcre2_compile_context_free(ps->compile);
	free(ps->pattern);
	free(ps->table);
	free(ps->slot);
	free(ps);
}

/* What is refused before PCRE2 sees it. */
static int
check_text(struct str text, size_t *offset, struct err *err)
{
	*offset = 0;
	if (text.n == 0)
		return err_set(err, ERR_INPUT, "the pattern is empty");
	if (text.n > PATTERN_TEXT_MAX)
		return err_set(err, ERR_LIMIT,
		    "the pattern is longer than %d bytes", PATTERN_TEXT_MAX);
	if (str_starts(text, STR("(*")))
		return err_set(err, ERR_REFUSED,
		    "a pattern may not set options of the matcher with (*...)");
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		*offset = i;
		if (c >= 0x80)
			return err_set(err, ERR_INPUT,
			    "addresses are percent-encoded: write %%%02X for "
			    "this byte",
			    c);
		if (c == '\0')
			return err_set(
			    err, ERR_INPUT, "write \\x00 for a zero byte");
	}
	return 0;
}

static int
check_def(const struct pattern_def *def, size_t *offset, struct err *err)
{
	if (check_text(def->text, offset, err) < 0)
		return -1;
	if (def->anchor.n >= NAME_ROOM)
		return err_set(err, ERR_LIMIT, "the domain is too long");
	return 0;
}

static pcre2_code *
compile(
    struct pattern_set *ps, struct str text, size_t *offset, struct err *err)
{
	const uint32_t options =
	    PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY |
	    PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
	PCRE2_UCHAR why[160];
	PCRE2_SIZE at = 0;
	int code;
	pcre2_code *re = pcre2_compile(
	    (PCRE2_SPTR)text.p, text.n, options, &code, &at, ps->compile);

	*offset = at;
	if (re)
		return re;
	if (pcre2_get_error_message(code, why, sizeof(why)) < 0)
		why[0] = '\0';
	err_set(err, ERR_INPUT, "the pattern does not compile: %s",
	    (const char *)why);
	return NULL;
}

/* Room for one more, there and in a table that is at most half full. */
static bool
grow(struct pattern_set *ps)
{
	unsigned cap = ps->cap ? 2 * ps->cap : 16, mask = 4 * cap - 1;
	struct pattern **p;
	uint16_t *table;

	if (ps->n < ps->cap)
		return true;
	table = calloc(mask + 1, sizeof(*table));
	p = realloc(ps->pattern, cap * sizeof(struct pattern *));
	if (p)
		ps->pattern = p;
	if (!p || !table) {
		free(table);
		return false;
	}
	for (unsigned i = 0; i < ps->n; i++) {
		unsigned at = p[i]->hash & mask;

		while (table[at])
			at = (at + 1) & mask;
		table[at] = (uint16_t)(i + 1);
	}
	free(ps->table);
	ps->table = table;
	ps->mask = mask;
	ps->cap = cap;
	return true;
}

static uint32_t
hash_of(const struct pattern_def *def)
{
	uint64_t h = hash64(def->text.p, def->text.n, def->host);

	if (def->anchor.n)
		h = hash64(def->anchor.p, def->anchor.n, h);
	return (uint32_t)(h ^ h >> 32);
}

static struct str
anchor_of(const struct pattern *p)
{
	return str_make(p->text + p->text_len + 1, p->anchor_len);
}

static bool
is_def(const struct pattern *p, const struct pattern_def *def)
{
	return p->host == def->host && p->given == (def->anchor.n > 0) &&
	       str_eq(str_make(p->text, p->text_len), def->text) &&
	       (!p->given || str_eq(anchor_of(p), def->anchor));
}

/* Where it is, or would be. */
static unsigned
place(
    const struct pattern_set *ps, uint32_t hash, const struct pattern_def *def)
{
	unsigned at = hash & ps->mask;

	while (ps->table[at]) {
		const struct pattern *p = ps->pattern[ps->table[at] - 1];

		if (p->hash == hash && is_def(p, def))
			break;
		at = (at + 1) & ps->mask;
	}
	return at;
}

/* Takes <code>. */
static struct pattern *
pattern_new(pcre2_code *code, const struct pattern_def *def,
    const struct literal_need *need)
{
	struct pattern *p = calloc(1, sizeof(*p));
	struct str anchor = def->anchor.n
	                        ? def->anchor
	                        : str_make(need->anchor, need->anchor_len);
	size_t n = def->text.n;

	if (!p || !(p->text = malloc(n + 1 + anchor.n + 1))) {
		free(p);
		pcre2_code_free(code);
		return NULL;
	}
	p->code = code;
	/* where code may not be made at run time the interpreter does it */
	p->jit = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
	memcpy(p->text, def->text.p, n);
	p->text[n] = '\0';
	if (anchor.n)
		memcpy(p->text + n + 1, anchor.p, anchor.n);
	p->text_len = (uint16_t)n;
	p->anchor_len = (uint8_t)anchor.n;
	p->given = def->anchor.n > 0;
	p->host = def->host;
	if (need->any.n) {
		struct str first = literal_at(&need->any, 0);

		p->literal_len = (uint8_t)first.n;
		memcpy(p->literal, first.p, first.n);
	}
	return p;
}

/* A pattern that compiled, behind the others. Takes <code>. */
static struct pattern *
enter(struct pattern_set *ps, pcre2_code *code, const struct pattern_def *def)
{
	struct literal_need need;
	struct pattern *p;

	literal_read(def->text, !def->host, &need);
	p = pattern_new(code, def, &need);
	if (!p || pattern_index_add(ps->index[def->host], (uint16_t)ps->n,
	              &need.any, anchor_of(p), p->given) < 0) {
		pattern_free(p);
		return NULL;
	}
	ps->always += !p->anchor_len && !p->literal_len;
	ps->count[def->host]++;
	ps->pattern[ps->n++] = p;
	return p;
}

uint16_t
pattern_set_add(struct pattern_set *ps, const struct pattern_def *def,
    size_t *offset, struct err *err)
{
	uint32_t hash = hash_of(def);
	struct pattern *p;
	pcre2_code *code;
	unsigned at;

	if (!grow(ps))
		goto memory;
	at = place(ps, hash, def);
	if (ps->table[at])
		return (uint16_t)(ps->table[at] - 1);
	if (check_def(def, offset, err) < 0)
		return PATTERN_NONE;
	if (ps->n >= PATTERNS_MAX) {
		err_set(err, ERR_LIMIT, "there are more than %d patterns",
		    PATTERNS_MAX);
		return PATTERN_NONE;
	}
	code = compile(ps, def->text, offset, err);
	if (!code)
		return PATTERN_NONE;
	p = enter(ps, code, def);
	if (!p)
		goto memory;
	p->hash = hash;
	ps->table[at] = (uint16_t)ps->n;
	return (uint16_t)(ps->n - 1);
memory:
	err_set(err, ERR_MEMORY, "out of memory");
	return PATTERN_NONE;
}

int
pattern_set_finish(struct pattern_set *ps)
{
	if (pattern_index_finish(ps->index[0]) < 0 ||
	    pattern_index_finish(ps->index[1]) < 0)
		return -1;
	free(ps->table);
	ps->table = NULL;
	ps->cap = ps->n; /* an add behind this makes it anew */
	return 0;
}

unsigned
pattern_set_count(const struct pattern_set *ps)
{
	return ps->n;
}

bool
pattern_set_has(const struct pattern_set *ps, bool host)
{
	return ps->count[host] != 0;
}

unsigned
pattern_set_always(const struct pattern_set *ps)
{
	return ps->always;
}

struct str
pattern_set_text(const struct pattern_set *ps, unsigned id)
{
	if (id >= ps->n)
		return STR_NONE;
	return str_make(ps->pattern[id]->text, ps->pattern[id]->text_len);
}

uint64_t
pattern_set_limits(const struct pattern_set *ps, unsigned id)
{
	if (id >= ps->n)
		return 0;
	return atomic_load_explicit(
	    &ps->pattern[id]->limits, memory_order_relaxed);
}

struct str
pattern_set_literal(const struct pattern_set *ps, unsigned id)
{
	if (id >= ps->n)
		return STR_NONE;
	return str_make(ps->pattern[id]->literal, ps->pattern[id]->literal_len);
}

struct str
pattern_set_anchor(const struct pattern_set *ps, unsigned id)
{
	return id < ps->n ? anchor_of(ps->pattern[id]) : STR_NONE;
}

bool
pattern_set_on_host(const struct pattern_set *ps, unsigned id)
{
	return id < ps->n && ps->pattern[id]->host;
}

/* ----------------------------------------------------------------- match */

/* What the slot of the first call lacks, made by who holds it. */
static bool
slot_fill(const struct pattern_set *ps, struct slot *s)
{
	if (s->search)
		return true;
	if (!s->data)
		s->data = pcre2_match_data_create(1, NULL);
	if (!s->limits)
		s->limits = pcre2_match_context_create(NULL);
	if (!s->stack)
		s->stack = pcre2_jit_stack_create(
		    JIT_STACK_START, JIT_STACK_MAX, NULL);
	if (!s->data || !s->limits)
		return false;
	pcre2_set_match_limit(s->limits, MATCH_STEPS);
	pcre2_set_depth_limit(s->limits, MATCH_DEPTH);
	pcre2_set_heap_limit(s->limits, MATCH_HEAP_KIB);
	if (s->stack) /* none: JIT has 32 KiB of the machine's */
		pcre2_jit_stack_assign(s->limits, NULL, s->stack);
	s->search = pattern_search_new(ps->index);
	return s->search != NULL;
}

/* A slot nobody else has, else <own>. Each thread begins its look at another
 * one: where its stack lies tells threads apart. */
static struct slot *
slot_take(const struct pattern_set *ps, struct slot *own)
{
	unsigned from = (unsigned)((uintptr_t)own >> 16);

	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *s = &ps->slot[(from + i) % SLOTS];

		if (!atomic_load_explicit(&s->taken, memory_order_relaxed) &&
		    !atomic_exchange_explicit(
		        &s->taken, true, memory_order_acquire))
			return s;
	}
	return own;
}

static void
slot_give(struct slot *s, const struct slot *own)
{
	if (s == own)
		slot_fini(s);
	else
		atomic_store_explicit(&s->taken, false, memory_order_release);
}

/* One run over one URL or host. */
struct run {
	const struct pattern_set *ps;
	const struct pattern_wanted *wanted; /* NULL: all */
	struct slot *slot;
	struct name host;
	bool on_host; /* which patterns */
	unsigned opened;
	size_t tried; /* bytes */
	struct pattern_tally tally;
};

static int
match(const struct pattern *p, const struct slot *s, struct str t)
{
	PCRE2_SPTR text = (PCRE2_SPTR)t.p;
	int rc = PCRE2_ERROR_JIT_STACKLIMIT;

	if (p->jit)
		rc = pcre2_jit_match(
		    p->code, text, t.n, 0, 0, s->data, s->limits);
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(
		    p->code, text, t.n, 0, PCRE2_NO_JIT, s->data, s->limits);
	return rc;
}

static void
run_one(struct run *r, uint16_t id, struct str text)
{
	struct pattern *p = r->ps->pattern[id];
	int rc;

	if (pattern_tally_is_settled(&r->tally, id))
		return;
	rc = PCRE2_ERROR_MATCHLIMIT;
	if (r->opened < OPEN_MAX && r->tried < TRIED_MAX) {
		r->tried += text.n;
		rc = match(p, r->slot, text);
	}
	if (rc == PCRE2_ERROR_NOMATCH)
		return;
	pattern_tally_add(&r->tally, id, rc >= 0 ? PATTERN_SOME : PATTERN_OPEN);
	if (rc >= 0)
		return;
	r->opened++;
	atomic_fetch_add_explicit(&p->limits, 1, memory_order_relaxed);
}

static bool
is_wanted(const struct run *r, uint16_t id)
{
	return !r->wanted || (r->wanted->w[id / 64] >> id % 64 & 1);
}

static void
run_text(struct run *r, struct str text)
{
	struct pattern_search *s = r->slot->search;
	uint16_t id;

	if (text.n == 0)
		return;
	pattern_index_find(r->ps->index[r->on_host], r->host, text, s);
	while ((id = pattern_next(s)) != PATTERN_NONE)
		if (is_wanted(r, id))
			run_one(r, id, text);
	r->tally.texts++;
}

/* False: there is no memory to try anything with. */
static bool
run_begin(struct run *r, struct slot *own)
{
	*own = (struct slot){0};
	r->opened = 0;
	r->tried = 0;
	r->tally.n = r->tally.texts = 0;
	r->tally.full = false;
	r->slot = slot_take(r->ps, own);
	return slot_fill(r->ps, r->slot);
}

void
pattern_set_run(const struct pattern_set *ps, const struct url *u,
    const struct pattern_wanted *wanted, struct pattern_result *out)
{
	struct run r;
	struct slot own;

	out->n = 0;
	out->rest_open = false;
	if (!pattern_set_has(ps, false))
		return;
	r.ps = ps;
	r.wanted = wanted;
	r.host = u->host;
	r.on_host = false;
	if (run_begin(&r, &own)) {
		run_text(&r, u->text);
		run_text(&r, u->raw);
		for (unsigned i = 0; i < u->nalts; i++)
			run_text(&r, u->alt[i].text);
		pattern_tally_sum(&r.tally, out);
	} else {
		out->rest_open = true;
	}
	slot_give(r.slot, &own);
}

void
pattern_set_run_host(const struct pattern_set *ps, struct name host,
    const struct pattern_wanted *wanted, struct pattern_result *out)
{
	struct run r;
	struct slot own;

	out->n = 0;
	out->rest_open = false;
	if (!pattern_set_has(ps, true))
		return;
	r.ps = ps;
	r.wanted = wanted;
	r.host = host;
	r.on_host = true;
	if (run_begin(&r, &own)) {
		run_text(&r, name_str(host));
		pattern_tally_sum(&r.tally, out);
	} else {
		out->rest_open = true;
	}
	slot_give(r.slot, &own);
}

unsigned
pattern_set_try(const struct pattern_set *ps, unsigned id, struct str text)
{
	struct slot own = {0};
	struct slot *s;
	unsigned is = PATTERN_OPEN;

	if (id >= ps->n)
		return 0;
	s = slot_take(ps, &own);
	if (slot_fill(ps, s)) {
		int rc = match(ps->pattern[id], s, text);

		is = rc >= 0                     ? PATTERN_SOME
		     : rc == PCRE2_ERROR_NOMATCH ? 0u
		                                 : PATTERN_OPEN;
	}
	slot_give(s, &own);
	return is;
}
