#!/usr/bin/env python3
"""Warnings: the button, whom it lets through and how long, and every token
that must not."""
import base64
import os
import re
import sys

from lib import hello
from lib.client import Client
from lib.tap import case, check, equal
from lib import tap
from lib.world import CONFIG, World

POLICY = CONFIG.replace('[policy default]', '''\
[group pupils]
match = net:127.0.0.2/32
policy = default

[policy default]
warn-for = 10m
warn = host:games.test
warn = host:quiz.test
''')
# Who is not on 127.0.0.1 has to say who he is.
USERS = CONFIG.replace('[policy default]', '''\
[auth people]
kind = basic
helper = %s %s/lib/helper.py basic {dir}/people --channels
concurrency = 4

[group here]
match = net:127.0.0.1/32
policy = default

[group pupils]
match = user:alice, user:bob
policy = default

[policy default]
warn = host:games.test
''' % (sys.executable, os.path.dirname(os.path.abspath(__file__))))
TOKEN = re.compile(rb'name=token value="([A-Za-z0-9_-]+)"')
PRESS = b'http://suzgi.internal/continue'


def get(w, host, path=b'/', source=None, head=b''):
    with Client(w.suzgi.port, source=source) as c:
        c.send(w.fill(b'GET http://' + host + b'{O}' + path +
                      b' HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n' +
                      head + b'\r\n'))
        return c.response()


def token(w, host=b'games.test', path=b'/', source=None):
    r = get(w, host, path, source)
    equal(r.status, 403, 'the warning')
    return TOKEN.search(r.body).group(1)


def press(w, body, source=None, url=PRESS, method=b'POST', head=b'',
          cut=None):
    with Client(w.suzgi.port, source=source) as c:
        c.send(method + b' ' + url + b' HTTP/1.1\r\nHost: suzgi.internal\r\n'
               b'Content-Type: application/x-www-form-urlencoded\r\n'
               b'Content-Length: %d\r\n' % len(body) + head + b'\r\n' + body,
               cut)
        return c.response(method)


def refused(w, body, what, **more):
    r = press(w, body, **more)
    equal(r.status, 403, what)
    check(not r.get('location'), f'{what}: a way on')
    equal(get(w, b'games.test').status, 403, f'{what}: the site after it')


with World(config=POLICY) as w:
    for name in ('games.test', 'www.games.test', 'quiz.test'):
        w.dns.names[name] = ['127.0.0.1']
    with case('the_page_warns_and_has_a_button_that_leads_to_us'):
        w.forget()
        r = get(w, b'games.test', b'/a?b=c')
        equal(r.status, 403, 'status')
        check(b'advises against' in r.body, r.body)
        check(b'<form method=post action="http://suzgi.internal/continue">'
              in r.body, r.body)
        check(b'<script' not in r.body, 'a script')
        policy = r.get('content-security-policy')
        check(b"form-action 'self' http://suzgi.internal; "
              b"frame-ancestors 'none'" in policy, policy)
        check(b"default-src 'none'" in policy, policy)
        equal(r.get('referrer-policy'), b'no-referrer')
        equal(r.get('cache-control'), b'no-store')
        first = TOKEN.search(r.body).group(1)
        w.untouched()
    with case('what_is_blocked_has_none'):
        r = get(w, b'bad.test')
        check(b'token' not in r.body and b'<form' not in r.body, r.body)
        check(b"form-action 'none'" in r.get('content-security-policy'), '')
    with case('a_tool_and_an_image_are_shown_no_button'):
        for accept in (b'application/json', b'image/png'):
            with w.client() as c:
                c.send(w.fill(b'GET http://games.test{O}/ HTTP/1.1\r\n'
                              b'Host: x\r\nAccept: ' + accept +
                              b'\r\n\r\n'))
                check(b'token' not in c.response().body, accept)
    with case('every_bit_of_a_token_counts'):
        # each of these is seen by the unit test; some here, through it all
        for i in range(0, len(first) * 8, 97):
            bad = bytearray(first)
            bad[i // 8] ^= 1 << i % 8
            refused(w, b'token=' + bytes(bad), f'bit {i}')
    with case('no_token_but_ours'):
        for what, body in (
                ('none', b''), ('an empty one', b'token='),
                ('another name', b'taken=' + first),
                ('its end cut off', b'token=' + first[:-1]),
                ('no MAC', b'token=' + first[:-43]),
                ('something behind', b'token=' + first + b'A'),
                ('more of a form', b'token=' + first + b'&url=evil.test'),
                ('in front', b'x=1&token=' + first),
                ('padded', b'token=' + first + b'=='),
                ('escaped', b'token=%' + b'%02x' % first[0] + first[1:]),
                ('rubbish', bytes(range(256))),
                ('too long', b'token=' + b'A' * 8000)):
            refused(w, body, what)
    with case('only_post_and_only_with_its_length'):
        for method in (b'GET', b'HEAD', b'PUT', b'OPTIONS'):
            r = press(w, b'token=' + first, method=method)
            check(r.status != 303, method)
        r = press(w, b'', url=PRESS + b'?token=' + first)
        equal(r.status != 303, True, 'in the query')
        with w.client() as c:
            c.send(b'POST ' + PRESS + b' HTTP/1.1\r\nHost: x\r\n'
                   b'Transfer-Encoding: chunked\r\n\r\n%x\r\ntoken=' %
                   (len(first) + 6) + first + b'\r\n0\r\n\r\n')
            equal(c.response(b'POST').status, 403, 'chunked')
        equal(get(w, b'games.test').status, 403, 'after all this')
    with case('a_get_of_the_button_shows_a_page_and_opens_nothing'):
        with w.client() as c:
            c.send(b'GET ' + PRESS + b' HTTP/1.1\r\nHost: x\r\n\r\n')
            r = c.response()
        equal(r.status, 200, 'status')
        check(b'Nothing was opened' in r.body, r.body)
    with case('another_client_cannot_use_it'):
        refused(w, b'token=' + first, 'another client', source='127.0.0.3')
    with case('pressed_it_leads_back_and_lets_through'):
        r = press(w, b'token=' + first)
        equal(r.status, 303, 'status')
        equal(r.get('location'), w.fill(b'http://games.test{O}/a?b=c'))
        equal(get(w, b'games.test').status, 200, 'the site')
        equal(get(w, b'games.test', b'/b').status, 200, 'another page of it')
        w.suzgi.logged(lambda r: r['action'] == 'bypass' and
                       r['host'] == 'games.test' and
                       r['reason'] == 'continued' and
                       r['policy'] == 'default' and
                       r['port'] == w.origin.port)
    with case('it_is_used_up'):
        equal(press(w, b'token=' + first).status, 403, 'again')
        equal(press(w, b'token=' + first, source='127.0.0.3').status, 403,
              'by another')
    with case('it_is_for_this_client_group_and_site_alone'):
        equal(get(w, b'games.test', source='127.0.0.3').status, 403,
              'another client')
        equal(get(w, b'games.test', source='127.0.0.2').status, 403,
              'of another group')
        equal(get(w, b'quiz.test').status, 403, 'another site')
    with case('what_is_granted_on_http_holds_for_tunnels'):
        c, answer = w.tunnel(b'games.test')
        with c:
            equal(answer.status, 200, 'CONNECT')
            c.send(hello.plain(b'games.test'))
            equal(c.want(6), b'ORIGIN', 'the tunnel')
        c, answer = w.tunnel(b'quiz.test')
        with c:
            equal(answer.status, 403, 'CONNECT to another')
    with case('each_worker_knows_of_it'):
        for _ in range(20):
            equal(get(w, b'games.test').status, 200, 'a connection')
    with case('the_form_may_come_in_pieces'):
        body = b'token=' + token(w, b'quiz.test', source='127.0.0.5')
        equal(press(w, body, source='127.0.0.5', cut=7).status, 303)
        equal(get(w, b'quiz.test', source='127.0.0.5').status, 200)
    with case('the_way_on_is_the_host_that_was_judged'):
        source = '127.0.0.6'
        for path in (b'//evil.test/', b'/@evil', b'/?http://evil.test/',
                     b'/%0d%0aSet-Cookie:x'):
            t = token(w, b'quiz.test', path, source)
            r = press(w, b'token=' + t, source=source)
            equal(r.status, 303, path)
            equal(r.get('location'), w.fill(b'http://quiz.test{O}' + path))
            source = source[:-1] + str(int(source[-1]) + 1)
    with case('a_long_address_leads_to_the_front_page'):
        t = token(w, b'quiz.test', b'/' + b'x' * 3000, '127.0.0.11')
        r = press(w, b'token=' + t, source='127.0.0.11')
        equal(r.get('location'), w.fill(b'http://quiz.test{O}/'))
    with case('a_form_that_never_comes_ends_with_its_connection'):
        c = w.client()
        c.send(b'POST ' + PRESS + b' HTTP/1.1\r\nHost: x\r\n'
               b'Content-Length: 100\r\n\r\ntok')
        c.close()
    with case('what_was_granted_ends_with_the_process_its_key_too'):
        late = token(w, b'quiz.test', source='127.0.0.12')
        w.suzgi.stop()
        w.suzgi.start()
        refused(w, b'token=' + late, 'of the last one', source='127.0.0.12')
        equal(get(w, b'games.test').status, 403, 'what was granted')
    with case('no_token_is_in_a_log_or_at_a_site'):
        written = w.suzgi.stderr.encode()
        for root, _, names in os.walk(w.suzgi.state):
            for name in names:
                try:
                    with open(os.path.join(root, name), 'rb') as f:
                        written += f.read()
                except OSError:
                    pass
        for t in (first, late):
            check(t not in written and t[8:40] not in written, 'a log')
            check(t[8:40] not in w.origin.bytes + w.tls.bytes, 'a site')
        check(b'suzgi.internal' not in w.origin.bytes, 'a site knows of it')
    with case('they_are_counted'):
        stats = w.suzgi.status()['stats']
        check(stats['tokens_refused'] >= 1, stats)


def user(name):
    return b'Proxy-Authorization: Basic ' + base64.b64encode(
        name + b':secret') + b'\r\n'


with World(config=USERS.replace('%', '%%').replace('%%(', '%('),
           files={'people': 'alice ok\nbob ok\n'}) as w:
    w.dns.names['games.test'] = ['127.0.0.1']
    there = {'source': '127.0.0.2'}
    with case('a_button_is_for_the_user_who_saw_it'):
        r = get(w, b'games.test', head=user(b'alice'), **there)
        equal(r.status, 403, 'the warning')
        body = b'token=' + TOKEN.search(r.body).group(1)
        equal(press(w, body, **there).status, 407, 'nobody said who he is')
        equal(press(w, body, head=user(b'mallory'), **there).status, 407,
              'a wrong user')
        equal(press(w, body, head=user(b'bob'), **there).status, 403,
              'another user at the same client')
        equal(press(w, body, head=user(b'alice'), source='127.0.0.3').status,
              403, 'the user at another client')
        equal(press(w, body, head=user(b'alice'), **there).status, 303,
              'the user')
        equal(get(w, b'games.test', head=user(b'alice'), **there).status, 200)
        equal(get(w, b'games.test', head=user(b'bob'), **there).status, 403)
        w.suzgi.logged(lambda r: r['action'] == 'bypass' and
                       r['user'] == 'alice')
tap.done()
