#!/usr/bin/env python3
"""Time budgets: minutes that are used up, for whom, and what goes on."""
import hashlib
import os
import struct
import threading

from lib import hello
from lib.client import Client
from lib.clock import Clock
from lib.suzgi import until
from lib.tap import case, check, equal
from lib import tap
from lib.world import CONFIG, World

POLICY = CONFIG.replace('workers = 2', 'workers = 2\ntimezone = UTC').replace(
    '[policy default]', '''\
[group pupils]
match = net:127.0.0.2/31
policy = pupils

[policy pupils]
budget = host:games.test 2m/day
budget = host:quiz.test 1m/week

[policy default]
budget = host:games.test 1m/day
''')


def get(w, host=b'games.test', source=None, path=b'/'):
    with Client(w.suzgi.port, source=source) as c:
        c.send(w.fill(b'GET http://' + host + b'{O}' + path +
                      b' HTTP/1.1\r\nHost: x\r\n\r\n'))
        return c.response()


def status(w, source=None, host=b'games.test'):
    return get(w, host, source).status


def connect(w, source):
    c = Client(w.suzgi.port, source=source)
    c.send(w.fill(b'CONNECT games.test{T} HTTP/1.1\r\nHost: x\r\n\r\n'))
    return c, c.response(b'CONNECT').status


def rows(w):
    with open(f'{w.suzgi.state}/budgets', 'rb') as f:
        data = f.read()
    equal(data[:16], b'suzgi budgets 1\n')
    equal(hashlib.sha256(data[:-32]).digest(), data[-32:], 'the sum')
    return [struct.unpack('<QII', data[i:i + 16])
            for i in range(32, len(data) - 32, 16)]


clock = Clock()
clock.set(2026, 11, 23, 12, 0, 5)
with World(config=POLICY, env=clock.env) as w:
    for name in ('games.test', 'quiz.test'):
        w.dns.names[name] = ['127.0.0.1']
    with case('a_minute_is_let_through_to_its_end_and_no_longer'):
        for _ in range(5):
            equal(status(w), 200, 'in its minute')
        clock.set(2026, 11, 23, 12, 1, 5)
        r = get(w)
        equal(r.status, 403, 'the next')
        check(b'used up' in r.body, r.body)
        w.suzgi.logged(lambda r: r.get('host') == 'games.test' and
                       r['reason'] == 'budget' and r['client'] ==
                       '127.0.0.1' and '1m/day' in r['rule']['text'])
        equal(status(w, host=b'plain.test'), 200, 'another site')
    with case('others_have_their_own'):
        equal(status(w, '127.0.0.4'), 200, 'another client')
        equal(status(w), 403, 'the first')
    with case('minutes_without_use_are_not_used'):
        equal(status(w, '127.0.0.3'), 200, 'the first of two')
        clock.set(2026, 11, 23, 12, 30, 5)
        equal(status(w, '127.0.0.3'), 200, 'the second')
        clock.set(2026, 11, 23, 12, 31, 5)
        equal(status(w, '127.0.0.3'), 403, 'the third')
    with case('a_tunnel_is_charged_by_the_minute_and_closed'):
        clock.set(2026, 11, 23, 13, 0, 5)
        c, answer = connect(w, '127.0.0.2')
        with c:
            equal(answer, 200, 'CONNECT')
            c.send(hello.plain(b'games.test'))
            equal(c.want(6), b'ORIGIN', 'the first minute')
            clock.set(2026, 11, 23, 13, 20, 5)
            c.send(b'more')
            equal(c.want(6), b'ORIGIN', 'the second minute')
            clock.set(2026, 11, 23, 13, 21, 5)
            c.send(b'more')
            c.rest()
        w.suzgi.logged(lambda r: r.get('connect') == 'games.test' and
                       r['reason'] == 'budget' and
                       r['client'] == '127.0.0.2')
        c, answer = connect(w, '127.0.0.2')
        with c:
            equal(answer, 403, 'another')
    with case('a_long_answer_is_cut_when_the_time_is_used_up'):
        go_on = threading.Event()

        def long(conn, _):
            conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' +
                         b'x' * 500)
            go_on.wait(30)
            conn.sendall(b'x' * 100)
            conn.settimeout(30)
            try:
                conn.recv(1)  # cut from the other side
            except OSError:
                pass
        w.origin.at['/long'] = long
        clock.set(2026, 11, 23, 13, 40, 5)
        with Client(w.suzgi.port, source='127.0.0.5') as c:
            c.send(w.fill(b'GET http://games.test{O}/long HTTP/1.1\r\n'
                          b'Host: x\r\n\r\n'))
            while c.data.count(b'x') < 500:
                check(c.more(30), 'the first part')
            clock.set(2026, 11, 23, 13, 41, 5)
            go_on.set()
            c.rest()
            check(c.data.count(b'x') < 1000, 'all of it came')
        w.suzgi.logged(lambda r: r.get('reason') == 'budget' and
                       r['client'] == '127.0.0.5')
    with case('a_week_is_longer_than_a_day'):
        equal(status(w, '127.0.0.2', b'quiz.test'), 200, 'Monday')
        clock.set(2026, 11, 24, 0, 0, 5)
        equal(status(w), 200, 'a new day')
        equal(status(w, '127.0.0.2'), 200, 'for the others, too')
        equal(status(w, '127.0.0.2', b'quiz.test'), 403, 'the same week')
        clock.set(2026, 11, 29, 23, 59, 5)
        equal(status(w, '127.0.0.2', b'quiz.test'), 403, 'Sunday')
        clock.set(2026, 11, 30, 0, 0, 5)
        equal(status(w, '127.0.0.2', b'quiz.test'), 200, 'the next Monday')
    with case('a_clock_that_is_set_back_gives_nothing'):
        equal(status(w, '127.0.0.2'), 200, 'the first of two')
        clock.set(2026, 11, 30, 0, 10, 5)
        equal(status(w, '127.0.0.2'), 200, 'the second')
        clock.set(2026, 11, 30, 0, 5, 5)
        equal(status(w, '127.0.0.2'), 403, 'set back')
    with case('after_a_restart_it_is_still_used_up_and_names_nobody'):
        w.suzgi.stop()
        check(rows(w), 'nothing was written')
        equal(os.stat(f'{w.suzgi.state}/budgets').st_mode & 0o777, 0o600)
        w.suzgi.start()
        equal(status(w, '127.0.0.2'), 403, 'after it')
    with case('more_of_it_is_on_top_of_what_was_used'):
        clock.set(2026, 11, 30, 0, 20, 5)
        w.suzgi.write('suzgi.conf', w.suzgi.text.replace('2m/day', '3m/day'))
        check(w.suzgi.hangup(), 'refused')
        equal(status(w, '127.0.0.2'), 200, 'the third')
        clock.set(2026, 11, 30, 0, 21, 5)
        equal(status(w, '127.0.0.2'), 403, 'the fourth')
    with case('less_of_it_closes_tunnels'):
        clock.set(2026, 12, 1, 9, 0, 5)
        equal(status(w, '127.0.0.3'), 200, 'one minute')
        clock.set(2026, 12, 1, 9, 1, 5)
        c, answer = connect(w, '127.0.0.3')
        with c:
            equal(answer, 200, 'CONNECT')
            c.send(hello.plain(b'games.test'))
            equal(c.want(6), b'ORIGIN', 'the tunnel')
            w.suzgi.write('suzgi.conf',
                          w.suzgi.text.replace('2m/day', '1m/day'))
            check(w.suzgi.hangup(), 'refused')
            c.rest()
    with case('a_damaged_file_is_told_as_an_error'):
        w.suzgi.stop()
        with open(f'{w.suzgi.state}/budgets', 'r+b') as f:
            f.seek(20)
            f.write(b'XX')
        w.suzgi.start()
        until(lambda: 'used of budgets is forgotten' in w.suzgi.stderr,
              'the log')
        equal(status(w), 200, 'and it goes on')
        w.suzgi.stop()
        rows(w)
        w.suzgi.start()
        w.settled()
clock.close()
tap.done()
