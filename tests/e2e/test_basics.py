#!/usr/bin/env python3
"""What every client and site relies on: methods, bodies, connections."""
import time

from lib import tap
from lib.client import Client
from lib.origin import CLOSE, response
from lib.suzgi import SANITIZED
from lib.tap import case, check, equal
from lib.world import World


def request(method, path=b'/', *fields, body=b''):
    head = method + b' http://good.test{O}' + path + \
        b' HTTP/1.1\r\nHost: good.test{O}\r\n'
    for field in fields:
        head += field + b'\r\n'
    if body or method in (b'POST', b'PUT', b'PATCH'):
        head += b'Content-Length: %d\r\n' % len(body)
    return head + b'\r\n' + body


def chunked(body, size):
    parts = (body[i:i + size] for i in range(0, len(body), size))
    return b''.join(b'%x\r\n%b\r\n' % (len(part), part) for part in parts) \
        + b'0\r\n\r\n'


def methods(w):
    for m in (b'GET', b'POST', b'PUT', b'PATCH', b'DELETE', b'OPTIONS',
              b'HEAD'):
        with case(f'{m.decode()} reaches the site as it was sent'):
            w.forget()
            body = b'some body' if m in (b'POST', b'PUT', b'PATCH') else b''
            with w.client() as c:
                c.send(w.fill(request(m, b'/a?b=c', b'X-Y: z', body=body)))
                r = c.response(m)
            equal(r.status, 200, 'status')
            seen = w.origin.requests[0]
            equal((seen.method, seen.target, seen.body, seen.get('x-y')),
                  (m, b'/a?b=c', body, b'z'), 'at the site')
            equal(seen.version, b'HTTP/1.1', 'version')
            w.clean()


def bodies(w):
    body = bytes(range(256)) * 1021
    for size in (1, 7, 4096, 65536, len(body)):
        if size == 1:
            some = body[:3000]
        else:
            some = body
        with case(f'a chunked upload in chunks of {size}'):
            w.forget()
            # made before the connection: the head has its time limit
            sent = w.fill(b'{C}') + chunked(some, size)
            with w.client() as c:
                c.send(sent)
                equal(c.response().status, 200, 'status')
            check(w.origin.requests[0].body == some, 'the body was changed')
            w.clean()
        with case(f'a chunked answer in chunks of {size}'):
            w.origin.at['/c'] = b'HTTP/1.1 200 OK\r\n' \
                b'Transfer-Encoding: chunked\r\n\r\n' + chunked(some, size)
            r = w.ask(request(b'GET', b'/c'))
            check(r.body == some, 'the body was changed')
    with case('a chunked answer to a client of HTTP/1.0 is not chunked'):
        w.origin.at['/c'] = b'HTTP/1.1 200 OK\r\n' \
            b'Transfer-Encoding: chunked\r\n\r\n' + chunked(body, 5000)
        with w.client() as c:
            c.send(w.fill(b'GET http://good.test{O}/c HTTP/1.0\r\n\r\n'))
            r = c.response()
            check(not r.has('transfer-encoding'), 'chunked')
            check(r.body == body or c.rest() == b'', 'the body was changed')
            check(r.body == body, 'the body was changed')
    for status in (204, 304):
        with case(f'a {status} has no body, and the next request works'):
            w.origin.at['/s'] = b'HTTP/1.1 %d X\r\nETag: "x"\r\n\r\n' % status
            with w.client() as c:
                for _ in range(3):
                    c.send(w.fill(request(b'GET', b'/s')))
                    r = c.response()
                    equal((r.status, r.body), (status, b''), 'answer')
                    equal(r.get('etag'), b'"x"', 'ETag')
    with case('HEAD tells the length and has no body'):
        w.origin.at['/h'] = b'HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n'
        with w.client() as c:
            for _ in range(3):
                c.send(w.fill(request(b'HEAD', b'/h')))
                r = c.response(b'HEAD')
                equal(r.get('content-length'), b'12345', 'Content-Length')
    for status in (100, 102, 103):
        with case(f'a {status} is passed on to a client of HTTP/1.1'):
            w.origin.at['/i'] = b'HTTP/1.1 %d X\r\nX-I: 1\r\n\r\n' % status + \
                response(b'done')
            with w.client() as c:
                c.send(w.fill(request(b'GET', b'/i')))
                interim = []
                equal(c.response(interim=interim).body, b'done', 'body')
                check([i.status for i in interim] in ([status], []),
                      f'{interim}')


def expectations(w):
    with case('Expect: 100-continue: told to go on before the body is sent'):
        w.forget()
        with w.client() as c:
            c.send(w.fill(b'{P}Content-Length: 5\r\n'
                          b'Expect: 100-continue\r\n\r\n'))
            while b'\r\n\r\n' not in c.data and c.more():
                pass
            check(c.data.startswith(b'HTTP/1.1 100'), f'{c.data[:80]!r}')
            c.send(b'hello')
            equal(c.response().status, 200, 'status')
        equal(w.origin.requests[0].body, b'hello', 'body')
        w.clean()
    with case('SM-37 Expect at a blocked site: 403, and no 100'):
        w.forget()
        with w.client() as c:
            c.send(w.fill(b'POST http://bad.test{O}/ HTTP/1.1\r\n'
                          b'Host: bad.test{O}\r\nContent-Length: 5\r\n'
                          b'Expect: 100-continue\r\n\r\n'))
            interim = []
            equal(c.response(interim=interim).status, 403, 'status')
            equal(interim, [], 'interim')
        w.untouched()
    with case('Expect, and the site refuses at once'):
        w.origin.at['/e'] = lambda conn, r: conn.sendall(
            b'HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n') or CLOSE
        with w.client() as c:
            c.send(w.fill(request(b'POST', b'/e', b'Expect: 100-continue',
                                  body=b'hello')))
            equal(c.response().status, 417, 'status')


def connections(w):
    with case('a hundred requests on one connection'):
        w.forget()
        with w.client() as c:
            for i in range(100):
                c.send(w.fill(request(b'GET', b'/%d' % i)))
                r = c.response()
                check(b'/%d ' % i in r.body, f'{r.body!r}')
        equal(len(w.origin.requests), 100, 'requests at the site')
        check(len([s for s in w.origin.streams if s]) <= 4,
              'connections to the site are not kept')
    with case('pipelined requests are answered in their order'):
        w.forget()

        def slow(conn, r):
            time.sleep(0.1)
            conn.sendall(response(b'slow'))
        w.origin.at['/slow'] = slow
        paths = [b'/slow', b'/1', b'/2', b'/slow', b'/3'] * 3
        with w.client() as c:
            c.send(w.fill(b''.join(request(b'GET', p) for p in paths)))
            for p in paths:
                r = c.response()
                check((b'slow' if p == b'/slow' else p + b' ') in r.body,
                      f'to {p}: {r.body!r}')
    with case('SM-33 thousands of pipelined requests, answers unread'):
        with w.client() as c:
            one = w.fill(request(b'GET', b'/x'))
            c.sock.settimeout(2)
            sent = 0
            try:
                for _ in range(50):
                    c.sock.sendall(one * 100)
                    sent += 100
            except TimeoutError:
                pass  # it stopped reading, as it should some time
            check(SANITIZED or w.suzgi.rss() < w.suzgi.base_rss + 16384,
                  'memory grew')
            c.sock.settimeout(30)
            for _ in range(min(sent, 100)):
                equal(c.response().status, 200, 'status')
        w.settled()
    with case('Connection: close is obeyed'):
        with w.client() as c:
            c.send(w.fill(b'{G}Connection: close\r\n\r\n'))
            r = c.response()
            check(b'close' in (r.get('connection') or b''), 'not said')
            c.ended()
    with case('HTTP/1.0 with keep-alive, and without'):
        with w.client() as c:
            c.send(w.fill(b'GET http://good.test{O}/ HTTP/1.0\r\n\r\n'))
            c.response()
            c.ended()
    with case('a site that closes each time'):
        w.origin.at['/close'] = lambda conn, r: conn.sendall(response(
            b'bye', b'200 OK', b'Connection: close')) or CLOSE
        with w.client() as c:
            for _ in range(10):
                c.send(w.fill(request(b'GET', b'/close')))
                equal(c.response().body, b'bye', 'body')
    with case('a site that closes a kept connection: the next GET works'):
        state = {'n': 0}

        def once(conn, r):
            state['n'] += 1
            conn.sendall(response(b'%d' % state['n']))
            return CLOSE  # silently, after a keep-alive answer
        w.origin.at['/once'] = once
        with w.client() as c:
            for i in range(10):
                c.send(w.fill(request(b'GET', b'/once')))
                equal(c.response().status, 200, f'status of the {i}th')
    with case('requests of many clients at once'):
        clients = [Client(w.port) for _ in range(150)]
        for i, c in enumerate(clients):
            c.send(w.fill(request(b'GET', b'/n%d' % i)))
        for i, c in enumerate(clients):
            check(b'/n%d ' % i in c.response().body, f'the {i}th')
            c.close()
        w.settled()
    with case('a client that goes away in the middle of a head'):
        for n in (1, 10, 40):
            c = w.client()
            c.send(w.fill(request(b'GET'))[:n])
            c.close()
        w.settled()
    with case('SM-18 a body cut short is not completed at the site'):
        w.forget()
        with w.client() as c:
            c.send(w.fill(b'{P}Content-Length: 10\r\n\r\nhell')).finish()
            c.rest()
        check(not w.origin.requests, 'the site read a whole request')
        w.clean(cut_short=True)
        w.settled()
    with case('a client that half-closes behind its request is answered'):
        def slow(conn, r):
            time.sleep(0.05)
            conn.sendall(response(b'slow'))
        w.origin.at['/slow'] = slow
        for path in (b'/slow', b'/fast') * 10:
            for last in (b'', b'Connection: close'):
                fields = [last] if last else []
                with w.client() as c:
                    c.send(w.fill(request(b'GET', path, *fields))).finish()
                    equal(c.response().status, 200, f'{path} {last}')
        w.settled()
    with case('SM-30 a hundred thousand chunks of one byte'):
        w.forget()
        n = 100000
        with w.client() as c:
            c.send(w.fill(b'{C}') + b'1\r\nx\r\n' * n + b'0\r\n\r\n')
            r = c.response()
            check(r.status in (200, 413), f'status {r.status}')
        if r.status == 200:
            equal(len(w.origin.requests[0].body), n, 'body')
        w.settled()


with World() as w:
    methods(w)
    bodies(w)
    expectations(w)
    connections(w)
    with case('nothing_is_left_behind'):
        w.settled()
    with case('a stop drains: status 0, the log complete'):
        w.ask(b'{X}')
        equal(w.suzgi.stop(), 0, 'exit status')
        check([r for r in w.suzgi.log() if r.get('host') == 'bad.test'],
              'the last block is not in the log')
tap.done()
