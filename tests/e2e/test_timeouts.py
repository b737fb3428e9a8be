#!/usr/bin/env python3
"""Every wait ends: who is late, on either side, is not waited for for ever.
Nothing here says how soon; only that it comes, and how it ends."""
import time

from lib import hello, tap
from lib.dns import DROP
from lib.origin import Origin
from lib.suzgi import until
from lib.tap import case, check, equal
from lib.world import World

SHORT = '''
[timeouts]
header = 1s
keep-alive = 1s
connect = 1s
first-byte = 1s
body-idle = 1s
hello = 1s
tunnel-idle = 1s
websocket-idle = 1s
'''


def ended(c):
    """The connection ends; what came before."""
    return c.rest(60)


def script(*parts):
    """Send these, then nothing more, and leave the connection open."""
    def run(conn, _):
        for part in parts:
            conn.sendall(part)
        conn.settimeout(60)
        return conn.recv(1)
    return run


with World(SHORT) as w:
    get = b'GET http://good.test{O}%s HTTP/1.1\r\nHost: x\r\n\r\n'
    for what, data in (('nothing', b''), ('half a line', b'GET http://go'),
                       ('half a head', b'GET / HTTP/1.1\r\nHost'),
                       ('empty lines', b'\r\n\r\n')):
        with case(f'a client that sends {what}'):
            with w.client() as c:
                c.send(data)
                rest = ended(c)
                check(rest == b'' or b' 408 ' in rest[:20],
                      f'answered {rest[:80]!r}')
            w.settled()
    with case('a client that sends a byte now and then does not live on it'):
        with w.client() as c:
            start = time.monotonic()
            try:
                for byte in w.fill(b'{G}') * 3:
                    c.sock.sendall(bytes([byte]))
                    time.sleep(0.3)
                    if time.monotonic() - start > 60:
                        raise AssertionError('it lives after 60 s')
            except OSError:
                pass
            ended(c)
        w.settled()
    with case('an idle connection is closed, without a word'):
        with w.client() as c:
            c.send(w.fill(b'{G}\r\n'))
            equal(c.response().status, 200, 'status')
            equal(ended(c), b'', 'what came')
        w.settled()
    with case('a client that stops in its body'):
        w.forget()
        with w.client() as c:
            c.send(w.fill(b'{P}Content-Length: 10\r\n\r\nhell'))
            rest = ended(c)
            check(rest.startswith(b'HTTP/1.1 408 '), f'{rest[:80]!r}')
        check(not w.origin.requests, 'the site read a whole request')
        w.settled()
    for what, parts in (('nothing', ()),
                        ('half a head', (b'HTTP/1.1 200 OK\r\nConte',)),
                        ('a 100 only', (b'HTTP/1.1 100 Continue\r\n\r\n',))):
        with case(f'RS-17 a site that sends {what}: 504 with a page'):
            w.origin.at['/late'] = script(*parts)
            r = w.ask(get % b'/late')
            equal(r.status, 504, 'status')
            check(b'good.test' in r.body, 'the page does not name the site')
            w.settled()
    for what, head in (('by length', b'Content-Length: 10\r\n\r\nhell'),
                       ('chunked', b'Transfer-Encoding: chunked\r\n\r\n'
                        b'5\r\nhe')):
        with case(f'RS-17 a site that stops in its body, {what}: broken off'):
            w.origin.at['/late'] = script(b'HTTP/1.1 200 OK\r\n' + head)
            with w.client() as c:
                c.send(w.fill(get % b'/late'))
                rest = ended(c)
                check(rest.startswith(b'HTTP/1.1 200') and
                      not rest.endswith(b'0\r\n\r\n'), f'{rest!r}')
            w.settled()
    with case('a name server that does not answer: 502 or 504'):
        w.dns.names['drop.test'] = DROP
        r = w.ask(b'GET http://drop.test{O}/ HTTP/1.1\r\nHost: x\r\n\r\n')
        check(r.status in (502, 504), f'status {r.status}')
        w.settled()
    with case('SN-24 a tunnel without a greeting'):
        c, _ = w.tunnel(b'good.test')
        with c:
            equal(ended(c), b'', 'what came')
        c, _ = w.tunnel(b'good.test')
        with c:
            c.send(hello.plain(b'good.test')[:20])
            equal(ended(c), b'', 'what came')
        w.settled()
    with case('CN-11 an idle tunnel'):
        c, _ = w.tunnel(b'good.test')
        with c:
            c.send(hello.plain(b'good.test'))
            equal(c.want(6), b'ORIGIN', 'the tunnel')
            equal(ended(c), b'', 'what came')
        w.settled()
    with case('an idle websocket'):
        w.origin.at['/ws'] = script(
            b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
            b'Connection: Upgrade\r\n\r\n')
        with w.client() as c:
            c.send(w.fill(b'GET http://good.test{O}/ws HTTP/1.1\r\nHost: x\r\n'
                          b'Upgrade: websocket\r\nConnection: Upgrade\r\n'
                          b'Sec-WebSocket-Key: x\r\n'
                          b'Sec-WebSocket-Version: 13\r\n\r\n'))
            equal(c.response().status, 101, 'status')
            equal(ended(c), b'', 'what came')
        w.settled()
    with case('a client that does not read its answer'):
        def flood(conn, _):
            try:
                conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100000000'
                             b'\r\n\r\n')
                for _ in range(1000):
                    conn.sendall(b'x' * 100000)
            except OSError:
                pass
        w.origin.at['/flood'] = flood
        with w.client() as c:
            c.send(w.fill(get % b'/flood'))
            until(lambda: w.suzgi.status()['stats']['conns'] == 0,
                  'the end of the connection', 60)
        w.settled()
    silent = Origin(raw=lambda conn, stream: conn.recv(1 << 16) and
                    conn.recv(1 << 16))
    with case('a site that never answers holds nobody else up'):
        with World(private=[f'127.0.0.1:{silent.port}']) as v:
            waiting = []
            for _ in range(60):
                c = v.client()
                c.send(b'GET http://good.test:%d/ HTTP/1.1\r\nHost: x\r\n\r\n'
                       % silent.port)
                waiting.append(c)
            for _ in range(20):
                equal(v.ask(b'{G}\r\n').status, 200, 'another')
            for c in waiting:
                c.close()
            v.settled()
tap.done()
