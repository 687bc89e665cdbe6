"""A UDPNode on the reference that speaks the lines of netns_host (tests/netns/host.cpp), with the same
settings and the same names of secrets in the environment; with INTEROP_ONE_URI it answers requests
for that alone. It finds out by looking who is a peer."""

import argparse
import asyncio
import logging
import os
import sys

import netaio
from netaio import HMACAuthPlugin, MessageType, Peer, UDPNode
from reference_node import handler_plugins, make, node_plugins, peer_with_key

LOOK_EVERY_S = 0.02
ANSWER_S = 10.0
# What v0.0.9's own requests wait for does not come here.
ANSWERS = (MessageType.RESPOND_URI, MessageType.CONFIRM_SUBSCRIBE, MessageType.CONFIRM_UNSUBSCRIBE,
           MessageType.NOT_FOUND, MessageType.ERROR, MessageType.AUTH_ERROR)
CONFIRMED = {
    MessageType.SUBSCRIBE_URI: MessageType.CONFIRM_SUBSCRIBE,
    MessageType.UNSUBSCRIBE_URI: MessageType.CONFIRM_UNSUBSCRIBE,
}

netaio.default_node_logger.setLevel(logging.ERROR)


def say(*words):
    print(*words, flush=True)


def told(name):
    return os.environ.get(f"INTEROP_{name}")


def written(message):
    body = message.body
    return f"{MessageType(message.header.message_type).name} {body.uri.decode()} " \
           f"{body.content.decode()}"


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


class Node:
    def __init__(self, settings):
        self.settings = settings
        secrets = argparse.Namespace(
            hmac=told("HMAC"), cipher=told("CIPHER"), inner_hmac=told("INNER_HMAC"),
            inner_cipher=told("INNER_CIPHER"), lock=None, key=None, x25519_key=told("X25519"))
        self.inner = handler_plugins(secrets)
        self.node = UDPNode(port=int(settings.get("port", 8888)), local_peer=self.local_peer(),
                            **node_plugins(secrets))
        self.shown = {}
        self.answer = None

    def local_peer(self):
        peer_id = self.settings["id"].encode()
        cipher = self.inner["cipher_plugin"]
        return peer_with_key(peer_id, cipher) if told("X25519") else Peer(set(), peer_id, b"")

    def handle(self):
        add = self.node.add_handler
        asked = MessageType.REQUEST_URI
        add((asked, told("ONE_URI").encode()) if told("ONE_URI") else asked,
            lambda message, _: make(MessageType.RESPOND_URI, message.body.uri,
                                    message.body.content), **self.inner)
        add(MessageType.SUBSCRIBE_URI, self.subscription(self.node.subscribe), **self.inner)
        add(MessageType.UNSUBSCRIBE_URI, self.subscription(self.node.unsubscribe), **self.inner)
        for pushed in (MessageType.PUBLISH_URI, MessageType.NOTIFY_URI):
            add(pushed, lambda message, source: say("heard", written(message),
                                                    f"{source[0]}:{source[1]}"), **self.inner)
        for kind in ANSWERS:
            add(kind, self.take, **self.inner)

    @staticmethod
    def subscription(change):
        def handler(message, source):
            change(message.body.uri, source)
            return make(CONFIRMED[message.header.message_type], message.body.uri)
        return handler

    def take(self, message, _):
        if self.answer and not self.answer.done():
            self.answer.set_result(message)

    async def start(self):
        self.handle()
        await self.node.start()
        every_s = int(self.settings.get("advertise", 300)) / 1000
        if every_s:
            auth = told("PEERS_HMAC") and HMACAuthPlugin(
                {"secret": told("PEERS_HMAC"), "hmac_field": "peers"})
            await self.node.manage_peers_automatically(
                every_s, peer_timeout=int(self.settings.get("timeout", 6000)) / 1000,
                auth_plugin=auth or None)
        say("ready", self.node.port)

    def look(self):
        peers = {peer_id.decode(): sorted(f"{host}:{port}" for host, port in peer.addrs)
                 for peer_id, peer in self.node.peers.items()}
        for name, addresses in peers.items():
            if self.shown.get(name) != addresses:
                say("changed" if name in self.shown else "joined", name, *addresses)
        for name in self.shown.keys() - peers.keys():
            say("left", name)
        self.shown = peers

    async def keep_looking(self):
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def exchange(self, kind, to, uri, content=b""):
        """Its own request where it has one for this kind, handlers for the rest."""
        if kind == MessageType.REQUEST_URI and hasattr(self.node, "request"):
            return await self.node.request(uri, to, content=content, timeout=ANSWER_S, **self.inner)
        self.answer = asyncio.get_running_loop().create_future()
        self.node.send(make(kind, uri, content), to, **self.inner)
        return await asyncio.wait_for(self.answer, ANSWER_S)

    async def obey(self, command, *words):
        if command in ("request", "subscribe", "unsubscribe"):
            to, *rest = words
            try:
                answer = await self.exchange(MessageType[f"{command.upper()}_URI"], address(to),
                                             *(word.encode() for word in rest))
                say("answer", written(answer))
            except TimeoutError as late:
                say("failed", late)
        elif command in ("broadcast", "multicast"):
            send = getattr(self.node, command)
            send(make(MessageType.PUBLISH_URI, *(word.encode() for word in words)), **self.inner)
        elif command == "notify":
            uri, content = (word.encode() for word in words)
            self.node.notify(uri, make(MessageType.NOTIFY_URI, uri, content), **self.inner)
        elif command == "peers":
            for name, addresses in self.shown.items():
                say("peer", name, *addresses)
        else:
            raise SystemExit(f"no such command: {command}")
        say("done")

    async def stop(self):
        advertising = list(self.node._advertise_peer_tasks.values())
        await self.node.stop_peer_management()
        # Its stop() does not wait until it has said goodbye.
        await asyncio.gather(*advertising)
        await self.node.stop()
        say("stopped")


async def main():
    node = Node(dict(word.split("=", 1) for word in sys.argv[1:]))
    await node.start()
    looking = asyncio.create_task(node.keep_looking())
    loop = asyncio.get_running_loop()
    while (line := await loop.run_in_executor(None, sys.stdin.readline)).split():
        if line.split() == ["stop"]:
            break
        await node.obey(*line.split())
    looking.cancel()
    await node.stop()


asyncio.run(main())
