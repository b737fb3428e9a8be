#!/usr/bin/env python3
"""Time budgets: a minute that is used up, for whom, and after a restart."""
import hashlib
import os
import struct
import time

from lib import hello
from lib.client import Client
from lib.suzgi import until
from lib.tap import case, check, equal
from lib import tap
from lib.world import CONFIG, World

# A zone in which it is about noon: no day ends while this runs.
HOURS = (12 - time.gmtime().tm_hour) % 24
HOURS -= 24 if HOURS > 12 else 0
ZONE = f'Etc/GMT{"-" if HOURS > 0 else "+"}{abs(HOURS)}'
POLICY = CONFIG.replace('workers = 2', f'workers = 2\ntimezone = {ZONE}') \
    .replace('[policy default]', '''\
[group pupils]
match = net:127.0.0.2/32
policy = pupils

[policy pupils]
budget = host:games.test 20m/day

[policy default]
budget = host:games.test 5m/day
''')


def get(w, host, source=None, path=b'/'):
    with Client(w.suzgi.port, source=source) as c:
        c.send(w.fill(b'GET http://' + host + b'{O}' + path +
                      b' HTTP/1.1\r\nHost: x\r\n\r\n'))
        return c.response()


def rows(w):
    with open(f'{w.suzgi.state}/budgets', 'rb') as f:
        data = f.read()
    equal(data[:16], b'suzgi budgets 1\n')
    equal(hashlib.sha256(data[:-32]).digest(), data[-32:], 'the sum')
    return data[:32], [struct.unpack('<QII', data[i:i + 16])
                       for i in range(32, len(data) - 32, 16)]


def use_five(w):
    """Who used any has used five minutes, a while ago."""
    head, found = rows(w)
    data = head + b''.join(struct.pack('<QII', tag, last - 10, 5)
                           for tag, last, used in found)
    with open(f'{w.suzgi.state}/budgets', 'wb') as f:
        f.write(data + hashlib.sha256(data).digest())


with World(config=POLICY) as w:
    w.dns.names['games.test'] = ['127.0.0.1']
    with case('a_minute_is_let_through_to_its_end'):
        for _ in range(5):
            equal(get(w, b'games.test').status, 200, 'in its minute')
        equal(get(w, b'games.test', '127.0.0.2').status, 200, 'another')
    with case('what_was_used_is_written_at_the_end_and_names_nobody'):
        w.suzgi.stop()
        _, found = rows(w)
        equal(len(found), 2, 'who')
        # two where the minute turned meanwhile
        check(all(r[2] in (1, 2) for r in found), f'{found}')
        equal(os.stat(f'{w.suzgi.state}/budgets').st_mode & 0o777, 0o600)
    with case('after_a_restart_it_is_still_used_up'):
        use_five(w)
        w.suzgi.start()
        r = get(w, b'games.test')
        equal(r.status, 403, 'five minutes of five')
        check(b'used up' in r.body, r.body)
        w.suzgi.logged(lambda r: r.get('host') == 'games.test' and
                       r['reason'] == 'budget')
        equal(get(w, b'plain.test').status, 200, 'another site')
        equal(get(w, b'games.test', '127.0.0.3').status, 200,
              'another client')
    with case('who_has_more_of_it_goes_on'):
        equal(get(w, b'games.test', '127.0.0.2').status, 200,
              'five minutes of twenty')
    with case('tunnels_are_charged_and_closed_like_requests'):
        c, answer = w.tunnel(b'games.test')
        with c:
            equal(answer.status, 403, 'used up')
        equal(get(w, b'games.test', '127.0.0.2').status, 200, 'before')
        with Client(w.suzgi.port, source='127.0.0.2') as c:
            c.send(w.fill(b'CONNECT games.test{T} HTTP/1.1\r\nHost: x\r\n\r\n'))
            equal(c.response(b'CONNECT').status, 200, 'CONNECT')
            c.send(hello.plain(b'games.test'))
            equal(c.want(6), b'ORIGIN', 'the tunnel')
            w.suzgi.write('suzgi.conf', w.suzgi.text.replace(
                'games.test 20m/day', 'games.test 3m/day'))
            check(w.suzgi.hangup(), 'refused')
            c.rest()
        w.suzgi.logged(lambda r: r.get('connect') == 'games.test' and
                       r['reason'] == 'budget' and
                       r['client'] == '127.0.0.2')
    with case('more_of_it_is_on_top_of_what_was_used'):
        w.suzgi.write('suzgi.conf', w.suzgi.text.replace(
            'games.test 5m/day', 'games.test 50m/day'))
        check(w.suzgi.hangup(), 'refused')
        equal(get(w, b'games.test').status, 200, 'five minutes of fifty')
        w.suzgi.stop()
        _, found = rows(w)
        check(max(r[2] for r in found) >= 6, f'{found}')
    with case('a_damaged_file_is_told_as_an_error'):
        with open(f'{w.suzgi.state}/budgets', 'r+b') as f:
            f.seek(20)
            f.write(b'XX')
        w.suzgi.start()
        until(lambda: 'used of budgets is forgotten' in w.suzgi.stderr,
              'the log')
        equal(get(w, b'games.test').status, 200, 'and it goes on')
        w.suzgi.stop()
        rows(w)
        w.suzgi.start()
        w.settled()
tap.done()
