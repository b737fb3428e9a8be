#!/usr/bin/env python3
"""Policy that is wrong, or hardly meant: what suzgi check says, where it
points, and that nothing of it takes effect."""
import json
import os
import shutil

from lib import suzgi, tap
from lib.suzgi import Suzgi
from lib.tap import case, check, equal
from lib.world import LISTS, World

DATA = ('--data', os.path.join(os.path.dirname(os.path.abspath(__file__)),
                               '../../packaging'))
HEAD = '''\
# a school
[proxy]
state-dir = {state}
user =
timezone = Asia/Almaty
[listen main]
address = {listen}
[list adult]
source = bad.txt
category = adult
[schedule lessons]
when = mon-fri 08:30-15:30
except = 2026-12-28..2027-01-08
[terms self-harm]
source = terms.txt
severity = danger
[auth people]
kind = basic
htpasswd = users
[auth groups]
kind = group
helper = /bin/true
[group pupils]
match = net:10.1.0.0/16, mac:02:00:5e:10:00:01
[group staff]
match = user:alice, auth-group:"Domain Staff"
policy = default
[policy pupils]
safe-search = on
youtube = moderate
warn-for = 5m
block = category:adult, search:self-harm
block = host:games.test during:lessons
budget = host:games.test !during:lessons 60m/day
[policy default]
'''
FILES = {**LISTS, 'terms.txt': 'one way\nanother*\tadvisory\n', 'users': ''}

# name, what stands behind HEAD, status, and what is said, in order
TEXTS = (
    ('all of it is right', '''\
[try]
expect = block pupils http://bad.test/ at 2026-11-23T10:00
expect = allow - http://good.test/ user alice client 10.2.0.1
expect = block pupils http://games.test/ at 2026-11-23T15:29
expect = allow pupils http://games.test/ at 2026-11-23T15:31
expect = allow pupils http://games.test/ at 2026-11-23T10:31Z
expect = block pupils https://bad.test/
''', 0, ()),
    ('an expectation that fails', '''\
block = host:a.test
[try]
expect = block - http://good.test/
expect = allow - http://a.test/x
''', 78, ('''\
suzgi.conf:38:10: error: expected block, but allow: no rule of [policy \
default] matched: default = allow
  expect = block - http://good.test/
           ^
''', '''\
suzgi.conf:39:10: error: expected allow, but block: rule suzgi.conf:36 \
block = host:a.test
  expect = allow - http://a.test/x
           ^
''')),
    ('a word of an expectation', '''\
[try]
expect = allow - http://a.test/ \\
   on 2026-11-23
''', 78, ('''\
suzgi.conf:38:4: error: unknown word "on"''',)),
    ('unknown names in rules', '''\
block = group:pupil
block = category:adlut
''', 78, ('''\
suzgi.conf:37:18: error: unknown category "adlut"; did you mean "adult"?
  block = category:adlut
                   ^
''',)),
    ('an unknown group', 'block = category:adult group:pupil\n', 78, ('''\
suzgi.conf:36:30: error: unknown group "pupil"; did you mean "pupils"?
  block = category:adult group:pupil
                               ^
''',)),
    ('an unknown schedule and theme', '''\
block = during:lesson
block = search:selfharm
''', 78, ('''\
suzgi.conf:36:16: error: unknown schedule "lesson"; did you mean "lessons"?
''', '''\
suzgi.conf:37:16: error: unknown theme "selfharm"; did you mean "self-harm"?
''')),
    ('an unknown time zone', '''\
[schedule x]
when = sat
timezone = Asia/Almatty
''', 78, ('''\
suzgi.conf:38:12: error: there is no time zone "Asia/Almatty"; did you mean \
"Asia/Almaty"?
  timezone = Asia/Almatty
             ^
''',)),
    ('hours that are none', '''\
[schedule x]
when = mon-fri 08:30-15:30, sat 9-12
''', 78, ('''\
suzgi.conf:37:29: error: "9-12" are not hours such as 08:30-15:30
''', )),
    ('a budget of a category that is not there', '''\
budget = games, adult 60m/day
''', 78, ('''\
suzgi.conf:36:10: error: unknown category "games"''', )),
    ('an amount that is never used up', 'budget = adult 24h/day\n', 78, ('''\
suzgi.conf:36:16: error: "24h/day" is never used up: a day has no more
''', )),
    ('a listener that is not there', '''\
[group wifi]
match = listener:mian
policy = default
''', 78, ('''\
suzgi.conf:36:2: error: [group wifi]: there is no [listen mian]; did you \
mean "main"?
''', )),
    ('a device in two groups', '''\
[group other]
match = mac:02-00-5E-10-00-01
policy = default
''', 78, ('''\
suzgi.conf:36:2: error: [group other]: mac:02:00:5e:10:00:01 is in [group \
pupils] already, ''', )),
    ('a second helper of a kind', '''\
[auth more]
kind = basic
helper = /no/such/helper
''', 78, ('''\
error: [auth more] is of the same kind as [auth people]''', '''\
error: [auth more]: the helper /no/such/helper cannot be started''')),
    ('a file of phrases that is not there', '''\
[terms x]
source = none.txt
''', 78, ('suzgi.conf:36:2: error: [terms x]: ', 'none.txt')),
    ('rules that never decide', '''\
block = category:adult
warn = category:adult host:a.test
allow = port:80 port:443, ua:Old
allow = any
block = host:b.test
''', 0, ('''\
suzgi.conf:37:8: warning: this never decides: whenever it holds \
suzgi.conf:36 (block = category:adult) does, which stands before it
  warn = category:adult host:a.test
         ^
''', '''\
suzgi.conf:38:17: warning: this never holds: "port:80" and "port:443" exclude \
each other''', '''\
suzgi.conf:38:27: warning: this lets through whoever says "ua:Old"''', '''\
suzgi.conf:40:9: warning: no rule from here on is ever reached: \
suzgi.conf:39 (allow = any) holds for everything
''')),
    ('a contradiction', 'allow = host:a.test\nblock = host:a.test\n', 0, ('''\
suzgi.conf:37:9: warning: this contradicts suzgi.conf:36 (allow = \
host:a.test), which has the same condition and stands before it: this one \
never decides
  block = host:a.test
          ^
''',)),
    ('groups', '''\
[group "Year 7 students"]
match = net:10.1.7.0/24
policy = default
''', 0, ('''\
warning: [group Year 7 students] has the same policy as [group staff], ''', '''\
warning: [group Year 7 students]: nobody is in it; all that it matches is in \
groups before it, of which the first counts
''')),
    ('an expectation that rests on the hour', '''\
[try]
expect = block pupils http://games.test/
''', 0, ('''\
suzgi.conf:37:10: warning: what comes of this depends on the time; say when, \
as in: at 2026-11-23T10:00
''',)),
    ('a policy that is not there: once, and with its place', '''\
[group others]
match = net:10.9.0.0/16
policy = stuff
''', 78, ('''\
suzgi.conf:36:2: error: [group others]: there is no [policy stuff]''',
           '''
1 error
''')),
    ('a shadow that is not there', '''\
[try]
shadow = next.conf
''', 0, ('warning: the shadow is off: cannot open next.conf',)),
    ('an address where a host belongs', '''\
block = host:https://adult.test/
''', 78, ('''\
suzgi.conf:36:14: error: "https://adult.test/" is an address: write its host \
alone, or url:https://adult.test/
''',)),
)

s = Suzgi(HEAD, FILES, args=DATA)
good = s.text
for name, text, status, words in TEXTS:
    with case(name):
        s.write('suzgi.conf', good + text)
        done = s.cli('check', *DATA)
        said = done.stderr.decode().replace(s.dir + '/', '')
        equal(done.returncode, status, f'status\n{said}')
        at = 0
        for word in words:
            check(word in said[at:], f'nothing about\n{word}\nin\n{said}')
            at = said.index(word, at) + 1
        if status == 0 and not words:
            equal(said, '', 'said')
with case('a line in the file of users that is of no use'):
    s.write('suzgi.conf', good)
    s.write('users', '# ours\nbob:secret\n')
    done = s.cli('check', *DATA, check_status=0)
    check(b'/users:2: warning: this user cannot sign in: it is no hash that is '
          b'known (suzgi user passwd)\n' in done.stderr, done.stderr)
    s.write('users', '')
with case('the same as JSON'):
    s.write('suzgi.conf', good + 'block = during:lesson\n')
    done = s.cli('check', *DATA, '--json')
    equal(done.returncode, 78, 'status')
    report = json.loads(done.stdout)['reports'][-1]
    equal((report['level'], report['line'], report['column']),
          ('error', 36, 16), 'where')
with case('what is dumped is the same configuration'):
    s.write('suzgi.conf', good + TEXTS[0][1])
    dump = s.cli('config', 'dump', *DATA, check_status=0).stdout
    for line in (b'when = mon tue wed thu fri 08:30-15:30\n',
                 b'match = user:alice, auth-group:"Domain Staff"\n',
                 b'budget = host:games.test !during:lessons 60m/day\n',
                 b'expect = block pupils https://bad.test/\n'):
        check(line in dump, f'{line} is not in\n{dump.decode()}')
    s.write('suzgi.conf', dump)
    equal(s.cli('config', 'dump', *DATA, check_status=0).stdout, dump, 'again')
with case('who only asks is answered while an expectation fails'):
    s.write('suzgi.conf', good + '[try]\nexpect = block - http://a.test/\n')
    equal(s.cli('check', *DATA).returncode, 78, 'check')
    done = s.cli('explain', *DATA, 'http://bad.test/', '--group', 'pupils')
    equal(done.returncode, 3, f'explain; {done.stderr.decode()}')
with case('a start is refused where an expectation fails'):
    s.spawn()
    equal(s.process.wait(suzgi.PATIENCE), 78, f'status; {s.stderr}')
    check('expected block, but allow' in s.stderr, s.stderr)
    check('terms.txt:' not in s.stderr, s.stderr)
shutil.rmtree(s.dir, ignore_errors=True)
# What first lists take of the known good sites is said; not what a policy
# takes that means to be closed.
for rules, words in (
        ('allow = host:school.test\nblock = any\n', ()),
        ('default = block\n', ()),
        ('block = host:kk.wikipedia.org\n', (
            'kk.wikipedia.org (encyclopaedia, kk) is blocked (suzgi.conf:36 '
            'block = host:kk.wikipedia.org)',))):
    with case(f'known good sites under "{rules.splitlines()[-1]}"'):
        s = Suzgi(HEAD + rules, FILES, args=DATA)
        done = s.cli('check', *DATA, check_status=0)
        said = done.stderr.decode().replace(s.dir + '/', '')
        for word in words:
            check(word in said, said)
        check(words or 'blocked' not in said, said)
        shutil.rmtree(s.dir, ignore_errors=True)


def status(w, host):
    return w.ask(b'GET http://' + host + b'{O}/ HTTP/1.1\r\nHost: x\r\n\r\n'
                 ).status


TRY = '''
[terms word]
source = {dir}/terms.txt
[try]
expect = block - http://bad.test/
expect = allow - http://good.test/
'''

with World(extra=TRY, files={'terms.txt': 'one way\n'}) as w:
    before = w.suzgi.text

    def refused(name, content, word):
        kept = before if name == 'suzgi.conf' else LISTS['bad.txt']
        at = len(w.suzgi.stderr)
        w.suzgi.write(name, content)
        check(not w.suzgi.hangup(), 'it was taken')
        w.suzgi.write(name, kept)
        check(word in w.suzgi.stderr[at:], w.suzgi.stderr[at:])
        equal(status(w, b'bad.test'), 403, 'bad.test')
        equal(status(w, b'good.test'), 200, 'good.test')

    with case('a reload is refused where an expectation fails'):
        refused('suzgi.conf', before.replace(
            'block = category:adult', 'allow = category:adult'),
            'expected block, but allow')
        w.settled()
    with case('and where new lists make it fail'):
        refused('bad.txt', LISTS['bad.txt'] + 'good.test\n',
                'expected allow, but block')
        w.settled()
    with case('lists that keep what is expected are taken'):
        w.suzgi.write('bad.txt', LISTS['bad.txt'] + 'plain.test\n')
        check(w.suzgi.hangup(), w.suzgi.stderr[-900:])
        equal(status(w, b'plain.test'), 403, 'plain.test')
        w.settled()
    with case('a file of phrases that is gone refuses a reload'):
        at = len(w.suzgi.stderr)
        w.suzgi.write('suzgi.conf', before.replace('terms.txt', 'none.txt'))
        check(not w.suzgi.hangup(), 'it was taken')
        check('[terms word]' in w.suzgi.stderr[at:], w.suzgi.stderr[at:])
        w.suzgi.write('suzgi.conf', before)
        check(w.suzgi.hangup(), w.suzgi.stderr[-900:])
        w.settled()

tap.done()
