#!/usr/bin/env python3
"""What a record says of why something was asked for: what the client says,
or what only browsers say; else that it is not known."""
from lib import tap
from lib.rows import text
from lib.tap import case, equal
from lib.world import World

CHROME = b'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
ROWS = [
    (b'', 'unknown'),
    (b'Accept: */*', 'unknown'),
    (b'Accept: image/webp,*/*', 'unknown'),
    (b'Accept: application/json, text/html;q=0.5', 'unknown'),
    (b'Accept: text/htm', 'unknown'),
    (b'Accept: text/html', 'navigation'),
    (b'Accept: Text/HTML, */*;q=0.1', 'navigation'),
    (b'Accept: ' + CHROME, 'navigation'),
    (b'Sec-Fetch-Mode: navigate', 'navigation'),
    (b'Sec-Fetch-Mode: navigate\r\nAccept: */*', 'navigation'),
    (b'Sec-Fetch-Mode: no-cors\r\nAccept: */*', 'subresource'),
    (b'Sec-Fetch-Mode: cors\r\nAccept: ' + CHROME, 'subresource'),
]

with World() as w:
    for n, (fields, intent) in enumerate(ROWS):
        with case(f'{text(fields) or "nothing said"}: {intent}'):
            url = b'http://bad.test/%d' % n
            head = b'GET ' + url + b' HTTP/1.1\r\nHost: x\r\n'
            r = w.ask(head + fields + (b'\r\n' if fields else b'') + b'\r\n')
            equal(r.status, 403, 'status')
            e = w.suzgi.logged(lambda e: e.get('url') == url.decode())[0]
            equal(e['intent'], intent, 'intent')
    with case('a tunnel: unknown'):
        with w.client() as c:
            c.send(b'CONNECT bad.test:443 HTTP/1.1\r\nHost: x\r\n'
                   b'Accept: text/html\r\n\r\n')
            w.told(c.response(b'CONNECT'))
        e = w.suzgi.logged(lambda e: e['id'] == w.references[-1])[0]
        equal(e['intent'], 'unknown', 'intent')
    w.settled()
tap.done()
