"""feeds.py - a site that has lists to fetch, good and bad, and what is in them.

    with Site() as site:
        site.pages['/list.txt'] = Page(b'bad.test\\n')
        Feed(f'update = {site.url}/list.txt').update()
"""
import base64
import hashlib
import http.server
import io
import json
import os
import shutil
import ssl
import subprocess
import tarfile
import tempfile
import threading
import zipfile

from .suzgi import BINARY, TROUBLE
from .tap import check, equal


def run(*words, stdin=None):
    return subprocess.run(words, input=stdin, check=True,
                          capture_output=True).stdout


# ---------------------------------------------------------------- a site
class Authority:
    """A CA of the test's own, and certificates by it."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='suzgi-e2e-ca-')
        self.ca = os.path.join(self.dir, 'ca.pem')
        self.key = os.path.join(self.dir, 'key.pem')
        run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes',
            '-keyout', self.key, '-out', self.ca, '-days', '30',
            '-subj', '/CN=Test CA', '-addext',
            'basicConstraints=critical,CA:TRUE')

    def certificate(self, name, san):
        at = os.path.join(self.dir, name)
        run('openssl', 'req', '-newkey', 'rsa:2048', '-nodes', '-keyout',
            at + '.key', '-out', at + '.csr', '-subj', f'/CN={name}')
        with open(at + '.ext', 'w') as f:
            f.write(f'subjectAltName={san}\n')
        run('openssl', 'x509', '-req', '-in', at + '.csr', '-CA', self.ca,
            '-CAkey', self.key, '-CAcreateserial', '-days', '20', '-out',
            at + '.pem', '-extfile', at + '.ext')
        return at + '.pem', at + '.key'

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Page:
    """What an address gives. <raw>(handler): answers by itself."""

    def __init__(self, body=b'', status=200, headers=(), etag=None, raw=None):
        self.body, self.status, self.headers = body, status, dict(headers)
        self.etag, self.raw = etag, raw


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        site = self.server.site
        site.asked.append((self.path, dict(self.headers)))
        page = site.pages.get(self.path)
        if page is None:
            page = Page(b'no such page', 404)
        try:
            if page.raw:
                page.raw(self)
            else:
                self.give(page)
        except OSError:
            pass

    def give(self, page):
        if page.etag and self.headers.get('If-None-Match') == page.etag:
            site = self.server.site
            site.unchanged += 1
            self.send_response(304)
            self.send_header('ETag', page.etag)
            self.end_headers()
            return
        self.send_response(page.status)
        headers = {'Content-Length': str(len(page.body)), **page.headers}
        if page.etag:
            headers['ETag'] = page.etag
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page.body)
        if headers['Content-Length'] != str(len(page.body)):
            self.close_connection = True

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients that do not trust us, or were killed


class Site:
    def __init__(self, certificate=None):
        self.pages, self.asked, self.unchanged = {}, [], 0
        self.server = _Server(('127.0.0.1', 0), _Handler)
        self.server.site = self
        self.port = self.server.server_address[1]
        self.url = f'http://127.0.0.1:{self.port}'
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
            self.url = f'https://127.0.0.1:{self.port}'
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# -------------------------------------------------------------- archives
def tar(files, mode='w:gz', extra=()):
    """<files>: {name: bytes}; <extra>: TarInfos, with or without bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as t:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            t.addfile(info, io.BytesIO(body))
        for info in extra:
            t.addfile(info, io.BytesIO(b'\0' * info.size))
    return out.getvalue()


def member(name, kind, link=''):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def zipped(files, **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED, **more) as z:
        for name, body in files.items():
            z.writestr(name, body)
    return out.getvalue()


def names(n, prefix='host'):
    return ''.join(f'{prefix}{i}.test\n' for i in range(n)).encode()


def ut1(games=b'game.test\n', adult=b'bad.test\n'):
    """A tree as UT1's, with a folder around and an alias."""
    return tar({'blacklists/adult/domains': adult,
                'blacklists/games/domains': games,
                'blacklists/games/usage': b'black\n'},
               extra=[member('blacklists/porn', tarfile.SYMTYPE, 'adult')])


# -------------------------------------------------------------- minisign
class Signer:
    """An Ed25519 key, and minisign's signatures by it."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='suzgi-e2e-sign-')
        self.pem = os.path.join(self.dir, 'key.pem')
        run('openssl', 'genpkey', '-algorithm', 'ed25519', '-out', self.pem)
        self.id = os.urandom(8)
        raw = run('openssl', 'pkey', '-in', self.pem, '-pubout', '-outform',
                  'DER')[-32:]
        self.key = base64.b64encode(b'Ed' + self.id + raw).decode()

    def _sign(self, data):
        path = os.path.join(self.dir, 'data')
        with open(path, 'wb') as f:
            f.write(data)
        return run('openssl', 'pkeyutl', '-sign', '-inkey', self.pem,
                   '-rawin', '-in', path)

    def sign(self, body, hashed=True, time=1700000000):
        raw = self._sign(hashlib.blake2b(body).digest() if hashed else body)
        comment = f'timestamp:{time}\tfile:list'.encode()
        line = (b'ED' if hashed else b'Ed') + self.id + raw
        return b'untrusted comment: signature\n%s\ntrusted comment: %s\n' \
            b'%s\n' % (base64.b64encode(line), comment,
                       base64.b64encode(self._sign(raw + comment)))

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


# ------------------------------------------------------------------ feed
CONFIG = '''\
[proxy]
state-dir = {dir}/state
user =
[list fed]
category = fed
%s
[policy default]
block = category:fed
'''
TREE = CONFIG.replace('category = fed\n', 'format = ut1\n').replace(
    'block = category:fed', 'block = list:fed')


class Feed:
    """One list with an update, without a running filter."""

    def __init__(self, keys, config=CONFIG):
        self.dir = tempfile.mkdtemp(prefix='suzgi-e2e-feed-')
        self.conf = os.path.join(self.dir, 'suzgi.conf')
        self.configure(keys, config)

    def configure(self, keys, config=CONFIG):
        with open(self.conf, 'w') as f:
            f.write((config % keys).replace('{dir}', self.dir))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir, ignore_errors=True)

    def words(self, *words):
        return [BINARY, *words, '-c', self.conf,
                *(['--data', self.data] if self.data else [])]

    data = None  # of the sites that no list should block

    def cli(self, *words, env=None):
        done = subprocess.run(
            self.words(*words), capture_output=True, cwd=self.dir,
            stdin=subprocess.DEVNULL, timeout=300,
            env=dict(os.environ, **(env or {})))
        check(not TROUBLE.search(done.stderr.decode(errors='replace')),
              done.stderr.decode(errors='replace')[:3000])
        return done

    def update(self, outcome=None, *words, why=None, env=None):
        """The row of the list; <outcome> and a part of <why> are checked."""
        done = self.cli('lists', 'update', '--json', *words, env=env)
        check(done.stdout, f'said nothing but {done.stderr.decode()}')
        row = json.loads(done.stdout)[0]
        if outcome:
            equal(row['outcome'], outcome, f'outcome of {row}')
            equal(done.returncode,
                  0 if outcome in ('updated', 'unchanged') else 1, 'status')
        if why:
            check(why in row.get('why', ''), f'{why!r} is not in {row}')
        return row

    @property
    def folder(self):
        return os.path.join(self.dir, 'state/feeds/fed')

    @property
    def state(self):
        with open(os.path.join(self.folder, 'state.json')) as f:
            return json.load(f)

    def files(self):
        """{name: bytes} of the version in force; {} without one."""
        try:
            version = self.state['current']['name']
        except (OSError, KeyError):
            return {}
        found, root = {}, os.path.join(self.folder, version)
        for folder, _, some in os.walk(root):
            for name in some:
                path = os.path.join(folder, name)
                with open(path, 'rb') as f:
                    found[os.path.relpath(path, root)] = f.read()
        return found

    def blocks(self, host):
        done = self.cli('explain', f'http://{host}/')
        check(done.returncode in (0, 3), done.stderr.decode())
        return done.returncode == 3
