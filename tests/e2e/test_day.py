#!/usr/bin/env python3
"""A day of a school's admin: Monday, two groups, lessons until half past
three, an exception for 45 minutes, a rule that is tried first, safe search, a
teacher who signs in. The clock is the test's."""
import base64
import json
import os
import sys

from lib import hello, tap
from lib.client import Client
from lib.clock import Clock
from lib.origin import Origin
from lib.suzgi import until
from lib.tap import case, check, equal
from lib.world import CONFIG, World

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, '..', '..', 'packaging')
PUPIL, GUEST = '127.0.1.7', '127.0.3.3'
HEAD = CONFIG[:CONFIG.index('[policy default]')].replace(
    'user =\n', 'user =\ntimezone = Asia/Almaty\n')
SCHOOL = HEAD + '''
[auth directory]
kind = basic
helper = %(python)s %(helper)s basic {dir}/people
realm = The Test School
[auth groups]
kind = group
helper = %(python)s %(helper)s group {dir}/groups

[group pupils]
match = net:127.0.1.0/24
[group staff]
match = auth-group:teachers

[schedule lessons]
when   = mon-fri 08:30-15:30
except = 2026-12-28..2027-01-08

[list games]
source = games.txt
category = games
[terms danger]
source = danger.txt
severity = danger

[policy pupils]
block = category:adult, search:danger
block = category:games during:lessons
warn = host:chat.test
safe-search = on
youtube = moderate
[policy staff]
block = category:adult
[policy default]
allow = host:good.test
default = block

[try]
expect = block pupils http://game.test/ at 2026-11-23T15:29
expect = allow pupils http://game.test/ at 2026-11-23T15:31
expect = allow pupils http://game.test/ at 2026-12-29T10:00
expect = warn pupils http://chat.test/ at 2026-11-23T10:00
expect = allow staff http://game.test/ at 2026-11-23T10:00
expect = block default http://game.test/ at 2026-11-23T10:00
''' % {'python': sys.executable, 'helper': os.path.join(HERE,
                                                        'lib/helper.py')}
FILES = {'games.txt': 'game.test\n', 'danger.txt': 'grim*\n',
         'people': 'aigerim ok\nmallory err\n',
         'groups': 'aigerim/teachers ok\n* err\n'}


def ask(w, host, path=b'/', source=PUPIL, who=b''):
    with Client(w.port, source=source) as c:
        c.send(w.fill(b'GET http://' + host + b'{O}' + path +
                      b' HTTP/1.1\r\nHost: x\r\n' + who + b'\r\n'))
        return c.response()


def signed_in(user, password='secret'):
    return b'Proxy-Authorization: Basic ' + base64.b64encode(
        f'{user}:{password}'.encode()) + b'\r\n'


class School(World):
    def ask(self, row, *more, **most):
        """{G} alone: by somebody who signs in."""
        if row == b'{G}\r\n':
            row = b'{G}' + signed_in('aigerim') + b'\r\n'
        return super().ask(row, *more, **most)


def logged(w, host, **more):
    def wanted(r):
        return r.get('host') == host and all(
            r.get(k) == v for k, v in more.items())
    return w.suzgi.logged(wanted)[-1]


def almaty(hour, minute, second=0):
    """Monday 2026-11-23 by the clock on the school's wall (UTC+5)."""
    clock.set(2026, 11, 23, hour - 5, minute, second)


clock = Clock()
os.environ.update(clock.env)  # our commands live on that day, too
almaty(8, 0)
with School(config=SCHOOL, files=FILES, args=('--data', DATA),
            env=clock.env) as w:
    safe = Origin('127.0.0.2', port=w.origin.port)
    for name in ('game.test', 'chat.test', 'www.google.com', 'yandex.kz'):
        w.dns.names[name] = ['127.0.0.1']
    for name in ('forcesafesearch.google.com', 'familysearch.yandex.ru'):
        w.dns.names[name] = ['127.0.0.2']
    config = w.suzgi.text.replace(
        'allow-private = ', f'allow-private = 127.0.0.2:{w.origin.port}, ')

    def edit(text, taken=True):
        w.suzgi.write('suzgi.conf', text)
        equal(w.suzgi.hangup(), taken, 'reload')

    edit(config)
    with case('08:00 a slip in the new configuration is told, not loaded'):
        edit(config.replace('during:lessons', 'during:lesson'), False)
        done = w.suzgi.cli('check', '--data', DATA, check_status=78)
        check(b'did you mean "lessons"' in done.stderr or
              b'did you mean "during:lessons"' in done.stderr,
              done.stderr.decode())
        equal(ask(w, b'bad.test').status, 403, 'the former is in force')
    with case('08:10 a line that does not hold refuses it'):
        edit(config.replace('block = category:games during:lessons',
                            'block = category:games'), False)
        done = w.suzgi.cli('check', '--data', DATA, check_status=78)
        check(b'expect' in done.stderr and b'15:31' in done.stderr,
              done.stderr.decode())
    with case('08:20 a rule that can never decide is told with both lines'):
        edit(config.replace('warn = host:chat.test',
                            'warn = host:chat.test\n'
                            'allow = host:www.chat.test'))
        done = w.suzgi.cli('check', '--data', DATA, check_status=0)
        line = config[:config.index('warn = host')].count('\n') + 1
        check(f':{line + 1}:'.encode() in done.stderr and
              str(line).encode() in done.stderr and
              b'warning' in done.stderr, done.stderr.decode())
        edit(config)
    with case('09:00 lessons: games are blocked, with a page and a record'):
        almaty(9, 0)
        r = ask(w, b'game.test')
        equal(r.status, 403, 'status')
        r = logged(w, 'game.test', group='pupils')
        equal(r['rule']['category'], 'games', 'category')
        check('during:lessons' in r['rule']['text'], str(r))
        said = w.suzgi.cli('explain', '--data', DATA, '--id', r['id'])
        check(b'during:lessons' in said.stdout and b'game.test' in
              said.stdout, said.stdout.decode())
    with case('09:10 an exception for 45 minutes'):
        almaty(9, 10, 5)
        done = w.suzgi.cli('allow', 'game.test', '--for', '45m', '--group',
                           'pupils', '--reason', 'geometry', '--data', DATA,
                           check_status=0)
        check(b'09:55' in done.stdout, done.stdout.decode())
        until(lambda: ask(w, b'game.test').status == 200, 'it holds')
        equal(ask(w, b'game.test', source=GUEST).status, 407, 'for guests')
    with case('09:54 it still holds, 09:55 it has ended by itself'):
        almaty(9, 54, 50)
        until(lambda: ask(w, b'game.test').status == 200, '09:54')
        almaty(9, 55, 10)
        until(lambda: ask(w, b'game.test').status == 403, '09:55')
    with case('10:00 what is searched for on Google and Yandex is decent'):
        almaty(10, 0)
        for host, path, word in (
                (b'www.google.com', b'/search?q=atlas&safe=off', b'safe='),
                (b'yandex.kz', b'/search/?text=atlas', b'')):
            w.forget()
            safe.forget()
            equal(ask(w, host, path).status, 200, host.decode())
            check(not w.origin.requests, 'the open one was asked')
            target = safe.requests[-1].target
            check(b'atlas' in target and b'safe=off' not in target and
                  word in target, target.decode())
    with case('10:05 a search for what is grim is blocked and named'):
        r = ask(w, b'www.google.com', b'/search?q=Grim%6Cy+tales')
        equal(r.status, 403, 'status')
        r = logged(w, 'www.google.com', intent='search')
        equal((r.get('theme'), r.get('severity')), ('danger', 'danger'))
    with case('10:10 a warning that can be passed'):
        r = ask(w, b'chat.test')
        equal(r.status, 403, 'status')
        check(b'<form' in r.body, r.body.decode())
    with case('11:00 a candidate with one rule more decides in the shadow'):
        almaty(11, 0)
        w.suzgi.write('candidate.conf', config.replace(
            '[policy staff]', 'block = host:www.good.test\n[policy staff]'))
        edit(config + 'shadow = candidate.conf\n')
        equal(ask(w, b'www.good.test').status, 200, 'nobody is blocked')
        r = logged(w, 'www.good.test', action='shadow')
        equal(r['rule']['text'], 'block = host:www.good.test', 'its rule')
        done = w.suzgi.cli('simulate', '--candidate',
                           os.path.join(w.suzgi.dir, 'candidate.conf'),
                           '--from', '-', '--group', 'pupils', '--json',
                           '--data', DATA, check_status=None,
                           stdin=b'http://www.good.test/\n'
                                 b'http://good.test/\n')
        said = json.loads(done.stdout)
        check('www.good.test' in json.dumps(said), json.dumps(said)[:800])
    with case('12:00 a teacher signs in, from any desk but the pupils\''):
        almaty(12, 0)
        equal(ask(w, b'game.test', source=GUEST).status, 407, 'nobody yet')
        equal(ask(w, b'game.test', source=GUEST,
                  who=signed_in('mallory')).status, 407, 'a wrong password')
        r = ask(w, b'game.test', source=GUEST, who=signed_in('aigerim'))
        equal(r.status, 200, 'the teacher')
        for request in w.origin.requests:
            check(not request.get('proxy-authorization'), 'credentials left')
        equal(ask(w, b'bad.test', source=GUEST,
                  who=signed_in('aigerim')).status, 403, 'adult')
        equal(logged(w, 'bad.test', group='staff').get('user'), 'aigerim')
    with case('15:29 and 15:31'):
        almaty(15, 29)
        equal(ask(w, b'game.test').status, 403, '15:29')
        with Client(w.port, source=PUPIL) as c:
            c.send(b'CONNECT game.test:%d HTTP/1.1\r\nHost: x\r\n\r\n'
                   % w.tls.port)
            equal(c.response(b'CONNECT').status, 403, 'a tunnel at 15:29')
        almaty(15, 31)
        until(lambda: ask(w, b'game.test').status == 200, '15:31')
        with Client(w.port, source=PUPIL) as c:
            c.send(b'CONNECT game.test:%d HTTP/1.1\r\nHost: x\r\n\r\n'
                   % w.tls.port)
            equal(c.response(b'CONNECT').status, 200, 'a tunnel at 15:31')
            c.send(hello.plain(b'game.test'))
            equal(c.want(6), b'ORIGIN', 'through it')
    with case('16:00 what was decided can be asked for any moment'):
        for at, status in (('2026-11-23T15:29', 3), ('2026-11-23T15:31', 0),
                           ('2026-12-29T10:00', 0), ('2026-11-28T10:00', 0)):
            w.suzgi.cli('explain', '--data', DATA, '--group', 'pupils',
                        '--time', at, 'http://game.test/',
                        check_status=status)
    safe.close()
    w.settled()
clock.close()
tap.done()
