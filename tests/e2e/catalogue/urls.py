"""UR: one name and one path for each site, however it is spelt."""
from lib.rows import AnyOf, Block, Outside, Refuse, Served, text
from lib.tap import check, equal

ROWS = []


def row(name, what, data, expected):
    ROWS.append((name, what, data, expected))


def get(target, host=b'good.test'):
    return b'GET ' + target + b' HTTP/1.1\r\nHost: ' + host + b'\r\n\r\n'


row('UR-01', 'upper case', get(b'http://BAD.TEST{O}/'), Block())
row('UR-01', 'mixed case', get(b'http://bAd.TeSt{O}/'), Block())
row('UR-02', 'one dot behind the name', get(b'http://bad.test.{O}/'), Block())
row('UR-02', 'CONNECT, one dot behind the name',
    b'CONNECT BAD.TEST.:443 HTTP/1.1\r\nHost: bad.test:443\r\n\r\n', Block())
for h in (b'bad.test..', b'.bad.test', b'bad..test', b'.', b'..', b'.test.'):
    row('UR-03', 'dots in ' + text(h), get(b'http://' + h + b'{O}/'),
        Refuse())
for h in (b'www.bad.test', b'a.b.c.bad.test'):
    row('UR-04', text(h) + ' is below', get(b'http://' + h + b'{O}/'),
        Block())


def host_is(name):
    def look(requests, _):
        check(requests[0].get('host').partition(b':')[0] == name,
              f'Host at the site: {requests[0].get("host")}')
    return look


for h in (b'notbad.test', b'bad.test.good.test', b'bad-test', b'xbad.test'):
    row('UR-04', text(h) + ' is not below',
        get(b'http://' + h + b'{O}/'), Served(1, host_is(h)))
for t in (b'http://good.test@bad.test{O}/', b'http://good.test:80@bad.test{O}/',
          b'http://bad.test@good.test{O}/', b'http://good.test%40bad.test{O}/',
          b'http://a@b@bad.test{O}/', b'http://@good.test{O}/',
          b'http://:@good.test{O}/'):
    row('UR-07', 'userinfo ' + text(t), get(t), Refuse())
for t in (b'http://good.test\\@bad.test{O}/', b'http:\\\\bad.test{O}\\',
          b'http://good.test\\.bad.test{O}/', b'http:\\/bad.test{O}/'):
    row('UR-08', 'backslash ' + text(t), get(t), Refuse())
row('UR-08', 'backslashes in a path are slashes, or refused',
    get(b'http://good.test{O}/\\..\\secret'), AnyOf(Refuse(), Block()))
for h in (b'ba\td.test', b'ba\nd.test', b'ba\rd.test', b'bad.te st'):
    row('UR-09', text(h), get(b'http://' + h + b'{O}/'), Refuse())
for h in (b'256.1.1.1', b'1.2.3.4.5', b'0x100000000', b'08.8.8.8', b'1.2.3.',
          b'1..2', b'1.2.3.256', b'999999999999',
          b'127.0.0.1.1', b'a.1', b'a.0x1'):
    row('UR-11', 'address ' + text(h), get(b'http://' + h + b'/'),
        Outside(400))
for h in (b'[::1]', b'[::]', b'[::ffff:127.0.0.1]', b'[::ffff:7f00:1]',
          b'[0:0:0:0:0:ffff:127.0.0.1]', b'[::127.0.0.1]',
          b'[64:ff9b::7f00:1]', b'[2002:7f00:1::]', b'[::1]:80', b'[::0001]',
          b'[::FFFF:A9FE:A9FE]'):
    row('UR-12', text(h), get(b'http://' + h + b'/'), Outside(403))
for h in (b'[fe80::1%25eth0]', b'[fe80::1%eth0]', b'[::1', b'::1', b'[::1]]',
          b'[:::1]', b'[1:2:3:4:5:6:7:8:9]', b'[12345::]', b'[::1].test',
          b'[v1.x]', b'[]', b'[127.0.0.1]'):
    row('UR-12', text(h), get(b'http://' + h + b'/'), Refuse())
row('UR-13', 'a listed address', get(b'http://198.51.100.7/'), Block())
row('UR-13', 'a listed address in another base', get(b'http://3325256711/'),
    Block())
row('UR-13', 'a listed address, CONNECT',
    b'CONNECT 198.51.100.7:443 HTTP/1.1\r\nHost: x\r\n\r\n', Block())
for p in (b':0', b':65536', b':83617', b':4294967376', b':-1', b':+80',
          b':0x50', b':8 0', b':80:80', b':http', b':99999999999999999999'):
    row('UR-14', 'port ' + text(p), get(b'http://good.test' + p + b'/'),
        Refuse())
row('UR-14', 'an empty port is the default, or refused',
    get(b'http://bad.test:/'), AnyOf(Block(), Refuse()))
row('UR-14', 'leading zeros of a port do not hide a site',
    get(b'http://bad.test:0080/'), AnyOf(Block(), Refuse()))
for h in (b'b%61d.test', b'bad%2Etest', b'bad%00.test', b'bad.test%20',
          b'%62ad.test', b'bad.test%2f', b'bad%EF%BC%8Etest'):
    row('UR-15', 'percent in ' + text(h), get(b'http://' + h + b'{O}/'),
        Refuse())
for h in ('bad。test', 'bad．test', 'bad｡test', 'ｂａｄ.test', 'bаd.test',
          'bad.test／', 'ba\u00add.test', 'ba\u200bd.test', 'bücher.test'):
    row('UR-16', 'not ASCII: ' + text(h.encode()),
        get(b'http://' + h.encode() + b'{O}/'), Refuse())
row('UR-16', 'a listed name in its A-label form',
    get(b'http://xn--bcher-kva.test{O}/'), Block())
row('UR-16', 'and in capitals', get(b'http://XN--BCHER-KVA.TEST{O}/'),
    Block())
for h in (b'r3---sn-4g5e.video.test', b'ab--cd.test', b'bad_host.test'):
    row('UR-19', text(h) + ' is a name',
        get(b'http://' + h + b'{O}/'), Served(1, host_is(h)))
for h in (b'bad.test/x', b'bad .test', b'bad.test?', b'bad.test#'):
    row('UR-19', text(h) + ' hides nothing', get(b'http://' + h + b'{O}/'),
        AnyOf(Refuse(), Block()))
for h in (b'XN--BD-7KC.test', b'xn--a.test', b'xn--bad-.test'):
    row('UR-21', text(h) + ' is an opaque name',
        get(b'http://' + h + b'{O}/'), Served(1, host_is(h.lower())))
row('UR-21', 'an A-label of 64',
    get(b'http://xn--' + b'a' * 60 + b'.test{O}/'), Refuse())
row('UR-22', 'a label of 64', get(b'http://' + b'a' * 64 + b'.test{O}/'),
    Refuse())
row('UR-22', 'a name of 254', get(b'http://' + b'a.' * 125 + b'test{O}/'),
    Refuse())
row('UR-22', '16 KiB of name below a blocked one',
    get(b'http://' + b'a.' * 8000 + b'bad.test{O}/'), Refuse(400, 414))

# the rule is url:good.test/secret
SECRET = (b'/secret', b'/x/../secret', b'/./secret', b'//secret', b'/secret/',
          b'/secret/.', b'/%2e/secret', b'/x/%2e%2E/secret', b'/x/.%2e/secret',
          b'/secret;a=1', b'/secret?x', b'/secret/below', b'///x//..//secret',
          b'/..//secret', b'/../secret', b'/secret#x', b'/secret/../secret',
          b'/x/%2e./secret', b'/.//./secret')
for p in SECRET:
    row('UR-23', text(p) + ' is /secret', get(b'http://good.test{O}' + p),
        AnyOf(Block(), Refuse()) if b'#' in p else Block())
for p in (b'/SECRET', b'/secretary', b'/x/secret', b'/secret/..', b'/secre',
          b'/?/secret', b'/x?y=/../secret'):
    row('UR-23', text(p) + ' is not', get(b'http://good.test{O}' + p),
        Served(1))
for p in (b'/%73ecret', b'/s%65cret', b'/%73%65%63%72%65%74', b'/secre%74/x'):
    row('UR-24', text(p) + ' is /secret', get(b'http://good.test{O}' + p),
        Block())
for p in (b'/%53ecret', b'/%2573ecret'):
    row('UR-24', text(p) + ' is not', get(b'http://good.test{O}' + p),
        Served(1))
for p in (b'/%', b'/%7', b'/%zz', b'/a%2'):
    row('UR-24', text(p) + ' is not well escaped',
        get(b'http://good.test{O}' + p), AnyOf(Served(1), Refuse()))
for p in (b'/%/../secret', b'/%zz/../secret', b'/secret%', b'/secret/%zz'):
    row('UR-24', text(p) + ' does not hide it',
        get(b'http://good.test{O}' + p), AnyOf(Block(), Refuse())
        if p != b'/secret%' else AnyOf(Block(), Refuse(), Served(1)))
for p in (b'/x%2f..%2fsecret', b'/x%5c..%5csecret', b'/%2fsecret',
          b'/secret%2f', b'/%2F%2e%2e%2Fsecret', b'/secret%5cx'):
    row('UR-25', text(p) + ' may be /secret', get(b'http://good.test{O}' + p),
        Block())
for p in (b'/casino1', b'/x/casino99', b'/?q=casino7', b'/%63asino1',
          b'/casino%31', b'/cas%69no1/'):
    row('UR-26', text(p) + ' matches the pattern',
        get(b'http://good.test{O}' + p), Block())
for p in (b'/casino', b'/casinoX'):
    row('UR-26', text(p) + ' does not', get(b'http://good.test{O}' + p),
        Served(1))


def unchanged(target):
    def look(requests, _):
        equal(requests[0].target, target, 'target at the site')
    return look


for p in (b'/%00secret', b'/x%00.jpg', b'/%0d%0aHost:%20bad.test',
          b'/a%20b', b'/%E4%BD%A0', b'/%ff'):
    row('UR-27', text(p) + ' is sent as it was asked',
        get(b'http://good.test{O}' + p), AnyOf(Served(1, unchanged(p)),
                                               Refuse()))
row('UR-27', '/secret%00.jpg is below or beside, never cut',
    get(b'http://good.test{O}/secret%00.jpg'),
    AnyOf(Served(1, unchanged(b'/secret%00.jpg')), Block(), Refuse()))
for t, to in ((b'http://good.test{O}', b'/'), (b'http://good.test{O}?x', b'/?x'),
              (b'http://good.test{O}/a?b?c', b'/a?b?c'),
              (b'http://good.test{O}/a;b', b'/a;b')):
    row('UR-30', text(t) + ' is asked for as ' + text(to), get(t),
        Served(1, unchanged(to)))
