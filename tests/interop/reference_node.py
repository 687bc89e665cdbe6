"""What the reference's server and client programs share: its plugins, its messages, and how they
talk to the matrix, which is one JSON object a line."""

import argparse
import json
import logging
import os
import sys

import netaio
from netaio import Body, HMACAuthPlugin, Message, MessageType, Sha256StreamCipherPlugin

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "..", "examples", "python"))
from hashcash_auth import HashcashAuthPlugin  # noqa: E402

VERSION = netaio.version()
HAS_REQUEST = hasattr(netaio.TCPClient, "request")

# Standard output is for the matrix; what the reference logs goes to standard error.
for logger in (netaio.default_server_logger, netaio.default_client_logger):
    logger.setLevel(logging.WARNING)


def arguments(description):
    """A parser with the options that say which plugins to use, by their secrets."""
    parser = argparse.ArgumentParser(description=description)
    for name in ("--hmac", "--cipher", "--inner-hmac", "--inner-cipher", "--key",
                 "--x25519-key"):
        parser.add_argument(name, metavar="SECRET")
    parser.add_argument("--lock", metavar="SOURCE")
    parser.add_argument("--hashcash", metavar="BITS", type=int)
    parser.add_argument("--hashcash-realm", metavar="NAME")
    return parser


class Both:
    """An auth plugin of two, the first of which decides what others are told."""

    def __init__(self, first, second):
        self.first, self.second = first, second
        self.error = first.error

    def make(self, *arguments, **named):
        self.first.make(*arguments, **named)
        self.second.make(*arguments, **named)

    def check(self, *arguments, **named):
        return self.first.check(*arguments, **named) and self.second.check(*arguments, **named)

    @staticmethod
    def is_peer_specific():
        return False


def node_auth(options, stamps):
    """The node's own auth plugin, if any; `stamps` is what is done with them, `bits` or `pay`."""
    secret = secret_auth(options)
    if not getattr(options, "hashcash", None):
        return secret
    hashcash = HashcashAuthPlugin({"realm": options.hashcash_realm, stamps: options.hashcash,
                                   "ran_before": False})
    return Both(hashcash, secret) if secret else hashcash


def secret_auth(options):
    """The plugin that knows a secret or a key, if any."""
    if options.hmac:
        return HMACAuthPlugin({"secret": options.hmac})
    if not options.lock:
        return None
    import tapescript
    from netaio.asymmetric import TapescriptAuthPlugin

    return TapescriptAuthPlugin(
        {"lock": tapescript.Script.from_src(options.lock), "seed": bytes.fromhex(options.key)}
    )


def own_key(options):
    """The cipher between peers, if there is to be one."""
    if not options.x25519_key:
        return None
    from netaio.asymmetric import X25519CipherPlugin

    return X25519CipherPlugin({"seed": bytes.fromhex(options.x25519_key)})


def peer_with_key(peer_id, cipher):
    """What others are told of who has this key."""
    data = {"pubkey": bytes(cipher.pubk), "vkey": bytes(cipher.vkey)}
    return netaio.Peer(set(), peer_id, netaio.DefaultPeerPlugin().encode_data(data))


def local_peer(options):
    cipher = own_key(options)
    return {"local_peer": peer_with_key(bytes(cipher.vkey), cipher)} if cipher else {}


def node_plugins(options, stamps="pay"):
    """The keyword arguments for the node's own layer."""
    return {
        "auth_plugin": node_auth(options, stamps),
        "cipher_plugin": Sha256StreamCipherPlugin({"key": options.cipher})
        if options.cipher
        else None,
    }


def handler_plugins(options):
    """The keyword arguments for the handlers' layer."""
    auth, cipher = None, own_key(options)
    if options.inner_hmac:
        auth = HMACAuthPlugin({"secret": options.inner_hmac, "hmac_field": "camh"})
    if options.inner_cipher:
        cipher = Sha256StreamCipherPlugin(
            {"key": options.inner_cipher, "iv_field": "iv2", "encrypt_uri": False}
        )
    return {"auth_plugin": auth, "cipher_plugin": cipher}


def make(message_type, uri, content=b""):
    """A message; the makers of the two versions differ."""
    return Message.prepare(Body.prepare(content=content, uri=uri), message_type)


def describe(message):
    """A message as the matrix reads it."""
    return {
        "type": MessageType(message.header.message_type).name,
        "uri": message.body.uri.hex(),
        "content": message.body.content.hex(),
    }


def report(**event):
    """Tells the matrix something."""
    print(json.dumps(event), flush=True)


async def commands(loop):
    """The lines of standard input; they end when the matrix closes it or is gone."""
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        yield json.loads(line)
