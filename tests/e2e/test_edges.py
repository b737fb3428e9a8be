#!/usr/bin/env python3
"""Heads and first bytes that end just where a buffer does."""
import time

from lib import tap
from lib.origin import CLOSE
from lib.tap import case, equal
from lib.world import World

BODY = b'z' * 5000
KEY = b'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n'


def head_of(size, base):
    """<base> and fields in all <size> bytes, the empty line included."""
    fields, left = b'', size - len(base) - 2
    while left > 0:
        n = min(left, 8000)
        if 0 < left - n < 20:
            n -= 20
        fields += b'X-Fill: ' + b'y' * (n - 10) + b'\r\n'
        left -= n
    head = base + fields + b'\r\n'
    assert len(head) == size, (len(head), size)
    return head


def post(w, size, framing, wire, pause):
    base = w.fill(b'{P}' + framing)
    w.forget()
    with w.client() as c:
        c.send(head_of(size, base))
        if pause:
            time.sleep(0.02)
        c.send(wire)
        equal(c.response().status, 200, 'status')
        equal(w.origin.requests[0].body, BODY, 'body')


def websocket(w, n):
    def speak(conn, _):
        conn.sendall(b'HTTP/1.1 101 Switching Protocols\r\n'
                     b'Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n' +
                     b'f' * n)
        conn.sendall(b'GOT' + conn.recv(100))
        return CLOSE
    w.origin.at['/ws'] = speak
    with w.client() as c:
        c.send(w.fill(b'GET http://good.test{O}/ws HTTP/1.1\r\nHost: x\r\n' +
                      KEY + b'\r\n'))
        equal(c.response().status, 101, 'status')
        equal(len(c.want(n)), n, 'bytes behind the 101')
        c.send(b'hi')
        equal(c.want(5), b'GOThi', 'and then')


with World() as w:
    for size in (8192, 12287, 12288, 12289, 16383, 16384, 16385, 32768,
                 65536):
        with case(f'a head of {size} bytes loses no body'):
            for pause in (False, True):
                post(w, size, b'Content-Length: 5000\r\n', BODY, pause)
                post(w, size, b'Transfer-Encoding: chunked\r\n',
                     b'1388\r\n' + BODY + b'\r\n0\r\n\r\n', pause)
    for n in (0, 66000, 67450, 67500, 67584, 70000, 300000):
        with case(f'a 101 with {n} bytes right behind it is a 101'):
            websocket(w, n)
    w.settled()
tap.done()
