#!/usr/bin/env python3
"""CN: CONNECT, what may be inside, and upgrades."""
import threading

from lib import hello, suzgi, tap
from lib.origin import CLOSE, Origin
from lib.rows import AnyOf, Block, Denied, Refuse, Served, run_rows, text
from lib.tap import case, check, equal
from lib.world import World

ROWS = []
WS = (b'GET http://good.test{O}/ws HTTP/1.1\r\nHost: good.test{O}\r\n'
      b'Upgrade: websocket\r\nConnection: Upgrade\r\n'
      b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
      b'Sec-WebSocket-Version: %d\r\n\r\n')


def connect(target, rest=b''):
    return b'CONNECT ' + target + b' HTTP/1.1\r\nHost: ' + target + \
        b'\r\n' + rest + b'\r\n'


for x in (b'good.test', b'good.test:', b':443', b':', b'good.test:65536',
          b'good.test:0', b'good.test:443x', b'good.test:443/',
          b'good.test:443?', b'good.test:443#', b'u:p@good.test:443',
          b'http://good.test:443', b'/', b'[::1', b'good.test:443 '
          b'bad.test:443', b'*', b'good.test:443:443', b'good.test:-443',
          b'good.test:+443', b'good..test:443', b'.good.test:443',
          b'good.test\\:443', b'g%6fod.test:443', b'//good.test:443',
          b'good.test:443,bad.test:443', b'[good.test]:443', b'@good.test:443',
          b'good.test:4 43', b'good.test:99999999999999999999'):
    ROWS.append(('CN-01', text(x), connect(x), Refuse()))
for p in (b'22', b'25', b'6379', b'8443', b'83617', b'444'):
    ROWS.append(('CN-02', 'port ' + text(p), connect(b'good.test:' + p),
                 Denied(403, 400)))
for x in (b'bad.test{T}', b'www.bad.test{T}', b'BAD.TEST.{T}',
          b'bad.test:443'):
    ROWS.append(('CN-03', text(x), connect(x), Block()))
ROWS += [
    ('CN-04', 'a length', connect(
        b'good.test{T}', b'Content-Length: 5\r\n') + b'hello', Refuse()),
    ('CN-04', 'chunked', connect(
        b'good.test{T}', b'Transfer-Encoding: chunked\r\n') + b'0\r\n\r\n',
        Refuse()),
    ('CN-05', 'a request behind a blocked CONNECT is not read',
        connect(b'bad.test{T}') + b'{G}\r\n', Block(ends=True)),
]


def no_upgrade(requests, _):
    for name in ('upgrade', 'http2-settings'):
        check(not requests[0].has(name), f'{name} reached the site')


for v in (b'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n'
          b'HTTP2-Settings: AAMAAABkAAQAAP__\r\n', b'Connection: Upgrade\r\n',
          b'Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n',
          b'Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n',
          b'Upgrade: websocket\r\n', b'Upgrade: h2c\r\n',
          b'Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n'):
    ROWS.append(('CN-15', text(v)[:50], b'{G}' + v + b'\r\n',
                 AnyOf(Served(1, no_upgrade), Refuse())))
ROWS += [
    ('CN-16', 'websocket on a POST with a body',
     b'{P}Upgrade: websocket\r\nConnection: Upgrade\r\n'
     b'Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n'
     b'Content-Length: 5\r\n\r\nhello', Served(1, no_upgrade)),
    ('CN-16', 'websocket on HTTP/1.0',
     b'GET http://good.test{O}/ HTTP/1.0\r\nUpgrade: websocket\r\n'
     b'Connection: Upgrade\r\n\r\n', Served(1, no_upgrade)),
    ('CN-12', 'a websocket to a blocked site',
     (WS % 13).replace(b'good.test', b'bad.test'), Block()),
]


def echo_socket(conn, request):
    """101, then everything comes back."""
    conn.sendall(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'
                 b'Connection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n')
    while True:
        got = conn.recv(65536)
        if not got:
            return CLOSE
        conn.sendall(got)


def websocket(w):
    w.origin.at['/ws'] = echo_socket
    with w.client() as c:
        c.send(w.fill(WS % 13))
        answer = c.response()
        equal(answer.status, 101, 'status')
        equal(answer.get('upgrade'), b'websocket', 'Upgrade')
        for part in (b'\x81\x05hello', b'x' * 100000, b'{X}'):
            c.send(part)
            equal(c.want(len(part)), part, 'what came back')
    w.clean()


def websocket_refused(w):
    """426 keeps it HTTP: what follows is a request, and is judged."""
    w.origin.at['/ws'] = (b'HTTP/1.1 426 Upgrade Required\r\n'
                          b'Content-Length: 0\r\n\r\n')
    with w.client() as c:
        c.send(w.fill(WS % 777))
        equal(c.response().status, 426, 'status')
        c.send(w.fill(b'{X}'))
        answer = c.response()
        equal(answer.status, 403, 'status of the second')
        w.told(answer)
    w.clean()


def unasked_101(w):
    """A 101 that nobody asked for opens nothing."""
    w.origin.at['/101'] = (b'HTTP/1.1 101 Switching Protocols\r\n'
                           b'Upgrade: websocket\r\nConnection: Upgrade\r\n'
                           b'\r\n')
    with w.client() as c:
        c.send(w.fill(b'GET http://good.test{O}/101 HTTP/1.1\r\n'
                      b'Host: good.test{O}\r\n\r\n'))
        equal(c.response().status, 502, 'status')


def other_101(w):
    """Asked for a websocket, answered with another protocol."""
    w.origin.at['/ws'] = (b'HTTP/1.1 101 Switching Protocols\r\n'
                          b'Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n')
    with w.client() as c:
        c.send(w.fill(WS % 13))
        equal(c.response().status, 502, 'status')


def plain_inside(w, first, inner, statuses):
    """CONNECT to an HTTP port: what is inside is read and judged."""
    w.forget()
    c, answer = w.tunnel(first, w.origin.port)
    if answer.status == 403:
        equal([403], statuses, 'CONNECT')
        w.told(answer)
        return
    equal(answer.status, 200, 'CONNECT')
    with c:
        found = []
        c.send(w.fill(inner))
        for _ in statuses:
            response = c.response()
            found.append(response.status)
            if response.status == 403:
                w.told(response)
        equal(found, statuses, 'inside')
    w.clean()


def not_http_inside(w, data):
    w.forget()
    c, answer = w.tunnel(b'good.test', w.origin.port)
    equal(answer.status, 200, 'CONNECT')
    with c:
        c.send(data).finish()
        rest = c.rest()
        check(rest == b'' or rest.startswith(b'HTTP/1.1 400') or
              rest.startswith(b'HTTP/1.1 501') or
              rest.startswith(b'HTTP/1.1 505'), f'answered {rest[:80]!r}')
    w.untouched()


def mismatch(w, target, sni, expected_block):
    w.forget()
    c, answer = w.tunnel(target)
    with c:
        if answer.status == 403:
            check(expected_block, 'CONNECT was blocked')
            w.told(answer)
            w.untouched()
            return
        equal(answer.status, 200, 'CONNECT')
        c.send(hello.plain(sni))
        if expected_block:
            rest = c.rest()
            check(b'ORIGIN' not in rest, 'the site answered')
            w.untouched()
        else:
            equal(c.want(6), b'ORIGIN', 'what came back')


def tunnel_echo(conn, stream):
    conn.settimeout(suzgi.PATIENCE)
    got = conn.recv(65536)
    while got:
        stream += got
        conn.sendall(got)
        got = conn.recv(65536)
    conn.sendall(b'GOODBYE')  # the client's end arrived; ours comes later


def half_close(w, echo):
    c, answer = w.tunnel(b'good.test', echo.port)
    equal(answer.status, 200, 'CONNECT')
    with c:
        first = hello.plain(b'good.test')
        c.send(first)
        equal(c.want(len(first)), first, 'the hello back')
        c.send(b'more')
        equal(c.want(4), b'more', 'more back')
        c.finish()
        equal(c.rest(), b'GOODBYE', 'behind the half-close')


def bulk(w, echo):
    """20 MiB both ways at once, in odd pieces."""
    c, answer = w.tunnel(b'good.test', echo.port)
    with c:
        first = hello.plain(b'good.test')
        c.send(first)
        c.want(len(first))
        block = bytes(range(256)) * 257
        total = 20 << 20

        def push():
            sent = 0
            while sent < total:
                part = block[:min(len(block), total - sent)]
                c.sock.sendall(part)
                sent += len(part)
        c.sock.settimeout(60)
        thread = threading.Thread(target=push)
        thread.start()
        got, ok = 0, True
        while got < total:
            data = c.sock.recv(1 << 18)
            if not data:
                break
            at = got % len(block)
            expected = (block[at:] + block * (len(data) // len(block) + 2)
                        )[:len(data)]
            ok = ok and data == expected
            got += len(data)
        thread.join()
        equal(got, total, 'bytes back')
        check(ok, 'bytes were changed')


echo = Origin(raw=tunnel_echo)
with World('\n[timeouts]\nhello = 2s\n', tunnel_to=[echo.port]) as w:
    run_rows(w, ROWS)
    for what, data in (
            ('SSH', b'SSH-2.0-x\r\n'), ('HTTP', b'GET / HTTP/1.1\r\n\r\n'),
            ('OpenVPN', bytes.fromhex('000e38') + b'x' * 14),
            ('SMTP', b'EHLO x\r\n'), ('noise', b'\x8f' * 64),
            ('nothing', b''), ('zeros', b'\0' * 64)):
        with case(f'CN-09 {what} in a tunnel'):
            w.forget()
            c, answer = w.tunnel(b'good.test')
            equal(answer.status, 200, 'CONNECT')
            with c:
                c.send(data)
                equal(c.rest(), b'', 'what came back')
            w.untouched()
            w.settled()
    with case('CN-05 a greeting glued to an allowed CONNECT is held'):
        w.forget()
        first = hello.plain(b'good.test')
        with w.client() as c:
            c.send(w.fill(connect(b'good.test{T}')) + first)
            equal(c.response(b'CONNECT').status, 200, 'CONNECT')
            equal(c.want(6), b'ORIGIN', 'what came back')
        check(w.tls.bytes == first, 'the hello was changed')
    for inner, statuses in (
            (b'GET / HTTP/1.1\r\nHost: good.test{O}\r\n\r\n', [200]),
            (b'GET / HTTP/1.1\r\nHost: bad.test{O}\r\n\r\n', [403]),
            (b'GET / HTTP/1.1\r\nHost: good.test{O}\r\n\r\n'
             b'GET / HTTP/1.1\r\nHost: bad.test{O}\r\n\r\n', [200, 403]),
            (b'GET /secret HTTP/1.1\r\nHost: good.test{O}\r\n\r\n', [403]),
            (b'GET http://bad.test/ HTTP/1.1\r\nHost: good.test{O}\r\n\r\n',
             None)):
        with case(f'CN-07 inside CONNECT to an HTTP port: {text(inner)}'):
            if statuses is None:
                w.forget()
                c, answer = w.tunnel(b'good.test', w.origin.port)
                with c:
                    c.send(w.fill(inner))
                    check(c.response().status in (400, 403), 'let through')
                w.untouched()
            else:
                plain_inside(w, b'good.test', inner, statuses)
            w.settled()
    with case('CN-07 CONNECT to a blocked site\'s HTTP port'):
        plain_inside(w, b'bad.test',
                     b'GET / HTTP/1.1\r\nHost: good.test{O}\r\n\r\n', [403])
    for what, data in (('TLS', hello.plain(b'good.test')),
                       ('SSH', b'SSH-2.0-x\r\n'), ('noise', b'\x8f' * 99)):
        with case(f'CN-07 {what} inside CONNECT to an HTTP port'):
            not_http_inside(w, data)
            w.settled()
    for target, sni, blocked in (
            (b'good.test', b'bad.test', True),
            (b'127.0.0.1', b'bad.test', True),
            (b'bad.test', b'good.test', True),
            (b'127.0.0.1', b'good.test', False)):
        with case(f'CN-08 CONNECT {text(target)}, SNI {text(sni)}'):
            mismatch(w, target, sni, blocked)
            w.settled()
    with case('CN-12 a websocket is relayed after its 101'):
        websocket(w)
        w.settled()
    with case('CN-12 a websocket inside CONNECT to an HTTP port'):
        w.origin.at['/ws'] = echo_socket
        c, answer = w.tunnel(b'good.test', w.origin.port)
        with c:
            c.send(w.fill((WS % 13).replace(b'http://good.test{O}', b'')))
            equal(c.response().status, 101, 'status')
            c.send(b'\x81\x05hello')
            equal(c.want(7), b'\x81\x05hello', 'what came back')
        w.settled()
    with case('CN-13 a websocket that was refused stays HTTP'):
        websocket_refused(w)
        w.settled()
    with case('CN-12 a 101 that nobody asked for'):
        unasked_101(w)
        w.settled()
    with case('CN-12 a 101 to another protocol'):
        other_101(w)
        w.settled()
    with case('a tunnel closed on one side goes on in the other'):
        half_close(w, echo)
        w.settled()
    with case('20 MiB go through a tunnel both ways unchanged'):
        bulk(w, echo)
        w.settled()
    with case('every_blocked_answer_is_recorded_once'):
        w.suzgi.logged(lambda r: r['id'] in w.references,
                       len(set(w.references)))
        equal(sorted(r['id'] for r in w.suzgi.log()
                     if r['id'] in w.references), sorted(w.references))
tap.done()
