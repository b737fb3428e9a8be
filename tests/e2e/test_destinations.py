#!/usr/bin/env python3
"""SS: the proxy leads nowhere it should not, whatever a name says."""
from lib import alone, hello, tap
from lib.dns import DROP, GARBAGE, SERVFAIL, TRUNCATE
from lib.origin import Origin
from lib.rows import Denied, Outside, run_rows, text
from lib.tap import Skip, case, check, equal
from lib.world import CONFIG, World

ROWS = []
# what no name server knows, and not every hosts file
UNKNOWN = (b'foo.localhost', b'ip6-localhost', b'localhost', b'localhost.')
other = Origin()  # on loopback, and not among those allowed
PORT = b'%d' % other.port

class DeniedTunnel(Denied):
    """403 at once, or, as the site is only connected to when the greeting
    was judged, closed behind that."""

    def judge(self, world, client, data):
        response = client.response(b'CONNECT')
        if response.status == 200:
            client.send(hello.plain(b'good.test'))
            rest = client.rest()
            check(b'ORIGIN' not in rest, f'let through: {rest[:80]!r}')
        else:
            check(response.status in self.statuses,
                  f'answered {response.raw[:200]!r}')
        world.untouched()
        check(not other.bytes, 'it was reached')


for h in (b'127.0.0.1', b'localhost', b'localhost.', b'foo.localhost',
          b'ip6-localhost', b'[::1]', b'0.0.0.0', b'[::]', b'127.1', b'0',
          b'2130706433', b'0x7f.1', b'0177.0.0.1', b'127.0.0.2',
          b'127.255.255.254', b'[::ffff:127.0.0.1]', b'[::127.0.0.1]',
          b'[64:ff9b::7f00:1]', b'[2002:7f00:1::]', b'0x7f000001',
          b'017700000001', b'127.0.1'):
    ROWS.append(('SS-02', 'GET ' + text(h),
                 b'GET http://' + h + b':' + PORT + b'/admin HTTP/1.1\r\n'
                 b'Host: x\r\n\r\n', Denied(403, 502) if h in UNKNOWN else
                 Outside(403) if h.startswith(b'[2') or b'64:' in h else
                 Denied(403)))
    ROWS.append(('SS-02', 'CONNECT ' + text(h),
                 b'CONNECT ' + h + b':' + PORT + b' HTTP/1.1\r\nHost: x\r\n'
                 b'\r\n', DeniedTunnel(403, 502)
                 if h in UNKNOWN else DeniedTunnel(403)))
for h in (b'10.1.2.3', b'172.16.0.1', b'172.31.255.254', b'192.168.1.1',
          b'169.254.169.254', b'100.64.0.1', b'192.0.0.1', b'198.18.0.1',
          b'198.19.255.254', b'224.0.0.1', b'240.0.0.1', b'255.255.255.255',
          b'0.1.2.3', b'[fc00::1]', b'[fd00:ec2::254]', b'[fe80::1]',
          b'[ff02::1]', b'[fec0::1]', b'[::2]', b'[64:ff9b::a00:1]',
          b'[64:ff9b:1::1]', b'[2002:a00:1::1]', b'[2001::1]',
          b'[::ffff:10.0.0.1]', b'[::ffff:169.254.169.254]'):
    ROWS.append(('SS-03', text(h), b'GET http://' + h + b'/ HTTP/1.1\r\n'
                 b'Host: x\r\n\r\n', Outside(403)))


ANSWERS = {
    'v4': ['127.0.0.1'], 'private': ['10.0.0.1'], 'v6': ['::1'],
    'mapped': ['::ffff:10.0.0.1'], 'nat64': ['64:ff9b::7f00:1'],
    'meta': ['169.254.169.254'], 'zero': ['0.0.0.0'],
}

with World(config=CONFIG.replace(
        '%(tunnel)s', f'%(tunnel)s, {other.port}')) as w:
    run_rows(w, ROWS, one_byte=False)
    for what, addresses in ANSWERS.items():
        with case(f'SS-06 a name that leads to {addresses[0]}'):
            if not alone.isolated:
                raise Skip(alone.WHY)
            name = f'{what}.evil.test'
            w.dns.names[name] = addresses
            for p in (PORT, b'80'):
                r = w.ask(b'GET http://' + name.encode() + b':' + p +
                          b'/ HTTP/1.1\r\nHost: x\r\n\r\n')
                equal(r.status, 403, 'status')
            check(not other.requests, 'it was reached')
            w.settled()
    with case('SS-07 rebinding: the second answer is another'):
        if not alone.isolated:
            raise Skip(alone.WHY)
        # first the site that is allowed, then the one that is not, each
        # looked up anew (TTL 0); the port is the one that is not allowed
        w.dns.names['rebind.evil.test'] = lambda qtype, times: \
            ['198.51.100.7'] if times < 1 else ['127.0.0.1']
        for _ in range(4):
            r = w.ask(b'GET http://rebind.evil.test:' + PORT +
                      b'/ HTTP/1.1\r\nHost: x\r\n\r\n')
            check(r.status in (403, 502, 504), f'status {r.status}')
        check(not other.requests, 'it was reached')
    with case('SS-08 a redirect to a private address is the client\'s to ask'):
        w.origin.at['/redirect'] = (
            b'HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/'
            b'\r\nContent-Length: 0\r\n\r\n')
        r = w.ask(b'GET http://good.test{O}/redirect HTTP/1.1\r\n'
                  b'Host: good.test{O}\r\n\r\n')
        equal(r.status, 302, 'status')
        equal(r.get('location'), b'http://169.254.169.254/latest/',
              'Location')
    with case('SS-04 our own address: no loop'):
        r = w.ask(b'GET http://127.0.0.1:%d/ HTTP/1.1\r\nHost: x\r\n\r\n' %
                  w.port)
        equal(r.status, 403, 'status')
        w.settled()
    with case('SS-04 a name of our own address: no loop'):
        w.dns.names['self.evil.test'] = ['127.0.0.1']
        r = w.ask(b'GET http://self.evil.test:%d/ HTTP/1.1\r\n'
                  b'Host: x\r\n\r\n' % w.port)
        equal(r.status, 403, 'status')
        w.settled()
    with case('a destination that is refused says so in the log'):
        found = w.suzgi.logged(lambda r: r.get('reason') == 'dest-denied')
        equal(found[0]['action'], 'refuse', 'action')
        equal(found[0]['status'], 403, 'status')

    # SS-15: answers of a name server
    w.dns.names.update({
        'servfail.test': SERVFAIL, 'garbage.test': GARBAGE,
        'empty.test': [], 'truncated.test': (TRUNCATE, ['127.0.0.1']),
        'many.test': ['127.0.0.1'] * 60, 'drop.test': DROP})
    for name, statuses in (('nowhere.test', (502, 503)),
                           ('servfail.test', (502, 503)),
                           ('garbage.test', (502, 503, 504)),
                           ('empty.test', (502, 503)),
                           ('drop.test', (502, 503, 504)),
                           ('truncated.test', (200,)), ('many.test', (200,))):
        with case(f'SS-15 {name}'):
            w.forget()
            r = w.ask(b'GET http://' + name.encode() +
                      b'{O}/ HTTP/1.1\r\nHost: x\r\n\r\n')
            check(r.status in statuses, f'status {r.status}')
            if r.status != 200:
                check(b'text/html' in (r.get('content-type') or b''),
                      'no page')
                w.untouched()
            w.settled()
    with case('SS-15 the page of a site that does not exist says so'):
        r = w.ask(b'GET http://nowhere.test/ HTTP/1.1\r\nHost: x\r\n\r\n')
        equal(r.status, 502, 'status')
        check(b'nowhere.test' in r.body, 'the page does not name the site')
        found = w.suzgi.logged(lambda r: r.get('reason') == 'no-such-host')
        equal(found[0]['action'], 'error', 'action')
tap.done()
