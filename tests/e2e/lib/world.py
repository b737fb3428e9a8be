"""world.py - the proxy, a site, a name server: what most tests need.

    with World() as w:
        w.ask(b'{G}\\r\\n')            # templates; see World.fill()
        w.settled()                   # LIVE, and all the site saw was clean

Macros of the catalogue: {G} {P} {C} the heads of a GET, POST, chunked POST
to good.test; {X} a whole request to bad.test; {O} the site's port with its
colon; {lenX} {hexX} the length of {X}.
"""
import re

from . import suzgi
from .client import Client, ask
from .dns import Dns
from .origin import Origin
from .rows import reference
from .tap import check

GOOD = ['good.test', 'www.good.test', 'notbad.test', 'xbad.test',
        'bad-test', 'bad.test.good.test', 'translate.test', 'plain.test',
        'translated.test', 'xn--bd-7kc.test', 'xn--a.test', 'xn--bad-.test',
        'r3---sn-4g5e.video.test', 'ab--cd.test', 'bad_host.test',
        'evil.test']
BAD = ['bad.test', 'www.bad.test', 'a.b.c.bad.test']

CONFIG = '''\
# a comment
[proxy]
state-dir = {state}
user =
workers = 2
drain = 5s

[origin]
dns = 127.0.0.1:%(dns)d
allow-private = %(private)s

[tunnel]
ports = %(tunnel)s
http-ports = %(http)s

[log]
privacy = full

[page]
title = The Test School
contact = the librarian <desk & "shelf">

[listen main]
address = {listen}

[list adult]
source = bad.txt
category = adult

[policy default]
block = category:adult
block = url:good.test/secret
block = regex:/casino[0-9]+/
'''
LISTS = {'bad.txt': 'bad.test\nxn--bcher-kva.test\n198.51.100.7\n'}


class World:
    def __init__(self, extra='', files=None, config=CONFIG, tunnel_to=(),
                 private=(), **more):
        """<extra> stands behind the configuration; <tunnel_to> are further
        ports of tunnels; <private> further addresses that may be reached."""
        self.origin, self.dns = Origin(), Dns()
        self.tls = Origin(raw=self._record_only)
        for name in [*GOOD, *BAD]:
            self.dns.names[name] = ['127.0.0.1']
        ports = [443, self.tls.port, *tunnel_to]
        allow = [f'127.0.0.1:{p}' for p in
                 [self.origin.port, self.tls.port, *tunnel_to]]
        text = config % {
            'dns': self.dns.port,
            'private': ', '.join([*allow, *private]),
            'tunnel': ', '.join(map(str, ports)),
            'http': f'80, {self.origin.port}'} + extra
        self.references = []
        self.suzgi = suzgi.Suzgi(text, {**LISTS, **(files or {})}, **more)

    @staticmethod
    def _record_only(conn, stream):
        """A TLS site to tunnels: keeps what comes, says 'ORIGIN' once."""
        conn.settimeout(suzgi.PATIENCE)
        while True:
            got = conn.recv(1 << 16)
            if not got:
                return
            stream += got
            conn.sendall(b'ORIGIN')

    def __enter__(self):
        self.suzgi.__enter__()
        self.port = self.suzgi.port
        # warm: names looked up, a connection kept by each worker
        for _ in range(8):
            check(self.ask(b'{G}\r\n').status == 200,
                  'good.test is not served')
        self.suzgi.baseline()
        return self

    def __exit__(self, *args):
        try:
            self.suzgi.__exit__(*args)
            if args[0] is None and suzgi.SANITIZED:
                found = suzgi.TROUBLE.search(self.suzgi.stderr)
                check(not found, 'stderr says:\n' + self.suzgi.stderr[-3000:])
        finally:
            for part in (self.origin, self.tls, self.dns):
                part.close()

    # ---- rows --------------------------------------------------------
    def fill(self, row):
        """Put the macros of the catalogue into <row>."""
        port = b':%d' % self.origin.port
        x = b'GET http://bad.test%s/smuggled HTTP/1.1\r\n' \
            b'Host: bad.test%s\r\n\r\n' % (port, port)
        macros = {
            b'{G}': b'GET http://good.test{O}/ HTTP/1.1\r\n'
                    b'Host: good.test{O}\r\n',
            b'{P}': b'POST http://good.test{O}/ HTTP/1.1\r\n'
                    b'Host: good.test{O}\r\n',
            b'{C}': b'POST http://good.test{O}/ HTTP/1.1\r\n'
                    b'Host: good.test{O}\r\n'
                    b'Transfer-Encoding: chunked\r\n\r\n',
            b'{X}': x, b'{lenX}': b'%d' % len(x), b'{hexX}': b'%x' % len(x),
        }
        for name, value in macros.items():
            row = row.replace(name, value)
        return row.replace(b'{O}', port).replace(
            b'{T}', b':%d' % self.tls.port).replace(
            b'{t}', b'%d' % self.tls.port).replace(
            b'{o}', b'%d' % self.origin.port)

    def client(self):
        return Client(self.port, self.suzgi.host)

    def ask(self, row, method=b'GET', cut=None):
        return ask(self.port, self.fill(row), method, cut, self.suzgi.host)

    def tunnel(self, host=b'good.test', port=None):
        """CONNECT; (client, answer)."""
        target = b'%s:%d' % (host, port or self.tls.port)
        c = self.client()
        c.send(b'CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n' % (target, target))
        return c, c.response(b'CONNECT')

    def told(self, response):
        """A client was told that it is blocked; keep the reference."""
        self.references.append(reference(response))

    def forget(self):
        self.origin.forget()
        self.tls.forget()

    def untouched(self):
        """Not one byte reached a site."""
        got = self.origin.bytes + self.tls.bytes
        check(not got, f'{len(got)} bytes reached the site: {got[:300]!r}')

    def clean(self, cut_short=False):
        """What reached the site was read there in exactly one way."""
        bad = [b for b in self.origin.bad
               if not (cut_short and b[0] == 'cut short')]
        check(not bad, f'the site could not read: {bad[:2]}')
        for request in self.origin.requests:
            check(b'smuggled' not in request.target and
                  not re.match(rb'(?i)(.*\.)?bad\.test(:|$)',
                               request.get('host') or b''),
                  f'a blocked request reached the site: {request}')

    def settled(self):
        """LIVE of the catalogue."""
        check(self.ask(b'{G}\r\n').status == 200, 'good.test is not served')
        self.suzgi.alive()
