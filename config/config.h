/*
 * config.h - the configuration as read: values, no decisions.
 *
 * Filled from text by config_load() (config/loader.h) through keys.def, the
 * one table of all keys; every string lies in the config's own arena, those
 * of texts, names and paths with a NUL behind them. What is policy (groups, policies, lists) is turned into a snapshot by
 * config/build.h; the rest is for who runs the daemon.
 *
 * Units: seconds are `_s`, milliseconds `_ms`, bytes plain.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/str.h"
#include "config/config_policy.h"
#include "feeds/schedule.h"
#include "filters/snapshot.h"
#include "lists/compile.h"

/* "10.0.0.0/8", "127.0.0.1:8080", "[::1]:80", ":any" is port 0 */
struct netport {
	struct net net;
	uint16_t port; /* 0: every port */
};
struct hostport {        /* an address to listen on or to connect to */
	struct str host; /* IP literal without brackets, or a name */
	uint16_t port;
};

enum listen_mode { LISTEN_EXPLICIT = 0, LISTEN_HTTP, LISTEN_TLS };
enum privacy { PRIVACY_PSEUDONYM = 0, PRIVACY_FULL, PRIVACY_AGGREGATE };
enum over_block { OVER_BLOCK_HOLD = 0, OVER_BLOCK_WARN, OVER_BLOCK_OFF };
enum permit { PERMIT_BLOCK = 0, PERMIT_ALLOW };
enum redis_role { REDIS_SHARE = 0, REDIS_PUBLISH, REDIS_FOLLOW };

struct config_listen {
	struct str name;
	CONFIG_LIST(struct hostport) address;
	enum listen_mode mode;
	CONFIG_LIST(struct net) allow_clients; /* empty: loopback alone */
	struct where where;
};

struct config_list {
	struct str name;
	struct str given;  /* file or folder, as configured; "" : none */
	struct str source; /* the one to read: of an update, else as given */
	enum list_format format;
	struct str category; /* "" : none, or the tree's folders */
	uint32_t change;     /* percent it may shrink or grow at once ... */
	uint32_t max_change; /* ... as of update, or of what was accepted */
	struct feed_plan update;
	struct str sha256, sign_key, ca_file;
	uint64_t max_size;
	uint32_t timeout_s;
	bool insecure;
	bool unfetched; /* it has an update, and nothing of it is there yet */
	struct where where;
};
#define CONFIG_ANY_CHANGE UINT32_MAX

/* A list that nobody can switch off: config/protected.h. */
struct config_protected {
	struct str name;
	struct str image; /* compiled; in the arena */
	uint64_t entries;
	int64_t when; /* it was signed, seconds; 0: not known */
};

/* A text that was read, kept to show its lines in reports. */
struct config_file {
	struct config_file *next; /* in the arena; newest first */
	struct str name;          /* as in reports */
	struct str dir; /* absolute: what its relative paths start from */
	struct str text;
};

struct config {
	struct arena arena;        /* owned: all that is below */
	struct config_file *files; /* what it was read from */
	struct str data_dir;       /* of the shipped lists */
	bool lists_unread;         /* a [list] has errors: rules may name it */
	struct config_protected protected[SNAPSHOT_IMAGES_MAX];
	unsigned nprotected;
	struct str protected_lost; /* name of one that is; "" : none */

	/* [proxy] */
	uint32_t workers; /* 0: one a core this process may run on */
	struct str user;  /* to become, when started as root; "" : stay */
	struct str state_dir, control; /* control: path of the socket */
	uint32_t drain_s;
	struct config_zone_name timezone; /* "" : the system's */
	struct bytes zone;                /* its file, in the arena; n 0: UTC */
	struct str via_name;              /* what we call ourselves in Via */

	/* [limits] */
	uint32_t connections, connections_per_client;
	uint64_t build_memory; /* bytes */

	/* [timeouts] */
	uint32_t header_s, keep_alive_s, connect_s, first_byte_s, body_idle_s;
	uint32_t hello_s, tunnel_idle_s, websocket_idle_s;

	/* [origin] */
	struct hostport via;              /* parent proxy; host "" : none */
	CONFIG_LIST(struct hostport) dns; /* empty: the system's */
	CONFIG_LIST(struct netport) allow_private;
	CONFIG_LIST(struct netport) deny; /* besides what is always denied */
	bool ipv6;

	/* [tunnel] */
	CONFIG_LIST(uint16_t) tunnel_ports, tunnel_http_ports; /* 443; 80 */
	enum permit non_tls, no_sni, ech, name_mismatch;

	/* [redis] */
	struct str
	    redis_url; /* unix:/path[?db=N], redis://[user:pass@]host:port/N */
	enum redis_role redis_role;
	uint32_t redis_timeout_ms;
	struct str redis_prefix, redis_key_file;

	/* [log] */
	struct str log_dir;
	enum privacy privacy;
	enum permit on_log_failure; /* of blocked answers: default allow, that
				     * is, keep filtering */
	bool log_query;

	/* [page] */
	struct str page_title, page_contact, page_help;

	struct str page_address; /* the name by which clients reach our own
				  * pages through us */

	/* [support] sites that are always reachable, beside the shipped ones */
	CONFIG_LIST(struct str) support;
	CONFIG_LIST(struct str) shipped_support;

	/* The table of search engines; "" : not there. */
	struct str engines;

	/* [try] */
	CONFIG_LIST(struct config_expect) expect;
	struct str shadow; /* a configuration that decides beside this one and
			    * only logs where it differs; "" : none */

	/* [guard] */
	enum over_block over_block;
	struct str must_not_block; /* "" : the shipped sites alone */

	CONFIG_LIST(struct config_listen) listen;
	CONFIG_LIST(struct config_group) group;
	CONFIG_LIST(struct config_policy) policy;
	CONFIG_LIST(struct config_list) list;
	CONFIG_LIST(struct config_schedule) schedule;
	CONFIG_LIST(struct config_auth) auth;
	CONFIG_LIST(struct config_terms) terms;
};

#endif
