/* engines_read.c - the table of search engines: text to struct engines. */
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/table.h"
#include "filters/engines_impl.h"
#include "filters/safesearch.h"

#define FIELDS_MAX 4
#define HASH_SEED  0x5afe

/* A line, parted at its tabs. */
struct line {
	struct engines *e;
	struct engine *engine; /* the last one begun; NULL: none yet */
	struct str field[FIELDS_MAX];
	unsigned n;
	const char *why; /* the trouble */
};

static bool
bad(struct line *l, const char *why)
{
	l->why = why;
	return false;
}

static bool
no_memory(struct line *l)
{
	return bad(l, "out of memory");
}

const struct engine_host *
engines_exact(const struct engines *e, struct str host)
{
	uint64_t at = hash64(host.p, host.n, HASH_SEED);

	for (; e->slot[at & (e->nslots - 1)]; at++) {
		const struct engine_host *h =
		    &e->host[e->slot[at & (e->nslots - 1)] - 1];

		if (str_eq(h->host, host))
			return h;
	}
	return NULL;
}

static void
fill_slot(struct engines *e, uint32_t i)
{
	struct str host = e->host[i].host;
	uint64_t at = hash64(host.p, host.n, HASH_SEED);

	while (e->slot[at & (e->nslots - 1)])
		at++;
	e->slot[at & (e->nslots - 1)] = i + 1;
}

/* Room for one more host, and half of the slots free. */
static bool
grow(struct engines *e)
{
	uint32_t cap = e->cap ? 2 * e->cap : 256;
	struct engine_host *host;
	uint32_t *slot;

	if (e->nhosts < e->cap)
		return true;
	host = realloc(e->host, cap * sizeof(*host));
	if (host)
		e->host = host;
	slot = host ? calloc(2 * (size_t)cap, sizeof(*slot)) : NULL;
	if (!slot)
		return false;
	free(e->slot);
	e->slot = slot;
	e->nslots = 2 * cap;
	e->cap = cap;
	for (uint32_t i = 0; i < e->nhosts; i++)
		fill_slot(e, i);
	return true;
}

/* -------------------------------------------------------------- hosts */

static bool
add_host(struct line *l, struct str text, bool dialled, bool below)
{
	struct engines *e = l->e;
	const struct engine_host *same;
	uint16_t engine = (uint16_t)(l->engine - e->engine);
	char room[NAME_ROOM];
	struct name n;

	if (name_from_text(text, room, &n) != NAME_OK || n.kind != NAME_DNS)
		return bad(l, "that is no host name");
	if (e->nhosts == ENGINE_HOSTS_MAX)
		return bad(l, "there are too many hosts");
	if (!grow(e))
		return no_memory(l);
	same = engines_exact(e, name_str(n));
	if (same) {
		e->host[same - e->host].below |= below;
		return same->engine == engine ||
		       bad(l, "a host of two engines");
	}
	e->host[e->nhosts] =
	    (struct engine_host){.host = arena_str(&e->arena, name_str(n)),
	        .engine = engine,
	        .dialled = dialled,
	        .below = below};
	if (e->arena.failed)
		return no_memory(l);
	fill_slot(e, e->nhosts++);
	return true;
}

/* "www.google.*": with each of the engine's endings. */
static bool
add_endings(struct line *l, struct str stem, bool dialled, bool below)
{
	if (l->engine->nendings == 0)
		return bad(l, "a '*' without endings before it");
	for (unsigned i = 0; i < l->engine->nendings; i++) {
		struct str rest = l->engine->endings[i], one;

		while (str_next(&rest, ' ', &one)) {
			char z[NAME_ROOM];

			if (stem.n + one.n >= sizeof(z))
				return bad(l, "that is no host name");
			memcpy(z, stem.p, stem.n);
			memcpy(z + stem.n, one.p, one.n);
			if (one.n && !add_host(l, str_make(z, stem.n + one.n),
			                 dialled, below))
				return false;
		}
	}
	return true;
}

static bool
add_hosts(struct line *l, bool dialled)
{
	struct str rest = l->field[1], one;

	while (str_next(&rest, ' ', &one)) {
		bool below = str_starts(one, STR("."));

		if (one.n == 0)
			continue;
		one = str_sub(one, below ? 1 : 0, one.n);
		if (str_ends(one, STR("*"))
		        ? !add_endings(
		              l, str_sub(one, 0, one.n - 1), dialled, below)
		        : !add_host(l, one, dialled, below))
			return false;
	}
	return true;
}

static bool
line_host(struct line *l)
{
	return add_hosts(l, true);
}

static bool
line_also(struct line *l)
{
	return add_hosts(l, false);
}

/* -------------------------------------------------------- other lines */

static bool
line_version(struct line *l)
{
	if (l->e->version.n)
		return bad(l, "a second version");
	l->e->version = arena_str(&l->e->arena, l->field[1]);
	return l->e->version.p != NULL || no_memory(l);
}

static bool
line_engine(struct line *l)
{
	static const struct {
		const char *word;
		enum engine_kind kind;
	} kinds[] = {{"search", ENGINE_SEARCH}, {"video", ENGINE_VIDEO},
	    {"unsafe", ENGINE_UNSAFE}, {"kids", ENGINE_KIDS}};
	struct engines *e = l->e;

	for (unsigned i = 0; i < e->nengines; i++)
		if (str_eq(e->engine[i].name, l->field[1]))
			return bad(l, "an engine of this name is there");
	if (e->nengines == ENGINES_MAX)
		return bad(l, "there are too many engines");
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!str_eq(l->field[2], str_of(kinds[i].word)))
			continue;
		l->engine = &e->engine[e->nengines++];
		l->engine->name = arena_str(&e->arena, l->field[1]);
		l->engine->kind = kinds[i].kind;
		return !e->arena.failed || no_memory(l);
	}
	return bad(l, "it is search, video, unsafe or kids");
}

/* Can <s> stand in a query or a field as it is? <not>: nor these. */
static bool
is_plain(struct str s, const char * not )
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    str_find(str_of(not ), s.p[i], 0) < strlen(not ))
			return false;
	return true;
}

/* Put the words of <list> behind the <n> that are in <to>. */
static bool
add_words(
    struct line *l, struct str list, struct str *to, unsigned *n, unsigned max)
{
	struct str one;

	while (str_next(&list, ' ', &one)) {
		if (one.n == 0)
			continue;
		if (*n == max)
			return bad(l, max == ENGINE_PATHS_MAX
			                  ? "more than 16 of a kind"
			                  : "more than 8 of a kind");
		if (!is_plain(one, "&;=#%?+[]"))
			return bad(l, "a character that would have to be "
			              "escaped");
		to[*n] = arena_str(&l->e->arena, one);
		if (!to[(*n)++].p)
			return no_memory(l);
	}
	return true;
}

static bool
line_endings(struct line *l)
{
	struct engine *g = l->engine;

	if (g->nendings == ENGINE_PARAMS_MAX)
		return bad(l, "more than 8 of a kind");
	g->endings[g->nendings] = arena_str(&l->e->arena, l->field[1]);
	return g->endings[g->nendings++].p != NULL || no_memory(l);
}

static bool
line_terms(struct line *l)
{
	return add_words(l, l->field[1], l->engine->param, &l->engine->nparams,
	    ENGINE_PARAMS_MAX);
}

static bool
line_path(struct line *l)
{
	return add_words(l, l->field[1], l->engine->path, &l->engine->npaths,
	    ENGINE_PATHS_MAX);
}

static bool
line_never(struct line *l)
{
	return add_words(l, l->field[1], l->engine->never, &l->engine->nnever,
	    ENGINE_PATHS_MAX);
}

static bool
set_dial(struct line *l, struct engine_level *v)
{
	char *room = arena_alloc(&l->e->arena, NAME_ROOM);

	if (!room)
		return no_memory(l);
	if (v->dial.n)
		return bad(l, "a second host");
	return (name_from_text(l->field[2], room, &v->dial) == NAME_OK &&
	           v->dial.kind == NAME_DNS) ||
	       bad(l, "that is no host name");
}

static bool
set_level(struct line *l, enum safe_level level)
{
	struct engine_level *v = &l->engine->level[level];
	struct engine_set set;

	if (str_eq(l->field[1], STR("dial")))
		return l->n == 3 ? set_dial(l, v)
		                 : bad(l, "dial takes one host");
	if (l->n != 4)
		return bad(l, "a name and a value are missing");
	set = (struct engine_set){arena_str(&l->e->arena, l->field[2]),
	    arena_str(&l->e->arena, l->field[3])};
	if (l->e->arena.failed)
		return no_memory(l);
	if (!is_plain(set.name, "&;=#%+[]\"'<>:,") ||
	    !is_plain(set.value, "&;#\"<>"))
		return bad(l, "a character that would have to be escaped");
	if (str_eq(l->field[1], STR("query"))) {
		if (v->nqueries == ENGINE_SETS_MAX)
			return bad(l, "more than 4 of a kind");
		v->query[v->nqueries++] = set;
		return true;
	}
	if (!str_eq(l->field[1], STR("field")))
		return bad(l, "it is dial, query or field");
	if (v->field.name.n)
		return bad(l, "a second field");
	v->field = set;
	return true;
}

static bool
line_moderate(struct line *l)
{
	return set_level(l, SAFE_MODERATE);
}

static bool
line_strict(struct line *l)
{
	return set_level(l, SAFE_STRICT);
}

static bool
take_line(struct line *l)
{
	static const struct {
		const char *word;
		unsigned min, max; /* fields, the word included */
		bool inside;       /* of an engine */
		bool (*take)(struct line *l);
	} lines[] = {
	    {"version", 2, 2, false, line_version},
	    {"engine", 3, 3, false, line_engine},
	    {"endings", 2, 2, true, line_endings},
	    {"host", 2, 2, true, line_host},
	    {"also", 2, 2, true, line_also},
	    {"moderate", 3, 4, true, line_moderate},
	    {"strict", 3, 4, true, line_strict},
	    {"terms", 2, 2, true, line_terms},
	    {"path", 2, 2, true, line_path},
	    {"never", 2, 2, true, line_never},
	};

	for (unsigned i = 0; i < ARRAY_LEN(lines); i++) {
		if (!str_eq(l->field[0], str_of(lines[i].word)))
			continue;
		if (l->n < lines[i].min || l->n > lines[i].max)
			return bad(l, "the wrong number of fields");
		if (lines[i].inside && !l->engine)
			return bad(l, "this stands before the first engine");
		return lines[i].take(l);
	}
	return bad(l, "no line begins like that");
}

/* Fields, parted by tabs; several tabs are one. */
static bool
part(struct line *l, struct str text)
{
	struct str one;

	l->n = 0;
	while (str_next(&text, '\t', &one)) {
		one = str_trim(one);
		if (one.n == 0)
			continue;
		if (l->n == FIELDS_MAX)
			return bad(l, "the wrong number of fields");
		l->field[l->n++] = one;
	}
	return true;
}

/* What moderate lacks is as in strict. */
static void
complete(struct engine *g)
{
	struct engine_level *to = &g->level[SAFE_MODERATE];
	const struct engine_level *from = &g->level[SAFE_STRICT];

	if (to->dial.n == 0)
		to->dial = from->dial;
	if (to->field.name.n == 0)
		to->field = from->field;
	if (to->nqueries == 0) {
		memcpy(to->query, from->query, sizeof(to->query));
		to->nqueries = from->nqueries;
	}
}

struct engines *
engines_read(struct str table, struct err *err)
{
	struct engines *e = calloc(1, sizeof(*e));
	struct line l = {.e = e};
	struct str text;
	unsigned line = 0;

	if (!e) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	arena_init(&e->arena, 0);
	if (!grow(e))
		no_memory(&l);
	while (!l.why && str_next(&table, '\n', &text)) {
		line++;
		if (str_trim(text).n == 0 || text.p[0] == '#')
			continue;
		if (part(&l, text))
			take_line(&l);
	}
	if (!l.why && e->version.n == 0)
		bad(&l, "there is no version");
	if (l.why) {
		err_set(err, ERR_INPUT, "line %u: %s", line, l.why);
		engines_free(e);
		return NULL;
	}
	for (unsigned i = 0; i < e->nengines; i++)
		complete(&e->engine[i]);
	return e;
}

void
engines_free(struct engines *e)
{
	if (!e)
		return;
	free(e->host);
	free(e->slot);
	arena_fini(&e->arena);
	free(e);
}

struct str
engines_version(const struct engines *e)
{
	return e->version;
}
