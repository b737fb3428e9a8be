/* pattern.c - the regular expressions of a snapshot; the door to PCRE2. */
#include "filters/pattern.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/err.h"
#include "filters/literal.h"
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

/* Patterns that meet their limit on one URL: behind these the rest is open
 * without a try, so that a client cannot have all of them run to the limit. */
#define OPEN_MAX 8

#define SLOTS     16           /* more threads than that at once: malloc */
#define LOWER_MAX (16u * 1024) /* longer texts: no look for literals */
#define GRAMS     4096         /* bits; what three bytes hash to */
#define GRAM_ANY  GRAMS        /* a bit that is always set */
#define PROBES    3

struct pattern {
	pcre2_code *code; /* owned */
	bool jit;
	char *text; /* owned, with a NUL */
	size_t text_len;
	char literal[LITERAL_MAX]; /* in lower case */
	uint8_t literal_len;
	_Atomic uint64_t limits; /* the only thing that changes later */
};

/* Three places of the literal, by hash: read for each pattern and text, so
 * kept small and together. */
struct probe {
	uint16_t gram[PROBES];
};

struct slot {
	atomic_bool taken;
	pcre2_match_data *data; /* owned, as all here; NULL until first */
	pcre2_match_context *limits;
	pcre2_jit_stack *stack;
	char *lower; /* LOWER_MAX */
};

struct pattern_set {
	struct pattern **pattern; /* owned, each */
	struct probe *probe;      /* owned; from _finish() on */
	unsigned n, cap;
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
	if (!ps->compile || !ps->slot) {
		pattern_set_free(ps);
		return NULL;
	}
	pcre2_set_max_pattern_length(ps->compile, PATTERN_TEXT_MAX);
	return ps;
}

static void
slot_fini(struct slot *s)
{
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->limits);
	pcre2_jit_stack_free(s->stack);
	free(s->lower);
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
	pcre2_compile_context_free(ps->compile);
	free(ps->pattern);
	free(ps->probe);
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

static bool
grow(struct pattern_set *ps)
{
	unsigned cap = ps->cap ? 2 * ps->cap : 16;
	struct pattern **p;

	if (ps->n < ps->cap)
		return true;
	p = realloc(ps->pattern, cap * sizeof(struct pattern *));
	if (!p)
		return false;
	ps->pattern = p;
	ps->cap = cap;
	return true;
}

static struct pattern *
pattern_new(pcre2_code *code, struct str text)
{
	struct pattern *p = calloc(1, sizeof(*p));

	if (!p || !(p->text = malloc(text.n + 1))) {
		free(p);
		pcre2_code_free(code);
		return NULL;
	}
	p->code = code;
	/* where code may not be made at run time the interpreter does it */
	p->jit = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;
	memcpy(p->text, text.p, text.n);
	p->text[text.n] = '\0';
	p->text_len = text.n;
	p->literal_len = (uint8_t)literal_of(text, p->literal).n;
	return p;
}

uint16_t
pattern_set_add(
    struct pattern_set *ps, struct str text, size_t *offset, struct err *err)
{
	pcre2_code *code;
	struct pattern *p;

	for (unsigned i = 0; i < ps->n; i++)
		if (str_eq(pattern_set_text(ps, i), text))
			return (uint16_t)i;
	if (check_text(text, offset, err) < 0)
		return PATTERN_NONE;
	if (ps->n >= PATTERNS_MAX) {
		err_set(err, ERR_LIMIT, "there are more than %d patterns",
		    PATTERNS_MAX);
		return PATTERN_NONE;
	}
	code = compile(ps, text, offset, err);
	if (!code)
		return PATTERN_NONE;
	p = pattern_new(code, text);
	if (!p || !grow(ps)) {
		pattern_free(p);
		err_set(err, ERR_MEMORY, "out of memory");
		return PATTERN_NONE;
	}
	ps->pattern[ps->n] = p;
	return (uint16_t)ps->n++;
}

/* Which bit the three bytes at <p> have. */
static inline unsigned
gram(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;
	uint32_t v = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;

	return v * 0x9e3779b1u >> 20;
}

int
pattern_set_finish(struct pattern_set *ps)
{
	ps->probe = calloc(ps->n ? ps->n : 1, sizeof(*ps->probe));
	if (!ps->probe)
		return -1;
	for (unsigned i = 0; i < ps->n; i++) {
		const struct pattern *p = ps->pattern[i];
		unsigned last = p->literal_len < 3 ? 0 : p->literal_len - 3u;

		for (unsigned k = 0; k < PROBES; k++)
			ps->probe[i].gram[k] =
			    (uint16_t)(p->literal_len < 3
			                   ? GRAM_ANY
			                   : gram(p->literal +
			                          last * k / (PROBES - 1)));
	}
	return 0;
}

unsigned
pattern_set_count(const struct pattern_set *ps)
{
	return ps->n;
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

/* ----------------------------------------------------------------- match */

/* What the slot of the first call lacks, made by who holds it. */
static bool
slot_fill(struct slot *s)
{
	if (s->lower)
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
	s->lower = malloc(LOWER_MAX);
	return s->lower != NULL;
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

/* One run over one URL. */
struct run {
	const struct pattern_set *ps;
	const struct slot *slot;
	struct pattern_result *out;
	struct str text;
	struct str lower; /* empty: too long, every pattern is tried */
	uint64_t grams[GRAMS / 64 + 1];
	uint64_t hit[PATTERNS_MAX / 64], open[PATTERNS_MAX / 64]; /* here */
	unsigned opened, texts;
};

static void
run_text(struct run *r, struct str text)
{
	r->text = text;
	r->lower = STR_NONE;
	if (text.n > LOWER_MAX)
		return;
	for (size_t i = 0; i < text.n; i++)
		r->slot->lower[i] = str_lower_char(text.p[i]);
	r->lower = str_make(r->slot->lower, text.n);
	memset(r->grams, 0, sizeof(r->grams));
	r->grams[GRAM_ANY / 64] = 1;
	for (size_t i = 0; i + 3 <= text.n; i++) {
		unsigned g = gram(r->lower.p + i);

		r->grams[g / 64] |= (uint64_t)1 << g % 64;
	}
}

/* Can <id> match at all, by its literal? */
static bool
run_may_match(const struct run *r, unsigned id)
{
	const struct probe *probe = &r->ps->probe[id];
	const struct pattern *p;

	if (r->lower.n == 0)
		return true;
	for (unsigned k = 0; k < PROBES; k++)
		if (!pattern_bit(r->grams, probe->gram[k]))
			return false;
	p = r->ps->pattern[id];
	return p->literal_len == 0 ||
	       memmem(r->lower.p, r->lower.n, p->literal, p->literal_len);
}

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
run_one(struct run *r, unsigned id)
{
	uint64_t bit = (uint64_t)1 << id % 64;
	struct pattern *p = r->ps->pattern[id];
	int rc;

	if (!run_may_match(r, id))
		return;
	if (r->out->hit[id / 64] & ~r->out->every_open[id / 64] & bit)
		return; /* one text it matched, one not: what more */
	rc = r->opened < OPEN_MAX ? match(p, r->slot, r->text)
	                          : PCRE2_ERROR_MATCHLIMIT;
	if (rc >= 0) {
		r->hit[id / 64] |= bit;
	} else if (rc != PCRE2_ERROR_NOMATCH) {
		r->open[id / 64] |= bit;
		r->opened++;
		atomic_fetch_add_explicit(&p->limits, 1, memory_order_relaxed);
	}
}

static void
open_all(const uint16_t *ids, unsigned n, struct pattern_result *out)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned id = ids ? ids[i] : i;

		out->open[id / 64] |= (uint64_t)1 << id % 64;
	}
	memcpy(out->every_open, out->open, sizeof(out->open));
}

/* Add what one text said. Until sum_up() <open> is of those that some text
 * left open, <every_open> of those that none missed. */
static void
add_text(struct run *r)
{
	struct pattern_result *out = r->out;

	for (unsigned i = 0; i < (r->ps->n + 63) / 64; i++) {
		uint64_t here = r->hit[i] | r->open[i];

		out->every_open[i] =
		    r->texts ? out->every_open[i] & here : here;
		out->hit[i] |= r->hit[i];
		out->open[i] |= r->open[i];
		r->hit[i] = r->open[i] = 0;
	}
	r->texts++;
}

static void
sum_up(const struct pattern_set *ps, struct pattern_result *out)
{
	for (unsigned i = 0; i < (ps->n + 63) / 64; i++) {
		out->every[i] = out->every_open[i] & ~out->open[i];
		out->every_open[i] &= out->open[i];
		out->open[i] &= ~out->hit[i];
	}
}

static void
run_all(struct run *r, struct str text, const uint16_t *ids, unsigned n)
{
	if (text.n == 0)
		return;
	run_text(r, text);
	for (unsigned i = 0; i < n; i++)
		run_one(r, ids ? ids[i] : i);
	add_text(r);
}

void
pattern_set_run(const struct pattern_set *ps, const struct url *u,
    const uint16_t *ids, unsigned n, struct pattern_result *out)
{
	struct slot own = {0};
	struct slot *s;
	struct run r;

	memset(out, 0, sizeof(*out));
	if (!ids)
		n = ps->n;
	if (n == 0)
		return;
	s = slot_take(ps, &own);
	if (!slot_fill(s)) {
		open_all(ids, n, out);
		slot_give(s, &own);
		return;
	}
	r.ps = ps;
	r.slot = s;
	r.out = out;
	r.opened = r.texts = 0;
	memset(r.hit, 0, sizeof(r.hit));
	memset(r.open, 0, sizeof(r.open));
	run_all(&r, u->text, ids, n);
	run_all(&r, u->raw, ids, n);
	for (unsigned i = 0; i < u->nalts; i++)
		run_all(&r, u->alt[i].text, ids, n);
	slot_give(s, &own);
	sum_up(ps, out);
}

bool
pattern_result_is_empty(const struct pattern_result *res)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < PATTERNS_MAX / 64; i++)
		any |= res->hit[i] | res->open[i];
	return any == 0;
}

/* ----------------------------------------------------------------- cache */

void
pattern_hits_from(
    const struct pattern_result *res, unsigned count, struct pattern_hits *out)
{
	*out = (struct pattern_hits){0};
	for (unsigned id = 0; id < count; id++) {
		if (pattern_bit(res->open, id) ||
		    pattern_bit(res->every_open, id))
			out->limit = true;
		if (!pattern_bit(res->hit, id))
			continue;
		if (out->n == PATTERN_HITS_MAX) {
			out->overflow = true;
			continue;
		}
		if (pattern_bit(res->every, id))
			out->every |= (uint16_t)(1u << out->n);
		out->id[out->n++] = (uint16_t)id;
	}
}

bool
pattern_hits_into(
    const struct pattern_hits *hits, unsigned count, struct pattern_result *res)
{
	memset(res, 0, sizeof(*res));
	if (hits->overflow || hits->n > PATTERN_HITS_MAX ||
	    (uint32_t)hits->every >> hits->n)
		return false;
	for (unsigned i = 0; i < hits->n; i++) {
		unsigned id = hits->id[i];

		if (id >= count || (i && id <= hits->id[i - 1]))
			return false;
		res->hit[id / 64] |= (uint64_t)1 << id % 64;
		if (hits->every >> i & 1)
			res->every[id / 64] |= (uint64_t)1 << id % 64;
	}
	if (hits->limit) {
		open_all(NULL, count, res);
		for (unsigned i = 0; i < PATTERNS_MAX / 64; i++) {
			res->open[i] &= ~res->hit[i];
			res->every_open[i] &= ~res->every[i];
		}
	}
	return true;
}
