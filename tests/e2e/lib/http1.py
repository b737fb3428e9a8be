"""http1.py - a strict reader of HTTP/1 messages, independent of the proxy's.

It knows one grammar (RFC 9112) and no mercy: what it cannot read in exactly
one way is Bad. The origin reads what the proxy sends with it, the client what
the proxy answers, so that whatever the proxy lets through is proven clean.
"""
import re

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(rb'[\t\x20-\x7e\x80-\xff]*')
TARGET = re.compile(rb'[\x21-\x7e]+')
HEAD_MAX = 1 << 20


class Bad(Exception):
    """The bytes are not one clean message."""


class Message:
    def __init__(self):
        self.method = self.target = self.reason = None
        self.status = None
        self.version = b''
        self.fields = []     # (name, value) as sent
        self.body = b''
        self.framing = None  # 'none' 'length' 'chunked' 'eof'
        self.raw = b''
        self.trailers = []

    def get(self, name, default=None):
        """The one value of a field; Bad where it stands twice."""
        found = self.all(name)
        if len(found) > 1:
            raise Bad(f'{name} stands {len(found)} times')
        return found[0] if found else default

    def all(self, name):
        name = name.lower().encode()
        return [v for n, v in self.fields if n.lower() == name]

    def has(self, name):
        return bool(self.all(name))

    def __repr__(self):
        start = self.method + b' ' + self.target if self.method else \
            b'%d' % self.status
        return f'<{start.decode("latin-1")} {self.fields} {len(self.body)}>'


def _head(data):
    """Split a head off: (lines, length), or None where it is not whole."""
    end = data.find(b'\r\n\r\n')
    if end < 0:
        if len(data) > HEAD_MAX:
            raise Bad('head does not end')
        # What is there so far must not hold what no head may hold.
        if re.search(rb'(?<!\r)\n|\r(?=[^\n])', data):
            raise Bad('bare CR or LF in head')
        return None
    head = data[:end]
    if re.search(rb'(?<!\r)\n|\r(?!\n)|\x00', head):
        raise Bad('bare CR, bare LF or NUL in head')
    return head.split(b'\r\n'), end + 4


def _fields(message, lines):
    for line in lines:
        name, colon, value = line.partition(b':')
        if not colon or not TOKEN.fullmatch(name):
            raise Bad(f'field line {line[:60]!r}')
        value = value.strip(b' \t')
        if not VALUE.fullmatch(value):
            raise Bad(f'field value {value[:60]!r}')
        message.fields.append((name, value))
    for name in ('content-length', 'transfer-encoding', 'host'):
        message.get(name)  # Bad where twice
    if message.has('content-length') and message.has('transfer-encoding'):
        raise Bad('both Content-Length and Transfer-Encoding')


def _length(message):
    value = message.get('content-length')
    if value is not None and not re.fullmatch(rb'0|[1-9][0-9]{0,18}', value):
        raise Bad(f'Content-Length {value!r}')
    return None if value is None else int(value)


def _chunked(data, at, message):
    """Read a chunked body at <at>; the end, or None where it is not whole."""
    body = []
    while True:
        end = data.find(b'\r\n', at)
        if end < 0:
            if len(data) - at > 1024:
                raise Bad('chunk size line does not end')
            return None
        line = data[at:end]
        # The proxy writes sizes anew: no extensions, no blanks.
        if not re.fullmatch(rb'[0-9A-Fa-f]{1,16}', line):
            raise Bad(f'chunk size {line[:40]!r}')
        size = int(line, 16)
        at = end + 2
        if size == 0:
            break
        if len(data) < at + size + 2:
            return None
        body.append(data[at:at + size])
        if data[at + size:at + size + 2] != b'\r\n':
            raise Bad('no CRLF behind a chunk')
        at += size + 2
    while True:
        end = data.find(b'\r\n', at)
        if end < 0:
            return None
        if end == at:
            message.body = b''.join(body)
            return at + 2
        message.trailers.append(data[at:end])
        at = end + 2


CHUNKED = re.compile(rb'(?im)^transfer-encoding:[^\r\n]*chunked')


def goes_on(data, seen):
    """Is <data>, of which <seen> bytes were no whole message, a chunked one
    still? Nothing new can end it: spares reading it all again."""
    head = data.find(b'\r\n\r\n')
    return 0 <= head < seen and CHUNKED.search(data, 0, head) is not None \
        and data.find(b'\r\n\r\n', max(head + 1, seen - 3)) < 0


def read_request(data):
    """The first request in <data>: (Message, its length), or None: more."""
    split = _head(data)
    if split is None:
        return None
    lines, at = split
    message = Message()
    parts = lines[0].split(b' ')
    if len(parts) != 3:
        raise Bad(f'request line {lines[0][:80]!r}')
    message.method, message.target, message.version = parts
    if not TOKEN.fullmatch(message.method) or \
            not TARGET.fullmatch(message.target) or \
            message.version not in (b'HTTP/1.1', b'HTTP/1.0'):
        raise Bad(f'request line {lines[0][:80]!r}')
    _fields(message, lines[1:])
    if message.version == b'HTTP/1.1' and not message.has('host'):
        raise Bad('no Host')
    coding = message.get('transfer-encoding')
    length = _length(message)
    if coding is not None:
        if coding.lower() != b'chunked':
            raise Bad(f'Transfer-Encoding {coding!r}')
        message.framing = 'chunked'
        at = _chunked(data, at, message)
        if at is None:
            return None
    elif length is not None:
        message.framing = 'length'
        if len(data) < at + length:
            return None
        message.body = data[at:at + length]
        at += length
    else:
        message.framing = 'none'
    message.raw = data[:at]
    return message, at


def read_response(data, method=b'GET', eof=False):
    """The first answer in <data>, to <method>; as read_request(). A body
    that ends with the connection is whole when <eof> is."""
    split = _head(data)
    if split is None:
        if eof and data:
            raise Bad('connection ended inside a head')
        return None
    lines, at = split
    message = Message()
    start = re.fullmatch(rb'(HTTP/1\.[01]) ([1-9][0-9][0-9])(?: (.*))?',
                         lines[0])
    if not start:
        raise Bad(f'status line {lines[0][:80]!r}')
    message.version, message.reason = start.group(1), start.group(3)
    message.status = int(start.group(2))
    _fields(message, lines[1:])
    coding = message.get('transfer-encoding')
    length = _length(message)
    bare = method == b'HEAD' or message.status < 200 or \
        message.status in (204, 304) or \
        (method == b'CONNECT' and 200 <= message.status < 300)
    if bare:
        message.framing = 'none'
        if (message.status < 200 or message.status == 204) and (
                coding is not None or length is not None):
            raise Bad(f'framing fields in a {message.status}')
    elif coding is not None:
        if coding.lower() != b'chunked':
            raise Bad(f'Transfer-Encoding {coding!r}')
        message.framing = 'chunked'
        at = _chunked(data, at, message)
        if at is None:
            if eof:
                raise Bad('connection ended inside a chunked body')
            return None
    elif length is not None:
        message.framing = 'length'
        if len(data) < at + length:
            if eof:
                raise Bad('connection ended inside a body')
            return None
        message.body = data[at:at + length]
        at += length
    else:
        message.framing = 'eof'
        if not eof:
            return None
        message.body = data[at:]
        at = len(data)
    message.raw = data[:at]
    return message, at
