#!/usr/bin/env python3
"""Safe search is carried out: whose address is dialled, what is asked.

The name server here says that each engine is at 127.0.0.1 (the open one) and
the hosts that engines have for safe search at 127.0.0.2.
"""
import os

from lib import hello, tap
from lib.origin import Origin, response
from lib.suzgi import PATIENCE
from lib.tap import case, check, equal
from lib.world import CONFIG, World

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    '..', '..', 'packaging')
HEAD = CONFIG[:CONFIG.index('[policy default]')]
STRICT = HEAD + '[policy default]\nblock = category:adult\n' \
    'safe-search = on\nyoutube = strict\n'
OPEN = ['www.google.com', 'www.google.kz', 'www.google.co.uk', 'google.com',
        'www.bing.com', 'yandex.ru', 'yandex.kz', 'xn--d1acpjx3f.xn--p1ai',
        'www.youtube.com', 'duckduckgo.com', 'search.brave.com',
        'search.yahoo.com', 'www.ecosia.org', 'www.startpage.com']
SAFE = ['forcesafesearch.google.com', 'strict.bing.com',
        'familysearch.yandex.ru', 'restrict.youtube.com',
        'restrictmoderate.youtube.com', 'safe.duckduckgo.com',
        'forcesafe.search.brave.com']
# engine's host, whose address is dialled
DIALS = [('www.google.com', 'forcesafesearch.google.com'),
         ('www.google.kz', 'forcesafesearch.google.com'),
         ('www.google.co.uk', 'forcesafesearch.google.com'),
         ('WWW.Google.COM.', 'forcesafesearch.google.com'),
         ('www.bing.com', 'strict.bing.com'),
         ('yandex.ru', 'familysearch.yandex.ru'),
         ('yandex.kz', 'familysearch.yandex.ru'),
         ('xn--d1acpjx3f.xn--p1ai', 'familysearch.yandex.ru'),  # яндекс.рф
         ('www.youtube.com', 'restrict.youtube.com'),
         ('duckduckgo.com', 'safe.duckduckgo.com'),
         ('search.brave.com', 'forcesafe.search.brave.com')]


class Engines(World):
    """Two sites and two sites of TLS: open at .1, safe at .2, same ports."""

    def __init__(self, config, **more):
        super().__init__(config=config, args=('--data', DATA), **more)
        self.safe = Origin('127.0.0.2', port=self.origin.port)
        self.safe_tls = Origin('127.0.0.2', raw=self._record_only,
                               port=self.tls.port)
        for name in OPEN:
            self.dns.names[name] = ['127.0.0.1']
        for name in SAFE:
            self.dns.names[name] = ['127.0.0.2']
        self.dns.names['safe.startpage.com'] = ['127.0.0.3']  # not permitted
        ports = (self.origin.port, self.tls.port)
        text = self.suzgi.text
        line = next(x for x in text.split('\n')
                    if x.startswith('allow-private'))
        self.suzgi.text = text.replace(line, line + ''.join(
            f', 127.0.0.2:{p}' for p in ports))
        self.suzgi.write('suzgi.conf', self.suzgi.text)

    def __exit__(self, *args):
        super().__exit__(*args)
        self.safe.close()
        self.safe_tls.close()

    def forget(self):
        super().forget()
        self.safe.forget()
        self.safe_tls.forget()

    def get(self, host, target=b'/', *fields):
        host = host.encode() + b':%d' % self.origin.port
        return self.ask(b'GET http://' + host + target + b' HTTP/1.1\r\n'
                        b'Host: ' + host + b'\r\n' +
                        b''.join(f + b'\r\n' for f in fields) + b'\r\n')

    def through(self, connect, sni=None):
        """A tunnel, greeted; what came back."""
        c, r = self.tunnel(connect.encode())
        with c:
            equal(r.status, 200, 'CONNECT')
            c.send(hello.plain((sni or connect).rstrip('.').encode()))
            return c.want(6)


def tunnels(w):
    for host, dial in DIALS:
        with case(f'a tunnel to {host} ends at {dial}'):
            w.forget()
            equal(w.through(host), b'ORIGIN', 'answer')
            check(not w.tls.bytes, 'the open one was reached')
            check(host.rstrip('.').lower().encode() in
                  w.safe_tls.bytes.lower(), 'its name in the greeting')
            check(dial in [n for n, _ in w.dns.asked], 'looked up')
    with case('a tunnel to an address whose greeting names an engine'):
        w.forget()
        equal(w.through('127.0.0.1', 'www.google.com'), b'ORIGIN', 'answer')
        check(not w.tls.bytes, 'the open one was reached')
    with case('a tunnel to a name whose greeting names an engine'):
        w.forget()
        equal(w.through('good.test', 'www.google.com'), b'ORIGIN', 'answer')
        check(not w.tls.bytes, 'the open one was reached')
    with case('other sites are left alone'):
        w.forget()
        equal(w.through('good.test'), b'ORIGIN', 'answer')
        check(w.tls.bytes and not w.safe_tls.bytes, 'the wrong site')


def nowhere(w):
    # the name server does not know what Ecosia has for safe search
    with case('where the safe host cannot be looked up, nobody is dialled'):
        w.forget()
        c, r = w.tunnel(b'www.ecosia.org')
        c.close()
        equal(r.status, 502, 'CONNECT')
        # the greeting alone names it: too late to say so in HTTP
        c, r = w.tunnel(b'good.test')
        with c:
            equal(r.status, 200, 'CONNECT')
            c.send(hello.plain(b'www.ecosia.org'))
            check(b'ORIGIN' not in c.rest(), 'let through')
        equal(w.get('www.ecosia.org').status, 502, 'plain')
        check(not w.tls.bytes and not w.origin.bytes, 'the open one')
    with case('the guard is asked about the safe host as about any'):
        equal(w.get('www.startpage.com').status, 403, 'plain')
        c, r = w.tunnel(b'www.startpage.com')
        c.close()
        equal(r.status, 403, 'CONNECT')
        check(not w.tls.bytes and not w.origin.bytes, 'the open one')


def plain(w):
    for asked, sent in ((b'/search?q=a&safe=off', b'safe=active'),
                        (b'/search?q=a', b'safe=active'),
                        (b'/search?%73afe=off&q=a', b'safe=active')):
        with case(f'plain: {asked.decode()} is asked decently'):
            w.forget()
            equal(w.get('www.google.com', asked).status, 200, 'status')
            seen = w.safe.requests[0]
            check(not w.origin.requests, 'the open one was reached')
            check(sent in seen.target and b'=off' not in seen.target and
                  b'q=a' in seen.target, f'{seen.target}')
            equal(seen.get('host'), b'www.google.com:%d' % w.origin.port,
                  'Host')
    with case('plain: a field is set, and the client cannot'):
        w.forget()
        equal(w.get('www.youtube.com', b'/watch?v=1',
                    b'youtube-restrict: None', b'X: y').status, 200, 'status')
        seen = w.safe.requests[0]
        equal((seen.get('youtube-restrict'), seen.get('x')),
              (b'Strict', b'y'), 'fields')
    with case('plain: an engine that knows no other way gets its parameter'):
        w.forget()
        equal(w.get('search.yahoo.com', b'/search?p=x&vm=p').status, 200,
              'status')
        check(b'vm=r' in w.origin.requests[0].target and
              b'vm=p' not in w.origin.requests[0].target,
              f'{w.origin.requests[0].target}')
    with case('a kept connection to the one is never used for the other'):
        for _ in range(4):
            w.forget()
            w.get('good.test')
            w.get('www.google.com')
            w.get('forcesafesearch.google.com')
            equal(len(w.origin.requests), 1, 'the open one')
            equal(len(w.safe.requests), 2, 'the safe one')


def records(w):
    with case('a blocked search is recorded as one, with its theme'):
        w.get('www.google.com', b'/search?q=How+TO%20vanish&safe=off')
        found = w.suzgi.logged(lambda r: r.get('intent') == 'search')[0]
        equal((found['search'], found['theme'], found['severity']),
              ('how to vanish', 'self-harm', 'danger'), 'record')
        check('url' in found and '?' not in found['url'], 'its query')
    with case('Cyrillic words are folded alike, however they are encoded'):
        before = len(w.suzgi.log())
        for q in ('%D0%A1%D0%A3%D0%98%D0%A6%D0%98%D0%94', '%F1%F3%E8%F6%E8%E4'):
            w.get('yandex.kz', b'/search/?text=' + q.encode())
        found = w.suzgi.logged(
            lambda r: r.get('host') == 'yandex.kz' and 'search' in r, 2)
        equal({r['search'] for r in found}, {'суицид'}, 'words')
        check(len(w.suzgi.log()) >= before + 2, 'records')
    with case('a search that touches no theme passes'):
        equal(w.get('www.google.com', b'/search?q=weather').status, 200,
              'status')


def reloads(w):
    with case('a tunnel to the open engine does not outlive the new level'):
        c, r = w.tunnel(b'www.google.com')
        with c:
            equal(r.status, 200, 'CONNECT')
            c.send(hello.plain(b'www.google.com'))
            equal(c.want(6), b'ORIGIN', 'open')
            check(w.tls.bytes, 'not at the open one')
            other, r = w.tunnel(b'good.test')
            other.send(hello.plain(b'good.test'))
            equal(other.want(6), b'ORIGIN', 'another site')
            w.suzgi.write('suzgi.conf', w.suzgi.text.replace(
                'safe-search = off', 'safe-search = on'))
            check(w.suzgi.hangup(), 'refused')
            c.rest()
            other.send(b'x')
            equal(other.want(6), b'ORIGIN', 'another site goes on')
            other.close()
            equal(w.through('www.google.com'), b'ORIGIN', 'the next')
            check(w.safe_tls.bytes, 'not at the safe one')


def moderate(w):
    with case('moderate: YouTube by its moderate host, Bing by a parameter'):
        w.forget()
        equal(w.through('www.youtube.com'), b'ORIGIN', 'answer')
        check('restrictmoderate.youtube.com' in
              [n for n, _ in w.dns.asked], 'looked up')
        w.get('www.bing.com', b'/search?q=a&adlt=off')
        seen = [*w.origin.requests, *w.safe.requests][0].target
        check(b'adlt=moderate' in seen and b'off' not in seen, f'{seen}')


def parent(w):
    """A parent proxy is told which host to dial."""
    with case('through a parent proxy: CONNECT to the safe host'):
        equal(w.through('www.google.com'), b'ORIGIN', 'answer')
        check(w.proxy.asked[-1].startswith(
            b'CONNECT forcesafesearch.google.com:'), f'{w.proxy.asked}')
    with case('through a parent proxy: another name in the greeting'):
        equal(w.through('good.test', 'www.bing.com'), b'ORIGIN', 'answer')
        check(w.proxy.asked[-1].startswith(b'CONNECT strict.bing.com:'),
              f'{w.proxy.asked}')
    with case('through a parent proxy: plain requests name the safe host'):
        w.get('www.google.com', b'/search?q=a')
        check(w.proxy.asked[-1].startswith(
            b'GET http://forcesafesearch.google.com:'), f'{w.proxy.asked}')


class Parent(Origin):
    """A proxy that answers for everybody, and keeps the first lines."""

    def __init__(self):
        self.asked = []
        super().__init__(raw=self._proxy)

    def _proxy(self, conn, stream):
        conn.settimeout(PATIENCE)
        while True:
            data = b''
            while b'\r\n\r\n' not in data:
                got = conn.recv(65536)
                if not got:
                    return
                data += got
            self.asked.append(data.partition(b'\r\n')[0])
            if not data.startswith(b'CONNECT'):
                conn.sendall(response(b'parent'))
                continue
            conn.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
            if conn.recv(65536):
                conn.sendall(b'ORIGIN')
            return


with Engines(STRICT) as world:
    for part in (tunnels, nowhere, plain):
        part(world)
    with case('what was told to be decent is counted'):
        stats = world.suzgi.status()['stats']
        check(stats['safe_search'] > 10, 'safe_search')
        check(stats['sni_mismatch'] >= 2, 'sni_mismatch')
    world.suzgi.alive()
TERMS = STRICT + 'block = search:self-harm\n\n[terms self-harm]\n' \
    'source = self-harm.txt\nseverity = danger\n'
with Engines(TERMS, files={'self-harm.txt': 'how to vanish\nсуицид*\n'}) as \
        world:
    records(world)
    world.suzgi.alive()
with Engines(STRICT.replace('safe-search = on', 'safe-search = off').replace(
        'youtube = strict', 'youtube = off')) as world:
    reloads(world)
with Engines(STRICT.replace('safe-search = on', 'safe-search = moderate')
             .replace('youtube = strict', 'youtube = moderate')) as world:
    moderate(world)
proxy = Parent()
with Engines(STRICT.replace('[origin]\n', '[origin]\nvia = 127.0.0.1:%d\n' %
                            proxy.port)) as world:
    world.proxy = proxy
    parent(world)
tap.done()
