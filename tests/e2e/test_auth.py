#!/usr/bin/env python3
"""Who asks: 407, helpers in Squid's protocol, groups by user and listener."""
import base64
import os
import subprocess
import sys
import threading

from lib import hello, suzgi
from lib.client import Client, ask
from lib.suzgi import BINARY, free_port, until
from lib.tap import Skip, case, check, done, equal
from lib.world import CONFIG, World

HELPER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      'lib/helper.py')
AUTH = '''\
[auth people]
kind = basic
helper = %(python)s %(helper)s basic {dir}/people %(channels)s
children = 2
concurrency = %(n)d
timeout = %(timeout)s
cache = %(cache)s
deny-cache = %(deny)s
realm = The "Test" School
ask = %(ask)s

[auth groups]
kind = group
helper = %(python)s %(helper)s group {dir}/groups %(channels)s
children = 1
concurrency = %(n)d
timeout = %(timeout)s

[group staff]
match = user:alice, auth-group:teachers
policy = staff

[group pupils]
match = user:bob
policy = pupils

[policy staff]
block = host:staff.test

[policy pupils]
block = host:good.test

[policy default]'''
PEOPLE = '''\
alice ok
bob ok
carol ok
mallory err
'''
GROUPS = '''\
carol/teachers ok
* err
'''


def basic(user, password):
    pair = f'{user}:{password}'.encode()
    return b'Proxy-Authorization: Basic ' + base64.b64encode(pair) + b'\r\n'


class AuthWorld(World):
    """A world in which alice may go to good.test, bob not, carol is a
    teacher, and everybody else must say who he is."""

    def __init__(self, config=None, files=None, **more):
        values = {'python': sys.executable, 'helper': HELPER, 'n': 8,
                  'timeout': '30s', 'cache': '5m', 'deny': '0s', 'ask': 'on'}
        values.update(more)
        values['channels'] = '--channels' if values['n'] else ''
        auth = config or AUTH
        for name, value in values.items():
            auth = auth.replace(f'%({name})s', str(value)).replace(
                f'%({name})d', str(value))
        super().__init__(config=CONFIG.replace('[policy default]', auth),
                         files={'people': PEOPLE, 'groups': GROUPS,
                                **(files or {})})
        self.who = basic('alice', 'secret')

    def ask(self, row, *more, **most):
        """{G}... with alice's credentials, where there are no others."""
        if row == b'{G}\r\n':
            row = b'{G}' + self.who + b'\r\n'
        return super().ask(row, *more, **most)

    def get(self, user=None, password='secret', row=b'{G}'):
        return super().ask(
            row + (basic(user, password) if user is not None else b'') +
            b'\r\n')

    def asked(self, which='people'):
        """What the helper was asked."""
        try:
            with open(os.path.join(self.suzgi.dir, which + '.log'),
                      encoding='utf-8') as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def order(self, **replies):
        text = PEOPLE + ''.join(f'{k} {v}\n' for k, v in replies.items())
        self.suzgi.write('people', text)

    def counter(self, name):
        return self.suzgi.status()['stats'][name]


def challenged(answer):
    equal(answer.status, 407, 'status')
    equal(answer.all('proxy-authenticate'),
          [b'Basic realm="The \\"Test\\" School", charset="UTF-8"'],
          'Proxy-Authenticate')


def first_nothing_then_credentials(w):
    """As browsers do: on one connection."""
    w.forget()
    with w.client() as c:
        c.send(w.fill(b'{G}\r\n'))
        answer = c.response()
        challenged(answer)
        check(not answer.has('connection'), 'the connection is closed')
        w.untouched()
        c.send(w.fill(b'{G}' + basic('alice', 'secret') + b'\r\n'))
        equal(c.response().status, 200, 'with credentials')
        c.send(w.fill(b'{G}' + basic('alice', 'secret') + b'\r\n'))
        equal(c.response().status, 200, 'again')
        c.send(w.fill(b'{G}\r\n'))
        challenged(c.response())


def connect(w, who=b'', port=None):
    target = b'good.test:%d' % (port or w.tls.port)
    return b'CONNECT ' + target + b' HTTP/1.1\r\nHost: ' + target + \
        b'\r\n' + who + b'\r\n'


def tunnels(w):
    with w.client() as c:
        c.send(connect(w))
        answer = c.response(b'CONNECT')
        challenged(answer)
        check(not answer.has('connection'), 'the connection is closed')
        c.send(connect(w, basic('bob', 'secret')))
        equal(c.response(b'CONNECT').status, 403, 'bob')
    with w.client() as c:
        c.send(connect(w))
        challenged(c.response(b'CONNECT'))
        c.send(connect(w, basic('alice', 'secret')))
        equal(c.response(b'CONNECT').status, 200, 'alice')
        c.send(hello.plain(b"good.test"))
        equal(c.want(6), b'ORIGIN', 'from the site')


def main():
    with AuthWorld() as w:
        for name, test in [
                ('407 first, then it is served', first_nothing_then_credentials),
                ('CONNECT', tunnels)]:
            with case(name):
                test(w)


main()
done()
