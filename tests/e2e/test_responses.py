#!/usr/bin/env python3
"""RS: a site that lies. What it sends is held to the same grammar."""
import threading
import time

from lib import tap
from lib.client import Client
from lib.origin import CLOSE, Origin, reset
from lib.rows import text
from lib.suzgi import free_port
from lib.tap import case, check, equal
from lib.world import World

OK = b'HTTP/1.1 200 OK\r\n'
EVIL = b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Evil: 1\r\n\r\nevil'
GET = b'GET http://good.test{O}/r HTTP/1.1\r\nHost: good.test{O}\r\n\r\n'


def ask(w, script, request=GET, method=b'GET'):
    """One request that <script> answers; (answer or None, was it whole)."""
    w.forget()
    w.origin.at['/r'] = script
    with w.client() as c:
        c.send(w.fill(request))
        try:
            return c.response(method), True
        except Exception as e:  # broken off: the client can see it
            return e, False


def next_is_clean(w):
    """Whatever came before, the next answer is the next request's."""
    for _ in range(4):
        r = w.ask(b'{G}\r\n')
        check(r.status == 200 and r.body.startswith(b'origin GET'),
              f'the next answer is {r.raw[:200]!r}')
        check(not r.has('x-evil'), 'an answer was poisoned')


def bad_gateway(w, what, script, request=GET):
    """It must not be passed on: 502, or broken off in the middle."""
    with case(what):
        answer, whole = ask(w, script, request)
        if whole:
            equal(answer.status, 502, 'status')
        else:
            raise AssertionError(f'no page: {answer}')
        next_is_clean(w)
        w.settled()


def broken_off(w, what, script):
    """The answer has begun; the client must see that it is not whole."""
    with case(what):
        answer, whole = ask(w, script)
        check(not whole or answer.status == 502,
              f'the client got a whole answer: {answer}')
        next_is_clean(w)
        w.settled()


def passes(w, what, script, body=b'hello', look=None, request=GET,
           method=b'GET'):
    with case(what):
        answer, whole = ask(w, script, request, method)
        check(whole, f'broken off: {answer}')
        equal(answer.status, 200, 'status')
        equal(answer.body, body, 'body')
        if look:
            look(answer)
        next_is_clean(w)
        w.settled()


def field_rows(w):
    for v in (b'Content-Length: 5\r\nContent-Length: 10',
              b'Content-Length: -1', b'Content-Length: +5',
              b'Content-Length: ', b'Content-Length: 5x',
              b'Content-Length: 18446744073709551616',
              b'Content-Length: 0x5', b'Content-Length: 5, 10',
              b'Transfer-Encoding: chunked\r\nContent-Length: x',
              b'Transfer-Encoding: gzip', b'Transfer-Encoding: xchunked',
              b'Transfer-Encoding: chunked, gzip',
              b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
              b'Transfer-Encoding:\x0bchunked',
              b'Transfer-Encoding: "chunked"'):
        bad_gateway(w, f'RS-02 {text(v)}',
                    OK + v + b'\r\n\r\nhello')
    for v in (b'X: a\rb', b'X: a\x00b', b'nonsense', b': x', b' X: y',
              b'X y: z', b'X: a\x01b', b'X\x00: y', b'X\x85: y'):
        bad_gateway(w, f'RS-06 {text(v)}',
                    OK + v + b'\r\nContent-Length: 5\r\n\r\nhello')
    for v in (b'HTTP/1.1 099 X', b'HTTP/1.1 20 X', b'HTTP/1.1 2000 X',
              b'HTTP/1.1 abc X', b'HTTP/2.0 200 OK', b'HTTP/0.9 200 OK',
              b'HTTP/1.1', b'hello', b'ICY 200 OK', b'HTTP/1.1  200 OK',
              b'HTTP/1.1 -200 OK', b'HTTP/1.1 200\x00OK', b'\r\n\r\n',
              b'HTTP/1.1 200 O\rK', b'\x16\x03\x01\x00\x00'):
        bad_gateway(w, f'RS-07 {text(v)}',
                    lambda conn, _, v=v: conn.sendall(
                        v + b'\r\nContent-Length: 5\r\n\r\nhello') or CLOSE)
    for v in (b'X : y', b'X: y\r\n folded', b'X: y\n'):
        with case(f'RS-06 {text(v)}: set right, or 502'):
            answer, whole = ask(w, OK + v + b'\r\nContent-Length: 5\r\n\r\n'
                                b'hello')
            check(whole and answer.status in (200, 502), f'{answer}')
            next_is_clean(w)
            w.settled()
    bad_gateway(w, 'RS-03 a header of a megabyte',
                OK + b'X: ' + b'y' * (1 << 20) +
                b'\r\nContent-Length: 5\r\n\r\nhello')
    bad_gateway(w, 'RS-03 10 000 headers', OK + b'a: b\r\n' * 10000 +
                b'Content-Length: 5\r\n\r\nhello')


def chunk_rows(w):
    head = OK + b'Transfer-Encoding: chunked\r\n\r\n'
    mega = b'100000\r\n' + b'y' * (1 << 20) + b'\r\n'
    for v in (b'0x5\r\nhello\r\n0\r\n\r\n', b'5g\r\nhello\r\n0\r\n\r\n',
              b'-5\r\nhello\r\n0\r\n\r\n', b'\r\nhello\r\n0\r\n\r\n',
              b'5\nhello\r\n0\r\n\r\n', b'5\r\nhello!!\r\n0\r\n\r\n',
              b'5\r\nhello0\r\n\r\n', b'10000000000000005\r\nhello\r\n0\r\n'
              b'\r\n', b'5\r\nhello\r\n0\r\nXX\rX\r\n\r\n',
              b'5\r\nhello\n0\r\n\r\n', b'5;\nhello\r\n0\r\n\r\n'):
        broken_off(w, f'RS-04 {text(v)}', head + v)
        broken_off(w, f'RS-04 {text(v)}, after a megabyte', head + mega + v)
    broken_off(w, 'RS-04 it ends before the last chunk',
               lambda conn, _: conn.sendall(head + b'5\r\nhello\r\n') or CLOSE)
    broken_off(w, 'RS-04 it ends inside a chunk',
               lambda conn, _: conn.sendall(head + b'5\r\nhel') or CLOSE)
    for v in (b'5;a=b\r\nhello\r\n0\r\n\r\n',
              b'5\r\nhello\r\n0\r\nX-Evil: 1\r\n\r\n',
              b'1\r\nh\r\n4\r\nello\r\n0\r\n\r\n'):
        passes(w, f'RS-04 {text(v)} is passed on clean', head + v)


def length_rows(w):
    def two(conn, _):
        conn.sendall(OK + b'Transfer-Encoding: chunked\r\n'
                     b'Content-Length: 30\r\n\r\n0\r\n\r\n' + EVIL)
    with case('RS-01 chunked and a length: one answer, nothing behind it'):
        answer, whole = ask(w, two)
        check(whole and answer.status in (200, 502), f'{answer}')
        check(answer.status == 502 or answer.body == b'', 'body')
        next_is_clean(w)
        w.settled()
    broken_off(w, 'RS-05 shorter than it said', lambda conn, _: conn.sendall(
        OK + b'Content-Length: 10\r\n\r\nhell') or CLOSE)
    passes(w, 'RS-05 longer than it said: the rest is not an answer',
           OK + b'Content-Length: 5\r\n\r\nhello' + EVIL)
    passes(w, 'RS-05 until the connection ends', lambda conn, _: conn.sendall(
        OK + b'\r\nhello') or CLOSE)
    passes(w, 'RS-05 HTTP/1.0 until the connection ends',
           lambda conn, _: conn.sendall(
               b'HTTP/1.0 200 OK\r\n\r\nhello') or CLOSE)
    for status in (b'204 No Content', b'304 Not Modified'):
        with case(f'RS-09 a body with {text(status)} is none'):
            answer, whole = ask(
                w, b'HTTP/1.1 ' + status + b'\r\nContent-Length: 5\r\n\r\n'
                b'evil!')
            check(whole and answer.status in (int(status[:3]), 502),
                  f'{answer}')
            equal(answer.body if answer.status != 502 else b'', b'', 'body')
            next_is_clean(w)
            w.settled()
    with case('RS-09 a body with the answer to HEAD is none'):
        answer, whole = ask(w, OK + b'Content-Length: 5\r\n\r\nevil!',
                            GET.replace(b'GET', b'HEAD', 1), b'HEAD')
        check(whole and answer.status == 200, f'{answer}')
        equal(answer.get('content-length'), b'5', 'Content-Length')
        next_is_clean(w)
        w.settled()
    with case('RS-09 chunked with the answer to HEAD'):
        answer, whole = ask(w, OK + b'Transfer-Encoding: chunked\r\n\r\n',
                            GET.replace(b'GET', b'HEAD', 1), b'HEAD')
        check(whole and answer.status == 200, f'{answer}')
        next_is_clean(w)
        w.settled()
    with case('SM-39 two answers to one request with a body'):
        answer, whole = ask(
            w, OK + b'Content-Length: 5\r\n\r\nhello' + EVIL,
            b'POST http://good.test{O}/r HTTP/1.1\r\nHost: good.test{O}\r\n'
            b'Content-Length: {lenX}\r\n\r\n{X}')
        check(whole and answer.body == b'hello', f'{answer}')
        next_is_clean(w)
        w.settled()


def interim_rows(w):
    final = OK + b'Content-Length: 5\r\n\r\nhello'
    go_on = b'HTTP/1.1 100 Continue\r\n\r\n'
    hints = b'HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n'
    passes(w, 'RS-08 one 100', go_on + final)
    passes(w, 'RS-08 one 103', hints + final)
    with case('RS-08 a client of HTTP/1.0 gets no 1xx'):
        w.origin.at['/r'] = hints + final
        with w.client() as c:
            c.send(w.fill(b'GET http://good.test{O}/r HTTP/1.0\r\n\r\n'))
            data = c.rest()
        check(data.startswith((b'HTTP/1.1 200', b'HTTP/1.0 200')),
              f'{data[:100]!r}')
        w.settled()

    def flood(conn, _):
        try:
            for _ in range(2000):
                conn.sendall(go_on * 50)
        except OSError:
            pass
        return CLOSE
    with case('RS-08 a hundred thousand times 100'):
        w.origin.at['/r'] = flood
        with w.client() as c:
            c.send(w.fill(GET))
            interim = []
            equal(c.response(interim=interim).status, 502, 'status')
            check(len(interim) <= 64, f'{len(interim)} were passed on')
        next_is_clean(w)
        w.settled()
    with case('RS-08 a 103 of 64 KiB and more'):
        answer, whole = ask(w, b'HTTP/1.1 103 X\r\nLink: ' + b'x' * 70000 +
                            b'\r\n\r\n' + final)
        check(whole and answer.status in (200, 502), f'{answer}')
        w.settled()


def connection_rows(w):
    def late_second(conn, _):
        conn.sendall(OK + b'Content-Length: 5\r\n\r\nhello')
        time.sleep(0.05)
        conn.sendall(EVIL)
    with case('RS-10 a second answer on an idle connection'):
        answer, whole = ask(w, late_second)
        check(whole and answer.body == b'hello', f'{answer}')
        time.sleep(0.2)
        next_is_clean(w)
        w.settled()

    def speaks_first(conn, stream):
        conn.sendall(EVIL)
        conn.recv(65536)
        time.sleep(0.2)
    first = Origin(raw=speaks_first, port=0)
    with case('RS-10 an answer before the request'):
        with World(private=[f'127.0.0.1:{first.port}']) as v:
            v.dns.names['first.test'] = ['127.0.0.1']
            r = v.ask(b'GET http://first.test:%d/ HTTP/1.1\r\nHost: x\r\n\r\n'
                      % first.port)
            check(r.status == 502 or r.body == b'evil', f'status {r.status}')
            v.settled()
    for what, script in (
            ('closes at once', lambda conn, _: CLOSE),
            ('resets at once', lambda conn, _: reset(conn) or CLOSE),
            ('closes in the head', lambda conn, _: conn.sendall(
                b'HTTP/1.1 200 OK\r\nConte') or CLOSE)):
        bad_gateway(w, f'a site that {what}', script)
    with case('nobody listens: 502 with a page'):
        port = free_port()
        with World(private=[f'127.0.0.1:{port}']) as v:
            v.dns.names['dead.test'] = ['127.0.0.1']
            r = v.ask(b'GET http://dead.test:%d/ HTTP/1.1\r\nHost: x\r\n\r\n'
                      % port)
            equal(r.status, 502, 'status')
            check(b'dead.test' in r.body, 'the page does not name the site')
            v.suzgi.logged(lambda r: r.get('reason') == 'connect-refused')
            v.settled()


def other_rows(w):
    with case('RS-12 a 407 of a site is not passed on'):
        answer, whole = ask(
            w, b'HTTP/1.1 407 Proxy Authentication Required\r\n'
            b'Proxy-Authenticate: Basic realm="School proxy"\r\n'
            b'Content-Length: 0\r\n\r\n')
        check(whole, f'{answer}')
        check(not answer.has('proxy-authenticate') and answer.status != 407,
              f'{answer.raw[:200]!r}')
        next_is_clean(w)
        w.settled()

    def gone(*names):
        def look(answer):
            for name in names:
                check(not answer.has(name), f'{name} was passed on')
        return look
    passes(w, 'hop-by-hop headers of a site stay there',
           OK + b'Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\n'
           b'Proxy-Connection: close\r\nUpgrade: h2c\r\n'
           b'Content-Length: 5\r\n\r\nhello',
           look=gone('x-hop', 'keep-alive', 'proxy-connection', 'upgrade'))
    passes(w, 'Alt-Svc is stripped',
           OK + b'Alt-Svc: h3=":443"; ma=86400\r\nContent-Length: 5\r\n\r\n'
           b'hello', look=gone('alt-svc'))
    passes(w, 'RS-20 what a site orders a proxy to do is not done',
           OK + b'X-Accel-Redirect: /etc/passwd\r\nX-Sendfile: /etc/passwd'
           b'\r\nSurrogate-Control: content="ESI/1.0"\r\n'
           b'Content-Length: 33\r\n\r\n<esi:include src="/etc/passwd"/>\n',
           body=b'<esi:include src="/etc/passwd"/>\n')
    with case('UR-32 a redirect to a blocked site: the next is judged'):
        answer, _ = ask(w, b'HTTP/1.1 302 Found\r\nLocation: '
                        b'http://bad.test/\r\nContent-Length: 0\r\n\r\n')
        equal(answer.status, 302, 'status')
        equal(w.ask(b'GET http://bad.test/ HTTP/1.1\r\nHost: x\r\n\r\n'
                    ).status, 403, 'status of the next')

    def early(conn, _):
        conn.sendall(b'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n'
                     b'Connection: close\r\n\r\n')
        return CLOSE
    early_site = Origin(raw=lambda conn, s: conn.recv(4096) and early(conn, s))
    with case('RS-16 an answer while the client still uploads'):
        with World(private=[f'127.0.0.1:{early_site.port}']) as v:
            v.dns.names['early.test'] = ['127.0.0.1']
            with v.client() as c:
                c.send(b'POST http://early.test:%d/ HTTP/1.1\r\nHost: x\r\n'
                       b'Content-Length: 1000000000\r\n\r\n'
                       % early_site.port)

                def upload():
                    try:
                        while True:
                            c.sock.sendall(b'x' * 65536)
                    except OSError:
                        pass
                thread = threading.Thread(target=upload, daemon=True)
                thread.start()
                r = c.response(b'POST')
                check(r.status in (413, 502), f'status {r.status}')
                c.rest()
            v.settled()
    for state in ('head', 'body', 'chunked', 'nothing'):
        with case(f'RS-18 the client leaves while a site sends its {state}'):
            def slow(conn, _, state=state):
                if state == 'head':
                    conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Le')
                elif state == 'body':
                    conn.sendall(OK + b'Content-Length: 100000\r\n\r\nxx')
                elif state == 'chunked':
                    conn.sendall(OK + b'Transfer-Encoding: chunked\r\n\r\n'
                                 b'10\r\nxx')
                conn.settimeout(20)
                try:
                    return conn.recv(1) or CLOSE
                except OSError:
                    return CLOSE
            w.origin.at['/r'] = slow
            for i in range(50):
                c = Client(w.port)
                c.send(w.fill(GET))
                if i % 2:
                    c.sock.settimeout(0.02)
                    try:
                        c.sock.recv(100)
                    except OSError:
                        pass
                (reset if i % 3 == 0 else lambda s: s.close())(c.sock)
            w.settled()


with World() as w:
    field_rows(w)
    chunk_rows(w)
    length_rows(w)
    interim_rows(w)
    connection_rows(w)
    other_rows(w)
tap.done()
