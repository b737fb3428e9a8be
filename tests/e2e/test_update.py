#!/usr/bin/env python3
"""Lists that are fetched: what is taken, what is refused, what stays."""
import gzip
import hashlib
import json
import lzma
import os
import subprocess
import tarfile
import threading

from lib import suzgi, tap
from lib.feeds import (CONFIG, TREE, Authority, Feed, Page, Signer, Site,
                       member, names, tar, ut1, zipped)
from lib.suzgi import Suzgi, until
from lib.tap import case, check, equal
from lib.world import World

authority = Authority()
good = authority.certificate('good', 'IP:127.0.0.1')
site, tls = Site(), Site(good)
CA = f'ca-file = {authority.ca}\n'
A, B = b'a.test\nboth.test\n', b'b.test\nboth.test\n'


def plain(path='/list.txt', more=''):
    return f'update = {site.url}{path}\ninsecure = on\n{more}'


def page(path, body, **more):
    site.pages[path] = tls.pages[path] = Page(body, **more)


# ------------------------------------------------------------ what is taken
with case('a tree in an archive over https: folders around are left out'), \
        Feed(f'update = {tls.url}/ut1.tar.gz daily 03:30 +-20%\n{CA}',
             TREE) as f:
    page('/ut1.tar.gz', ut1(), etag='"one"')
    row = f.update('updated')
    equal(row['current']['entries'], 2, 'entries')
    equal(sorted(f.files()), ['adult/domains', 'games/domains',
                              'games/usage'], 'files')
    check(f.blocks('game.test') and f.blocks('x.bad.test'), 'not blocked')
    check(not f.blocks('good.test'), 'blocked')
    with case('what has not changed is not fetched again'):
        before = f.state
        f.update('unchanged')
        equal(tls.unchanged, 1, 'answers 304')
        equal(f.state['current'], before['current'], 'version')
    with case('--force fetches it all the same, however often'):
        for _ in range(4):
            f.update('updated', '--force')
            equal(tls.unchanged, 1, 'answers 304')
            equal(len(f.files()), 3, 'files')
            former = f.state['former']['name']
            check(former != f.state['current']['name'] and os.path.exists(
                f'{f.folder}/{former}/adult/domains'), 'the former is gone')
    with case('nothing but the result is printed where there is no terminal'):
        done = f.cli('lists', 'update')
        equal(done.stderr, b'', 'stderr')
        check(done.stdout.startswith(b'fed: unchanged'), done.stdout)
for kind, body, want in (
        ('a list', A, 'list.txt'),
        ('gz', gzip.compress(A), 'list.txt'),
        ('xz', lzma.compress(A), 'list.txt'),
        ('zip', zipped({'x/list.txt': A}), 'list.txt'),
        ('tar', tar({'list.txt': A}, 'w'), 'list.txt'),
        ('tar.xz', tar({'a/b/list.txt': A}, 'w:xz'), 'list.txt'),
        ('tar.gz with files of a Mac', tar({
            '._x': b'junk', '__MACOSX/y': b'junk', 'list.txt': A}),
         'list.txt')):
    with case(f'{kind} is taken'), Feed(plain(
            '/list.txt' + {'gz': '.gz', 'xz': '.xz'}.get(kind, ''))) as f:
        page('/list.txt' + {'gz': '.gz', 'xz': '.xz'}.get(kind, ''), body)
        f.update('updated')
        equal(f.files(), {want: A}, 'files')
        check(f.blocks('a.test'), 'not blocked')
with case('a file: taken, and taken again when it has changed'), \
        Feed('update = usb/list.txt never') as f:
    os.mkdir(f'{f.dir}/usb')
    for body, outcome in ((A, 'updated'), (A, 'unchanged'), (B, 'updated')):
        if outcome == 'updated':
            with open(f'{f.dir}/usb/list.txt', 'wb') as out:
                out.write(body)
        f.update(outcome)
        equal(f.files(), {'list.txt': body}, 'files')
    f.configure(f'update = file://{f.dir}/usb/list.txt')
    f.update('unchanged')
with case('what is fetched includes no file of this machine'), Feed(plain(
        '/site.tar', 'format = e2guardian-sites\nmax-change = any')) as f:
    own = f'{f.dir}/own.txt'
    with open(own, 'wb') as out:
        out.write(B)
    page('/site.tar', tar({'list.txt': A + b'.Include<more.txt>\n'
                           b'.Include<%s>\n' % own.encode(),
                           'more.txt': b'more.test\n'}, 'w'))
    f.update('updated')
    check(f.blocks('a.test') and f.blocks('more.test'), 'not blocked')
    check(not f.blocks('b.test'), 'a file of this machine was read')
with case('a folder is no update'), Feed('update = .') as f:
    f.update('failed', why='is no file')
with case('the configured source is used until the first has come'), \
        Feed(plain('/later.txt', 'source = own.txt')) as f:
    with open(f'{f.dir}/own.txt', 'wb') as out:
        out.write(A)
    check(f.blocks('a.test'), 'not blocked')
    f.update('failed', why='404')
    check(f.blocks('a.test'), 'not blocked after a failure')
    page('/later.txt', B)
    f.update('updated')
    check(f.blocks('b.test') and not f.blocks('a.test'), 'the former is used')

# -------------------------------------------------------------- transport
LIST = names(3000)


def answers(handler, *parts):
    for part in parts:
        handler.wfile.write(part)
    handler.wfile.flush()
    handler.close_connection = True


def endless(handler):
    answers(handler, b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    while True:  # until the other side has had enough
        handler.wfile.write(b'10000\r\n' + b'x.test\n' * 9362 + b'yy\r\n')


def silent(handler):
    answers(handler, b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx')
    handler.connection.recv(1)  # until the other side goes


def chunked(body, end):
    return lambda h: answers(
        h, b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
        b'%x\r\n%s\r\n' % (len(body), body), end)


page('/list.txt', LIST)
with Feed(plain()) as f:
    first = f.update('updated')

    def refused(name, body=None, why='', raw=None, status=200, headers=(),
                word='', outcome='failed', more=''):
        """It is refused, and nothing changes."""
        with case(f'refused: {name}'):
            page('/list.txt', body or b'', raw=raw, status=status,
                 headers=headers)
            f.configure(plain(more=more))
            row = f.update(outcome, why=why)
            equal(row['current'], first['current'], 'version in force')
            equal(f.files(), {'list.txt': LIST}, 'files')
            check(not os.path.exists(f'{f.folder}/staging'), 'staging stays')
            check(not os.path.exists(f'{f.dir}/evil'), 'it got out')

    for part in (10, 50, 99):
        refused(f'an answer cut at {part} %',
                LIST[:len(LIST) * part // 100], 'cut short',
                headers={'Content-Length': str(len(LIST))})
    refused('chunks without an end', why='cut short',
            raw=chunked(LIST, b''))
    refused('no length at all', why='how long',
            raw=lambda h: answers(h, b'HTTP/1.0 200 OK\r\n\r\n', LIST))
    refused('an endless answer', why='max-size', raw=endless,
            more='max-size = 1MiB')
    refused('more than max-size, announced', b'x' * 5000, 'max-size',
            more='max-size = 1KiB')
    refused('an answer that stops', raw=silent, more='timeout = 2s',
            why='after')
    refused('a page to log in to', b'<html>hello</html>', 'a page',
            headers={'Content-Type': 'text/html'})
    refused('a page that says it is text', b'<!DOCTYPE html><html>', 'a page')
    refused('nothing at all', b'', 'empty')
    for code in (206, 301, 404, 500, 503):
        refused(f'status {code}', LIST, str(code), status=code)
    refused('304 that nobody asked for', why='304', raw=lambda h: answers(
        h, b'HTTP/1.1 304 Not Modified\r\n\r\n'))
    refused('a redirect to a file', status=302, why='',
            headers={'Location': f'file://{f.dir}/suzgi.conf'})
    refused('redirects in a circle', status=302, why='',
            headers={'Location': '/list.txt'})
    refused('a connection that closes', raw=lambda h: answers(h))
    # ------------------------------------------------------------ archives
    TAR = tar({'list.txt': LIST})
    for name, whole in (('tar.gz', TAR), ('gz', gzip.compress(LIST)),
                        ('tar.xz', tar({'list.txt': LIST}, 'w:xz')),
                        ('zip', zipped({'list.txt': LIST})),
                        ('tar', tar({'list.txt': LIST}, 'w').rstrip(b'\0'))):
        for part in (10, 50, 99):
            cut = whole[:len(whole) * part // 100]
            refused(f'{name} cut at {part} %', cut)
    refused('a gz with a byte changed', TAR[:200] + bytes([TAR[200] ^ 255]) +
            TAR[201:])
    for name, info in (
            ('a name with ..', member('../../evil', tarfile.REGTYPE)),
            ('an absolute name', member(f'{f.dir}/evil', tarfile.REGTYPE)),
            ('a folder with ..', member('../evil', tarfile.DIRTYPE)),
            ('a link to outside', member('x', tarfile.SYMTYPE, '/etc')),
            ('a link upwards', member('x', tarfile.SYMTYPE, '../..')),
            ('a hard link to outside', member('x', tarfile.LNKTYPE,
                                              '/etc/passwd')),
            ('a device', member('null', tarfile.CHRTYPE)),
            ('a disk', member('sda', tarfile.BLKTYPE)),
            ('a pipe', member('pipe', tarfile.FIFOTYPE)),
            ('a name with an escape', member('\x1b[2J', tarfile.REGTYPE)),
            ('a file twice', member('list.txt', tarfile.REGTYPE))):
        refused(f'an archive with {name}',
                tar({'list.txt': LIST}, extra=[info]))
    refused('a zip with a name with ..', zipped({'list.txt': LIST,
                                                 '../evil': b'x'}))
    refused('a file below a link of the archive', tar(
        {}, extra=[member('d', tarfile.SYMTYPE, f'{f.dir}'),
                   member('d/evil', tarfile.REGTYPE)]))
    refused('an archive without a file', tar(
        {}, extra=[member('d', tarfile.DIRTYPE)]))
    refused('20001 files', tar({f'f{i}': b'' for i in range(20001)}),
            '20000')
    refused('a gz of zeros', gzip.compress(b'\0' * 20000000))
    refused('a gz that becomes far larger', gzip.compress(
        b'x.test\n' * 10000000), '100 times')
    refused('a tar of zeros', tar({'list.txt': b'\n' * 20000000}),
            '100 times')
    refused('a zip that becomes larger than 16 times max-size',
            zipped({'list.txt': b'x.test\n' * 60000}), '16 times',
            more='max-size = 16KiB')
    refused('gz in gz', gzip.compress(TAR), 'more than once')
    refused('binary data', bytes(range(256)) * 50, 'NUL')
    refused('UTF-16', LIST.decode().encode('utf-16'), 'NUL')
    refused('7z', b'7z\xbc\xaf\x27\x1c' + b'x' * 100, '7z')
    refused('another list that is none', b'hello, this is no list\n' * 500,
            'no entries', outcome='held')
    with case('after all that the list itself is still taken'):
        page('/list.txt', LIST + b'one-more.test\n')
        f.configure(plain())
        f.update('updated')
        check(f.blocks('one-more.test'), 'not blocked')
with case('what has no length is taken if its digest is known'), Feed(
        plain('/raw', f'sha256 = {hashlib.sha256(A).hexdigest()}')) as f:
    page('/raw', b'', raw=lambda h: answers(h, b'HTTP/1.0 200 OK\r\n\r\n', A))
    f.update('updated')
with case('a good answer in chunks is taken'), Feed(plain('/chunks')) as f:
    page('/chunks', b'', raw=chunked(A, b'0\r\n\r\n'))
    f.update('updated')
with case('proxies of the environment are not used'), \
        Feed(plain('/env')) as f:
    page('/env', A)
    dead = {k: 'http://127.0.0.1:1' for k in (
        'http_proxy', 'https_proxy', 'HTTPS_PROXY', 'ALL_PROXY',
        'all_proxy')}
    f.update('updated', env=dead)
with case('a password is sent and not shown'), Feed(plain(
        '/secret').replace('://', '://user:hush@')) as f:
    page('/secret', A)
    f.update('updated')
    asked = [h for p, h in site.asked if p == '/secret']
    check('Authorization' in asked[0], f'{asked}')
    check('hush' not in open(f'{f.folder}/state.json').read(), 'it is kept')

# --------------------------------------------------------------------- TLS
wrong = Site(authority.certificate('wrong', 'DNS:other.test,IP:127.0.0.9'))
wrong.pages['/list.txt'] = Page(A)
tls.pages['/list.txt'] = Page(A)
tls.pages['/down'] = Page(b'', 302, {'Location': f'{site.url}/list.txt'})
tls.pages['/on'] = Page(b'', 302, {'Location': '/list.txt'})
with case('a site nobody vouches for is refused'), \
        Feed(f'update = {tls.url}/list.txt') as f:
    f.update('failed', why='certificate')
with case('a certificate of another name is refused'), \
        Feed(f'update = {wrong.url}/list.txt\n{CA}') as f:
    f.update('failed')
    equal(wrong.asked, [], 'what it was asked')
with case('insecure does not mean unverified'), \
        Feed(f'update = {wrong.url}/list.txt\ninsecure = on\n{CA}') as f:
    f.update('failed')
with case('a redirect from https to http is refused'), \
        Feed(f'update = {tls.url}/down\n{CA}insecure = on\n') as f:
    before = len(site.asked)
    f.update('failed', why='not https')
    equal(len(site.asked), before, 'requests to the other site')
with case('a redirect from https to https is followed'), \
        Feed(f'update = {tls.url}/on\n{CA}') as f:
    f.update('updated')
with case('http:// without a proof is refused by the configuration'), \
        Feed(f'update = {site.url}/list.txt') as f:
    done = f.cli('lists', 'update')
    equal(done.returncode, 78, 'status')
    check(b'insecure' in done.stderr, done.stderr)
wrong.close()

# ---------------------------------------------------- digest and signature
DIGEST = hashlib.sha256(A).hexdigest()
page('/list.txt', A)
page('/SHA256SUMS', f'{"0" * 64}  other.txt\n{DIGEST}  list.txt\n'.encode())
page('/SHA256BAD', f'{"0" * 64}  list.txt\n'.encode())
page('/SHA256NOT', f'{DIGEST}  other.txt\n{DIGEST}  more.txt\n'.encode())
for name, value, outcome in (
        ('the digest', DIGEST, 'updated'),
        ('the digest in capitals', DIGEST.upper(), 'updated'),
        ('another digest', '0' * 64, 'failed'),
        ('the digest at an address', f'{tls.url}/SHA256SUMS', 'updated'),
        ('another digest at an address', f'{tls.url}/SHA256BAD', 'failed'),
        ('no digest at the address', f'{tls.url}/SHA256NOT', 'failed'),
        ('no such address', f'{tls.url}/nothing', 'failed')):
    with case(f'{name}: {outcome}'), Feed(
            f'update = {tls.url}/list.txt\n{CA}sha256 = {value}') as f:
        f.update(outcome)
signer, stranger = Signer(), Signer()
SIGNED = f'update = {site.url}/list.txt\nsign-key = '
for name, sign, outcome in (
        ('a signature over the hash', signer.sign(A), 'updated'),
        ('a signature of the older form', signer.sign(A, False), 'updated'),
        ('a signature of another list', signer.sign(B), 'failed'),
        ('a signature by somebody else', stranger.sign(A), 'failed'),
        ('half a signature', signer.sign(A)[:150], 'failed'),
        ('no signature', None, 'failed')):
    with case(f'{name}: {outcome}'), Feed(SIGNED + signer.key) as f:
        site.pages.pop('/list.txt.minisig', None)
        if sign:
            page('/list.txt.minisig', sign)
        f.update(outcome)
with case('a key in a file'), Feed(SIGNED + 'the.pub') as f:
    with open(f'{f.dir}/the.pub', 'w') as out:
        out.write(f'untrusted comment: x\n{signer.key}\n')
    page('/list.txt.minisig', signer.sign(A))
    f.update('updated')
with case('an old version that is served again is held'), \
        Feed(SIGNED + signer.key) as f:
    for body, when, outcome in ((A, 2000, 'updated'), (B, 3000, 'updated'),
                                (A, 2000, 'held')):
        page('/list.txt', body)
        page('/list.txt.minisig', signer.sign(body, time=when))
        f.update(outcome)
    equal(f.files(), {'list.txt': B}, 'files')
signer.close()
stranger.close()

# ----------------------------------------------------------------- held
with case('a list that shrank is held, and taken when an admin says so'), \
        Feed(plain('/shrunk')) as f:
    page('/shrunk', names(2000))
    f.update('updated')
    page('/shrunk', names(1000), etag='"small"')
    row = f.update('held', why='shrank from 2000 to 1000')
    check(f.blocks('host1500.test'), 'the former is not in force')
    f.update('held', why='shrank')  # and again, though it has not changed
    equal(f.cli('lists', 'update', '--accept').returncode, 2,
          'accept without a name')
    row = f.update('updated', '--accept', 'fed')
    equal(row['current']['entries'], 1000, 'entries')
    check(not f.blocks('host1500.test') and f.blocks('host500.test'),
          'not in force')
    f.update('unchanged')
    f.update('failed', '--accept', 'fed', why='no version of it is held')
    with case('what was accepted once is no licence for the next'):
        page('/shrunk', names(3))
        equal(f.update('held')['current']['entries'], 1000, 'entries')
    with case('a held version that comes right again is forgotten'):
        page('/shrunk', names(1000))
        f.update('unchanged')
        check('held' not in f.state, 'still held')
with case('the bound of update counts, not max-change'), \
        Feed(plain('/bound').replace('/bound\n', '/bound +-60%\n') +
             'max-change = 1%') as f:
    page('/bound', names(2000))
    f.update('updated')
    page('/bound', names(1000))
    f.update('updated')
with case('a version that the rules do not hold with is held'), Feed(
        f'update = {tls.url}/tree.tgz\n{CA}',
        TREE.replace('list:fed', 'category:games')) as f:
    page('/tree.tgz', ut1())
    f.update('updated')
    page('/tree.tgz', tar({'x/adult/domains': b'bad.test\n',
                           'x/other/domains': b'x.test\n'}))
    f.update('held', why='games')
    check(f.blocks('game.test'), 'the former is not in force')
with case('a version that blocks a known good site is held'), \
        Feed(plain('/over')) as f:
    f.data = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                          '../../packaging')
    page('/over', A)
    f.update('updated')
    page('/over', A + b'wikipedia.org\n')
    f.update('held', why='wikipedia.org')
    check(not f.blocks('wikipedia.org'), 'it is in force')
    check(f.blocks('a.test'), 'the former is not in force')
    f.update('held')
    f.update('updated', '--accept', 'fed')
    check(f.blocks('wikipedia.org'), 'not in force')
with case('as root it works as the owner of the state folder'), \
        Feed(plain('/owner')) as f:
    if os.getuid() or open('/proc/self/uid_map').read().split()[2] == '1':
        raise tap.Skip('not root')
    os.chmod(f.dir, 0o755)
    os.mkdir(f'{f.dir}/state')
    os.chown(f'{f.dir}/state', 65534, 65534)
    page('/owner', A)
    f.update('updated')
    for folder, folders, some in os.walk(f'{f.dir}/state'):
        for name in folders + some:
            equal(os.lstat(os.path.join(folder, name)).st_uid, 65534, name)
with case('lists that are not there, or have no update'), \
        Feed(plain()) as f:
    equal(f.cli('lists', 'update', 'nosuch').returncode, 2, 'status')
    f.configure('source = own.txt')
    equal(f.cli('lists', 'update', 'fed').returncode, 2, 'status')

# ------------------------------------------------------- kills and crowds
BIG = {k: names(4000, k) for k in ('aa', 'bb')}
with case('killed at any moment: the former version or the new, whole'), \
        Feed(plain('/big', 'max-change = any\n')) as f:
    page('/big', BIG['aa'])
    f.update('updated')
    for i in range(40):
        page('/big', BIG['aa' if i % 2 else 'bb'])
        update = subprocess.Popen(f.words('lists', 'update'), cwd=f.dir,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            update.wait(0.004 * i)
        except subprocess.TimeoutExpired:
            update.kill()
            update.wait()
        found = f.files()
        check(found in ({'big': BIG['aa']}, {'big': BIG['bb']}),
              f'round {i}: {({k: len(v) for k, v in found.items()})}')
        for name, host in (('aa', 'aa7.test'), ('bb', 'bb7.test')):
            equal(f.blocks(host), found['big'] == BIG[name],
                  f'round {i}: {host}')
    page('/big', BIG['aa'] + b'last.test\n')
    f.update('updated')
    check(f.blocks('last.test'), 'not updated after all')
    kept = {'lock', 'state.json', *(
        f.state[k]['name'] for k in ('current', 'former') if k in f.state)}
    equal(set(os.listdir(f.folder)), kept, 'what is left')
with case('one that was cut off before it was compiled is compiled later'), \
        Feed(plain('/pending')) as f:
    page('/pending', A)
    f.update('updated')
    check('pending' not in f.state, 'still pending')
    state = {**f.state, 'pending': True}
    with open(f'{f.folder}/state.json', 'w') as out:
        json.dump(state, out)
    os.unlink(f'{f.dir}/state/lists.image')
    f.update('unchanged')
    check(os.path.exists(f'{f.dir}/state/lists.image'), 'not compiled')
    check('pending' not in f.state, 'still pending')
with case('a damaged state is as none, and fetched anew'), \
        Feed(plain('/pending')) as f:
    f.update('updated')
    with open(f'{f.folder}/state.json', 'w') as out:
        out.write('{"version":1,"current":{"na')
    check(f.blocks('a.test'), 'what was compiled last is not used')
    f.update('updated')
    check(f.blocks('a.test'), 'not blocked')
with case('a damaged state and a site that is gone: no version is removed'), \
        Feed(plain('/pending')) as f:
    f.update('updated')
    kept = [n for n in os.listdir(f.folder) if n.startswith('v-')]
    with open(f'{f.folder}/state.json', 'w') as out:
        out.write('{"version"')
    del site.pages['/pending']
    f.update('failed')
    left = [n for n in os.listdir(f.folder) if n.startswith('v-')]
    equal(left, kept, 'versions')
    check(f.blocks('a.test'), 'what was compiled last is not used')
    page('/pending', A)
    f.update('updated')
    check(f.blocks('a.test'), 'not blocked')
with case('the fault of another list: nothing is held, and it is compiled when '
          'that is mended'), Feed(
        plain('/other') + '\n[list own]\nsource = {dir}/own.txt\n') as f:
    own = f'{f.dir}/own.txt'
    with open(own, 'w') as out:
        out.write('own.test\n')
    page('/other', A)
    f.update('updated')
    os.rename(own, own + '.away')
    page('/other', A + b'new.test\n')
    f.update('failed', why='own.txt')
    check('held' not in f.state, f'held: {f.state}')
    check(f.state.get('pending'), 'not pending')
    os.rename(own + '.away', own)
    f.update()
    check('pending' not in f.state, 'still pending')
    check(f.blocks('new.test'), 'not blocked')
with case('to accept one list is to accept no other'), Feed(
        plain('/one') + '\n[list own]\nsource = {dir}/own.txt\n') as f:
    own = f'{f.dir}/own.txt'
    page('/one', names(2000))
    with open(own, 'wb') as out:
        out.write(names(2000))
    f.update('updated')
    page('/one', names(1000))
    f.update('held')
    with open(own, 'wb') as out:
        out.write(names(1000))
    f.update('failed', 'fed', '--accept', why='list own shrank')
with case('two at once: one works, the other says so'), \
        Feed(plain('/slow')) as f:
    here, go = threading.Event(), threading.Event()

    def slow(handler):
        here.set()
        go.wait(suzgi.PATIENCE)
        handler.give(Page(A))
    page('/slow', b'', raw=slow)
    one = subprocess.Popen(f.words('lists', 'update'), cwd=f.dir,
                           stdout=subprocess.PIPE)
    check(here.wait(suzgi.PATIENCE), 'it was not asked')
    f.update('busy', why='another update')
    go.set()
    check(b'updated' in one.communicate()[0], 'the first')
    equal(one.returncode, 0, 'status')
with case('the process with libraries for the network ends with its parent'), \
        Feed(plain('/slow')) as f:
    here.clear()
    go.clear()
    one = subprocess.Popen(f.words('lists', 'update'), cwd=f.dir,
                           stdout=subprocess.DEVNULL)
    check(here.wait(suzgi.PATIENCE), 'it was not asked')
    helper = until(lambda: suzgi.children(one.pid), 'the helper')[0]
    status = open(f'/proc/{helper}/status').read()
    check('NoNewPrivs:\t1' in status, status)
    if os.getuid() == 0 and 'Uid:\t0' in status:
        check(open('/proc/self/uid_map').read().split()[2] == '1',
              'it is root')
    one.kill()
    one.wait()
    until(lambda: not os.path.exists(f'/proc/{helper}') or 'Z' in open(
        f'/proc/{helper}/stat').read().rpartition(')')[2], 'its end')
    go.set()

# -------------------------------------------------------------- the service
WORLD = '''
[list fed]
category = fed
update = %s/served every 1s
insecure = on
[policy more]
'''
with case('no version and no way to get one: the start is refused'):
    site.pages.pop('/served', None)
    s = Suzgi(CONFIG.replace('state-dir = {dir}/state', 'state-dir = {state}'
                             ) % plain('/served'))
    try:
        s.spawn()
        equal(s.process.wait(120), 78, f'status; {s.stderr}')
        check('fed' in s.stderr and '404' in s.stderr, s.stderr)
    finally:
        s.__exit__()
page('/served', b'served.test\n')
HOSTS = ('served.test', 'later.test')


def fed(w):
    return next(u for u in w.suzgi.status()['updates'] if u['list'] == 'fed')


def blocked(w, host):
    return w.ask(b'GET http://%s{O}/ HTTP/1.1\r\nHost: x\r\n\r\n' %
                 host.encode()).status == 403


with World(extra='block = category:fed\n' + (WORLD % site.url).replace(
        '[policy more]\n', '')) as w:
    for host in HOSTS:
        w.dns.names[host] = ['127.0.0.1']
    with case('the first version is there before anything is served'):
        check(blocked(w, 'served.test'), 'not blocked')
        check(not blocked(w, 'later.test'), 'blocked')
    with case('a new version comes into force by itself'):
        page('/served', b'served.test\nlater.test\n')
        until(lambda: blocked(w, 'later.test'), 'the update')
        check(blocked(w, 'served.test'), 'the rest of it')
        equal(fed(w)['entries'], 2, 'entries')
        equal(fed(w)['alarm'], '', 'alarm')
    with case('where updates fail the former stays, and it is said'):
        page('/served', b'', status=500)
        until(lambda: fed(w)['failures'] >= 1, 'a failure')
        check('500' in fed(w)['error'], fed(w))
        check(blocked(w, 'later.test'), 'the former')
        until(lambda: fed(w)['alarm'] == 'updates fail', 'the alarm', 120)
        done = w.suzgi.cli('status')
        check(b'ALARM' in done.stdout, done.stdout.decode())
        page('/served', b'served.test\n')
        until(lambda: not blocked(w, 'later.test'), 'the recovery', 120)
        until(lambda: fed(w)['alarm'] == '', 'the end of the alarm')
    with case('an update by hand is in force when it says so'):
        page('/served', b'served.test\nlater.test\n')
        done = w.suzgi.cli('lists', 'update')
        if b'updated' not in done.stdout:  # the service was at it already
            until(lambda: blocked(w, 'later.test'), 'the other update')
        check(blocked(w, 'later.test'), 'not in force')
    with case('nothing of the network is mapped where traffic passes'):
        for pid in w.suzgi.processes().values():
            with open(f'/proc/{pid}/maps') as f:
                maps = f.read()
            check('libcurl' not in maps and 'libarchive' not in maps, pid)
    with case('an update on its way ends with the service'):
        here.clear()
        go.clear()
        page('/served', b'', raw=slow)
        check(here.wait(suzgi.PATIENCE), 'it was not asked')
        update = suzgi.children(w.suzgi.processes()['proxy'])
        equal(len(update), 1, 'updates on their way')
        held = [os.readlink(f'/proc/{update[0]}/fd/{n}')
                for n in os.listdir(f'/proc/{update[0]}/fd')]
        check(not [x for x in held if x.startswith('socket:')],
              f'it has sockets of the service: {held}')
        equal(w.suzgi.stop(), 0, 'status')
        until(lambda: not os.path.exists(f'/proc/{update[0]}') or 'Z' in open(
            f'/proc/{update[0]}/stat').read().rpartition(')')[2], 'its end')
        go.set()

for part in (site, tls, authority):
    part.close()
tap.done()
