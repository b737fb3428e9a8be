#!/usr/bin/env python3
"""Who asks: 407, helpers in Squid's protocol, groups by user and listener."""
import base64
import ctypes
import ctypes.util
import os
import re
import shutil
import subprocess
import sys
import threading
from urllib.parse import quote

from lib import hello
from lib.client import Client
from lib.suzgi import SANITIZED, children, free_port, until
from lib.tap import Skip, case, check, done, equal
from lib.world import CONFIG, World

HELPER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      'lib/helper.py')
AUTH = '''\
[auth people]
kind = basic
helper = %(python)s %(helper)s basic {dir}/people %(channels)s
children = %(children)s
concurrency = %(n)s
timeout = %(timeout)s
cache = %(cache)s
deny-cache = %(deny)s
realm = The "Test" School
ask = %(ask)s

[auth groups]
kind = group
helper = %(python)s %(helper)s group {dir}/groups %(channels)s
children = 1
concurrency = %(n)s
timeout = %(timeout)s

[group staff]
match = user:alice, auth-group:teachers
policy = staff

[group pupils]
match = user:bob, user:ÀминаБек
policy = pupils

[policy staff]
block = host:staff.test

[policy pupils]
block = host:good.test

[policy default]'''
MANY = '''
[limits]
connections-per-client = 3000
'''
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


def field(user, password):
    pair = user if isinstance(user, bytes) else user.encode()
    pair += b':' + password.encode()
    return b'Proxy-Authorization: Basic ' + base64.b64encode(pair) + b'\r\n'


class AuthWorld(World):
    """A world in which alice may go to good.test, bob not, carol is a
    teacher, and everybody else must say who he is."""

    def __init__(self, config=AUTH, files=None, extra='', **more):
        values = {'python': sys.executable, 'helper': HELPER, 'n': 8,
                  'timeout': '30s', 'cache': '5m', 'deny': '0s', 'ask': 'on',
                  'children': 2}
        values.update(more)
        values['channels'] = '--channels' if values['n'] else ''
        for name, value in values.items():
            config = config.replace(f'%({name})s', str(value))
        super().__init__(
            extra, config=CONFIG.replace('[policy default]', config),
            files={'people': PEOPLE, 'groups': GROUPS, **(files or {})})
        self.who = field('alice', 'secret')

    def ask(self, row, *more, **most):
        """{G} alone: with credentials that serve."""
        if row == b'{G}\r\n':
            row = b'{G}' + self.who + b'\r\n'
        return super().ask(row, *more, **most)

    def get(self, user=None, password='secret', row=b'{G}'):
        who = field(user, password) if user is not None else b''
        return World.ask(self, row + who + b'\r\n')

    def asked(self, which='people'):
        """What the helper was asked."""
        try:
            with open(os.path.join(self.suzgi.dir, which + '.log'),
                      encoding='utf-8') as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def order(self, more=(), **replies):
        replies.update(more)
        self.suzgi.write('people', PEOPLE + ''.join(
            f'{quote(k, safe="*")} {v}\n' for k, v in replies.items()))

    def stat(self, name):
        return self.suzgi.status()['stats'][name]

    def connect(self, who=b'', port=None):
        target = b'good.test:%d' % (port or self.tls.port)
        return b'CONNECT ' + target + b' HTTP/1.1\r\nHost: ' + target + \
            b'\r\n' + who + b'\r\n'

    def helpers(self):
        """The processes of helpers."""
        return children(self.suzgi.pids['proxy'])


def challenged(answer, keeps=True):
    equal(answer.status, 407, 'status')
    equal(answer.all('proxy-authenticate'),
          [b'Basic realm="The \\"Test\\" School", charset="UTF-8"'],
          'Proxy-Authenticate')
    equal(answer.has('connection'), not keeps, 'Connection: close')


# ---- asking ---------------------------------------------------------------


def nothing_first(w):
    """As browsers do: on one connection."""
    w.forget()
    with w.client() as c:
        c.send(w.fill(b'{G}\r\n'))
        challenged(c.response())
        w.untouched()
        for _ in range(2):
            c.send(w.fill(b'{G}' + field('alice', 'secret') + b'\r\n'))
            equal(c.response().status, 200, 'with credentials')
        c.send(w.fill(b'{G}\r\n'))
        challenged(c.response())
    for request in w.origin.requests:
        check(not request.has('proxy-authorization'), 'it was passed on')


def tunnels(w):
    with w.client() as c:
        c.send(w.connect())
        challenged(c.response(b'CONNECT'))
        c.send(w.connect(field('bob', 'secret')))
        equal(c.response(b'CONNECT').status, 403, 'bob')
    with w.client() as c:
        c.send(w.connect())
        challenged(c.response(b'CONNECT'))
        c.send(w.connect(field('alice', 'secret')))
        equal(c.response(b'CONNECT').status, 200, 'alice')
        c.send(hello.plain(b'good.test'))
        equal(c.want(6), b'ORIGIN', 'from the site')


def inside(w):
    """HTTP in a tunnel: the user of the CONNECT holds, whatever is said."""
    with w.client() as c:
        c.send(w.connect(field('alice', 'secret'), w.origin.port))
        equal(c.response(b'CONNECT').status, 200, 'the tunnel')
        for who in (b'', field('bob', 'secret'), field('mallory', 'x')):
            c.send(w.fill(b'GET / HTTP/1.1\r\nHost: good.test{O}\r\n' + who +
                          b'\r\n'))
            equal(c.response().status, 200, f'inside, {who}')


BEHIND = AUTH[:AUTH.index('[auth groups]')] + """
[policy default]
block = host:good.test !user:alice"""


def behind_a_name(w):
    """Who asked for something else before, on the same connection, is not
    who opens a tunnel without saying who he is."""
    w.dns.names['front.test'] = ['127.0.0.1']
    target = b'front.test:%d' % w.tls.port
    for who, opens in ((w.who, True), (b'', False)):
        with w.client() as c:
            c.send(w.fill(b'{G}' + w.who + b'\r\n'))
            equal(c.response().status, 200, 'alice')
            c.send(b'CONNECT ' + target + b' HTTP/1.1\r\nHost: ' + target +
                   b'\r\n' + who + b'\r\n')
            equal(c.response(b'CONNECT').status, 200, 'by the name in front')
            c.send(hello.plain(b'good.test'))
            equal(c.want(6) == b'ORIGIN', opens, f'with {who}')


def left_behind(w):
    """Who spoke before on a connection is not who has the tunnel."""
    first = w.fill(b'GET http://plain.test{O}/ HTTP/1.1\r\nHost: x\r\n') + \
        field('alice', 'secret') + b'\r\n'
    for before in (b'', first):
        for port, say, closed in (
                (w.tls.port, hello.plain(b'plain.test'), b'\x15'),
                (w.origin.port, w.fill(b'GET / HTTP/1.1\r\n'
                                       b'Host: plain.test{O}\r\n\r\n'),
                 b'HTTP/1.1 403')):
            with w.client() as c:
                if before:
                    c.send(before)
                    equal(c.response().status, 200, 'alice')
                c.send(w.connect(port=port))
                equal(c.response(b'CONNECT').status, 200, 'the tunnel')
                c.send(say)
                equal(c.want(len(closed)), closed, f'{before}, {port}')
    with w.client() as c:
        c.send(first)
        equal(c.response().status, 200, 'alice')
        c.send(w.connect(field('alice', 'secret')))
        equal(c.response(b'CONNECT').status, 200, 'her tunnel')
        c.send(hello.plain(b'plain.test'))
        equal(c.want(6), b'ORIGIN', 'from the site')


def nobodys_tunnel(w):
    """With ask = off a tunnel without credentials is nobody's: known, and
    not unsettled."""
    for name, wanted in ((b'plain.test', b'\x15'), (b'translated.test', b'O')):
        with w.client() as c:
            c.send(w.connect())
            equal(c.response(b'CONNECT').status, 200, 'the tunnel')
            c.send(hello.plain(name))
            equal(c.want(1), wanted, f'{name}')
    equal([r['reason'] for r in w.suzgi.logged(
        lambda r: r.get('sni') == 'plain.test')], ['rule'], 'reasons')


def denied(w):
    """Who is blocked is in the record, though no rule asks for users."""
    for who, status, user in ((field('alice', 'secret'), 403, 'alice'),
                              (field('bob', 'secret'), 403, 'bob'),
                              (field('mallory', 'x'), 403, None),
                              (b'', 403, None)):
        before = len(w.suzgi.log())
        answer = World.ask(w, b'GET http://bad.test{O}/ HTTP/1.1\r\n'
                           b'Host: x\r\n' + who + b'\r\n')
        equal(answer.status, status, f'{who}')
        until(lambda: len(w.suzgi.log()) > before, 'the record')
        equal(w.suzgi.log()[-1].get('user'), user, f'{who}')
    asked = len(w.asked())
    equal(World.ask(w, b'{G}' + field('carol', 'secret') + b'\r\n').status,
          200, 'what is allowed')
    equal(len(w.asked()), asked, 'nobody is asked about it')


def bodies(w):
    """The body of who is not let in is not taken for a request."""
    w.forget()
    for body in (b'x' * 10, w.fill(b'{X}'), b'x' * 100000):
        with w.client() as c:
            c.send(w.fill(b'{P}Content-Length: %d\r\n\r\n' % len(body)) +
                   body)
            challenged(c.response(), keeps=False)
            c.ended()
    with w.client() as c:
        c.send(w.fill(b'{P}Content-Length: 5\r\nExpect: 100-continue\r\n'
                      b'\r\n'))
        challenged(c.response(), keeps=False)
    w.untouched()
    answer = World.ask(w, b'{P}Content-Length: 5\r\n' +
                       field('alice', 'secret') + b'\r\nhello', b'POST')
    equal(answer.status, 200, 'with credentials')


def wrong(w):
    challenged(w.get('mallory', 'guess'))
    record = w.suzgi.logged(lambda r: r['reason'] == 'auth-failed')[0]
    check('mallory' not in str(record), 'an unproved name is in the log')
    challenged(w.get('mallory', 'guess'))


def old_and_pipelined(w):
    with w.client() as c:
        c.send(w.fill(b'GET http://good.test{O}/ HTTP/1.0\r\n\r\n'))
        challenged(c.response(), keeps=False)
        c.ended()
    who = field('alice', 'secret')
    with w.client() as c:
        c.send(w.fill(b'{G}\r\n{G}' + who + b'\r\n{G}\r\n{G}' +
                      field('bob', 'secret') + b'\r\n'))
        equal([c.response().status for _ in range(4)], [407, 200, 407, 403],
              'each by its own credentials')


def oddities(w):
    """What is no credentials is never a user."""
    before = len(w.asked())
    for value in (b'', b'Basic', b'Basic ', b'Basic =', b'Basic ====',
                  b'Basic a', b'Basic YWxpY2U=', b'Basic YWxpY2U6',
                  b'Basic OnNlY3JldA==', b'Basic !!!!', b'Digest x="y"',
                  b'Basic YWxp Y2U6c2VjcmV0', b'Basic YWxpY2U6c2Vj\tcmV0',
                  b'Negotiate YII=', b'Bearer YWxpY2U6c2VjcmV0',
                  b'Basic' + b'YWxpY2U6c2VjcmV0',
                  b'Basic ' + base64.b64encode(b'alice:' + b'x' * 1025),
                  b'Basic ' + base64.b64encode(b'a' * 129 + b':x'),
                  b'Basic ' + base64.b64encode(b'alice\0:secret'),
                  b'Basic ' + base64.b64encode(b'alice:sec\0ret'),
                  b'Basic ' + base64.b64encode(b'ali\nce:secret'),
                  b'Basic ' + base64.b64encode(b' alice:secret'),
                  b'Basic ' + base64.b64encode(b'alice :secret'),
                  b'Basic ' + base64.b64encode('ａlice:secret'.encode()),
                  b'Basic ' + base64.b64encode(b'\xe4lice:secret')):
        answer = World.ask(
            w, b'{G}Proxy-Authorization: ' + value + b'\r\n\r\n')
        check(answer.status == 407, f'{value!r}: {answer.status}')
    who = field('alice', 'secret')
    equal(World.ask(w, b'{G}' + who + who + b'\r\n').status, 407, 'twice')
    equal(len(w.asked()), before, 'questions to the helper')


def spellings(w):
    """One person has one name, as far as policies go."""
    for user in ('BOB', 'Bob', 'bOb'):
        w.order({user: 'ok'})
        equal(w.get(user).status, 403, user)
    w.order({'àминабек': 'ok', 'ÀМИНАБЕК': 'ok'})
    for user in ('àминабек', 'ÀМИНАБЕК'):
        equal(w.get(user).status, 403, user)


def names_of_helpers(w):
    """The helper may say who it is in truth; what is no name settles
    nothing."""
    w.order(b1='ok:bob', b2='ok:"Bob"', b3='ok:%62ob')
    for user in ('b1', 'b2', 'b3'):
        equal(w.get(user).status, 403, user)
    w.order(b4='ok:%0abob', b5='ok:' + 'x' * 200)
    for user in ('b4', 'b5'):
        answer = w.get(user)
        equal(answer.status, 403, user)
        w.suzgi.logged(lambda r: r['reason'] == 'unsettled')


def escapes(w):
    for user, password, line in (
            ('a b', 'c d', 'a%20b c%20d'),
            ('a%20b', '%', 'a%2520b %25'),
            ('x', 'a:b:c', 'x a:b:c'),
            ('x\\y', '"\'', 'x%5cy %22%27'),
            ('имя', 'пароль', '%d0%b8%d0%bc%d1%8f %d0%bf%d0%b0%d1%80%d0%be'
             '%d0%bb%d1%8c'),
            ('DOMAIN\\User', 'x', 'DOMAIN%5cUser x'),
            ('User@REALM.TEST', 'a+b=c/d', 'User@REALM.TEST a+b=c/d')):
        w.order({user: 'ok'})
        w.get(user, password)
        check(any(x.partition(' ')[2] == line for x in w.asked()),
              f'{line!r} was not asked: {w.asked()[-3:]}')


def groups(w):
    equal(w.get('carol').status, 200, 'carol')
    equal(w.get('bob').status, 403, 'bob')
    asked = [x.partition(' ')[2] for x in w.asked('groups')]
    for line in ('carol teachers', 'bob teachers', 'user@REALM.TEST teachers',
                 'domain%5cuser teachers'):
        check(0 < asked.count(line) <= 2, f'{line} in {asked}')


def remembered(w):
    w.get('carol')
    before = len(w.asked())
    hits = w.stat('auth_hits')
    for _ in range(20):
        equal(w.get('carol').status, 200, 'carol')
    check(len(w.asked()) <= before + 1, 'it was asked again')  # two workers
    check(w.stat('auth_hits') > hits + 18, 'no hits')
    challenged(w.get('mallory', 'one'))
    challenged(w.get('mallory', 'one'))  # deny-cache = 0
    equal(sum('mallory one' in x for x in w.asked()), 2, 'about mallory')
    with w.client() as c:  # one worker
        for word, answer, status in (
                ('one', 'ok', 200), ('two', 'err', 407), ('one', 'err', 200),
                ('two', 'ok', 200)):
            w.order(again=answer)
            c.send(w.fill(b'{G}' + field('again', word) + b'\r\n'))
            equal(c.response().status, status, f'{word}, {answer}')


def curl(w):
    if not shutil.which('curl'):
        raise Skip('no curl')
    url = w.fill(b'http://good.test{O}/').decode()

    def run(*words):
        return subprocess.run(
            ['curl', '-s', '-o', '/dev/null', '-w',
             '%{http_code}/%{http_connect}/%{num_connects}', '-x',
             f'http://127.0.0.1:{w.port}', *words], capture_output=True,
            timeout=60, check=False).stdout.decode()
    equal(run('-U', 'alice:secret', url), '200/000/1', '--proxy-user')
    equal(run('-U', 'alice:secret', '--proxy-anyauth', url), '200/000/1',
          '--proxy-anyauth keeps its connection')
    equal(run('-U', 'bob:secret', url), '403/000/1', 'bob')
    equal(run('-U', 'mallory:x', url), '407/000/1', 'mallory')
    equal(run(url), '407/000/1', 'nobody')
    equal(run('-U', 'alice:secret', '--proxy-anyauth', '-p', url),
          '200/200/1', 'through a tunnel')
    equal(run('-U', 'alice:secret', '--proxy-anyauth', '-d', 'x=y', url),
          '200/000/2', 'POST')


def reveals_nothing(w):
    """No password, nor what it was sent as, at a site or in a log."""
    found = [base64.b64encode(b'alice:secret')[:14], b'secret',
             base64.b64encode(b'mallory:guess')[:14], b'guess']
    texts = {'the site': w.origin.bytes + w.tls.bytes,
             'stderr': w.suzgi.stderr.encode(),
             'status': str(w.suzgi.status()).encode()}
    for path in w.suzgi.log_paths():
        with open(path, 'rb') as f:
            texts[path] = f.read()
    for where, text in texts.items():
        for what in found:
            check(what not in text, f'{what} in {where}')
    if SANITIZED:  # too much memory to read
        return
    with open(f"/proc/{w.suzgi.pids['proxy']}/maps",
              encoding='ascii') as maps, \
            open(f"/proc/{w.suzgi.pids['proxy']}/mem", 'rb') as mem:
        for line in maps:
            span, rights = line.split()[:2]
            if 'w' not in rights or '[v' in line:
                continue
            begin, end = (int(x, 16) for x in span.split('-'))
            mem.seek(begin)
            try:
                text = mem.read(end - begin)
            except OSError:
                continue
            check(b'hunter2' not in text, f'a password in memory: {line}')


def no_memory_of_it(w):
    """Some while after it was used, a password is nowhere in our memory but
    in what came from the socket."""
    w.order(dora='ok')
    equal(w.get('dora', 'hunter2').status, 200, 'dora')


# ---- helpers that do what they should not ---------------------------------


def misbehaviour(w):
    """Each costs the one who asked; others are served before and after."""
    for i, reply in enumerate(('die', 'garbage', 'wrong', 'long', 'nul',
                               'bh')):
        restarts = w.suzgi.status()['auth']['restarts']
        user = f'evil{i}'
        w.order({user: reply, f'good{i}': 'ok'})
        answer = w.get(user)
        check(answer.status == 403, f'{reply}: {answer.status}')
        until(lambda: w.get(f'good{i}').status == 200, f'after {reply}')
        now = w.suzgi.status()['auth']
        equal(now['restarts'] > restarts, reply != 'bh',
              f'restarted after {reply}')
    w.suzgi.logged(lambda r: r['reason'] == 'unsettled')


def twice(w):
    """A second answer to one question is nobody's."""
    for i in range(5):
        w.order({f'two{i}': 'twice', f'evil{i}': 'err'})
        equal(w.get(f'two{i}').status, 200, 'the first answer counts')
        challenged(w.get(f'evil{i}'))


def hangs(w):
    w.order(lost='hang', fine='ok')
    answers = []
    threads = [threading.Thread(
        target=lambda: answers.append(w.get('lost').status))
        for _ in range(4)]
    for t in threads:
        t.start()
    equal(w.get('fine').status, 200, 'meanwhile')
    for t in threads:
        t.join()
    equal(answers, [403] * 4, 'who is asked about in vain')
    check(w.suzgi.status()['auth']['late'] > 0, 'nothing was late')
    words = w.suzgi.cli('status', check_status=0).stdout.decode()
    check(re.search(r'^users .* [1-9]\d* unsettled', words, re.M), words)
    equal(w.get('fine', 'other').status, 200, 'afterwards')


def keeps_falling(w):
    """A crash loop is told, and answered at once."""
    w.order({'*': 'die'})
    until(lambda: w.get('anybody').status == 403 and
          'falls again and again' in w.suzgi.stderr, 'the crash loop')
    w.order(anybody='ok')
    until(lambda: w.get('anybody').status == 200, 'the end of it')


def crowd(w):
    """A thousand who wait for a stuck helper keep nobody else waiting."""
    for _ in range(40):  # so that both workers remember her
        equal(w.get('alice').status, 200, 'alice')
    w.order({'*': 'gate'})
    gate = w.suzgi.write('people.gate', '')
    conns = [w.client() for _ in range(1000)]
    for i, c in enumerate(conns):
        c.send(w.fill(b'{G}' + field(f's{i}', 'x') + b'\r\n'))
    for _ in range(20):  # both workers
        challenged(World.ask(w, b'{X}'))
        equal(w.get('alice').status, 200, 'who is remembered')
    for c in conns:
        c.sock.setblocking(False)
        try:
            equal(c.sock.recv(1), None, 'an answer before the helper\'s')
        except BlockingIOError:
            pass
    os.unlink(gate)
    statuses = {}
    for c in conns:
        status = c.response().status
        statuses[status] = statuses.get(status, 0) + 1
        c.close()
    equal(statuses, {200: 1000}, 'the crowd')


def one_question(w):
    """Those who say the same wait for one answer."""
    before = len(w.asked())
    w.order(slow='slow:0.3')
    conns = [w.client() for _ in range(50)]
    for c in conns:
        c.send(w.fill(b'{G}' + field('slow', 'x') + b'\r\n'))
    for c in conns:
        equal(c.response().status, 200, 'slow')
        c.close()
    check(len(w.asked()) - before <= 2, 'more than one for each worker')


def goes_away(w):
    """Who is asked about may have gone."""
    w.order(slow2='slow:0.2')
    for _ in range(20):
        with w.client() as c:
            c.send(w.fill(b'{G}' + field('slow2', 'x') + b'\r\n'))
    equal(w.get('slow2', 'y').status, 200, 'who stays')


def reloads(w):
    """Helpers that stay the same go on; others are replaced; tunnels keep
    their user."""
    w.get('carol')
    pids = w.helpers()
    c = w.client()
    c.send(w.connect(field('carol', 'secret')))
    equal(c.response(b'CONNECT').status, 200, 'the tunnel')
    c.send(hello.plain(b'good.test'))
    equal(c.want(6), b'ORIGIN', 'from the site')
    check(w.suzgi.hangup(), 'refused')
    equal(w.helpers(), pids, 'the helpers')
    equal(w.get('carol').status, 200, 'after a reload')
    c.send(b'more')
    equal(c.want(6), b'ORIGIN', 'the tunnel after a reload')
    w.suzgi.write('suzgi.conf', w.suzgi.text.replace(
        'children = 2', 'children = 3').replace(
        '[policy staff]', '[policy staff]\nblock = host:nobody.test'))
    check(w.suzgi.hangup(), 'refused')
    until(lambda: len(w.helpers()) == 4 and not set(pids) <= set(w.helpers()),
          'other helpers')
    equal(w.get('carol').status, 200, 'with other helpers')
    c.send(b'more')
    equal(c.want(6), b'ORIGIN', 'the tunnel after another policy')
    c.close()


def clean_processes(w):
    """A helper has none of our descriptors, and little of our environment."""
    for pid in w.helpers():
        equal(sorted(os.listdir(f'/proc/{pid}/fd'), key=int)[:3],
              ['0', '1', '2'], 'descriptors')
        for fd in os.listdir(f'/proc/{pid}/fd'):
            if int(fd) > 2:
                target = os.readlink(f'/proc/{pid}/fd/{fd}')
                check('socket' not in target, f'{fd} is {target}')
        with open(f'/proc/{pid}/environ', 'rb') as f:
            names = {x.partition(b'=')[0] for x in f.read().split(b'\0')}
        check(b'PATH' in names and b'HOME' not in names, str(names))


def dies_with_us():
    with AuthWorld() as w:
        pids = w.helpers()
        equal(len(pids), 3, 'helpers')
        os.kill(w.suzgi.pids['proxy'], 9)

        def gone(pid):
            try:
                with open(f'/proc/{pid}/stat', encoding='ascii') as f:
                    return f.read().rpartition(')')[2].split()[0] == 'Z'
            except OSError:
                return True
        until(lambda: all(gone(p) for p in pids), 'the end of the helpers')
        w.suzgi.forgive()
        until(lambda: w.get('alice').status == 200, 'service again')


HTPASSWD = '''\
[auth people]
kind = basic
htpasswd = users
children = 2
concurrency = %(n)s
deny-cache = 0s
realm = The "Test" School

[group staff]
match = user:alice, user:bob, user:carol

[policy staff]
block = host:staff.test

[policy default]'''


def crypt(word, salt):
    lib = ctypes.CDLL(ctypes.util.find_library('crypt'))
    lib.crypt.restype = ctypes.c_char_p
    return lib.crypt(word.encode(), salt.encode()).decode()


def users(**pairs):
    salt = {'alice': '$6$rounds=1000$abc$', 'bob': '$y$j75$abcdefgh$',
            'carol': '$2y$04$abcdefghijklmnopqrstuu'}
    return ''.join(f'{u}:{crypt(p, salt[u])}\n'
                   for u, p in pairs.items())


def htpasswd(w):
    for user, password in (('alice', 'secret'), ('bob', 'a b:c%'),
                           ('carol', 'пароль')):
        equal(w.get(user, password).status, 200, user)
        challenged(w.get(user, password + 'x'))
        challenged(w.get(user, password[:-1]))
    challenged(w.get('nobody', 'secret'))
    challenged(w.get('dave', 'plain'))
    challenged(w.get('erin', 'erin'))
    check('users:4: this user cannot sign in: it is MD5' in w.suzgi.stderr,
          w.suzgi.stderr)
    w.suzgi.write('users', users(alice='other'))
    equal(w.get('alice', 'other').status, 200, 'a new password')
    challenged(w.get('carol', 'another'))
    os.unlink(os.path.join(w.suzgi.dir, 'users'))
    equal(w.get('alice', 'third').status, 403, 'without a file: unsettled')
    w.suzgi.write('users', users(alice='third'))
    equal(w.get('alice', 'third').status, 200, 'with a file again')


NCSA = HTPASSWD.replace('htpasswd = users',
                        'helper = %(ncsa)s {dir}/users')


def ncsa_path():
    here = os.path.join(os.path.dirname(HELPER), '../../../build/squid')
    for folder in (here, '/usr/lib/squid'):
        path = os.path.abspath(os.path.join(folder, 'basic_ncsa_auth'))
        if os.access(path, os.X_OK):
            return path
    try:
        with open(os.path.join(here, 'why'), encoding='utf-8') as f:
            raise Skip(f.read().strip())
    except FileNotFoundError:
        raise Skip('basic_ncsa_auth is not there; packaging/deps.sh test '
                   'fetches it') from None


def ncsa():
    """It knows no channels."""
    path = ncsa_path()
    with AuthWorld(NCSA, {'users': users(alice='secret', bob='a b:c%',
                                         carol='пароль')}, n=0, ncsa=path
                   ) as w:
        for user, password in (('alice', 'secret'), ('bob', 'a b:c%'),
                               ('carol', 'пароль')):
            equal(w.get(user, password).status, 200, user)
            challenged(w.get(user, password + 'x'))
        challenged(w.get('nobody', 'x'))


NEGOTIATE = '''\
[auth tickets]
kind = negotiate
helper = %(python)s %(helper)s negotiate {dir}/tickets %(channels)s
children = 2
concurrency = %(n)s
timeout = 5s
''' + AUTH.replace('user:alice', 'user:alice@realm.test, user:alice')
TICKETS = '''\
YR/YWxpY2U= af:alice@REALM.TEST
YR/Ym9i af2:bob
YR/b2s= ok:bob
YR/bm8= na
YR/Ymg= bh
YR/Zmlyc3Q= tt:c2Vjb25k
KK/dGhpcmQ= af:alice@REALM.TEST
KK/Zm91cnRo na
YR/ZGll die
'''


def ticket(token):
    return b'Proxy-Authorization: Negotiate ' + token + b'\r\n'


def negotiate(w):
    def status(c, who=b'', method=b'GET'):
        c.send(w.fill(b'{G}' + who + b'\r\n'))
        return c.response().status
    with w.client() as c:
        c.send(w.fill(b'{G}\r\n'))
        answer = c.response()
        equal([x.partition(b' ')[0] for x in answer.all('proxy-authenticate')],
              [b'Negotiate', b'Basic'], 'the strongest first')
        equal(status(c, ticket(b'YWxpY2U=')), 200, 'a ticket')
        equal(status(c), 200, 'the connection is his')
        equal(status(c), 200, 'still')
        equal(status(c, field('bob', 'secret')), 403, 'somebody else')
        equal(status(c), 407, 'it is nobody\'s any more')
        equal(status(c, ticket(b'Ym9i')), 403, 'bob by a ticket')
        equal(status(c), 403, 'the connection is bob\'s')
        equal(status(c, ticket(b'bm8=')), 407, 'a wrong ticket')
        equal(status(c), 407, 'bob is gone')
        equal(status(c, ticket(b'b2s=')), 403, 'OK user=bob')
        equal(status(c, ticket(b'YWxpY2U=')), 200, 'alice')
        equal(status(c, field('mallory', 'x')), 407, 'a wrong password')
        equal(status(c), 407, 'alice is gone')
    with w.client() as other:
        equal(status(other), 407, 'another connection')
    for token in (b'Ymg=', b'ZGll'):
        with w.client() as c:
            equal(status(c, ticket(token)), 403, f'{token}: unsettled')
    with w.client() as c:
        c.send(w.connect(ticket(b'YWxpY2U=')))
        equal(c.response(b'CONNECT').status, 200, 'a tunnel')


def dialogue(w):
    """Two rounds, both with the same process."""
    for last, status in ((b'dGhpcmQ=', 200), (b'Zm91cnRo', 407)):
        with w.client() as c:
            c.send(w.fill(b'{G}' + ticket(b'Zmlyc3Q=') + b'\r\n'))
            answer = c.response()
            equal(answer.status, 407, 'after the first round')
            equal(answer.all('proxy-authenticate'), [b'Negotiate c2Vjb25k'],
                  'the second round')
            equal(w.get('carol').status, 200, 'others meanwhile')
            c.send(w.fill(b'{G}' + ticket(last) + b'\r\n'))
            equal(c.response().status, status, 'after the last')
    with w.client() as c, w.client() as thief:
        c.send(w.fill(b'{G}' + ticket(b'Zmlyc3Q=') + b'\r\n'))
        equal(c.response().status, 407, 'after the first round')
        thief.send(w.fill(b'{G}' + ticket(b'dGhpcmQ=') + b'\r\n'))
        check(thief.response().status != 200, 'on another connection')
        c.send(w.fill(b'{G}' + ticket(b'dGhpcmQ=') + b'\r\n'))
        equal(c.response().status, 200, 'on its own')


def unfinished(w):
    """Who begins and does not go on keeps nobody waiting, nor does what he
    says later reach the dialogue of somebody else."""
    began = []
    for _ in range(6):
        c = w.client()
        c.send(w.fill(b'{G}' + ticket(b'Zmlyc3Q=') + b'\r\n'))
        equal(c.response().status, 407, 'after the first round')
        began.append(c)
    equal(World.ask(w, b'{G}' + ticket(b'YWxpY2U=') + b'\r\n').status, 200,
          'alice meanwhile')
    last = w.client()
    last.send(w.fill(b'{G}' + ticket(b'Zmlyc3Q=') + b'\r\n'))
    equal(last.response().status, 407, 'one more')
    asked = len(w.asked('tickets'))
    for c in began[:4]:
        c.send(w.fill(b'{G}' + ticket(b'dGhpcmQ=') + b'\r\n'))
        equal(c.response().status, 407, 'too late')
    equal(len(w.asked('tickets')), asked, 'nobody was asked about these')
    last.send(w.fill(b'{G}' + ticket(b'dGhpcmQ=') + b'\r\n'))
    equal(last.response().status, 200, 'the one that went on')
    for c in [*began, last]:
        c.close()


def offered_only(w):
    """ask = off: nobody is asked, who says something is heard."""
    equal(w.get().status, 200, 'nobody')
    equal(w.get('alice').status, 200, 'alice')
    equal(w.get('bob').status, 403, 'bob')
    equal(w.get('mallory').status, 407, 'a wrong password is no guest')


LISTENERS = '''\
[listen wifi]
address = 127.0.0.1:%(wifi)s

[group guests]
match = listener:wifi
policy = guests

[policy guests]
block = host:good.test

[policy default]'''


def listeners():
    port = free_port()
    with World(config=CONFIG.replace(
            '[policy default]', LISTENERS.replace('%(wifi)s', str(port)))
            ) as w:
        equal(w.ask(b'{G}\r\n').status, 200, 'main')
        with Client(port) as c:
            c.send(w.fill(b'{G}\r\n'))
            equal(c.response().status, 403, 'wifi')
        record = w.suzgi.logged(lambda r: r.get('group') == 'guests')[0]
        equal(record['listener'], 'wifi', 'listener in the log')

# the user matters once it is seen where a tunnel leads, and no sooner
LATE = AUTH[:AUTH.index('[auth groups]')] + \
    '[policy default]\nblock = host:plain.test !user:alice'
# no rule and no group asks who it is
PLAIN = AUTH[:AUTH.index('[auth groups]')] + '[policy default]'


def main():
    with AuthWorld() as w:
        for name, test in [
                ('a password is not kept in memory', no_memory_of_it),
                ('407 first, then it is served', nothing_first),
                ('CONNECT', tunnels),
                ('inside a tunnel the user of CONNECT holds', inside),
                ('bodies of who must say who he is', bodies),
                ('a wrong password', wrong),
                ('HTTP/1.0, and several on one connection', old_and_pipelined),
                ('what is no credentials', oddities),
                ('one person, several spellings', spellings),
                ('the helper says who it is', names_of_helpers),
                ('what is escaped', escapes),
                ('groups of a helper', groups),
                ('what is remembered', remembered),
                ('curl', curl),
                ('one question for many', one_question),
                ('clients that go away', goes_away),
                ('helpers have nothing of ours', clean_processes),
                ('credentials are nowhere', reveals_nothing)]:
            with case(name):
                test(w)
                w.suzgi.alive()
    for n in (8, 0):
        with case(f'helpers that misbehave, concurrency {n}'):
            with AuthWorld(n=n) as w:
                misbehaviour(w)
        with case(f'a crowd and a slow helper, concurrency {n}'):
            with AuthWorld(n=n, children=8, timeout='60s', extra=MANY) as w:
                crowd(w)
        with case(f'our own helper, concurrency {n}'):
            with AuthWorld(HTPASSWD, {'users': users(
                    alice='secret', bob='a b:c%', carol='пароль') +
                    'dave:$1$abc$4YxbIAHC2WXqd3VWXm6JA.\nerin:erin\n'},
                    n=n) as w:
                htpasswd(w)
        with AuthWorld(NEGOTIATE, {'tickets': TICKETS}, n=n) as w:
            with case(f'tickets, concurrency {n}'):
                negotiate(w)
            with case(f'a dialogue about tickets, concurrency {n}'):
                dialogue(w)
    with case('dialogues that nobody goes on with'):
        with AuthWorld(NEGOTIATE.replace('timeout = 5s', 'timeout = 60s'),
                       {'tickets': TICKETS}, n=0) as w:
            unfinished(w)
    with case('basic_ncsa_auth itself'):
        ncsa()
    with case('two answers to one question'):
        with AuthWorld() as w:
            twice(w)
    with case('a helper that does not answer'):
        with AuthWorld(timeout='1s') as w:
            hangs(w)
    with case('a helper that always falls'):
        with AuthWorld(timeout='2s', children=1) as w:
            keeps_falling(w)
    with case('reloads'):
        with AuthWorld() as w:
            reloads(w)
    with case('helpers die with us'):
        dies_with_us()
    with case('a tunnel is not his who asked before it'):
        with AuthWorld(BEHIND, ask='off') as w:
            behind_a_name(w)
    with case('the tunnel of somebody else'):
        with AuthWorld(LATE) as w:
            left_behind(w)
    with case('tunnels of nobody'):
        with AuthWorld(LATE, ask='off') as w:
            nobodys_tunnel(w)
    with case('who is blocked, where no rule asks for users'):
        with AuthWorld(PLAIN) as w:
            denied(w)
    with case('ask = off'):
        with AuthWorld(ask='off') as w:
            offered_only(w)
    with case('groups by listener'):
        listeners()


main()
done()
