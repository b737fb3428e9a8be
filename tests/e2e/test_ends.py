#!/usr/bin/env python3
"""Who has said all may still hear the answer (RFC 9112 9.6); who has gone is
found out by writing; who drips is not waited for."""
import socket
import struct
import threading
import time

from lib import hello, tap
from lib.origin import response
from lib.suzgi import until
from lib.tap import case, check, equal
from lib.world import World

GET = b'GET http://good.test{O}%s HTTP/1.1\r\nHost: x\r\n\r\n'
BAD = b'GET http://bad.test/ HTTP/1.1\r\nHost: x\r\n\r\n'
DRIP = '''
[timeouts]
header = 1s
body-idle = 1s
first-byte = 30s
hello = 1s
'''


def later(body=b'later'):
    """A site that answers when the end of the client has long arrived."""
    def run(conn, _):
        time.sleep(0.2)
        conn.sendall(response(body))
    return run


def vanish(c):
    """Gone with a RST, as of a process that was killed."""
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack('ii', 1, 0))
    c.close()


def answered(w):
    """Each of these, with the end of the client right behind it."""
    post = b'{P}Content-Length: 5\r\n\r\nhello'
    chunked = b'{C}5\r\nhello\r\n0\r\n\r\n'
    old = b'GET http://good.test{O}/later HTTP/1.0\r\nHost: x\r\n\r\n'
    w.origin.at['/later'] = later()
    for what, row, status in (
            ('a GET that takes its time', GET % b'/later', [200]),
            ('in HTTP/1.0', old, [200]),
            ('a body by its length', post, [200]),
            ('a body in chunks', chunked, [200]),
            ('a blocked GET', BAD, [403]),
            ('a GET that is refused', b'BREW / HTTP/1.1\r\n\r\n', [400]),
            ('a blocked CONNECT', b'CONNECT bad.test:443 HTTP/1.1\r\n'
             b'Host: x\r\n\r\n', [403]),
            ('a name to be looked up', b'GET http://www.good.test{O}/ '
             b'HTTP/1.1\r\nHost: x\r\n\r\n', [200]),
            ('three in a row', GET % b'/later' + GET % b'/' + BAD,
             [200, 200, 403])):
        with case(f'a client that has said all is answered: {what}'):
            with w.client() as c:
                c.send(w.fill(row)).finish()
                for s in status:
                    equal(c.response().status, s, 'status')
                c.ended()
            w.settled()
    with case('a large answer is sent whole to who has said all'):
        body = b'x' * (8 << 20)
        w.origin.at['/large'] = lambda conn, r: conn.sendall(response(body))
        with w.client() as c:
            c.send(w.fill(GET % b'/large')).finish()
            equal(len(c.response().body), len(body), 'body')
            c.ended()
        w.settled()
    with case('a tunnel whose client has said all with its greeting'):
        c, _ = w.tunnel(b'good.test')
        with c:
            c.send(hello.plain(b'good.test')).finish()
            equal(c.want(6), b'ORIGIN', 'the tunnel')
            c.ended()
        w.settled()
    with case('who ends in the middle of a body is not completed'):
        for body in (b'{P}Content-Length: 10\r\n\r\nhell', b'{C}5\r\nhel',
                     b'{C}5\r\nhello\r\n'):
            w.forget()
            with w.client() as c:
                c.send(w.fill(body)).finish()
                c.rest()
            check(not w.origin.requests, 'the site read a whole request')
            w.clean(cut_short=True)
        w.settled()


def gone(w):
    for what, leave in (('with a FIN', lambda c: c.close()),
                        ('with a RST', vanish)):
        with case(f'a client that goes while its site thinks, {what}'):
            heard, let = threading.Event(), threading.Event()

            def think(conn, _, heard=heard, let=let):
                heard.set()
                let.wait(30)
                conn.sendall(response(b'x' * (4 << 20)))
            w.origin.at['/think'] = think
            c = w.client().send(w.fill(GET % b'/think'))
            check(heard.wait(30), 'the site was not asked')
            leave(c)
            equal(w.ask(b'{G}\r\n').status, 200, 'another')
            let.set()
            until(lambda: w.suzgi.status()['stats']['conns'] == 0,
                  'the end of the connection')
            w.settled()
    with case('a client that goes, and a site that never answers: both end'):
        w.origin.at['/never'] = lambda conn, _: conn.recv(1)
        w.client().send(w.fill(GET % b'/never')).close()
        until(lambda: w.suzgi.status()['stats']['conns'] == 0,
              'the end of the connection', 60)
        w.settled()


def drips(w):
    """A byte now and then, slower than the limits of their waits."""
    def drip(c, data, pause):
        try:
            for byte in data:
                c.sock.sendall(bytes([byte]))
                time.sleep(pause)
        except OSError:
            return True
        return False

    with case('a head that drips ends with the time for heads'):
        with w.client() as c:
            check(drip(c, w.fill(b'{G}') * 100, 0.1), 'it went on')
        w.settled()
    with case('a greeting that drips ends with the time for greetings'):
        c, _ = w.tunnel(b'good.test')
        with c:
            check(drip(c, hello.plain(b'good.test'), 0.1), 'it went on')
        w.settled()
    with case('a body that drips slower than body-idle is broken off'):
        w.forget()
        with w.client() as c:
            c.send(w.fill(b'{P}Content-Length: 100\r\n\r\n'))
            check(drip(c, b'x' * 100, 2), 'it went on')
        check(not w.origin.requests, 'the site read a whole request')
        w.clean(cut_short=True)
        w.settled()
    with case('an answer that drips slower than body-idle is broken off'):
        def site(conn, _):
            conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n')
            for _ in range(100):
                conn.sendall(b'x')
                time.sleep(2)
        w.origin.at['/drip'] = site
        with w.client() as c:
            c.send(w.fill(GET % b'/drip'))
            rest = c.rest(90)
            check(rest.startswith(b'HTTP/1.1 200') and
                  len(rest.partition(b'\r\n\r\n')[2]) < 100, f'{rest!r}')
        w.settled()


def unread(w):
    """What a client sends too much must not take its answer away."""
    for what, row in (('CONNECT', b'CONNECT bad.test:443 HTTP/1.1\r\n'
                       b'Host: x\r\n\r\n'),
                      ('GET', b'GET http://bad.test/ HTTP/1.1\r\nHost: x\r\n'
                       b'Connection: close\r\n\r\n')):
        for more in (1, 100, 200000):
            with case(f'a blocked {what} with {more} bytes behind it'):
                for cut in (None, [len(row)]):
                    with w.client() as c:
                        c.send(row + b'x' * more, cut)
                        time.sleep(0.05)
                        equal(c.response(row[:7]).status, 403, 'status')
                w.settled()


with World() as w:
    answered(w)
    unread(w)
with World('\n[timeouts]\nfirst-byte = 2s\n') as w:
    gone(w)
with World(DRIP) as w:
    drips(w)
tap.done()
