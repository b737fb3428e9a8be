#!/usr/bin/env python3
"""A shadow policy decides beside the live one: what differs is counted and
recorded, and nobody gets another answer for it."""
from lib import hello, tap
from lib.suzgi import until
from lib.tap import case, check, equal
from lib.world import World

# live blocks bad.test (adult); the candidate lets it through and blocks
# new.test, warns of chat.test, and has a list of its own
SHADOW = '''\
[list adult]
source = bad.txt
category = adult
[list new]
source = new.txt
category = social
[policy default]
block = category:social
warn = host:chat.test
block = header:X-Room=lab
block = url:good.test/secret
block = regex:/casino[0-9]+/
'''
EXTRA = '''
monitor = host:seen.test
[try]
shadow = shadow.conf
'''


def get(w, host, path='/'):
    return w.ask(b'GET http://%s{O}%s HTTP/1.1\r\nHost: x\r\n\r\n'
                 % (host.encode(), path.encode())).status


def shadows(w):
    return [r for r in w.suzgi.log() if r['action'] == 'shadow']


def stat(w, name):
    return w.suzgi.status()['stats'][name]


with World(extra=EXTRA, files={'shadow.conf': SHADOW,
                               'new.txt': 'new.test\n'}) as w:
    for name in ('new.test', 'chat.test', 'seen.test', 'more.test'):
        w.dns.names[name] = ['127.0.0.1']
    with case('what both decide alike is counted, and not recorded'):
        before = stat(w, 'shadow_judged')
        equal(get(w, 'good.test'), 200, 'good.test')
        equal(get(w, 'good.test', '/secret'), 403, 'secret')
        equal(get(w, 'seen.test'), 200, 'seen.test')
        until(lambda: stat(w, 'shadow_judged') == before + 3, 'all judged')
        equal(shadows(w), [], 'records')
    with case('who is blocked by the shadow alone gets his answer'):
        equal(get(w, 'new.test', '/a?b'), 200, 'new.test')
        w.suzgi.logged(lambda r: r['action'] == 'shadow', 1)
        r, = shadows(w)
        equal(r['live'], 'allow', 'live')
        equal(r['host'], 'new.test', 'host')
        equal(r['rule']['text'], 'block = category:social', 'rule')
        equal(r['rule']['file'].rsplit('/', 1)[-1], 'shadow.conf', 'file')
        equal(r['rule']['category'], 'social', 'category')
        equal(stat(w, 'shadow_block'), 1, 'shadow_block')
    with case('who is let through by the shadow alone stays blocked'):
        equal(get(w, 'bad.test'), 403, 'bad.test')
        w.suzgi.logged(lambda r: r['action'] == 'shadow', 2)
        r = shadows(w)[-1]
        equal((r['live'], r['host']), ('block', 'bad.test'), 'record')
        equal(stat(w, 'shadow_allow'), 1, 'shadow_allow')
    with case('a warning of the shadow warns nobody'):
        equal(get(w, 'chat.test'), 200, 'chat.test')
        w.suzgi.logged(lambda r: r['action'] == 'shadow', 3)
        equal(stat(w, 'shadow_warn'), 1, 'shadow_warn')
    with case('tunnels too, once each'):
        w.dns.names['new.test'] = ['127.0.0.1']
        c, r = w.tunnel(b'new.test')
        equal(r.status, 200, 'CONNECT')
        c.send(hello.plain(b'new.test'))
        equal(c.want(6), b'ORIGIN', 'through the tunnel')
        c.close()
        w.suzgi.logged(lambda r: r['action'] == 'shadow', 4)
        equal(stat(w, 'shadow_block'), 2, 'shadow_block')
    with case('it is shown fields that the live policy has no use for'):
        n = stat(w, 'shadow_block')
        r = w.ask(b'GET http://good.test{O}/ HTTP/1.1\r\nHost: x\r\n'
                  b'X-Room: the lab\r\n\r\n')
        equal(r.status, 200, 'status')
        until(lambda: stat(w, 'shadow_block') == n + 1, 'it is seen')
    with case('suzgi status tells the counts'):
        done = w.suzgi.cli('status')
        check(b'shadow' in done.stdout and b'3 blocked' in done.stdout,
              done.stdout)
    with case('a flood of differences is counted, not recorded'):
        n = stat(w, 'shadow_block')
        for _ in range(300):
            get(w, 'new.test')
        until(lambda: stat(w, 'shadow_block') == n + 300, 'all counted')
        until(lambda: len(shadows(w)) + stat(w, 'shadow_unrecorded') ==
              sum(stat(w, f'shadow_{k}') for k in ('block', 'warn', 'allow')),
              'all accounted for')
        check(stat(w, 'records_dropped') == 0, 'records were lost')
    with case('a shadow with errors is off, and the live policy is not'):
        w.suzgi.write('shadow.conf', SHADOW + 'blokc = host:x.test\n')
        said = len(w.suzgi.stderr)
        check(w.suzgi.hangup(), 'the reload was refused')
        check('the shadow is off' in w.suzgi.stderr[said:], w.suzgi.stderr)
        before = stat(w, 'shadow_judged')
        equal(get(w, 'bad.test'), 403, 'bad.test')
        equal(get(w, 'new.test'), 200, 'new.test')
        equal(stat(w, 'shadow_judged'), before, 'judged')
    with case('a reload brings it back, changed'):
        w.suzgi.write('shadow.conf', SHADOW + 'block = host:more.test\n')
        check(w.suzgi.hangup(), 'the reload was refused')
        n = stat(w, 'shadow_block')
        equal(get(w, 'more.test'), 200, 'more.test')
        until(lambda: stat(w, 'shadow_block') == n + 1, 'it is seen')
    with case('nothing_is_left_behind'):
        w.suzgi.alive(slack_fds=300)
tap.done()
