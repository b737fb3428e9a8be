/* schema.c - keys.def as text. */
#include "config/schema.h"

#include "base/buf.h"
#include "base/json.h"
#include "config/builtin.h"
#include "config/config.h"
#include "config/keys.h"
#include "config/value.h"

/* "[listen NAME]" */
static void
add_head(struct buf *out, const struct section *s)
{
	buf_addf(out, s->many ? "[%s NAME]" : "[%s]", s->name);
}

/* "1..256" in the key's own unit; "" where there is none. */
static void
add_range(struct buf *out, const struct key *k)
{
	const char *unit = k->type == TYPE_SECONDS  ? "s"
	                   : k->type == TYPE_MILLIS ? "ms"
	                   : k->type == TYPE_CHANGE ? "%"
	                   : k->type == TYPE_SIZE   ? "KiB"
	                                            : "";

	if (k->type == TYPE_COUNT || *unit)
		buf_addf(out, "%u%s..%u%s", k->lo, unit, k->hi, unit);
}

void
schema_text(struct buf *out)
{
	for (unsigned s = 0; s < SECTIONS; s++) {
		buf_addf(out, "%s", s ? "\n" : "");
		add_head(out, &sections[s]);
		buf_addf(out, "  %s\n", sections[s].help);
		for (unsigned i = 0; i < nkeys; i++) {
			const struct key *k = &keys[i];

			if (k->section != s)
				continue;
			buf_addf(out, "  %-22s %s%s%s", k->name,
			    type_form(k->type),
			    k->def && *k->def ? "; default " : "",
			    k->def                 ? k->def
			    : k->type == TYPE_RULE ? ""
			                           : "; must be given");
			if (k->type == TYPE_COUNT || k->type == TYPE_SECONDS ||
			    k->type == TYPE_MILLIS || k->type == TYPE_CHANGE ||
			    k->type == TYPE_SIZE) {
				buf_add_str(out, STR("; "));
				add_range(out, k);
			}
			buf_addf(out, "%s\n%25s%s\n",
			    k->reload ? "" : "; needs a restart", "", k->help);
		}
	}
}

void
schema_json(struct buf *out)
{
	struct buf range = BUF_EMPTY;

	json_open(out, '[');
	for (unsigned i = 0; i < nkeys; i++) {
		const struct key *k = &keys[i];

		buf_reset(&range);
		add_range(&range, k);
		json_open(out, '{');
		json_key_z(out, "section", sections[k->section].name);
		json_key_bool(out, "named", sections[k->section].many);
		json_key_z(out, "key", k->name);
		json_key_z(out, "type", type_form(k->type));
		json_key_bool(out, "list", type_is_many(k->type));
		json_key_bool(out, "required", !k->def);
		json_key_z(out, "default", k->def ? k->def : "");
		if (range.n)
			json_key_str(out, "range", buf_str(&range));
		json_key_bool(out, "reload", k->reload);
		json_key_z(out, "help", k->help);
		json_close(out, '}');
	}
	json_close(out, ']');
	buf_add_char(out, '\n');
	buf_fini(&range);
}

/* '|' ends a cell of a table. */
static void
add_cell(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_add_char(out, '\\');
		buf_add_char(out, *text);
	}
	buf_add_str(out, STR(" | "));
}

void
schema_markdown(struct buf *out)
{
	for (unsigned s = 0; s < SECTIONS; s++) {
		buf_addf(out, "%s### `", s ? "\n" : "");
		add_head(out, &sections[s]);
		buf_addf(out, "`: %s\n\n", sections[s].help);
		buf_add_str(out, STR("| key | value | default | range | | "
		                     "meaning |\n|---|---|---|---|---|---|\n"));
		for (unsigned i = 0; i < nkeys; i++) {
			const struct key *k = &keys[i];

			if (k->section != s)
				continue;
			buf_addf(out, "| `%s` | ", k->name);
			add_cell(out, type_form(k->type));
			if (k->def && *k->def)
				buf_addf(out, "`%s`", k->def);
			else if (!k->def)
				buf_add_str(out, STR("must be given"));
			buf_add_str(out, STR(" | "));
			add_range(out, k);
			buf_addf(out, " | %s | ", k->reload ? "" : "restart");
			buf_addf(out, "%s |\n", k->help);
		}
	}
}

/* An example of what a named section may hold. */
static const char *
example_value(const struct key *k)
{
	static const struct {
		const char *section, *key, *value;
	} shown[] = {
	    {"listen", "allow-clients", "10.1.0.0/16"},
	    {"group", "match", "net:10.1.0.0/16"},
	    {"group", "policy", "pupils"},
	    {"policy", "allow", "list:allow"},
	    {"policy", "block", "category:adult, category:gambling"},
	    {"policy", "warn", "category:chat"},
	    {"policy", "monitor", "category:games"},
	    {"policy", "budget", "category:games 60m/day"},
	    {"schedule", "when", "mon-fri 08:30-15:30"},
	    {"schedule", "except", "2026-12-28..2027-01-08"},
	    {"terms", "source", "self-harm.txt"},
	    {"auth", "kind", "basic"},
	    {"auth", "helper",
	        "/usr/lib/squid/basic_ldap_auth -b dc=school,dc=test -h ldap"},
	    {"list", "source", "allow.txt"},
	};

	for (unsigned i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (strcmp(shown[i].section, sections[k->section].name) == 0 &&
		    strcmp(shown[i].key, k->name) == 0)
			return shown[i].value;
	return k->def ? k->def : "";
}

static const char *
example_name(unsigned section)
{
	return section == SECTION_LIST       ? "allow"
	       : section == SECTION_LISTEN   ? "lan"
	       : section == SECTION_SCHEDULE ? "lessons"
	       : section == SECTION_TERMS    ? "self-harm"
	       : section == SECTION_AUTH     ? "ldap"
	                                     : "pupils";
}

void
schema_example(struct buf *out)
{
	buf_add_str(out,
	    STR("# suzgi.conf - every key has a default, and an empty file is "
	        "a working filter.\n"
	        "# Take the # off what you want to change; suzgi check says "
	        "whether it is right.\n"));
	for (unsigned s = 0; s < SECTIONS; s++) {
		const char *name = sections[s].name;

		buf_addf(out, "\n# %s\n", sections[s].help);
		if (sections[s].many)
			buf_addf(out, "#[%s %s]\n", name, example_name(s));
		else
			buf_addf(out, "[%s]\n", name);
		for (unsigned i = 0; i < nkeys; i++) {
			const struct key *k = &keys[i];

			if (k->section != s)
				continue;
			buf_addf(out, "# %s\n#%s = %s\n", k->help, k->name,
			    example_value(k));
		}
	}
	buf_add_str(out, STR("\n# Without any [list] and [policy]:\n"));
	for (const char *p = builtin_starter; *p; p++) {
		if (p == builtin_starter || p[-1] == '\n')
			buf_add_char(out, '#');
		buf_add_char(out, *p);
	}
}

/* ---------------------------------------------------------------- dump */

/* Rules are told in their own order, whatever their action. */
static void
dump_rules(const struct config_policy *p, struct buf *out)
{
	for (unsigned i = 0; i < p->rules.n; i++) {
		const struct config_rule *r = &p->rules.v[i];
		const char *name =
		    r->per == BUDGET_NO ? action_name(r->action) : "budget";
		const struct key *k = key_find(SECTION_POLICY, str_of(name));
		struct {
			const struct config_rule *v;
			unsigned n;
		} one = {r, 1};

		if (!k)
			continue;
		buf_addf(out, "%s = ", k->name);
		value_print(k, &one, 0, out);
		buf_add_char(out, '\n');
	}
}

/* Those that cannot share a line. */
static void
dump_lines(const struct key *k, const char *field, struct buf *out)
{
	for (unsigned i = 0;; i++) {
		size_t before = out->n;

		buf_addf(out, "%s = ", k->name);
		if (!value_print(k, field, i, out)) {
			out->n = before;
			return;
		}
		buf_add_char(out, '\n');
	}
}

/* "a, b", or nothing. */
static void
dump_values(const struct key *k, const char *field, struct buf *out)
{
	struct buf all = BUF_EMPTY;
	struct str text;

	for (unsigned i = 0;; i++) {
		size_t before = all.n, start;

		buf_add_str(&all, i ? STR(", ") : STR(""));
		start = all.n;
		if (!value_print(k, field, i, &all) || all.n == start) {
			all.n = before;
			break;
		}
	}
	text = buf_str(&all);
	if (text.n)
		buf_add_char(out, ' ');
	if (type_is_many(k->type)) /* names in it may have a '#' */
		show_text(k, &text, 0, out);
	else
		buf_add_str(out, text);
	buf_fini(&all);
}

static void
dump_keys(enum section_id section, const void *from, struct buf *out)
{
	for (unsigned i = 0; i < nkeys; i++) {
		const struct key *k = &keys[i];
		const char *field = (const char *)from + k->offset;

		if (k->section != section || type_is_rule(k->type))
			continue;
		if (k->type == TYPE_EXPECT) {
			dump_lines(k, field, out);
			continue;
		}
		buf_addf(out, "%s =", k->name);
		dump_values(k, field, out);
		buf_add_char(out, '\n');
	}
}

static void
dump_many(const struct config *c, enum section_id id, struct buf *out)
{
	struct value_list list;

	memcpy(&list, (const char *)c + sections[id].list, sizeof(list));
	for (unsigned i = 0; i < list.n; i++) {
		const char *one = (const char *)list.v + i * sections[id].size;
		struct str name;

		memcpy(&name, one, sizeof(name));
		buf_addf(out, "\n[%s \"", sections[id].name);
		for (size_t j = 0; j < name.n; j++) {
			if (name.p[j] == '"' || name.p[j] == '\\')
				buf_add_char(out, '\\');
			buf_add_char(out, name.p[j]);
		}
		buf_add_str(out, STR("\"]\n"));
		if (id == SECTION_POLICY)
			dump_rules(&c->policy.v[i], out);
		dump_keys(id, one, out);
	}
}

void
schema_dump(const struct config *c, struct buf *out)
{
	for (unsigned i = 0; i < SECTIONS; i++) {
		enum section_id id = (enum section_id)i;

		if (sections[i].many) {
			dump_many(c, id, out);
			continue;
		}
		buf_addf(out, "%s[%s]\n", i ? "\n" : "", sections[i].name);
		dump_keys(id, c, out);
	}
}
