#!/usr/bin/env python3
"""The block page: says why, leaks nothing, runs nothing."""
import html.parser
import re

from lib import tap
from lib.rows import reference
from lib.tap import case, check, equal
from lib.world import World

NAVIGATION = (b'Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n'
              b'Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n')


class Page(html.parser.HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, body):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.words = [], [], ''
        self.feed(body.decode('utf-8'))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        self.words += data + ' '


def get(w, target, fields=NAVIGATION, method=b'GET'):
    return w.ask(method + b' ' + target + b' HTTP/1.1\r\n'
                 b'Host: x.test\r\n' + fields + b'\r\n', method)


def harmless(response, *inputs):
    """Nothing that was put in may have become markup."""
    page = Page(response.body)
    check('script' not in page.tags, 'a script')
    for tag, name, value in page.attributes:
        check(not name.startswith('on'), f'{tag} {name}={value}')
        check(not re.match(r'(?i)\s*(javascript|data):', value or ''),
              f'{tag} {name}={value}')
        check(not (name in ('src', 'href', 'action', 'srcset') and
                   re.match(r'(?i)(https?:)?//', value or '')),
              f'an outside resource: {tag} {name}={value}')
    for tag in ('img', 'b', 'svg', 'iframe', 'object', 'base'):
        if any(f'<{tag}'.encode() in i.lower() for i in inputs):
            check(tag not in page.tags, f'<{tag}> came through')
    headers(response)
    return page


def headers(response):
    policy = response.get('content-security-policy') or b''
    check(b"default-src 'none'" in policy, f'policy {policy!r}')
    check(b'unsafe-eval' not in policy and
          not re.search(rb"script-src[^;]*'unsafe-inline'", policy),
          f'policy {policy!r}')
    equal(response.get('x-content-type-options'), b'nosniff', 'nosniff')
    check(b'no-store' in (response.get('cache-control') or b''), 'no-store')
    check(b'charset=utf-8' in (response.get('content-type') or b''
                               ).lower(), 'charset')


with World() as w:
    with case('a page that says what, why, who to ask, and a reference'):
        r = get(w, b'http://bad.test/x')
        equal(r.status, 403, 'status')
        page = harmless(r)
        w.told(r)
        for word in ('bad.test', 'The Test School', 'the librarian',
                     'adult', reference(r)):
            check(word in page.words, f'the page does not say {word!r}: '
                  f'{page.words}')
        check(len(r.body) < 14336, f'{len(r.body)} bytes')
        tags = dict((t, v) for t, n, v in page.attributes if n == 'lang')
        check(tags.get('html'), 'the page has no lang')
        check('h1' in page.tags and 'title' in page.tags, 'no heading')
    with case('what the admin wrote is text, not markup'):
        check('<desk & "shelf">' in page.words, page.words)
    for path in (b'/<script>alert(1)</script>', b'/"onmouseover=x',
                 b'/<img src=x onerror=alert(1)>'.replace(b' ', b'%20'),
                 b"/'><svg/onload=alert(1)>", b'/%3Cscript%3Ealert(1)%3C/s',
                 b'/&lt;b&gt;', b'/</title><script>', b'/]]>-->'):
        with case(f'RS-13 the path {path.decode()}'):
            r = get(w, b'http://bad.test' + path)
            if r.status == 403:
                w.told(r)
            check(r.status in (400, 403), f'status {r.status}')
            harmless(r, path)
    for target in (b'http://"onmouseover=x.test/', b'http://<b>.test/',
                   b'http://<script>/', b'http://good.test:<b>/'):
        with case(f'RS-13 the target {target.decode()}'):
            r = get(w, target)
            equal(r.status, 400, 'status')
            if r.body:
                harmless(r, target)
    with case('RS-13 a method with markup'):
        r = get(w, b'http://bad.test/', method=b'<b>')
        check(r.status in (400, 501), f'status {r.status}')
        if r.body:
            harmless(r, b'<b>')
    with case('RS-13 what a site says in its fault is not echoed'):
        w.origin.at['/x'] = b'HTTP/1.1 200 OK\r\n<script>alert(1)</script>' \
            b'\r\n\r\n'
        r = get(w, b'http://good.test{O}/x')
        equal(r.status, 502, 'status')
        harmless(r, b'<script')
    with case('RS-14 no query, no fragment, no credential on the page'):
        r = get(w, b'http://bad.test/x?token=SECRETQ')
        check(b'SECRETQ' not in r.raw, 'the query is on the page')
        w.told(r)
    with case('the log keeps no query either'):
        w.suzgi.logged(lambda r: r['id'] == w.references[-1])
        check('SECRETQ' not in str(w.suzgi.log()), 'the query is in the log')
    with case('a HEAD is told the same without a body'):
        r = get(w, b'http://bad.test/', method=b'HEAD')
        equal((r.status, r.body), (403, b''), 'answer')
    for dest, accept, kinds in (
            (b'image', b'image/avif,image/webp,*/*', (b'image/',)),
            (b'script', b'*/*', (b'javascript', b'text/plain')),
            (b'style', b'text/css,*/*;q=0.1', (b'text/css',)),
            (b'empty', b'application/json', (b'application/json',))):
        with case(f'a stub of its kind for {dest.decode()}'):
            r = get(w, b'http://bad.test/x', b'Sec-Fetch-Dest: ' + dest +
                    b'\r\nAccept: ' + accept + b'\r\n')
            equal(r.status, 403, 'status')
            kind = r.get('content-type') or b''
            check(any(k in kind for k in kinds), f'type {kind!r}')
            check(b'<html' not in r.body.lower(), 'a page')
            equal(r.get('x-content-type-options'), b'nosniff', 'nosniff')
            check(b'no-store' in (r.get('cache-control') or b''), 'no-store')
    with case('CONNECT to a blocked site: 403 with a short text'):
        with w.client() as c:
            c.send(b'CONNECT bad.test:443 HTTP/1.1\r\nHost: bad.test:443'
                   b'\r\n\r\n')
            r = c.response(b'CONNECT')
            equal(r.status, 403, 'status')
            check(len(r.body) < 14336, 'a long body')
            w.told(r)
            c.ended()
    for lang in (b'en', b'ru', b'kk', b'uz', b'uz-Cyrl', b'xx', b'en;q=x',
                 b'*', b',' * 1000):
        with case(f'a page for Accept-Language {lang.decode()[:20]}'):
            r = get(w, b'http://bad.test/', NAVIGATION +
                    b'Accept-Language: ' + lang + b'\r\n')
            equal(r.status, 403, 'status')
            harmless(r)
            w.told(r)
    with case('a page with HSTS, cookies or caching is none of ours'):
        r = get(w, b'http://bad.test/')
        for name in ('strict-transport-security', 'set-cookie', 'etag',
                     'location', 'server'):
            check(not r.has(name) or name == 'server', f'{name}: '
                  f'{r.get(name)}')
    with case('after a blocked answer the connection can be used'):
        with w.client() as c:
            for _ in range(3):
                c.send(w.fill(b'{X}'))
                r = c.response()
                equal(r.status, 403, 'status')
                w.told(r)
                if b'close' in (r.get('connection') or b''):
                    c.ended()
                    break
            else:
                c.send(w.fill(b'{G}\r\n'))
                equal(c.response().status, 200, 'status')
    with case('references differ and stand in the log once'):
        equal(len(set(w.references)), len(w.references), 'references')
        w.suzgi.logged(lambda r: r['id'] in w.references,
                       len(w.references))
        ids = [r['id'] for r in w.suzgi.log()]
        equal(sorted(i for i in ids if i in w.references),
              sorted(w.references), 'ids')
    with case('nothing_is_left_behind'):
        w.settled()
tap.done()
