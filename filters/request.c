/* request.c - the words for stages and actions; the client's address. */
#include "filters/request.h"

#include <string.h>

#include "base/bug.h"
#include "base/table.h"
#include "filters/verdict.h"

static const char *const stages[STAGES] = {
    [STAGE_CONN] = "conn",
    [STAGE_HOST] = "host",
    [STAGE_URL] = "url",
    [STAGE_HEAD] = "head",
    [STAGE_BODY] = "body",
};

static const char *const visibilities[] = {
    [VISIBILITY_IP] = "ip",
    [VISIBILITY_SNI] = "sni",
    [VISIBILITY_URL] = "url",
    [VISIBILITY_CONTENT] = "content",
};

static const char *const actions[ACTIONS] = {
    [ACTION_ALLOW] = "allow",
    [ACTION_BLOCK] = "block",
    [ACTION_WARN] = "warn",
    [ACTION_MONITOR] = "monitor",
};

static const char *const tiers[] = {
    [TIER_PROTECTED] = "protected",
    [TIER_SUPPORT] = "support",
    [TIER_OVERRIDE] = "override",
    [TIER_POLICY] = "policy",
    [TIER_DEFAULT] = "default",
};

static const char *const severities[] = {
    [SEVERITY_NONE] = "none",
    [SEVERITY_ADVISORY] = "advisory",
    [SEVERITY_CAUTION] = "caution",
    [SEVERITY_DANGER] = "danger",
};

const char *
stage_name(enum stage s)
{
	return BUG((unsigned)s >= STAGES) ? "?" : stages[s];
}

const char *
visibility_name(enum visibility v)
{
	return BUG((unsigned)v >= ARRAY_LEN(visibilities)) ? "?"
	                                                   : visibilities[v];
}

const char *
action_name(enum action a)
{
	return BUG((unsigned)a >= ACTIONS) ? "?" : actions[a];
}

const char *
tier_name(enum tier t)
{
	return BUG((unsigned)t >= ARRAY_LEN(tiers)) ? "?" : tiers[t];
}

const char *
severity_name(enum severity s)
{
	return BUG((unsigned)s >= ARRAY_LEN(severities)) ? "?" : severities[s];
}

void
request_set_client(struct request *r, const uint8_t *addr, size_t n)
{
	static const uint8_t mapped[12] = {
	    [10] = 0xff, [11] = 0xff, /* RFC 4291 2.5.5.2 */
	};

	memset(r->client, 0, sizeof(r->client));
	if (n == 4) {
		memcpy(r->client, mapped, sizeof(mapped));
		memcpy(r->client + 12, addr, 4);
	} else if (!BUG(n != 16)) {
		memcpy(r->client, addr, 16);
	}
}
