#!/usr/bin/env python3
"""Hours that rules name begin and end, for what is open, too."""
from lib import hello, tap
from lib.clock import Clock
from lib.tap import case, check, equal
from lib.world import CONFIG, World

POLICY = CONFIG[:CONFIG.index('[policy default]')].replace(
    '[proxy]\n', '[proxy]\ntimezone = UTC\n') + '''\
[schedule lessons]
when = mon-fri 08:30-15:30

[policy default]
block = host:www.good.test during:lessons
allow = ua:"Browser 7" header:X-Room=9
block = host:notbad.test
'''
MONDAY = (2026, 11, 23)


def tunnel(w, name):
    c, r = w.tunnel(name)
    equal(r.status, 200, 'CONNECT')
    c.send(hello.plain(name))
    equal(c.want(6), b'ORIGIN', 'answer')
    return c


clock = Clock()
clock.set(*MONDAY, 15, 29, 1)
with World(config=POLICY, env=clock.env) as world:
    row = b'GET http://www.good.test{O}/ HTTP/1.1\r\nHost: x\r\n\r\n'
    with case('15:29 in lessons, 15:31 not'):
        equal(world.ask(row).status, 403, 'at 15:29')
        clock.set(*MONDAY, 15, 31, 1)
        equal(world.ask(row).status, 200, 'at 15:31')
    with case('a tunnel that is open when lessons begin ends, others do not'):
        clock.set(*MONDAY, 8, 29, 1)
        one, other = tunnel(world, b'www.good.test'), \
            tunnel(world, b'good.test')
        one.send(b'x')
        equal(one.want(6), b'ORIGIN', 'at 8:29')
        clock.set(*MONDAY, 8, 30, 1)
        for _ in range(3):  # each worker looks at its own in its turn
            one.send(b'x')
        check(len(one.rest()) <= 18, 'it went on')
        other.send(b'x')
        equal(other.want(6), b'ORIGIN', 'the other one')
        found = world.suzgi.logged(
            lambda r: r['reason'] == 'policy-changed')[0]
        equal(found['host' if 'host' in found else 'sni'], 'www.good.test',
              'record')
        other.close()
    with case('what CONNECT said of itself counts as long as the tunnel is'):
        with world.client() as c:
            c.send(b'CONNECT notbad.test:%d HTTP/1.1\r\nHost: x\r\n'
                   b'User-Agent: Browser 7.1\r\nX-Room: 9\r\n\r\n'
                   % world.tls.port)
            equal(c.response(b'CONNECT').status, 200, 'CONNECT')
            c.send(hello.plain(b'notbad.test'))
            equal(c.want(6), b'ORIGIN', 'answer')
            clock.add(60)
            for _ in range(3):
                c.send(b'x')
                equal(c.want(6), b'ORIGIN', 'a minute later')
        c, r = world.tunnel(b'notbad.test')
        c.close()
        equal(r.status, 403, 'without it')
    world.suzgi.alive()
clock.close()
tap.done()
