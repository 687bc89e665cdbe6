"""Frames as docs/protocol.md has them, also sealed ones, made without the library."""

import ctypes
import struct
import zlib

REQUEST, RESPOND, CREATE, UPDATE, SUBSCRIBE, NOTIFY, ADVERTISE, OK = 0, 1, 2, 3, 5, 8, 9, 10
CONFIRM_SUBSCRIBE, SEALED, ERROR, AUTH_ERROR, NOT_FOUND = 11, 14, 20, 23, 24
LAUNCH, LAUNCHED = 50, 51  # an application's
SESSION = "netaio/session/1"
AES, CHACHA = 1, 2


def packed(value):
    if value is None:
        return b"\x00"
    if isinstance(value, bool):
        return struct.pack(">BB", 6, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 7, value)
    if isinstance(value, bytes):
        return sized(1, value)
    if isinstance(value, str):
        return sized(3, value.encode())
    if isinstance(value, int):
        return struct.pack(">BI", 0xc5 if value < 0 else 0xc4, abs(value))
    if isinstance(value, dict):
        return collection(13, sorted(packed(entry) for entry in value.items()))
    return collection(12 if isinstance(value, tuple) else 10, [packed(item) for item in value])


def sized(kind, data):
    return struct.pack(">BH", 0x80 | kind, len(data)) + data


def collection(kind, items):
    return struct.pack(">BBB", 0x40 | kind, 0x80, len(items)) \
        + b"".join(struct.pack(">H", len(item)) for item in items) + b"".join(items)


def auth(fields=None, request_id=None):
    fields = dict(fields or {})
    if request_id is not None:
        fields["#"] = struct.pack(">I", request_id)
    return packed(fields)


def body(uri, content=b""):
    uri = uri.encode()
    content = content.encode() if isinstance(content, str) else content
    return struct.pack(">H", len(uri)) + uri + content


def whole(kind, fields, inside, checksum=None):
    checksum = zlib.crc32(inside) if checksum is None else checksum
    return struct.pack(">BHHI", kind, len(fields), len(inside), checksum) + fields + inside


def frame(kind, uri, content=b"", fields=None, request_id=None):
    return whole(kind, auth(fields, request_id), body(uri, content))


def sealed(content):
    return whole(SEALED, b"\x4d\x40\x00", b"\0\0" + content)


def inner(kind, uri, content=b"", request_id=None):
    """What a sealed frame holds."""
    fields = auth(None, request_id)
    return struct.pack(">BH", kind, len(fields)) + fields + body(uri, content)


def part(kind, uri, content=b"", request_id=None):
    """One of those that a sealed datagram holds."""
    fields, inside = auth(None, request_id), body(uri, content)
    return struct.pack(">BHH", kind, len(fields), len(inside)) + fields + inside


class Sealer:
    """One direction of a session, by OpenSSL."""

    TAG = 16
    GET_TAG = 16  # as OpenSSL numbers what a cipher can be asked

    def __init__(self, cipher, key):
        self.cipher, self.key, self.number = cipher, key, 0
        self.crypto = ctypes.CDLL("libcrypto.so.3")
        for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm", "EVP_chacha20_poly1305"):
            getattr(self.crypto, name).restype = ctypes.c_void_p

    def seal(self, text, number, beside=b""):
        crypto, size = self.crypto, ctypes.c_int()
        kind = crypto.EVP_aes_256_gcm if self.cipher == AES else crypto.EVP_chacha20_poly1305
        nonce = bytes(4) + number.to_bytes(8, "big" if self.cipher == AES else "little")
        out = ctypes.create_string_buffer(len(text) + self.TAG)
        tag = ctypes.create_string_buffer(self.TAG)
        context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
        done = [crypto.EVP_EncryptInit_ex(context, ctypes.c_void_p(kind()), None, self.key, nonce),
                crypto.EVP_EncryptUpdate(context, None, ctypes.byref(size), beside, len(beside)),
                crypto.EVP_EncryptUpdate(context, out, ctypes.byref(size), text, len(text))]
        result = out.raw[:len(text)]
        done += [crypto.EVP_EncryptFinal_ex(context, out, ctypes.byref(size)),
                 crypto.EVP_CIPHER_CTX_ctrl(context, self.GET_TAG, self.TAG, tag)]
        crypto.EVP_CIPHER_CTX_free(context)
        assert done == [1] * 5, done
        return result + tag.raw

    def next(self, text):
        """The next frame of a connection."""
        self.number += 1
        return sealed(self.seal(text, self.number - 1))

    def marker(self):
        """The frame after which the next key is used."""
        made = self.next(b"\x0e\x00\x00")
        self.key = self.seal(bytes(32), 2**64 - 1)[:32]
        return made

    def datagram(self, index, text):
        head = struct.pack(">IQ", index, self.number)
        self.number += 1
        return sealed(head + self.seal(text, self.number - 1, head))


def key_line(ephemeral, cipher, of_initiator, of_responder, *indexes):
    """A line of a key log."""
    words = [ephemeral.hex(), str(cipher), of_initiator.hex(), of_responder.hex()]
    return " ".join(["NETAIO_SESSION", *words, *(f"{index:08x}" for index in indexes)]) + "\n"
